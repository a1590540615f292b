//! The index of packs, read without checks and written as `crates/pack/FORMAT.md` requires.

use super::{put, u64_at};

/// Entries in a block.
pub const BLOCK: usize = 256;
/// Bytes of a block's record.
pub const BLOCK_RECORD: usize = 12;

/// The largest length of a blob.
const MAX_BLOB: i64 = 16 << 20;
/// Where blobs end at the latest.
const MAX_END: i64 = 1 << 48;

/// What an index says of one tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexEntry {
    Blob(BlobEntry),
    /// Y, Cb, Cr.
    Blank([u8; 3]),
    Empty,
    /// DC values, 0 for planes that are missing.
    Constant([i64; 3]),
}

/// The entry of a tile that has bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobEntry {
    pub start: i64,
    pub len: i64,
    pub crc: u32,
    /// Bits 0 and 1: the identity. Bit 2: the second model.
    pub flags: i64,
}

impl BlobEntry {
    /// Whether the format can say this.
    fn is_possible(&self) -> bool {
        let flags_exist = ![3, 6, 7].contains(&self.flags);
        let is_in_a_file = self.start >= 0 && self.start.saturating_add(self.len) <= MAX_END;
        (1..=MAX_BLOB).contains(&self.len) && flags_exist && is_in_a_file
    }
}

impl IndexEntry {
    fn is_possible(&self) -> bool {
        match self {
            Self::Blob(blob) => blob.is_possible(),
            Self::Constant(dc) => dc.iter().all(|&dc| i16::try_from(dc).is_ok()),
            Self::Blank(_) | Self::Empty => true,
        }
    }
}

/// The entries in a block, read until its end; `None` if that is within an entry.
pub fn read_block(block: &[u8], first_blob: u64, planes: usize) -> Option<Vec<IndexEntry>> {
    let mut rest = block;
    let mut end = first_blob as i64;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let head = number(&mut rest)?;
        if head & 3 == 3 {
            entries.push(match head >> 2 {
                0 => IndexEntry::Blank(chunk(&mut rest)?),
                1 => IndexEntry::Empty,
                2 => {
                    let mut dc = [0; 3];
                    for dc in &mut dc[..planes] {
                        *dc = signed(&mut rest)?;
                    }
                    IndexEntry::Constant(dc)
                }
                _ => return None,
            });
            continue;
        }
        let (len, flags) = match head & 3 {
            2 => (head >> 6, head >> 2 & 15),
            form => (head >> 2, 8 * form),
        };
        let distance = if flags & 8 == 0 { 0 } else { signed(&mut rest)? };
        let start = end.wrapping_add(distance);
        end = start.wrapping_add(len);
        let crc = u32::from_le_bytes(chunk(&mut rest)?);
        entries.push(IndexEntry::Blob(BlobEntry { start, len, crc, flags: flags & 7 }));
    }
    Some(entries)
}

/// The block of `count` entries with these bytes, if it is well-formed: the only one that
/// its entries are written as.
pub fn well_formed(block: &[u8], first_blob: u64, count: usize, planes: usize) -> Option<Vec<IndexEntry>> {
    let entries = read_block(block, first_blob, planes)?;
    let is_possible = entries.len() == count && entries.iter().all(IndexEntry::is_possible);
    (is_possible && write_block(&entries, planes) == (block.to_vec(), first_blob)).then_some(entries)
}

/// The bytes of the block of these entries, and the offset of its first blob.
pub fn write_block(entries: &[IndexEntry], planes: usize) -> (Vec<u8>, u64) {
    let mut out = Vec::new();
    let mut span: Option<(i64, i64)> = None;
    for entry in entries {
        match *entry {
            IndexEntry::Blank(colour) => out.extend([&[3], &colour[..]].concat()),
            IndexEntry::Empty => out.push(7),
            IndexEntry::Constant(dc) => {
                out.push(11);
                dc[..planes].iter().for_each(|&dc| put_signed(dc, &mut out));
            }
            IndexEntry::Blob(BlobEntry { start, len, crc, flags }) => {
                let (first, end) = span.unwrap_or((start, start));
                let distance = start.wrapping_sub(end);
                let far = i64::from(distance != 0);
                let head = if flags == 0 { 4 * len + far } else { 4 * (16 * len + flags + 8 * far) + 2 };
                put_number(head as u64, &mut out);
                if distance != 0 {
                    put_signed(distance, &mut out);
                }
                out.extend(crc.to_le_bytes());
                span = Some((first, start.wrapping_add(len)));
            }
        }
    }
    (out, span.map_or(0, |(first, _)| first as u64 & 0xffff_ffff_ffff))
}

/// The record of a block.
pub fn record(block: &[u8], first_blob: u64) -> [u8; BLOCK_RECORD] {
    let mut record = [0; BLOCK_RECORD];
    put(&mut record, 0, &first_blob.to_le_bytes());
    put(&mut record, 6, &(block.len() as u16).to_le_bytes());
    put(&mut record, 8, &crc32fast::hash(block).to_le_bytes());
    record
}

/// The offset of the first blob, and the length of the block, in a record.
pub fn first_and_len(record: &[u8]) -> (u64, usize) {
    let word = u64_at(record, 0);
    (word & 0xffff_ffff_ffff, (word >> 48) as usize)
}

/// Takes a number of at most 56 bits.
fn number(bytes: &mut &[u8]) -> Option<i64> {
    let last = bytes.iter().take(8).position(|byte| byte & 0x80 == 0)?;
    let (digits, rest) = bytes.split_at(last + 1);
    *bytes = rest;
    Some(digits.iter().rev().fold(0, |number, digit| number * 128 + i64::from(digit & 0x7f)))
}

/// Takes a signed number.
fn signed(bytes: &mut &[u8]) -> Option<i64> {
    let number = number(bytes)?;
    Some(if number & 1 == 1 { !(number >> 1) } else { number >> 1 })
}

/// Takes `N` bytes.
fn chunk<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (chunk, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*chunk)
}

fn put_number(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let digit = number as u8 & 0x7f;
        number >>= 7;
        if number == 0 {
            return out.push(digit);
        }
        out.push(digit | 0x80);
    }
}

fn put_signed(number: i64, out: &mut Vec<u8>) {
    let twice = number.wrapping_mul(2);
    put_number(if number < 0 { !twice } else { twice } as u64, out);
}
