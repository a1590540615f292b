//! The index of a pack, entry by entry.

use super::{put, u32_at, u64_at};

/// Entries in a block.
const BLOCK: usize = 256;
/// Bytes of a block's record.
pub const BLOCK_RECORD: usize = 12;

/// The flag of a blob that is coded with the second model of its level.
pub const SECOND_MODEL: u64 = 4;
/// The flag of an entry with a distance.
const FAR: u64 = 8;

/// What the index says of a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexEntry {
    Blob(Blob),
    /// Any bytes: those of an entry without a blob, or of none at all.
    Other(Vec<u8>),
}

/// A tile's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Offset in the file.
    pub start: u64,
    pub len: u64,
    pub crc: u32,
    /// The code of the identity, and perhaps [`SECOND_MODEL`].
    pub flags: u64,
}

impl IndexEntry {
    /// A tile of one colour in a level without a tile header.
    pub fn blank(colour: [u8; 3]) -> Self {
        Self::Other([&[3], &colour[..]].concat())
    }

    /// A tile that equals its prediction.
    pub fn empty() -> Self {
        Self::Other(vec![7])
    }

    /// A tile of one DC value for each plane.
    pub fn constant(dc: &[i64]) -> Self {
        Self::Other([vec![11], dc.iter().flat_map(|&dc| signed(dc)).collect()].concat())
    }

    /// The blob of a tile that has one.
    pub fn blob(&mut self) -> &mut Blob {
        match self {
            Self::Blob(blob) => blob,
            Self::Other(bytes) => panic!("no blob but {bytes:x?}"),
        }
    }
}

/// The bytes of a number.
pub fn number(n: u64) -> Vec<u8> {
    if n < 128 { vec![n as u8] } else { [vec![n as u8 | 128], number(n / 128)].concat() }
}

/// The bytes of a signed number.
pub fn signed(v: i64) -> Vec<u8> {
    number(if v < 0 { 2 * v.unsigned_abs() - 1 } else { 2 * v.unsigned_abs() })
}

/// Reads numbers from the front of bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> u64 {
        let len = self.0.iter().position(|&byte| byte < 128).expect("the end of a number") + 1;
        self.bytes(len).iter().rev().fold(0, |number, &byte| number << 7 | u64::from(byte & 127))
    }

    fn signed(&mut self) -> i64 {
        let number = self.number() as i64;
        if number % 2 == 0 { number / 2 } else { -(number / 2) - 1 }
    }

    /// An entry of a block whose blobs so far end at `end`.
    fn entry(&mut self, end: &mut u64, planes: usize) -> IndexEntry {
        let whole = self.0;
        let head = self.number();
        let (form, content) = (head % 4, head / 4);
        if form == 3 {
            match content {
                0 => _ = self.bytes(3),
                1 => {}
                _ => (0..planes).for_each(|_| _ = self.number()),
            }
            return IndexEntry::Other(whole[..whole.len() - self.0.len()].to_vec());
        }
        let (len, flags) = match form {
            0 => (content, 0),
            1 => (content, FAR),
            _ => (content / 16, content % 16),
        };
        let distance = if flags & FAR == 0 { 0 } else { self.signed() };
        let start = end.checked_add_signed(distance).expect("an offset");
        *end = start + len;
        IndexEntry::Blob(Blob { start, len, crc: u32_at(self.bytes(4), 0), flags: flags & !FAR })
    }
}

/// The entries of a valid index, whose blocks have these records. `planes` is the number of
/// planes of the pack's tiles.
pub fn split(index: &[u8], records: &[u8], planes: usize) -> Vec<IndexEntry> {
    let (mut entries, mut rest) = (Vec::new(), index);
    for record in records.chunks(BLOCK_RECORD) {
        let word = u64_at(record, 0);
        let (block, after) = rest.split_at((word >> 48) as usize);
        let (mut reader, mut end) = (Reader(block), word & 0xffff_ffff_ffff);
        while !reader.0.is_empty() {
            entries.push(reader.entry(&mut end, planes));
        }
        rest = after;
    }
    entries
}

/// An index of these entries, and the records of its blocks.
pub fn join(entries: &[IndexEntry]) -> (Vec<u8>, Vec<u8>) {
    let (mut index, mut records) = (Vec::new(), Vec::new());
    for block in entries.chunks(BLOCK) {
        let first = block.iter().find_map(|entry| match entry {
            IndexEntry::Blob(blob) => Some(blob.start),
            IndexEntry::Other(_) => None,
        });
        let first = first.unwrap_or(0);
        let (mut bytes, mut end) = (Vec::new(), first);
        for entry in block {
            match entry {
                IndexEntry::Other(other) => bytes.extend(other),
                IndexEntry::Blob(blob) => {
                    bytes.extend(blob_entry(blob, end));
                    end = blob.start.wrapping_add(blob.len);
                }
            }
        }
        let mut record = [0; BLOCK_RECORD];
        put(&mut record, 0, &first.to_le_bytes());
        put(&mut record, 6, &(bytes.len() as u16).to_le_bytes());
        put(&mut record, 8, &crc32fast::hash(&bytes).to_le_bytes());
        records.extend(record);
        index.extend(bytes);
    }
    (index, records)
}

/// The entry of a blob behind one that ends at `end`.
fn blob_entry(blob: &Blob, end: u64) -> Vec<u8> {
    let distance = blob.start.wrapping_sub(end) as i64;
    let far = if distance == 0 { 0 } else { FAR };
    let head = match (blob.flags, far) {
        (0, 0) => 4 * blob.len,
        (0, _) => 4 * blob.len + 1,
        (flags, far) => 4 * (16 * blob.len + flags + far) + 2,
    };
    let distance = if distance == 0 { Vec::new() } else { signed(distance) };
    [number(head), distance, blob.crc.to_le_bytes().to_vec()].concat()
}
