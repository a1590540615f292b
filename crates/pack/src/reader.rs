//! Looks up tiles in an open pack, and reads their bytes.

use crate::directory::SectionDirectory;
use crate::entry::EntryRules;
use crate::fields::check_crc;
use crate::header::{HEADER_LEN, Header};
use crate::index::{BlockRecord, IndexBlock, IndexSlot, RecentBlocks};
use crate::{
    Blocking, ContentHash, Entry, Level, Metadata, Mode, ModelChoice, PackError, PackProblem, Storage,
    StorageId,
};
use origami_pyramid::{Pyramid, TileId};
use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open pack. Header, levels, tables and metadata have been checked; tiles
/// are checked as they are looked up.
///
/// Everything that is read later is first copied out of the [`Storage`] and then
/// checked against checksums that were read at opening, so a file that is
/// overwritten, cut short or lost causes errors and nothing worse.
#[derive(Debug)]
pub struct Pack {
    pub(crate) path: PathBuf,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) storage_id: StorageId,
    pub(crate) header: Header,
    pub(crate) directory: SectionDirectory,
    pub(crate) levels: Vec<Level>,
    pub(crate) metadata: Metadata,
    /// Blocks of the index that were used last.
    pub(crate) recent: RecentBlocks,
    /// Where all blocks of the index are, and their checksums.
    pub(crate) blocks: Box<[BlockRecord]>,
    /// Approximate bytes of memory that this takes.
    pub(crate) memory: usize,
}

impl Pack {
    /// Path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size of the file in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.storage.len()
    }

    /// Bytes of memory that the open pack takes, estimated from its contents. Pages
    /// of a map belong to the kernel and are not counted.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// The number of this opening, unique in this process. Caches use it as the key
    /// of everything made from the pack.
    #[must_use]
    pub fn storage_id(&self) -> StorageId {
        self.storage_id
    }

    /// This pack with the number of an earlier opening of the same, unchanged file,
    /// so that cache entries of that opening are used again. The caller has to know
    /// that it is the same: what the file says of itself is no proof.
    #[must_use]
    pub fn with_storage_id(mut self, storage_id: StorageId) -> Self {
        self.storage_id = storage_id;
        self
    }

    /// Whether bytes of the file were lost that opening it again may bring back.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.storage.is_lost()
    }

    /// Sizes and grids of the levels.
    #[must_use]
    pub fn pyramid(&self) -> &Pyramid {
        &self.header.pyramid
    }

    /// The beginning of the content hash, which identifies this version of the slide
    /// in URLs and ETags.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.header.content_hash.generation()
    }

    /// The hash of everything in the file, as recorded there; see `FORMAT.md`. Only
    /// [`crate::verify`] checks it.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        self.header.content_hash
    }

    /// The description of the slide and of how it was packed.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// All levels, from level 0 (1x1 px) to full resolution.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Level `z`, if there is one.
    #[must_use]
    pub fn level(&self, z: u32) -> Option<&Level> {
        self.levels.get(z as usize)
    }

    /// The mode of the finest level, which counts as the mode of the pack.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.levels.last().map_or(Mode::Stored, |level| level.mode)
    }

    /// The level that the chroma of luma levels comes from, if there are any.
    #[must_use]
    pub fn chroma_level(&self) -> Option<u32> {
        let z = u32::from(self.header.chroma_level);
        self.level(z).map(|_| z)
    }

    /// The tile that tile `id` is predicted from; `None` if its level is stored or
    /// does not exist.
    #[must_use]
    pub fn parent(&self, id: TileId) -> Option<TileId> {
        id.parent(id.z - self.level(id.z)?.parent?)
    }

    /// The tile that tile `id` is predicted from, the tile that one is predicted from, and so on
    /// up to a stored tile. A stored tile has none.
    pub fn ancestors(&self, id: TileId) -> impl Iterator<Item = TileId> + '_ {
        iter::successors(self.parent(id), |id| self.parent(*id))
    }

    /// Whether another level is predicted from level `z`.
    #[must_use]
    pub fn is_parent(&self, z: u32) -> bool {
        self.level(z).is_some_and(|level| level.is_parent)
    }

    /// Where the entry of tile `id` is.
    pub(crate) fn slot(&self, id: TileId) -> Result<IndexSlot, PackError> {
        let level = self.level(id.z).filter(|level| level.grid.contains(id.x, id.y));
        let level = level.ok_or_else(|| PackError::new(&self.path, PackProblem::OutsideGrid(id)))?;
        let number = level.first_entry + level.grid.number(id.x, id.y);
        let rules = EntryRules {
            mode: level.mode,
            has_tile_header: level.header.is_some(),
            has_second_model: level.model(ModelChoice::Second).is_some(),
            is_parent: level.is_parent,
        };
        Ok(IndexSlot { id, number, rules })
    }

    /// The index entry of a tile, after checking its block of the index and
    /// the entry itself. May wait for the disk.
    ///
    /// # Errors
    /// [`PackProblem::OutsideGrid`] if there is no such tile; otherwise the pack is
    /// damaged.
    pub fn entry(&self, id: TileId) -> Result<Entry, PackError> {
        self.look_up(id, Blocking::Allowed).map(|entry| entry.expect("a block that was read"))
    }

    /// As [`Self::entry`]; `None` if that would block and blocking is forbidden.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn look_up(&self, id: TileId, blocking: Blocking) -> Result<Option<Entry>, PackError> {
        self.recent.entry(self, self.slot(id)?, blocking)
    }

    /// Every tile of level `z` with its entry, row by row. If a block is damaged,
    /// each tile in it has that error.
    pub fn entries(&self, z: u32) -> impl Iterator<Item = (TileId, Result<Entry, PackError>)> + '_ {
        let mut block = IndexBlock::default();
        self.pyramid().tiles(z).map(move |id| (id, block.find(self, id)))
    }

    /// Copies the bytes of a blob into `out`, which must have [`Entry::blob_len`]
    /// bytes, and checks them against their checksum. May wait for the disk.
    ///
    /// # Errors
    /// [`PackProblem::Io`] if they cannot be read, [`PackProblem::Checksum`] if they
    /// are not the bytes that were written.
    ///
    /// # Panics
    /// If `out` has another length.
    pub fn read_blob(&self, entry: Entry, out: &mut [u8]) -> Result<(), PackError> {
        self.try_read_blob(entry, out, Blocking::Allowed).map(|_| ())
    }

    /// As [`Self::read_blob`]; `false` if that would block and blocking is forbidden.
    pub(crate) fn try_read_blob(
        &self,
        entry: Entry,
        out: &mut [u8],
        blocking: Blocking,
    ) -> Result<bool, PackError> {
        let Entry::Blob { offset, crc, .. } = entry else { return Ok(true) };
        assert_eq!(out.len(), entry.blob_len(), "a buffer for the whole blob");
        self.read("blob", offset, out, crc, blocking)
    }

    /// A copy of the bytes of a blob, checked against their checksum; `None` for
    /// entries without one.
    ///
    /// # Errors
    /// As [`Self::read_blob`].
    pub fn blob(&self, entry: Entry) -> Result<Option<Vec<u8>>, PackError> {
        let mut bytes = vec![0; entry.blob_len()];
        self.read_blob(entry, &mut bytes)?;
        Ok(Self::blob_range(entry).map(|_| bytes))
    }

    /// The bytes of a blob in the file; `None` for entries without one.
    #[must_use]
    pub fn blob_range(entry: Entry) -> Option<Range<u64>> {
        let Entry::Blob { offset, len, .. } = entry else { return None };
        Some(offset..offset + u64::from(len))
    }

    /// Fills `out` with `what`, which is at `offset` and has CRC `crc`; `false` if
    /// that would block and blocking is forbidden.
    pub(crate) fn read(
        &self,
        what: &'static str,
        offset: u64,
        out: &mut [u8],
        crc: u32,
        blocking: Blocking,
    ) -> Result<bool, PackError> {
        let read = match blocking {
            Blocking::Allowed => self.storage.read_at(offset, out).map(|()| true),
            Blocking::Forbidden => self.storage.try_read_at(offset, out),
        };
        let read = read.map_err(PackError::with_path(&self.path))?;
        if read {
            check_crc(what, offset, out, crc).map_err(PackError::with_path(&self.path))?;
        }
        Ok(read)
    }

    /// The bytes of the file that blobs may be in.
    pub(crate) fn blobs(&self) -> Range<u64> {
        HEADER_LEN as u64..self.header.blobs_end
    }
}
