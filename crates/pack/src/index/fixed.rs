//! Entries in 16 bytes each, as they wait in a file until all are known.

use super::block::MAX_END;
use crate::fields::{u32_at, u64_at};
use crate::{Entry, Identity, ModelChoice};

pub(crate) const LEN: usize = 16;

/// Kinds of entries. None has all bits set.
const BLOB: u8 = 0;
const BLANK: u8 = 1;
const EMPTY: u8 = 2;
const CONSTANT: u8 = 3;

/// Set in the second byte of a blob of the second model.
const SECOND_MODEL: u8 = 4;

/// Kind, flags, 6 bytes of content, length, checksum.
///
/// # Panics
/// If a blob does not end at 2^48 or before: the offset has 6 bytes.
pub(crate) fn to_bytes(entry: Entry) -> [u8; LEN] {
    let mut out = [0; LEN];
    match entry {
        Entry::Blob { offset, len, crc, identity, model } => {
            assert!(is_addressable(offset, len), "blobs are within 2^48 bytes");
            let second = if model == ModelChoice::Second { SECOND_MODEL } else { 0 };
            out[..8].copy_from_slice(&(offset << 16).to_le_bytes());
            out[..2].copy_from_slice(&[BLOB, identity as u8 | second]);
            out[8..12].copy_from_slice(&len.to_le_bytes());
            out[12..].copy_from_slice(&crc.to_le_bytes());
        }
        Entry::Blank { colour } => {
            out[0] = BLANK;
            out[2..5].copy_from_slice(&colour);
        }
        Entry::Empty => out[0] = EMPTY,
        Entry::Constant { dc } => {
            out[0] = CONSTANT;
            out[2..8].copy_from_slice(dc.map(i16::to_le_bytes).as_flattened());
        }
    }
    out
}

/// Whether offsets of 48 bits reach all of a blob.
fn is_addressable(offset: u64, len: u32) -> bool {
    offset.checked_add(len.into()).is_some_and(|end| end <= MAX_END)
}

/// The entry of these bytes; `None` if no entry has them.
pub(crate) fn from_bytes(bytes: &[u8; LEN]) -> Option<Entry> {
    Some(match bytes[0] {
        BLOB => {
            let (offset, len) = (u64_at(bytes, 0) >> 16, u32_at(bytes, 8));
            Entry::Blob {
                offset: Some(offset).filter(|&offset| is_addressable(offset, len))?,
                len,
                crc: u32_at(bytes, 12),
                identity: *Identity::ALL.get(usize::from(bytes[1] & 3))?,
                model: if bytes[1] & SECOND_MODEL == 0 { ModelChoice::First } else { ModelChoice::Second },
            }
        }
        BLANK => Entry::Blank { colour: [bytes[2], bytes[3], bytes[4]] },
        EMPTY => Entry::Empty,
        CONSTANT => {
            Entry::Constant { dc: [2, 4, 6].map(|at| i16::from_le_bytes([bytes[at], bytes[at + 1]])) }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(offset: u64, len: u32) -> Entry {
        Entry::Blob { offset, len, crc: 5, identity: Identity::Bytes, model: ModelChoice::First }
    }

    #[test]
    fn blobs_up_to_2_to_48_come_back_and_no_entry_ends_behind() {
        let last = blob(MAX_END - 7, 7);
        let bytes = to_bytes(last);
        assert_eq!(from_bytes(&bytes), Some(last));
        let mut longer = bytes;
        longer[8] += 1;
        assert_eq!(from_bytes(&longer), None);
    }

    #[test]
    #[should_panic(expected = "blobs are within 2^48 bytes")]
    fn an_offset_that_6_bytes_do_not_hold_is_not_cut_off() {
        _ = to_bytes(blob(MAX_END, 1));
    }
}
