//! Checks what can be read without waiting for the disk, and brings tiles into memory.

use crate::index::IndexBlock;
use crate::{Blocking, Pack, PackError};
use origami_pyramid::{Family, TileId};
use std::iter;
use std::ops::Range;

impl Pack {
    /// Whether the index entry of tile `id` and its blob can be read without
    /// waiting for the disk. Also true for tiles that do not exist or whose index
    /// is damaged: they fail without waiting.
    #[must_use]
    pub fn is_ready(&self, id: TileId) -> bool {
        match self.look_up(id, Blocking::Forbidden) {
            Ok(Some(entry)) => Self::blob_range(entry).is_none_or(|blob| self.is_in_memory(blob)),
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Brings into memory what [`Self::is_ready`] checks, and waits for it.
    pub fn make_ready(&self, id: TileId) {
        self.make_all_ready(iter::once(id));
    }

    /// As [`Self::make_ready`] for all of `tiles`. A disk is waited for twice, however many
    /// they are: for their index entries, and for their blobs.
    pub fn make_all_ready(&self, tiles: impl Iterator<Item = TileId> + Clone) {
        self.read_tiles_ahead(tiles.clone());
        for blob in tiles.filter_map(|id| self.readable_blob(id)) {
            self.storage.load(blob);
        }
    }

    /// Requests that the blobs of `tiles` be read soon. Waits only for their index entries,
    /// which say where the blobs are, and for all of these together.
    pub fn read_tiles_ahead(&self, tiles: impl Iterator<Item = TileId> + Clone) {
        for id in tiles.clone() {
            if let (Ok(None), Ok(slot)) = (self.look_up(id, Blocking::Forbidden), self.slot(id)) {
                self.read_ahead(self.index_block(slot.block()));
            }
        }
        for blob in tiles.filter_map(|id| self.readable_blob(id)) {
            self.read_ahead(blob);
        }
    }

    /// Where the blob of tile `id` is, if it has one and its entry is not damaged.
    fn readable_blob(&self, id: TileId) -> Option<Range<u64>> {
        self.entry(id).ok().and_then(Self::blob_range)
    }

    /// The bytes of the file from the first to the last blob of `family`; `None`
    /// if it has none, or if they are not contiguous. Reads its index entries.
    ///
    /// # Errors
    /// If one of them is damaged.
    pub fn family_range(&self, family: Family) -> Result<Option<Range<u64>>, PackError> {
        let mut span: Option<Range<u64>> = None;
        let mut bytes = 0;
        let mut block = IndexBlock::default();
        for id in self.pyramid().family_tiles(family) {
            let Some(blob) = Self::blob_range(block.find(self, id)?) else { continue };
            bytes += blob.end - blob.start;
            let span = span.get_or_insert_with(|| blob.clone());
            *span = span.start.min(blob.start)..span.end.max(blob.end);
        }
        Ok(span.filter(|span| span.end - span.start == bytes))
    }

    /// Whether all of `range`, bytes of the file, are in memory.
    #[must_use]
    pub fn is_in_memory(&self, range: Range<u64>) -> bool {
        self.storage.is_in_memory(range)
    }

    /// Requests that `range`, bytes of the file, be read soon; does not wait.
    pub fn read_ahead(&self, range: Range<u64>) {
        self.storage.read_ahead(range);
    }
}
