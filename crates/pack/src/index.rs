//! Reads the index, a block at a time.

use crate::entry::EntryRules;
use crate::fields::u32_at;
use crate::{Blocking, Entry, Pack, PackError, PackProblem};
use origami_pyramid::TileId;
use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) const ENTRY_LEN: usize = 16;
/// Index bytes under one checksum.
pub(crate) const BLOCK_LEN: usize = 4096;

/// Number of blocks that [`RecentBlocks`] has room for.
const RECENT: usize = 8;

/// A private copy of one block of a pack's index, checked against its checksum. A
/// block has 4 KiB, the last one perhaps less. To be used with one pack only.
pub(crate) struct IndexBlock {
    bytes: [u8; BLOCK_LEN],
    /// Number of the block, once one has been read.
    number: Option<u64>,
}

impl Debug for IndexBlock {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexBlock").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Private copies of the blocks of one pack's index that were used last: the tiles
/// in a viewer are from a few rows, so their entries are in a few blocks. A block's
/// place depends on its number alone.
#[derive(Debug, Default)]
pub(crate) struct RecentBlocks([Mutex<Option<Box<IndexBlock>>>; RECENT]);

impl RecentBlocks {
    /// Bytes of memory they take once all places are in use.
    pub const MEMORY: usize = RECENT * size_of::<IndexBlock>();

    fn lock(&self, number: u64) -> MutexGuard<'_, Option<Box<IndexBlock>>> {
        self.0[(number % RECENT as u64) as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry in `slot` of the index of `pack`, whose block is read if it is not
    /// here; `None` if reading would block and that is forbidden.
    pub fn entry(
        &self,
        pack: &Pack,
        slot: IndexSlot,
        blocking: Blocking,
    ) -> Result<Option<Entry>, PackError> {
        let number = slot.block();
        if let Some(block) = self.lock(number).as_ref().filter(|block| block.number == Some(number)) {
            return block.entry(pack, slot).map(Some);
        }
        // Taken out while it is read, so that only this thread waits for the disk.
        let mut block = self.lock(number).take().unwrap_or_else(|| Box::new(IndexBlock::new()));
        let read = block.read(pack, number, blocking);
        let entry = read.and_then(|read| read.then(|| block.entry(pack, slot)).transpose());
        *self.lock(number) = Some(block);
        entry
    }
}

/// Where the entry of a tile is in the index, and what it may contain.
#[derive(Clone, Copy)]
pub(crate) struct IndexSlot {
    pub id: TileId,
    /// In bytes from the beginning of the index.
    pub offset: u64,
    pub rules: EntryRules,
}

impl IndexSlot {
    /// Number of the block that it is in.
    pub fn block(self) -> u64 {
        self.offset / BLOCK_LEN as u64
    }
}

impl IndexBlock {
    /// Without a block yet.
    pub fn new() -> Self {
        Self { bytes: [0; BLOCK_LEN], number: None }
    }

    /// Reads block `number` of the index of `pack`, unless it is here already;
    /// `false` if reading would block and that is forbidden.
    pub fn read(&mut self, pack: &Pack, number: u64, blocking: Blocking) -> Result<bool, PackError> {
        if self.number == Some(number) {
            return Ok(true);
        }
        self.number = None;
        let range = pack.index_block(number);
        let bytes = &mut self.bytes[..(range.end - range.start) as usize];
        let crc = u32_at(&pack.sums, 4 * number as usize);
        let read = pack.read("index block", range.start, bytes, crc, blocking)?;
        self.number = read.then_some(number);
        Ok(read)
    }

    /// The entry in `slot`, which is in this block.
    fn entry(&self, pack: &Pack, slot: IndexSlot) -> Result<Entry, PackError> {
        let start = (slot.offset % BLOCK_LEN as u64) as usize;
        let bytes = self.bytes[start..start + ENTRY_LEN].try_into().expect("an entry's length");
        let offset = pack.index.start + slot.offset;
        Entry::decode(bytes, slot.rules, &pack.blobs())
            .map_err(|what| PackError::new(&pack.path, PackProblem::Entry { id: slot.id, offset, what }))
    }

    /// The entry of tile `id`, whose block is read unless it is this one.
    pub fn find(&mut self, pack: &Pack, id: TileId) -> Result<Entry, PackError> {
        let slot = pack.slot(id)?;
        self.read(pack, slot.block(), Blocking::Allowed)?;
        self.entry(pack, slot)
    }
}

impl Pack {
    /// Number of blocks in the index.
    pub(crate) fn block_count(&self) -> u64 {
        (self.index.end - self.index.start).div_ceil(BLOCK_LEN as u64)
    }

    /// Where block `number` of the index is in the file.
    pub(crate) fn index_block(&self, number: u64) -> Range<u64> {
        let start = self.index.start + number * BLOCK_LEN as u64;
        start..self.index.end.min(start + BLOCK_LEN as u64)
    }
}
