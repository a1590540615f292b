//! Entries in 16 bytes each, as they wait in a file until all are known.

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
pub(crate) fn to_bytes(entry: Entry) -> [u8; LEN] {
    let mut out = [0; LEN];
    match entry {
        Entry::Blob { offset, len, crc, identity, model } => {
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

/// The entry of these bytes; `None` if no entry has them.
pub(crate) fn from_bytes(bytes: &[u8; LEN]) -> Option<Entry> {
    Some(match bytes[0] {
        BLOB => Entry::Blob {
            offset: u64_at(bytes, 0) >> 16,
            len: u32_at(bytes, 8),
            crc: u32_at(bytes, 12),
            identity: *Identity::ALL.get(usize::from(bytes[1] & 3))?,
            model: if bytes[1] & SECOND_MODEL == 0 { ModelChoice::First } else { ModelChoice::Second },
        },
        BLANK => Entry::Blank { colour: [bytes[2], bytes[3], bytes[4]] },
        EMPTY => Entry::Empty,
        CONSTANT => {
            Entry::Constant { dc: [2, 4, 6].map(|at| i16::from_le_bytes([bytes[at], bytes[at + 1]])) }
        }
        _ => return None,
    })
}
