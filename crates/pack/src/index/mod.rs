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

/// Maximum number of blocks that [`RecentBlocks`] has room for. A screen of tiles with all of their
/// parents has its entries in fewer than 16 blocks: each row of tiles of full resolution in one or
/// two of its own, those of each coarser level in half as many. So two viewers who look at
/// different places find most of them here. A block that is not here takes some microseconds if the file
/// is in memory.
const RECENT: usize = 32;

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
#[derive(Debug)]
pub(crate) struct RecentBlocks(Box<[Mutex<IndexBlock>]>);

impl RecentBlocks {
    /// Room for blocks of an index of `count` blocks, at least 1.
    pub fn of_index(count: usize) -> Self {
        Self((0..count.clamp(1, RECENT)).map(|_| Mutex::default()).collect())
    }

    /// Bytes of memory they take once all places are in use.
    pub fn memory(&self) -> usize {
        self.0.len() * (size_of::<Mutex<IndexBlock>>() + block::ENTRIES as usize * size_of::<Entry>())
    }

    /// The place of block `number`.
    fn place(&self, number: u64) -> usize {
        (number % self.0.len() as u64) as usize
    }

    fn lock(&self, number: u64) -> MutexGuard<'_, IndexBlock> {
        self.0[self.place(number)].lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::{Point, Pyramid, Size};
    use std::collections::BTreeSet;

    /// The blocks with the entries of 8 x 5 tiles of full resolution from `corner` on and of all
    /// tiles that these are predicted from, if levels are in the order of the file.
    fn blocks_of_view(pyramid: &Pyramid, corner: Point) -> BTreeSet<u64> {
        let counts: Vec<u64> = (0..=pyramid.max_level()).map(|z| pyramid.grid(z).unwrap().count()).collect();
        let mut blocks = BTreeSet::new();
        for (z, halvings) in (0..=pyramid.max_level()).rev().zip(0..) {
            let before: u64 = counts[..z as usize].iter().sum();
            for (x, y) in (0..8).flat_map(|x| (0..5).map(move |y| (corner.x + x, corner.y + y))) {
                let entry = before + pyramid.grid(z).unwrap().number(x >> halvings, y >> halvings);
                blocks.insert(entry / block::ENTRIES);
            }
        }
        blocks
    }

    /// Number of places in which these blocks would be.
    fn place_count(recent: &RecentBlocks, blocks: &BTreeSet<u64>) -> usize {
        blocks.iter().map(|number| recent.place(*number)).collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn most_entries_of_two_viewers_and_of_all_parents_of_their_tiles_stay_in_memory() {
        let pyramid = Pyramid::new(Size::new(120_000, 90_000), 256).unwrap();
        let recent = RecentBlocks::of_index(1 << 20);
        let views = [(100, 70), (400, 200), (33, 341), (255, 127)].map(|(x, y)| Point::new(x, y));
        for (first, second) in views.iter().zip(&views[1..]) {
            let [mut blocks, mut other] = [*first, *second].map(|view| blocks_of_view(&pyramid, view));
            assert!(blocks.len() < 16, "{first:?}: {blocks:?}");
            assert!(
                place_count(&recent, &blocks) + 3 >= blocks.len(),
                "{first:?}: few displace each other: {blocks:?}"
            );
            blocks.append(&mut other);
            assert!(
                3 * place_count(&recent, &blocks) >= 2 * blocks.len(),
                "{first:?} and {second:?}: {blocks:?}"
            );
        }
    }
}
