//! Reads the index, a block at a time.

pub(crate) mod block;
pub(crate) mod draft;
mod fixed;
mod record;
mod varint;

pub(crate) use record::{BlockRecord, RECORD_LEN, block_count, read_records};

use crate::entry::EntryRules;
use crate::{Blocking, Entry, Pack, PackError, PackProblem};
use block::BlockError;
use origami_pyramid::{Subsampling, TileId};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Number of blocks that [`RecentBlocks`] has room for.
const RECENT: usize = 8;

/// The entries of one block of a pack's index, which was checked against its checksum and
/// then decoded as a whole: a lookup in it is a copy. To be used with one pack only.
#[derive(Debug, Default)]
pub(crate) struct IndexBlock {
    entries: Vec<Entry>,
    /// Number of the block, once one has been read.
    number: Option<u64>,
}

/// Private copies of the blocks of one pack's index that were used last: the tiles
/// in a viewer are from a few rows, so their entries are in a few blocks. A block's
/// place depends on its number alone.
#[derive(Debug, Default)]
pub(crate) struct RecentBlocks([Mutex<IndexBlock>; RECENT]);

impl RecentBlocks {
    /// Bytes of memory they take once all places are in use.
    pub const MEMORY: usize = RECENT * block::ENTRIES as usize * size_of::<Entry>();

    fn lock(&self, number: u64) -> MutexGuard<'_, IndexBlock> {
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
        let recent = self.lock(slot.block());
        if recent.number == Some(slot.block()) {
            return recent.entry(pack, slot).map(Some);
        }
        drop(recent);
        // Taken out while it is read, so that only this thread waits for the disk.
        let mut block = std::mem::take(&mut *self.lock(slot.block()));
        let read = block.read(pack, slot.block(), blocking);
        let entry = read.and_then(|read| read.then(|| block.entry(pack, slot)).transpose());
        *self.lock(slot.block()) = block;
        entry
    }
}

/// Which entry of the index belongs to a tile, and what it may contain.
#[derive(Clone, Copy)]
pub(crate) struct IndexSlot {
    pub id: TileId,
    /// Number of the entry.
    pub number: u64,
    pub rules: EntryRules,
}

impl IndexSlot {
    /// Number of the block that it is in.
    pub fn block(self) -> u64 {
        self.number / block::ENTRIES
    }
}

impl IndexBlock {
    /// Reads block `number` of the index of `pack`, unless it is here already;
    /// `false` if reading would block and that is forbidden.
    pub fn read(&mut self, pack: &Pack, number: u64, blocking: Blocking) -> Result<bool, PackError> {
        if self.number == Some(number) {
            return Ok(true);
        }
        self.number = None;
        let record = pack.blocks[number as usize];
        let mut bytes = [0; block::MAX_LEN];
        let bytes = &mut bytes[..usize::from(record.len)];
        let read = pack.read("index block", record.start, bytes, record.crc, blocking)?;
        if read {
            self.decode(bytes, record, number, pack).map_err(PackError::with_path(&pack.path))?;
        }
        Ok(read)
    }

    /// Becomes block `number`, whose bytes have their checksum.
    fn decode(
        &mut self,
        bytes: &[u8],
        record: BlockRecord,
        number: u64,
        pack: &Pack,
    ) -> Result<(), PackProblem> {
        let count = record::entries_in(number, pack.pyramid().tile_count());
        let planes = plane_count(pack.header.subsampling);
        let decoded = block::decode(bytes, record.first_blob, count as usize, planes, &mut self.entries);
        decoded.map_err(|BlockError { entry, at, what }| PackProblem::IndexBlock {
            entry: number * block::ENTRIES + entry as u64,
            offset: record.start + at as u64,
            what,
        })?;
        self.number = Some(number);
        Ok(())
    }

    /// The entry in `slot`, which is in this block.
    fn entry(&self, pack: &Pack, slot: IndexSlot) -> Result<Entry, PackError> {
        let entry = self.entries[(slot.number % block::ENTRIES) as usize];
        entry.check(slot.rules, &pack.blobs()).map(|()| entry).map_err(|what| {
            let block = pack.index_block(slot.block()).start;
            PackError::new(&pack.path, PackProblem::Entry { id: slot.id, block, what })
        })
    }

    /// The entry of tile `id`, whose block is read unless it is this one.
    pub fn find(&mut self, pack: &Pack, id: TileId) -> Result<Entry, PackError> {
        let slot = pack.slot(id)?;
        self.read(pack, slot.block(), Blocking::Allowed)?;
        self.entry(pack, slot)
    }
}

/// Number of planes of tiles with this subsampling.
pub(crate) fn plane_count(subsampling: Subsampling) -> usize {
    if subsampling == Subsampling::Gray { 1 } else { 3 }
}

impl Pack {
    /// Number of blocks in the index.
    pub(crate) fn block_count(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// Where block `number` of the index is in the file.
    pub(crate) fn index_block(&self, number: u64) -> Range<u64> {
        self.blocks[number as usize].range()
    }
}
