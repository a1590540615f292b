//! Index entries: what a pack has for each tile.

use crate::Mode;
use std::ops::Range;

/// Maximum length of a tile's blob in bytes.
pub const MAX_BLOB: usize = 16 << 20;

/// How the JPEG that is served for a blob relates to the one that was packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The same Huffman tables and the same scan, byte for byte: those that a conventional
    /// pyramid would have, or the source's own.
    #[default]
    Bytes,
    /// The same coefficients in other bytes than the source's, which had other Huffman
    /// tables, restart markers or scans, or whose tile reached past the slide's edge.
    Coefficients,
    /// The blob is a complete JPEG, served as it is.
    Verbatim,
}

impl Identity {
    /// In the order of their codes, which are two flags of an entry.
    pub(crate) const ALL: [Self; 3] = [Self::Bytes, Self::Coefficients, Self::Verbatim];
}

/// Which of the models of its level a tile is coded with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ModelChoice {
    /// The one that every exact level has.
    #[default]
    First,
    /// The one that some exact levels have besides.
    Second,
}

/// What entries of a level may contain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryRules {
    pub mode: Mode,
    pub has_tile_header: bool,
    pub has_second_model: bool,
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
        /// Which of its level's models it is coded with; [`ModelChoice::First`] in levels
        /// that do not have two.
        model: ModelChoice,
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

impl Entry {
    /// Bytes of the blob; 0 without one.
    #[must_use]
    pub fn blob_len(self) -> usize {
        if let Self::Blob { len, .. } = self { len as usize } else { 0 }
    }

    /// Which of its level's models the tile is coded with, if it is coded at all.
    #[must_use]
    pub fn model(self) -> ModelChoice {
        if let Self::Blob { model, .. } = self { model } else { ModelChoice::First }
    }

    /// Fails unless a level under `rules` may have it, in a pack whose blobs are within
    /// `blobs`.
    pub(crate) fn check(self, rules: EntryRules, blobs: &Range<u64>) -> Result<(), &'static str> {
        match self {
            Self::Blob { identity, .. } if identity != Identity::Bytes && !rules.has_tile_header => {
                Err("identity in a level without a tile header")
            }
            Self::Blob { identity: Identity::Verbatim, .. } if rules.is_parent => {
                Err("verbatim tile in a level that others are predicted from")
            }
            Self::Blob { model: ModelChoice::Second, .. } if !rules.has_second_model => {
                Err("second model in a level that has none")
            }
            Self::Blob { offset, .. } if offset < blobs.start => Err("blob begins inside the header"),
            Self::Blob { offset, len, .. } if offset + u64::from(len) > blobs.end => {
                Err("blob runs past the blobs")
            }
            Self::Blank { .. } if rules.has_tile_header => Err("blank colour in a level with a tile header"),
            Self::Constant { .. } if !rules.has_tile_header => {
                Err("constant tile in a level without a tile header")
            }
            Self::Empty if rules.mode != Mode::Luma => Err("empty tile in a level without prediction"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LUMA: EntryRules =
        EntryRules { mode: Mode::Luma, has_tile_header: false, has_second_model: false, is_parent: false };
    const STORED: EntryRules = EntryRules { mode: Mode::Stored, ..LUMA };
    const EXACT: EntryRules = EntryRules { mode: Mode::Exact, has_tile_header: true, ..LUMA };
    const OF_TWO_MODELS: EntryRules = EntryRules { has_second_model: true, ..EXACT };
    const PARENT: EntryRules = EntryRules { is_parent: true, ..EXACT };
    const RULES: [EntryRules; 5] = [LUMA, STORED, EXACT, OF_TWO_MODELS, PARENT];

    /// Which of [`RULES`] allow `entry`.
    fn allowed(entry: Entry) -> [bool; 5] {
        RULES.map(|rules| entry.check(rules, &(128..1000)).is_ok())
    }

    const fn blob(identity: Identity, model: ModelChoice) -> Entry {
        Entry::Blob { offset: 128, len: 1, crc: 7, identity, model }
    }

    #[test]
    fn entries_of_another_kind_of_level_are_refused() {
        use {Identity::*, ModelChoice::*};
        assert_eq!(allowed(blob(Bytes, First)), [true; 5]);
        assert_eq!(allowed(blob(Coefficients, First)), [false, false, true, true, true]);
        assert_eq!(allowed(blob(Verbatim, First)), [false, false, true, true, false]);
        assert_eq!(allowed(blob(Bytes, Second)), [false, false, false, true, false]);
        assert_eq!(allowed(blob(Coefficients, Second)), [false, false, false, true, false]);
        assert_eq!(allowed(Entry::Blank { colour: [1, 2, 3] }), [true, true, false, false, false]);
        assert_eq!(allowed(Entry::Constant { dc: [1, 2, 3] }), [false, false, true, true, true]);
        assert_eq!(allowed(Entry::Empty), [true, false, false, false, false]);
    }

    proptest! {
        #[test]
        fn blobs_outside_of_the_blobs_are_refused(
            offset in 0u64..1 << 48,
            len in 1..=MAX_BLOB as u32,
            start in 128u64..200,
            end in prop_oneof![200u64..1 << 24, 200u64..1 << 49],
        ) {
            let entry = Entry::Blob {
                offset,
                len,
                crc: 0,
                identity: Identity::Bytes,
                model: ModelChoice::First,
            };
            let (blobs, last) = (start..end, offset + u64::from(len) - 1);
            let is_inside = blobs.contains(&offset) && blobs.contains(&last);
            prop_assert_eq!(entry.check(LUMA, &blobs).is_ok(), is_inside);
        }
    }
}
