//! The index, a block at a time.

use crate::format::{BLOCK_LEN, ENTRY_LEN, Entry, EntryRules, INDEX};
use crate::{Pack, PackError};
use origami_pyramid::TileId;
use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

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

    /// The entry of tile `id` at byte `at` of the index of `pack`, from a block
    /// that is kept or that `read` reads; `None` if it does not.
    pub fn entry(
        &self,
        pack: &Pack,
        id: TileId,
        (at, rules): (u64, EntryRules),
        read: impl FnOnce(&mut IndexBlock) -> Result<bool, PackError>,
    ) -> Result<Option<Entry>, PackError> {
        let number = at / BLOCK_LEN as u64;
        let place =
            || self.0[(number % RECENT as u64) as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = place().as_ref().filter(|block| block.number == Some(number)) {
            return block.entry(pack, id, at, rules).map(Some);
        }
        // Taken while it is read, so that nobody waits for the disk but this thread.
        let mut block = place().take().unwrap_or_else(|| Box::new(IndexBlock::new()));
        let entry = match read(&mut block) {
            Ok(true) => block.entry(pack, id, at, rules).map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        *place() = Some(block);
        entry
    }
}

impl IndexBlock {
    /// No block yet.
    pub fn new() -> Self {
        Self { bytes: [0; BLOCK_LEN], number: None }
    }

    /// Reads the block that holds byte `at` of the index of `pack`, unless it is
    /// here already.
    pub fn read(&mut self, pack: &Pack, at: u64) -> Result<(), PackError> {
        let number = at / BLOCK_LEN as u64;
        if self.number == Some(number) {
            return Ok(());
        }
        self.number = None;
        let place = place(pack, number);
        let bytes = &mut self.bytes[..(place.end - place.start) as usize];
        pack.read(place.start, bytes)?;
        self.check(pack, number)
    }

    /// As [`Self::read`], without waiting: `false` if it has to be read from the
    /// disk.
    pub fn try_read(&mut self, pack: &Pack, at: u64) -> Result<bool, PackError> {
        let number = at / BLOCK_LEN as u64;
        self.number = None;
        let place = place(pack, number);
        let bytes = &mut self.bytes[..(place.end - place.start) as usize];
        let read = pack.storage.try_read_at(place.start, bytes).map_err(|error| pack.io(error))?;
        if read {
            self.check(pack, number)?;
        }
        Ok(read)
    }

    fn check(&mut self, pack: &Pack, number: u64) -> Result<(), PackError> {
        let place = place(pack, number);
        let bytes = &self.bytes[..(place.end - place.start) as usize];
        pack.checksum("index block", place.start, bytes, pack.block_crc(number as usize))?;
        self.number = Some(number);
        Ok(())
    }

    /// The entry of tile `id` at byte `at` of the index, which is in this block.
    pub fn entry(&self, pack: &Pack, id: TileId, at: u64, rules: EntryRules) -> Result<Entry, PackError> {
        let within = (at % BLOCK_LEN as u64) as usize;
        let bytes = self.bytes[within..within + ENTRY_LEN].try_into().expect("an entry's length");
        Entry::decode(bytes, rules, &pack.blobs).map_err(|what| PackError::Entry {
            path: pack.path.clone(),
            id,
            offset: pack.sections[INDEX].start + at,
            what,
        })
    }
}

/// Where block `number` lies in the file.
pub(crate) fn place(pack: &Pack, number: u64) -> Range<u64> {
    let index = &pack.sections[INDEX];
    let start = index.start + number * BLOCK_LEN as u64;
    start..index.end.min(start + BLOCK_LEN as u64)
}
