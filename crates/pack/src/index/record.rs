//! The records of the blocks of the index.

use super::block::{self, ENTRIES, MAX_ENTRY_LEN};
use crate::PackProblem;
use crate::directory::{SectionDirectory, SectionKind};
use crate::fields::{check_field, u32_at, u64_at};
use std::io;
use std::ops::Range;

pub(crate) const RECORD_LEN: usize = 12;

/// Where a block is, and what it is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockRecord {
    /// Offset in the file; not in the record.
    pub start: u64,
    /// Offset of its first blob in the file; 0 without blobs.
    pub first_blob: u64,
    pub len: u16,
    pub crc: u32,
}

impl BlockRecord {
    /// The record of the block `bytes`, which is at `start` and whose first blob is at
    /// `first_blob`, below 2^48.
    pub fn new(start: u64, first_blob: u64, bytes: &[u8]) -> Self {
        debug_assert!(bytes.len() <= block::MAX_LEN);
        Self { start, first_blob, len: bytes.len() as u16, crc: crc32fast::hash(bytes) }
    }

    /// Reads the record of the block at `start`.
    fn read(bytes: &[u8; RECORD_LEN], start: u64) -> Self {
        let word = u64_at(bytes, 0);
        let (first_blob, len) = (word & ((1 << 48) - 1), (word >> 48) as u16);
        Self { start, first_blob, len, crc: u32_at(bytes, 8) }
    }

    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let mut out = [0; RECORD_LEN];
        out[..8].copy_from_slice(&(self.first_blob | u64::from(self.len) << 48).to_le_bytes());
        out[8..].copy_from_slice(&self.crc.to_le_bytes());
        out
    }

    /// Its bytes in the file.
    pub fn range(&self) -> Range<u64> {
        self.start..self.start + u64::from(self.len)
    }
}

/// Number of blocks of an index of this number of entries.
pub(crate) fn block_count(entries: u64) -> u64 {
    entries.div_ceil(ENTRIES)
}

/// Number of entries of block `number` of an index of `entries`.
pub(crate) fn entries_in(number: u64, entries: u64) -> u64 {
    ENTRIES.min(entries - number * ENTRIES)
}

/// Reads and checks the blocks section, `bytes`, of an index of this number of entries.
pub(crate) fn read_records(
    bytes: &[u8],
    directory: &SectionDirectory,
    entries: u64,
) -> Result<Box<[BlockRecord]>, PackProblem> {
    let index = &directory.section(SectionKind::Index).range;
    let section_start = directory.section(SectionKind::Blocks).range.start;
    let mut records = Vec::new();
    if records.try_reserve_exact(bytes.len() / RECORD_LEN).is_err() {
        return Err(PackProblem::Io(io::ErrorKind::OutOfMemory.into()));
    }
    let mut start = index.start;
    let offsets = (section_start..).step_by(RECORD_LEN);
    for ((number, bytes), offset) in (0..).zip(bytes.as_chunks::<RECORD_LEN>().0).zip(offsets) {
        let record = BlockRecord::read(bytes, start);
        let (len, count) = (u64::from(record.len), entries_in(number, entries));
        check_field("length of an index block", offset + 6, len.clamp(count, count * MAX_ENTRY_LEN), len)?;
        // At most 4 KiB for each record: this does not overflow.
        start += len;
        records.push(record);
    }
    check_field("length of all index blocks", section_start, index.end - index.start, start - index.start)?;
    Ok(records.into())
}
