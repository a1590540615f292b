use crate::format::{BLOCK_LEN, ENTRY_LEN, Entry, EntryRules, INDEX, Mode, u32_at};
use crate::index::{IndexBlock, RecentBlocks};
use crate::{Metadata, PackError, Storage, StorageId};
use origami_codec::{SharedHeader, TileHeader};
use origami_pyramid::{Pyramid, Subsampling, TileId};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One level of an open pack.
#[derive(Clone, Debug)]
pub struct Level {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Tiles across.
    pub columns: u32,
    /// Tiles down.
    pub rows: u32,
    /// How the tiles are kept.
    pub mode: Mode,
    /// JPEG quality of the served tiles, 1 to 100; 0 where the tables are the
    /// source's own.
    pub quality: u8,
    /// Chroma subsampling of the served tiles.
    pub subsampling: Subsampling,
    pub(crate) first: u64,
    /// The residuals' shared header, for luma levels.
    pub(crate) residuals: Option<Arc<SharedHeader>>,
    /// The header all tiles of the level are served with; blobs are then scans
    /// or coded coefficients.
    pub(crate) header: Option<Arc<TileHeader>>,
    /// Where the model of an exact level's coefficients lies in the tables
    /// section, in bytes.
    pub(crate) model: Option<Range<usize>>,
}

impl Level {
    /// The header all tiles of the level are served with, if they have one in
    /// common.
    #[must_use]
    pub fn header(&self) -> Option<&TileHeader> {
        self.header.as_deref()
    }

    /// The header that a luma level's residuals share.
    #[must_use]
    pub fn residual_header(&self) -> Option<&SharedHeader> {
        self.residuals.as_deref()
    }
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
    pub(crate) pyramid: Pyramid,
    pub(crate) generation: u64,
    pub(crate) levels: Vec<Level>,
    pub(crate) metadata: Metadata,
    /// Where the sections lie in the file, in file order.
    pub(crate) sections: [Range<u64>; 5],
    /// Checksum of the tables section, parts of which are read again.
    pub(crate) tables_crc: u32,
    /// Blocks of the index that were looked into last.
    pub(crate) recent: RecentBlocks,
    /// The bytes of the sums section: checksums of all blocks of the index.
    pub(crate) sums: Box<[u8]>,
    /// Where blobs may lie.
    pub(crate) blobs: Range<u64>,
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
        &self.pyramid
    }

    /// Changes whenever a served tile could; see `FORMAT.md`. The file says so
    /// of itself, and [`crate::verify`] alone checks it.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
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

    /// Offset in the index of the entry of `id`, and what it may say.
    pub(crate) fn entry_at(&self, id: TileId) -> Result<(u64, EntryRules), PackError> {
        let outside = || PackError::OutsideGrid { path: self.path.clone(), id };
        let level = self.level(id.z).ok_or_else(outside)?;
        if id.x >= level.columns || id.y >= level.rows {
            return Err(outside());
        }
        let number = level.first + u64::from(id.y) * u64::from(level.columns) + u64::from(id.x);
        let rules = EntryRules {
            mode: level.mode,
            coefficients: level.header.is_some(),
            planes: if level.subsampling == Subsampling::Gray { 1 } else { 3 },
            finest: id.z == self.pyramid.max_level(),
        };
        Ok((number * ENTRY_LEN as u64, rules))
    }

    /// The index entry of a tile, after checking its 4 KiB block of the index
    /// and the entry itself. May wait for the disk.
    ///
    /// # Errors
    /// [`PackError::OutsideGrid`] if there is no such tile; otherwise the pack
    /// is damaged.
    pub fn entry(&self, id: TileId) -> Result<Entry, PackError> {
        let place = self.entry_at(id)?;
        let entry = self.recent.entry(self, id, place, |block| block.read(self, place.0).map(|()| true))?;
        Ok(entry.expect("a block that was read"))
    }

    /// As [`Self::entry`], without waiting: `None` if the index has to be read
    /// from the disk.
    ///
    /// # Errors
    /// As [`Self::entry`].
    pub fn try_entry(&self, id: TileId) -> Result<Option<Entry>, PackError> {
        let place = self.entry_at(id)?;
        self.recent.entry(self, id, place, |block| block.try_read(self, place.0))
    }

    /// Every tile of level `z` with its entry, row by row. Entries of a damaged
    /// block are its error.
    pub fn entries(&self, z: u32) -> impl Iterator<Item = (TileId, Result<Entry, PackError>)> + '_ {
        let (columns, rows) = self.level(z).map_or((0, 0), |level| (level.columns, level.rows));
        let ids = (0..rows).flat_map(move |y| (0..columns).map(move |x| TileId { z, x, y }));
        let mut block = IndexBlock::new();
        ids.map(move |id| {
            let entry = self.entry_at(id).and_then(|(at, rules)| {
                block.read(self, at)?;
                block.entry(self, id, at, rules)
            });
            (id, entry)
        })
    }

    /// Copies the bytes of a blob into `out`, which has [`Entry::blob_len`] of
    /// them, and checks them against their checksum. May wait for the disk.
    ///
    /// # Errors
    /// [`PackError::Io`] if they cannot be read, [`PackError::Checksum`] if they
    /// are not what was written.
    ///
    /// # Panics
    /// If `out` has another length.
    pub fn read_blob(&self, entry: Entry, out: &mut [u8]) -> Result<(), PackError> {
        let Entry::Blob { offset, .. } = entry else { return Ok(()) };
        assert_eq!(out.len(), entry.blob_len(), "a buffer for the whole blob");
        self.read(offset, out)?;
        self.check_blob(entry, out)
    }

    /// As [`Self::read_blob`], without waiting: `false` if the bytes have to be
    /// read from the disk.
    ///
    /// # Errors
    /// As [`Self::read_blob`].
    ///
    /// # Panics
    /// As [`Self::read_blob`].
    pub fn try_read_blob(&self, entry: Entry, out: &mut [u8]) -> Result<bool, PackError> {
        let Entry::Blob { offset, .. } = entry else { return Ok(true) };
        assert_eq!(out.len(), entry.blob_len(), "a buffer for the whole blob");
        let read = self.storage.try_read_at(offset, out).map_err(|error| self.io(error))?;
        if read {
            self.check_blob(entry, out)?;
        }
        Ok(read)
    }

    /// A copy of the bytes of a blob, checked against their checksum; `None` for
    /// entries without one.
    ///
    /// # Errors
    /// As [`Self::read_blob`].
    pub fn blob(&self, entry: Entry) -> Result<Option<Vec<u8>>, PackError> {
        if Self::blob_range(entry).is_none() {
            return Ok(None);
        }
        let mut bytes = vec![0; entry.blob_len()];
        self.read_blob(entry, &mut bytes)?;
        Ok(Some(bytes))
    }

    fn check_blob(&self, entry: Entry, bytes: &[u8]) -> Result<(), PackError> {
        let Entry::Blob { offset, crc, .. } = entry else { return Ok(()) };
        self.checksum("blob", offset, bytes, crc)
    }

    /// Where a blob's bytes lie in the file.
    #[must_use]
    pub fn blob_range(entry: Entry) -> Option<Range<u64>> {
        match entry {
            Entry::Blob { offset, len, .. } => Some(offset..offset + u64::from(len)),
            Entry::Blank { .. } | Entry::Constant { .. } | Entry::Empty => None,
        }
    }

    /// Fills `out` from `offset` on.
    pub(crate) fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), PackError> {
        self.storage.read_at(offset, out).map_err(|error| self.io(error))
    }

    pub(crate) fn io(&self, error: std::io::Error) -> PackError {
        PackError::Io { path: self.path.clone(), error }
    }

    /// Fails unless `bytes`, which begin at `offset`, have CRC `expected`.
    pub(crate) fn checksum(
        &self,
        what: &'static str,
        offset: u64,
        bytes: &[u8],
        expected: u32,
    ) -> Result<(), PackError> {
        let found = crc32fast::hash(bytes);
        if found == expected {
            return Ok(());
        }
        let (expected, found) = (u64::from(expected), u64::from(found));
        Err(PackError::Checksum { path: self.path.clone(), what, offset, expected, found })
    }

    /// Number of the blocks of the index.
    pub(crate) fn block_count(&self) -> u64 {
        self.section_len(INDEX).div_ceil(BLOCK_LEN as u64)
    }

    pub(crate) fn section_len(&self, section: usize) -> u64 {
        self.sections[section].end - self.sections[section].start
    }

    /// The checksum of index block `block`, as it was when the pack was opened.
    pub(crate) fn block_crc(&self, block: usize) -> u32 {
        u32_at(&self.sums, 4 * block)
    }
}
