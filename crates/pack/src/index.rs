//! The index, a block at a time.

use crate::entry::EntryRules;
use crate::fields::u32_at;
use crate::{Entry, Pack, PackError, PackProblem, Waiting};
use origami_pyramid::TileId;
use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

pub(crate) const ENTRY_LEN: usize = 16;
/// Index bytes under one checksum.
pub(crate) const BLOCK_LEN: usize = 4096;

/// A private copy of one block of a pack's index, 4 KiB or what is left of it,
/// checked against its checksum. Of one pack only.
pub(crate) struct IndexBlock {
    bytes: [u8; BLOCK_LEN],
    /// Which block it is, once one has been read.
    number: Option<u64>,
}

impl Debug for IndexBlock {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexBlock").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Private copies of the blocks of one pack's index that were looked into last,
/// by their numbers: a viewer's tiles lie in a few rows, and so in a few blocks.
#[derive(Debug, Default)]
pub(crate) struct RecentBlocks([Mutex<Option<Box<IndexBlock>>>; RECENT]);

/// Blocks that are kept of each pack.
const RECENT: usize = 8;

impl RecentBlocks {
    /// Bytes of memory they take once all have been used.
    pub const MEMORY: usize = RECENT * size_of::<IndexBlock>();

    /// The entry in `slot` of the index of `pack`, from a block that is kept or
    /// is read; `None` where that takes waiting and is not allowed.
    pub fn entry(&self, pack: &Pack, slot: IndexSlot, waiting: Waiting) -> Result<Option<Entry>, PackError> {
        let number = slot.block();
        let place =
            || self.0[(number % RECENT as u64) as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = place().as_ref().filter(|block| block.number == Some(number)) {
            return block.entry(pack, slot).map(Some);
        }
        // Taken while it is read, so that nobody waits for the disk but this thread.
        let mut block = place().take().unwrap_or_else(|| Box::new(IndexBlock::new()));
        let read = block.read(pack, number, waiting);
        let entry = read.and_then(|read| read.then(|| block.entry(pack, slot)).transpose());
        *place() = Some(block);
        entry
    }
}

/// Where the entry of a tile stands in the index, and what it may say.
#[derive(Clone, Copy)]
pub(crate) struct IndexSlot {
    pub id: TileId,
    /// In bytes from the beginning of the index.
    pub at: u64,
    pub rules: EntryRules,
}

impl IndexSlot {
    /// Number of the block that it is in.
    pub fn block(self) -> u64 {
        self.at / BLOCK_LEN as u64
    }
}

impl IndexBlock {
    /// No block yet.
    pub fn new() -> Self {
        Self { bytes: [0; BLOCK_LEN], number: None }
    }

    /// Reads block `number` of the index of `pack`, unless it is here already;
    /// `false` where that takes waiting and is not allowed.
    pub fn read(&mut self, pack: &Pack, number: u64, waiting: Waiting) -> Result<bool, PackError> {
        if self.number == Some(number) {
            return Ok(true);
        }
        self.number = None;
        let place = place(pack, number);
        let bytes = &mut self.bytes[..(place.end - place.start) as usize];
        let crc = u32_at(&pack.sums, 4 * number as usize);
        let read = pack.read("index block", place.start, bytes, crc, waiting)?;
        self.number = read.then_some(number);
        Ok(read)
    }

    /// The entry in `slot`, which is in this block.
    fn entry(&self, pack: &Pack, slot: IndexSlot) -> Result<Entry, PackError> {
        let within = (slot.at % BLOCK_LEN as u64) as usize;
        let bytes = self.bytes[within..within + ENTRY_LEN].try_into().expect("an entry's length");
        let offset = pack.index.start + slot.at;
        Entry::decode(bytes, slot.rules, &pack.blobs())
            .map_err(|what| PackProblem::Entry { id: slot.id, offset, what })
            .map_err(PackError::of(&pack.path))
    }

    /// The entry of tile `id`, whose block is read if it is another one.
    pub fn find(&mut self, pack: &Pack, id: TileId) -> Result<Entry, PackError> {
        let slot = pack.slot(id)?;
        self.read(pack, slot.block(), Waiting::Allowed)?;
        self.entry(pack, slot)
    }
}

/// Where block `number` lies in the file.
pub(crate) fn place(pack: &Pack, number: u64) -> Range<u64> {
    let index = &pack.index;
    let start = index.start + number * BLOCK_LEN as u64;
    start..index.end.min(start + BLOCK_LEN as u64)
}
