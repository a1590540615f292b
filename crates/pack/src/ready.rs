//! What can be read without waiting for the disk, and making it so.

use crate::format::{BLOCK_LEN, HEADER_LEN, INDEX};
use crate::{Entry, Pack, PackError};
use origami_pyramid::{Family, TileId};
use std::ops::Range;

impl Pack {
    /// Whether the index entry of tile `id` and its blob can be looked up and
    /// read without waiting for the disk: one question to the kernel for each,
    /// see [`crate::Map::is_resident`]. The header, which is compared after each
    /// read, is always in use; and parents are not asked for. Tiles that are
    /// not there or whose index is damaged are ready: their error is.
    #[must_use]
    pub fn is_ready(&self, id: TileId) -> bool {
        let Some(block) = self.index_block(id) else { return true };
        self.map.is_resident(block) && self.tile_range(id).is_none_or(|blob| self.map.is_resident(blob))
    }

    /// Reads what [`Self::is_ready`] asks for, and waits for it.
    pub fn make_ready(&self, id: TileId) {
        let Some(block) = self.index_block(id) else { return };
        self.map.populate(0..HEADER_LEN);
        self.map.populate(block);
        if let Some(blob) = self.tile_range(id) {
            self.map.populate(blob);
        }
    }

    /// The bytes of the file from the first to the last blob of `family`, which
    /// lie together; `None` if it has none. Reads its index entries.
    ///
    /// # Errors
    /// If one of them is damaged.
    pub fn family_range(&self, family: Family) -> Result<Option<Range<u64>>, PackError> {
        let mut all: Option<Range<u64>> = None;
        for id in [2, 1, 0].into_iter().flat_map(|depth| self.pyramid().family_tiles(family, depth)) {
            let Some(blob) = Self::blob_range(self.entry(id)?) else { continue };
            let known = all.get_or_insert_with(|| blob.clone());
            *known = known.start.min(blob.start)..known.end.max(blob.end);
        }
        Ok(all)
    }

    /// Asks the kernel for all pages of a blob, which is about to be read page by
    /// page.
    pub(crate) fn will_need(&self, entry: Entry) {
        if let Some(blob) = self.blob_in_map(entry) {
            self.map.will_need(blob);
        }
    }

    /// Where the index block of tile `id` lies in the map.
    fn index_block(&self, id: TileId) -> Option<Range<usize>> {
        let (offset, _) = self.entry_at(id).ok()?;
        let index = self.sections[INDEX].clone();
        let block = (offset as usize - index.start) / BLOCK_LEN;
        let start = index.start + block * BLOCK_LEN;
        Some(start..index.end.min(start + BLOCK_LEN))
    }

    /// Where the blob of tile `id` lies in the map, if it has one and its index
    /// entry is good.
    fn tile_range(&self, id: TileId) -> Option<Range<usize>> {
        self.entry(id).ok().and_then(|entry| self.blob_in_map(entry))
    }
}
