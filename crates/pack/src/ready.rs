//! What can be read without waiting for the disk, and making it so.

use crate::index::{self, IndexBlock};
use crate::{Pack, PackError, Waiting};
use origami_pyramid::{Family, TileId};
use std::ops::Range;

impl Pack {
    /// Whether the index entry of tile `id` and its blob can be read without
    /// waiting for the disk. Tiles that are not there or whose index is damaged
    /// are ready: their error is.
    #[must_use]
    pub fn is_ready(&self, id: TileId) -> bool {
        let in_memory = |entry| Self::blob_range(entry).is_none_or(|blob| self.is_in_memory(blob));
        self.look_up(id, Waiting::No).map_or(true, |entry| entry.is_some_and(in_memory))
    }

    /// Brings what [`Self::is_ready`] asks for into memory, and waits for it.
    pub fn make_ready(&self, id: TileId) {
        let Ok(slot) = self.slot(id) else { return };
        self.storage.load(index::place(self, slot.block()));
        if let Some(blob) = self.entry(id).ok().and_then(Self::blob_range) {
            self.storage.load(blob);
        }
    }

    /// The bytes of the file from the first to the last blob of `family`; `None`
    /// if it has none, or if they do not lie together. Reads its index entries.
    ///
    /// # Errors
    /// If one of them is damaged.
    pub fn family_range(&self, family: Family) -> Result<Option<Range<u64>>, PackError> {
        let mut all: Option<Range<u64>> = None;
        let mut bytes = 0;
        let mut block = IndexBlock::new();
        for id in self.pyramid().family_tiles(family) {
            let Some(blob) = Self::blob_range(block.find(self, id)?) else { continue };
            bytes += blob.end - blob.start;
            let known = all.get_or_insert_with(|| blob.clone());
            *known = known.start.min(blob.start)..known.end.max(blob.end);
        }
        Ok(all.filter(|all| all.end - all.start == bytes))
    }

    /// Whether all of `range`, bytes of the file, are in memory.
    #[must_use]
    pub fn is_in_memory(&self, range: Range<u64>) -> bool {
        self.storage.is_in_memory(range)
    }

    /// Asks for `range`, bytes of the file, to be read soon; does not wait.
    pub fn read_ahead(&self, range: Range<u64>) {
        self.storage.read_ahead(range);
    }
}
