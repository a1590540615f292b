//! Index entries: what a pack has for each tile.

use crate::Mode;
use crate::fields::{u32_at, u64_at};
use crate::index::ENTRY_LEN;
use std::ops::Range;

/// Maximum length of a tile's blob in bytes.
pub const MAX_BLOB: usize = 16 << 20;

/// Codes of the kinds of entries.
const BLOB: u8 = 0;
const BLANK: u8 = 1;
const EMPTY: u8 = 2;
const CONSTANT: u8 = 3;

/// How the JPEG that is served for a blob relates to the one that was packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The same bytes: those that a conventional pyramid would have, or the source's
    /// own scan under the level's header.
    #[default]
    Bytes,
    /// The same coefficients in other bytes than the source's (its entropy coding
    /// was different, or its tile reached past the slide's edge).
    Coefficients,
    /// The blob is a complete JPEG, served as it is.
    Verbatim,
}

impl Identity {
    /// In the order of their codes, which are an entry's flags.
    const ALL: [Self; 3] = [Self::Bytes, Self::Coefficients, Self::Verbatim];
}

/// What entries of a level may contain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryRules {
    pub mode: Mode,
    pub has_tile_header: bool,
    /// Number of planes, 1 or 3.
    pub planes: usize,
    /// Whether another level is predicted from this one.
    pub is_parent: bool,
}

/// What the index says of one tile.
///
/// # Examples
/// ```
/// use origami_pack::Entry;
///
/// assert_eq!(Entry::Blank { colour: [255, 128, 128] }.blob_len(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The tile has bytes in the file.
    Blob {
        /// Offset of the first of them.
        offset: u64,
        /// Their number.
        len: u32,
        /// Their CRC-32.
        crc: u32,
        /// How the JPEG that is served relates to the one that was packed;
        /// [`Identity::Bytes`] in levels without a tile header.
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
        /// The quantised DC values; 0 for missing planes.
        dc: [i16; 3],
    },
    /// The tile equals its prediction; luma levels only.
    Empty,
}

/// The fields of an entry as they are in the file.
#[derive(Clone, Copy, Default)]
struct RawEntry {
    /// 48 bits.
    payload: u64,
    kind: u8,
    flags: u8,
    len: u32,
    crc: u32,
}

impl RawEntry {
    fn read(bytes: &[u8; ENTRY_LEN]) -> Self {
        let word = u64_at(bytes, 0);
        Self {
            payload: word & ((1 << 48) - 1),
            kind: bytes[6],
            flags: bytes[7],
            len: u32_at(bytes, 8),
            crc: u32_at(bytes, 12),
        }
    }

    fn encode(self) -> [u8; ENTRY_LEN] {
        let word = self.payload | u64::from(self.kind) << 48 | u64::from(self.flags) << 56;
        let mut out = [0; ENTRY_LEN];
        out[..8].copy_from_slice(&word.to_le_bytes());
        out[8..12].copy_from_slice(&self.len.to_le_bytes());
        out[12..].copy_from_slice(&self.crc.to_le_bytes());
        out
    }

    fn blob(self, identity: Identity, blobs: &Range<u64>) -> Result<Entry, &'static str> {
        if self.len == 0 {
            return Err("blob of no bytes");
        }
        if self.len as usize > MAX_BLOB {
            return Err("blob length above the limit");
        }
        if self.payload < blobs.start {
            return Err("blob begins inside the header");
        }
        if self.payload + u64::from(self.len) > blobs.end {
            return Err("blob runs past the blobs");
        }
        Ok(Entry::Blob { offset: self.payload, len: self.len, crc: self.crc, identity })
    }

    fn blank(self, rules: EntryRules) -> Result<Entry, &'static str> {
        if rules.has_tile_header {
            return Err("blank colour in a level with a tile header");
        }
        if self.payload >> 24 != 0 {
            return Err("blank colour of more than three samples");
        }
        let [y, cb, cr, ..] = self.payload.to_le_bytes();
        Ok(Entry::Blank { colour: [y, cb, cr] })
    }

    fn empty(self, rules: EntryRules) -> Result<Entry, &'static str> {
        if self.payload != 0 {
            return Err("empty tile with a payload");
        }
        if rules.mode != Mode::Luma {
            return Err("empty tile in a level without prediction");
        }
        Ok(Entry::Empty)
    }

    fn constant(self, rules: EntryRules) -> Result<Entry, &'static str> {
        if !rules.has_tile_header {
            return Err("constant tile in a level without a tile header");
        }
        let dc = [0, 16, 32].map(|shift| (self.payload >> shift) as u16 as i16);
        if dc[rules.planes..].iter().any(|&dc| dc != 0) {
            return Err("constant of planes that are not there");
        }
        Ok(Entry::Constant { dc })
    }
}

impl Entry {
    /// Bytes of the blob; 0 without one.
    #[must_use]
    pub fn blob_len(self) -> usize {
        if let Self::Blob { len, .. } = self { len as usize } else { 0 }
    }

    pub(crate) fn encode(self) -> [u8; ENTRY_LEN] {
        let raw = match self {
            Self::Blob { offset, len, crc, identity } => {
                RawEntry { payload: offset, kind: BLOB, flags: identity as u8, len, crc }
            }
            Self::Blank { colour: [y, cb, cr] } => {
                let payload = u64::from(u32::from_le_bytes([y, cb, cr, 0]));
                RawEntry { payload, kind: BLANK, ..RawEntry::default() }
            }
            Self::Empty => RawEntry { kind: EMPTY, ..RawEntry::default() },
            Self::Constant { dc } => {
                let [a, b, c] = dc.map(|dc| u64::from(dc as u16));
                RawEntry { payload: a | b << 16 | c << 32, kind: CONSTANT, ..RawEntry::default() }
            }
        };
        raw.encode()
    }

    /// Reads an entry of a level under `rules`, in a pack whose blobs are within `blobs`.
    pub(crate) fn decode(
        bytes: [u8; ENTRY_LEN],
        rules: EntryRules,
        blobs: &Range<u64>,
    ) -> Result<Self, &'static str> {
        let raw = RawEntry::read(&bytes);
        let identity = *Identity::ALL.get(usize::from(raw.flags)).ok_or("unknown flags")?;
        if identity != Identity::Bytes && (raw.kind != BLOB || !rules.has_tile_header) {
            return Err("flags in a level without a tile header, or without a blob");
        }
        if identity == Identity::Verbatim && rules.is_parent {
            return Err("verbatim tile in a level that others are predicted from");
        }
        if raw.kind != BLOB && (raw.len != 0 || raw.crc != 0) {
            return Err("length or checksum without a blob");
        }
        match raw.kind {
            BLOB => raw.blob(identity, blobs),
            BLANK => raw.blank(rules),
            EMPTY => raw.empty(rules),
            CONSTANT => raw.constant(rules),
            _ => Err("unknown kind"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LUMA: EntryRules =
        EntryRules { mode: Mode::Luma, has_tile_header: false, planes: 3, is_parent: false };
    const EXACT: EntryRules =
        EntryRules { mode: Mode::Exact, has_tile_header: true, planes: 3, is_parent: false };
    const BLOBS: Range<u64> = 128..1 << 48;

    fn is_refused(entry: Entry, rules: EntryRules) -> bool {
        Entry::decode(entry.encode(), rules, &BLOBS).is_err()
    }

    proptest! {
        #[test]
        fn entries_of_any_offset_below_2_to_48_survive_a_round_trip(
            offset in 128u64..(1 << 48) - (1 << 25),
            len in 1..=MAX_BLOB as u32,
            crc: u32,
            colour: [u8; 3],
            dc: [i16; 3],
        ) {
            let blobs = Identity::ALL.map(|identity| Entry::Blob { offset, len, crc, identity });
            for entry in [blobs[0], Entry::Blank { colour }, Entry::Empty] {
                prop_assert_eq!(Entry::decode(entry.encode(), LUMA, &BLOBS), Ok(entry));
            }
            for entry in blobs.into_iter().chain([Entry::Constant { dc }]) {
                prop_assert_eq!(Entry::decode(entry.encode(), EXACT, &BLOBS), Ok(entry));
            }
        }

        #[test]
        fn entries_of_the_other_kind_of_level_are_refused(colour: [u8; 3], dc: [i16; 3], crc: u32) {
            let gray = EntryRules { planes: 1, ..EXACT };
            prop_assert_eq!(is_refused(Entry::Constant { dc }, gray), dc[1..] != [0, 0]);
            prop_assert!(is_refused(Entry::Constant { dc }, LUMA), "not refused");
            prop_assert!(is_refused(Entry::Blank { colour }, EXACT), "not refused");
            prop_assert!(is_refused(Entry::Empty, EXACT), "not refused");
            for identity in [Identity::Coefficients, Identity::Verbatim] {
                let blob = Entry::Blob { offset: 128, len: 1, crc, identity };
                prop_assert!(is_refused(blob, LUMA), "not refused");
            }
            let verbatim = Entry::Blob { offset: 128, len: 1, crc, identity: Identity::Verbatim };
            prop_assert!(is_refused(verbatim, EntryRules { is_parent: true, ..EXACT }), "not refused");
        }

        #[test]
        fn a_decoded_entry_has_one_encoding_and_its_blob_is_among_the_blobs(
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
