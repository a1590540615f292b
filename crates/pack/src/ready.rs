//! Checks what can be read without waiting for the disk, and brings tiles into memory.

use crate::index::IndexBlock;
use crate::{Blocking, Entry, Pack, PackError};
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
    pub fn make_all_ready(&self, tiles: impl Iterator<Item = TileId>) {
        self.load_all(self.readable_blobs(tiles).into_iter());
    }

    /// Requests that the blobs of `tiles` be read soon. Waits only for their index entries,
    /// which say where the blobs are, and for all of these together.
    pub fn read_tiles_ahead(&self, tiles: impl Iterator<Item = TileId>) {
        for blob in self.readable_blobs(tiles) {
            self.read_ahead(blob);
        }
    }

    /// Requests that the index entries of `tiles` be read soon, if they are not in memory.
    pub fn read_entries_ahead(&self, tiles: impl Iterator<Item = TileId>) {
        for id in tiles {
            // A damaged entry is reported when it is looked up.
            let _ = self.known_or_requested(id);
        }
    }

    /// The index entry of tile `id`; `None` if it would have to be waited for and was requested.
    fn known_or_requested(&self, id: TileId) -> Result<Option<Entry>, PackError> {
        let known = self.look_up(id, Blocking::Forbidden)?;
        if known.is_none() {
            self.read_ahead(self.index_block(self.slot(id)?.block()));
        }
        Ok(known)
    }

    /// Brings `blobs`, bytes of the file, into memory, and waits for all of them together.
    pub fn load_all(&self, blobs: impl Iterator<Item = Range<u64>> + Clone) {
        for blob in blobs.clone() {
            self.read_ahead(blob);
        }
        for blob in blobs {
            self.storage.load(blob);
        }
    }

    /// Where the blobs of those of `tiles` are that have one and whose entry is not damaged.
    /// Waits for their index entries, all together.
    fn readable_blobs(&self, tiles: impl Iterator<Item = TileId>) -> Vec<Range<u64>> {
        let known: Vec<_> = tiles.map(|id| (id, self.known_or_requested(id))).collect();
        let entries =
            known.into_iter().map(|(id, known)| known.transpose().unwrap_or_else(|| self.entry(id)));
        entries.filter_map(|entry| entry.ok().and_then(Self::blob_range)).collect()
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
