//! What the index says of a tile.

use crate::Mode;
use crate::fields::{u32_at, u64_at};
use crate::index::ENTRY_LEN;
use std::ops::Range;

/// Most bytes of a tile.
pub const MAX_BLOB: usize = 16 << 20;

/// How the JPEG that is served for a blob stands to the one that was packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The same bytes: those a conventional pyramid would hold, or the source's
    /// own scan under the level's header.
    #[default]
    Bytes,
    /// The same coefficients; the source's bytes were others (another entropy
    /// coding, or a tile that reached past the slide's edge).
    Coefficients,
    /// The blob is a complete JPEG, served as it is.
    Verbatim,
}

impl Identity {
    const ALL: [Self; 3] = [Self::Bytes, Self::Coefficients, Self::Verbatim];
}

/// What entries of a level may say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryRules {
    pub mode: Mode,
    /// The level has a tile header.
    pub coefficients: bool,
    /// Number of planes, 1 or 3.
    pub planes: usize,
    /// Another level is predicted from this one.
    pub is_parent: bool,
}

/// What the index says of one tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The tile's bytes lie in the file.
    Blob {
        /// Where they begin.
        offset: u64,
        /// How many there are.
        len: u32,
        /// Their CRC-32.
        crc: u32,
        /// What is served for them; [`Identity::Bytes`] without a tile header.
        identity: Identity,
    },
    /// Every sample of each plane has one value; levels without a tile header.
    Blank {
        /// Y, Cb, Cr.
        colour: [u8; 3],
    },
    /// Every block of each plane has one DC value and nothing else; levels
    /// with a tile header.
    Constant {
        /// The quantised DC values; 0 for planes that are not there.
        dc: [i16; 3],
    },
    /// The tile is its prediction; luma levels only.
    Empty,
}

impl Entry {
    /// Bytes of the blob; 0 without one.
    #[must_use]
    pub fn blob_len(self) -> usize {
        if let Self::Blob { len, .. } = self { len as usize } else { 0 }
    }

    pub(crate) fn encode(self) -> [u8; ENTRY_LEN] {
        let (payload, kind, identity, len, crc) = match self {
            Self::Blob { offset, len, crc, identity } => (offset, 0u64, identity, len, crc),
            Self::Blank { colour: [y, cb, cr] } => {
                (u64::from(u32::from_le_bytes([y, cb, cr, 0])), 1, Identity::Bytes, 0, 0)
            }
            Self::Empty => (0, 2, Identity::Bytes, 0, 0),
            Self::Constant { dc: [a, b, c] } => {
                let word = |value: i16| u64::from(value as u16);
                (word(a) | word(b) << 16 | word(c) << 32, 3, Identity::Bytes, 0, 0)
            }
        };
        let mut out = [0; ENTRY_LEN];
        out[..8].copy_from_slice(&(payload | kind << 48 | (identity as u64) << 56).to_le_bytes());
        out[8..12].copy_from_slice(&len.to_le_bytes());
        out[12..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads an entry of a level under `rules`, whose blobs lie within `blobs`.
    pub(crate) fn decode(
        bytes: [u8; ENTRY_LEN],
        rules: EntryRules,
        blobs: &Range<u64>,
    ) -> Result<Self, &'static str> {
        let word = u64_at(&bytes, 0);
        let (payload, kind, flags) = (word & ((1 << 48) - 1), word >> 48 & 0xff, word >> 56);
        let (len, crc) = (u32_at(&bytes, 8), u32_at(&bytes, 12));
        let identity = *Identity::ALL.get(flags as usize).ok_or("unknown flags")?;
        if identity != Identity::Bytes && (kind != 0 || !rules.coefficients) {
            return Err("flags in a level without a tile header, or without a blob");
        }
        if identity == Identity::Verbatim && rules.is_parent {
            return Err("verbatim tile in a level that others are predicted from");
        }
        if kind != 0 && (len != 0 || crc != 0) {
            return Err("length or checksum without a blob");
        }
        match kind {
            0 if len == 0 => Err("blob of no bytes"),
            0 if len as usize > MAX_BLOB => Err("blob length above the limit"),
            0 if payload < blobs.start => Err("blob begins inside the header"),
            0 if payload + u64::from(len) > blobs.end => Err("blob runs past the blobs"),
            0 => Ok(Self::Blob { offset: payload, len, crc, identity }),
            1 if rules.coefficients => Err("blank colour in a level with a tile header"),
            1 if payload >> 24 != 0 => Err("blank colour of more than three samples"),
            1 => {
                let [y, cb, cr, ..] = payload.to_le_bytes();
                Ok(Self::Blank { colour: [y, cb, cr] })
            }
            2 if payload != 0 => Err("empty tile with a payload"),
            2 if rules.mode != Mode::Luma => Err("empty tile in a level without prediction"),
            2 => Ok(Self::Empty),
            3 if !rules.coefficients => Err("constant tile in a level without a tile header"),
            3 => {
                let dc = [0, 16, 32].map(|shift| (payload >> shift) as u16 as i16);
                let beyond = dc[rules.planes..].iter().any(|&dc| dc != 0);
                if beyond { Err("constant of planes that are not there") } else { Ok(Self::Constant { dc }) }
            }
            _ => Err("unknown kind"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LUMA: EntryRules =
        EntryRules { mode: Mode::Luma, coefficients: false, planes: 3, is_parent: false };
    const EXACT: EntryRules =
        EntryRules { mode: Mode::Exact, coefficients: true, planes: 3, is_parent: false };

    proptest! {
        #[test]
        fn entries_of_any_offset_below_2_to_48_come_back(
            offset in 128u64..(1 << 48) - (1 << 25),
            len in 1..=MAX_BLOB as u32,
            crc: u32,
            colour: [u8; 3],
            dc: [i16; 3],
        ) {
            let blobs = 128..1 << 48;
            let blob = |identity| Entry::Blob { offset, len, crc, identity };
            for entry in [blob(Identity::Bytes), Entry::Blank { colour }, Entry::Empty] {
                prop_assert_eq!(Entry::decode(entry.encode(), LUMA, &blobs), Ok(entry));
            }
            for entry in Identity::ALL.map(blob).into_iter().chain([Entry::Constant { dc }]) {
                prop_assert_eq!(Entry::decode(entry.encode(), EXACT, &blobs), Ok(entry));
            }
        }

        #[test]
        fn entries_of_the_other_kind_of_level_are_refused(colour: [u8; 3], dc: [i16; 3], crc: u32) {
            let blobs = 128..1 << 48;
            let refused = |entry: Entry, rules| Entry::decode(entry.encode(), rules, &blobs).is_err();
            let gray = EntryRules { planes: 1, ..EXACT };
            prop_assert_eq!(refused(Entry::Constant { dc }, gray), dc[1..] != [0, 0]);
            prop_assert!(refused(Entry::Constant { dc }, LUMA), "not refused");
            prop_assert!(refused(Entry::Blank { colour }, EXACT), "not refused");
            prop_assert!(refused(Entry::Empty, EXACT), "not refused");
            for identity in [Identity::Coefficients, Identity::Verbatim] {
                prop_assert!(refused(Entry::Blob { offset: 128, len: 1, crc, identity }, LUMA), "not refused");
            }
            let verbatim = Entry::Blob { offset: 128, len: 1, crc, identity: Identity::Verbatim };
            prop_assert!(refused(verbatim, EntryRules { is_parent: true, ..EXACT }), "not refused");
        }

        #[test]
        fn whatever_decodes_is_the_one_encoding_of_its_entry_and_lies_in_the_blobs(
            word: u64,
            kind in 0u8..5,
            flags in 0u8..4,
            len in prop_oneof![Just(0), 0..=2 * MAX_BLOB as u32, any::<u32>()],
            crc in prop_oneof![Just(0), any::<u32>()],
            end in 128u64..1 << 49,
        ) {
            let mut bytes = [0; ENTRY_LEN];
            bytes[..6].copy_from_slice(&word.to_le_bytes()[..6]);
            bytes[6..8].copy_from_slice(&[kind, flags]);
            bytes[8..12].copy_from_slice(&len.to_le_bytes());
            bytes[12..].copy_from_slice(&crc.to_le_bytes());
            for rules in [LUMA, EXACT] {
                let Ok(entry) = Entry::decode(bytes, rules, &(128..end)) else { continue };
                prop_assert_eq!(entry.encode(), bytes);
                if let Entry::Blob { offset, len, .. } = entry {
                    prop_assert!(offset >= 128 && offset + u64::from(len) <= end);
                }
            }
        }
    }
}
