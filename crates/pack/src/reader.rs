use crate::directory::SectionDirectory;
use crate::entry::EntryRules;
use crate::header::{HEADER_LEN, Header};
use crate::index::{BLOCK_LEN, ENTRY_LEN, IndexBlock, IndexSlot, RecentBlocks};
use crate::{ContentHash, Entry, Level, Metadata, Mode, PackError, PackProblem, Storage, StorageId};
use origami_pyramid::{Pyramid, Subsampling, TileId};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether a disk may be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// As long as it takes.
    Allowed,
    /// What is not in memory is not read.
    No,
}

/// An open pack. Header, levels, tables and metadata have been checked; tiles
/// are checked as they are looked up.
///
/// Everything that is read of it later is copied out of its [`Storage`] first
/// and then checked against checksums that were read when it was opened, so a
/// file that is written over, cut short or lost gives errors and nothing else.
#[derive(Debug)]
pub struct Pack {
    pub(crate) path: PathBuf,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) identity: StorageId,
    pub(crate) header: Header,
    pub(crate) directory: SectionDirectory,
    pub(crate) levels: Vec<Level>,
    pub(crate) metadata: Metadata,
    /// Where the index lies.
    pub(crate) index: Range<u64>,
    /// Blocks of the index that were looked into last.
    pub(crate) recent: RecentBlocks,
    /// The bytes of the sums section: checksums of all blocks of the index.
    pub(crate) sums: Box<[u8]>,
    /// Bytes of memory this takes, about.
    pub(crate) memory: usize,
}

impl Pack {
    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size of the file in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.storage.len()
    }

    /// Bytes of memory that the open pack takes, estimated from its contents;
    /// those of a map are the kernel's and not counted.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// What tells this opening of a pack from all others in this process. What
    /// is made of the pack is kept under it.
    #[must_use]
    pub fn identity(&self) -> StorageId {
        self.identity
    }

    /// This pack under the number of an earlier opening of the same file in the
    /// same state, so that what was kept of it is found again. Whether it is the
    /// same is the caller's to know: what the file says of itself does not tell.
    #[must_use]
    pub fn with_identity(mut self, identity: StorageId) -> Self {
        self.identity = identity;
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

    /// The beginning of the content hash, by which servers and URLs tell versions
    /// of a slide apart.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.header.content_hash.generation()
    }

    /// The hash of everything in the file; see `FORMAT.md`. The file says so of
    /// itself, and [`crate::verify`] alone checks it.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        self.header.content_hash
    }

    /// What the pack says of its slide.
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

    /// The mode of the finest level, which names the pack's.
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

    /// The tile that tile `id` is predicted from; `None` for tiles of stored levels,
    /// and of levels there are not.
    #[must_use]
    pub fn parent(&self, id: TileId) -> Option<TileId> {
        id.parent(id.z - self.level(id.z)?.parent?)
    }

    /// Whether another level is predicted from level `z`.
    #[must_use]
    pub fn is_parent(&self, z: u32) -> bool {
        self.level(z).is_some_and(|level| level.is_parent)
    }

    /// Where the entry of tile `id` stands.
    pub(crate) fn slot(&self, id: TileId) -> Result<IndexSlot, PackError> {
        let level = self.level(id.z).filter(|level| level.grid.contains(id.x, id.y));
        let level = level.ok_or(PackProblem::OutsideGrid(id)).map_err(PackError::of(&self.path))?;
        let number = level.first + level.grid.number(id.x, id.y);
        let rules = EntryRules {
            mode: level.mode,
            coefficients: level.header.is_some(),
            planes: if level.subsampling == Subsampling::Gray { 1 } else { 3 },
            is_parent: level.is_parent,
        };
        Ok(IndexSlot { id, at: number * ENTRY_LEN as u64, rules })
    }

    /// The index entry of a tile, after checking its 4 KiB block of the index
    /// and the entry itself. May wait for the disk.
    ///
    /// # Errors
    /// [`PackProblem::OutsideGrid`] if there is no such tile; otherwise the pack is
    /// damaged.
    pub fn entry(&self, id: TileId) -> Result<Entry, PackError> {
        self.look_up(id, Waiting::Allowed).map(|entry| entry.expect("a block that was read"))
    }

    /// As [`Self::entry`]; `None` where that takes `waiting` and it is not allowed.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn look_up(&self, id: TileId, waiting: Waiting) -> Result<Option<Entry>, PackError> {
        self.recent.entry(self, self.slot(id)?, waiting)
    }

    /// Every tile of level `z` with its entry, row by row. Entries of a damaged
    /// block are its error.
    pub fn entries(&self, z: u32) -> impl Iterator<Item = (TileId, Result<Entry, PackError>)> + '_ {
        let mut block = IndexBlock::new();
        self.pyramid().tiles(z).map(move |id| (id, block.find(self, id)))
    }

    /// Copies the bytes of a blob into `out`, which has [`Entry::blob_len`] of
    /// them, and checks them against their checksum. May wait for the disk.
    ///
    /// # Errors
    /// [`PackProblem::Io`] if they cannot be read, [`PackProblem::Checksum`] if they are
    /// not what was written.
    ///
    /// # Panics
    /// If `out` has another length.
    pub fn read_blob(&self, entry: Entry, out: &mut [u8]) -> Result<(), PackError> {
        self.read_blob_if(entry, out, Waiting::Allowed).map(|_| ())
    }

    /// As [`Self::read_blob`]; `false` where that takes `waiting` and it is not
    /// allowed.
    pub(crate) fn read_blob_if(
        &self,
        entry: Entry,
        out: &mut [u8],
        waiting: Waiting,
    ) -> Result<bool, PackError> {
        let Entry::Blob { offset, crc, .. } = entry else { return Ok(true) };
        assert_eq!(out.len(), entry.blob_len(), "a buffer for the whole blob");
        self.read("blob", offset, out, crc, waiting)
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

    /// Where a blob's bytes lie in the file.
    #[must_use]
    pub fn blob_range(entry: Entry) -> Option<Range<u64>> {
        let Entry::Blob { offset, len, .. } = entry else { return None };
        Some(offset..offset + u64::from(len))
    }

    /// Fills `out` with `what`, which is at `offset` and has CRC `crc`; `false`
    /// where that takes `waiting` and it is not allowed.
    pub(crate) fn read(
        &self,
        what: &'static str,
        offset: u64,
        out: &mut [u8],
        crc: u32,
        waiting: Waiting,
    ) -> Result<bool, PackError> {
        let read = match waiting {
            Waiting::Allowed => self.storage.read_at(offset, out).map(|()| true),
            Waiting::No => self.storage.try_read_at(offset, out),
        };
        let read = read.map_err(PackError::of(&self.path))?;
        if read {
            PackProblem::unless_checksum(what, offset, out, crc).map_err(PackError::of(&self.path))?;
        }
        Ok(read)
    }

    /// Number of the blocks of the index.
    pub(crate) fn block_count(&self) -> u64 {
        (self.index.end - self.index.start).div_ceil(BLOCK_LEN as u64)
    }

    /// Where blobs may lie.
    pub(crate) fn blobs(&self) -> Range<u64> {
        HEADER_LEN as u64..self.header.blobs_end
    }
}
