use crate::format::{BLOCK_LEN, ENTRY_LEN, Entry, EntryRules, HEADER_LEN, INDEX, Mode, u32_at};
use crate::{Map, Metadata, PackError};
use origami_codec::{SharedHeader, TileHeader, exact};
use origami_pyramid::{Pyramid, Subsampling, TileId};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

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
    /// What the tiles of an exact level are coded with.
    pub(crate) exact: Option<Arc<exact::Level>>,
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
#[derive(Debug)]
pub struct Pack {
    pub(crate) path: PathBuf,
    pub(crate) map: Map,
    /// The header as it was when the pack was opened.
    pub(crate) header: [u8; HEADER_LEN],
    /// Whether the file was found to have another header since.
    pub(crate) overwritten: AtomicBool,
    pub(crate) pyramid: Pyramid,
    pub(crate) generation: u64,
    pub(crate) levels: Vec<Level>,
    pub(crate) metadata: Metadata,
    /// Byte ranges of the sections, in file order, inside the map.
    pub(crate) sections: [Range<usize>; 5],
    /// The bytes of the sums section, in memory so that a lookup touches no
    /// other pages than its index block's.
    pub(crate) sums: Box<[u8]>,
    /// Where blobs may lie.
    pub(crate) blobs: Range<u64>,
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
        self.map.len() as u64
    }

    /// Whether the file still was this pack and had all that was asked of it,
    /// as far as [`Self::check_whole`] or reading has found. Once it had not,
    /// this stays so; opening the file again tells why. Touches no page.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.map.is_whole() && !self.overwritten.load(Ordering::Relaxed)
    }

    /// Whether what was read from the map up to here was the pack's: the file
    /// gave all of it, and its header is still the one that was opened. Whoever
    /// writes over it in place begins with the header, and bytes may change
    /// between the check of their checksum and their use.
    ///
    /// # Errors
    /// [`PackError::Io`] if it was not.
    pub fn check_whole(&self) -> Result<(), PackError> {
        // What was read before this line is not read after it.
        fence(Ordering::Acquire);
        if self.map[..HEADER_LEN] != self.header {
            self.overwritten.store(true, Ordering::Relaxed);
        }
        let (kind, what) = if !self.map.is_whole() {
            (io::ErrorKind::UnexpectedEof, "the file was cut short, or its disk fails, while it was in use")
        } else if !self.is_whole() {
            (io::ErrorKind::InvalidData, "the file was written to while it was in use")
        } else {
            return Ok(());
        };
        Err(PackError::Io { path: self.path.clone(), error: io::Error::new(kind, what) })
    }

    /// Sizes and grids of the levels.
    #[must_use]
    pub fn pyramid(&self) -> &Pyramid {
        &self.pyramid
    }

    /// Changes whenever a served tile could; see `FORMAT.md`.
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

    /// Offset in the file of the index entry of `id`, and what it may say.
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
        Ok((self.sections[INDEX].start as u64 + number * ENTRY_LEN as u64, rules))
    }

    /// The index entry of a tile, after checking its 4 KiB block of the index
    /// and the entry itself.
    ///
    /// # Errors
    /// [`PackError::OutsideGrid`] if there is no such tile; otherwise the pack
    /// is damaged.
    pub fn entry(&self, id: TileId) -> Result<Entry, PackError> {
        let (offset, rules) = self.entry_at(id)?;
        self.check_block((offset as usize - self.sections[INDEX].start) / BLOCK_LEN)?;
        self.entry_unchecked(id, offset, rules)
    }

    /// Checks index block `block` against its checksum.
    pub(crate) fn check_block(&self, block: usize) -> Result<(), PackError> {
        let index = &self.map[self.sections[INDEX].clone()];
        let start = block * BLOCK_LEN;
        let bytes = &index[start..index.len().min(start + BLOCK_LEN)];
        let expected = u32_at(&self.sums, 4 * block);
        let offset = (self.sections[INDEX].start + start) as u64;
        self.checksum("index block", offset, bytes, expected)
    }

    /// Reads the entry at `offset`, whose block has been checked.
    fn entry_unchecked(&self, id: TileId, offset: u64, rules: EntryRules) -> Result<Entry, PackError> {
        let at = offset as usize;
        let bytes = self.map[at..at + ENTRY_LEN].try_into().expect("an entry's length");
        Entry::decode(bytes, rules, &self.blobs).map_err(|what| PackError::Entry {
            path: self.path.clone(),
            id,
            offset,
            what,
        })
    }

    /// Every tile of level `z` with its entry, row by row, blocks unchecked.
    pub(crate) fn entries(&self, z: u32) -> impl Iterator<Item = (TileId, Result<Entry, PackError>)> + '_ {
        let (columns, rows) = self.level(z).map_or((0, 0), |level| (level.columns, level.rows));
        let ids = (0..rows).flat_map(move |y| (0..columns).map(move |x| TileId { z, x, y }));
        ids.map(|id| {
            let entry = self.entry_at(id).and_then(|(offset, rules)| self.entry_unchecked(id, offset, rules));
            (id, entry)
        })
    }

    /// The bytes of a blob in the map, after checking them against its
    /// checksum; `None` for entries without one. What is made of them counts if
    /// [`Self::check_whole`] succeeds afterwards.
    ///
    /// # Errors
    /// [`PackError::Checksum`] if the bytes are not what was written.
    pub fn blob(&self, entry: Entry) -> Result<Option<&[u8]>, PackError> {
        let Some(range) = self.blob_in_map(entry) else { return Ok(None) };
        self.check_blob(entry, &self.map[range.clone()])?;
        Ok(Some(&self.map[range]))
    }

    pub(crate) fn check_blob(&self, entry: Entry, bytes: &[u8]) -> Result<(), PackError> {
        let Entry::Blob { offset, crc, .. } = entry else { return Ok(()) };
        self.checksum("blob", offset, bytes, crc)
    }

    /// Where a blob lies in the map: an entry of another pack must not make this
    /// one read outside it.
    pub(crate) fn blob_in_map(&self, entry: Entry) -> Option<Range<usize>> {
        let within = |at: u64| (at as usize).min(self.map.len());
        Self::blob_range(entry).map(|range| within(range.start)..within(range.end))
    }

    /// Where a blob's bytes lie in the file.
    #[must_use]
    pub fn blob_range(entry: Entry) -> Option<Range<u64>> {
        match entry {
            Entry::Blob { offset, len, .. } => Some(offset..offset + u64::from(len)),
            Entry::Blank { .. } | Entry::Constant { .. } | Entry::Empty => None,
        }
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
        self.check_whole()?;
        let (expected, found) = (u64::from(expected), u64::from(found));
        Err(PackError::Checksum { path: self.path.clone(), what, offset, expected, found })
    }
}
