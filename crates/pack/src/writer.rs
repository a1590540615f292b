use crate::directory::{Section, SectionKind};
use crate::header::{HEADER_LEN, Header, NO_LEVEL};
use crate::index::{BLOCK_LEN, ENTRY_LEN};
use crate::level::{LevelRecord, NO_TABLE, first_entries};
use crate::publish::draft;
use crate::{
    ContentHash, Entry, Identity, LevelReport, MAX_BLOB, Metadata, Mode, PackError, PackProblem, TableSpec,
    Unpublished, tables,
};
use blake3::Hasher;
use origami_pyramid::{Pyramid, Subsampling, TileId};
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// How one level is to be kept.
#[derive(Clone, Debug)]
pub struct LevelSpec {
    /// How the tiles are kept.
    pub mode: Mode,
    /// JPEG quality of the served tiles, 1 to 100; 0 if the tile header's
    /// tables are of no quality.
    pub quality: u8,
    /// The level it is predicted from, which is the next coarser one; `None` for
    /// stored levels.
    pub parent: Option<u32>,
    /// Number of the tile header in [`PackSpec::tables`]: for all levels of a
    /// pack of coefficients, for none of others.
    pub header: Option<u8>,
    /// Number in [`PackSpec::tables`] of the residuals' header (luma levels) or
    /// of the model (exact levels).
    pub table: Option<u32>,
}

/// What is known of a pack before its first tile.
#[derive(Clone, Debug)]
pub struct PackSpec {
    /// Sizes and grids.
    pub pyramid: Pyramid,
    /// Chroma subsampling of all levels.
    pub subsampling: Subsampling,
    /// The level that the chroma of luma levels comes from, if there are any.
    pub chroma_level: Option<u32>,
    /// One for each level, from level 0.
    pub levels: Vec<LevelSpec>,
    /// What levels share.
    pub tables: Vec<TableSpec>,
}

/// Writes a pack under a temporary name beside its destination. Dropping it,
/// or what [`Self::finish`] returns, removes the file.
#[derive(Debug)]
pub struct PackWriter {
    file: BufWriter<NamedTempFile>,
    /// Has seen all bytes that were written after the header.
    hasher: Hasher,
    destination: PathBuf,
    overwrite: bool,
    spec: PackSpec,
    firsts: Vec<u64>,
    /// The index section; an all-ones entry has not been given yet.
    index: Vec<[u8; ENTRY_LEN]>,
    reports: Vec<LevelReport>,
    end: u64,
}

const MISSING: [u8; ENTRY_LEN] = [0xff; ENTRY_LEN];

impl PackWriter {
    /// Begins a pack that will be published as `destination`.
    ///
    /// # Errors
    /// [`PackProblem::Exists`] if there is one already and `overwrite` is not
    /// set; [`PackProblem::Io`] if its folder cannot be written to.
    ///
    /// # Panics
    /// If `spec` does not have one entry for each level, a predicted level has
    /// another parent than the next coarser one, a stored one has a parent, or
    /// there is a chroma level without luma levels or the other way round.
    pub fn create(destination: &Path, spec: PackSpec, overwrite: bool) -> Result<Self, PackError> {
        assert_eq!(spec.levels.len(), spec.pyramid.level_count() as usize, "one spec for each level");
        let from_next = |(z, level): (u32, &LevelSpec)| {
            level.parent == z.checked_sub(1).filter(|_| level.mode != Mode::Stored)
        };
        assert!((0..).zip(&spec.levels).all(from_next), "predicted levels come from the next coarser one");
        let luma = spec.levels.iter().any(|level| level.mode == Mode::Luma);
        assert_eq!(spec.chroma_level.is_some(), luma, "luma levels, and nothing else, take chroma");
        if !overwrite && destination.exists() {
            return Err(PackProblem::Exists).map_err(PackError::of(destination));
        }
        let file = draft(destination, |builder, folder| builder.tempfile_in(folder))
            .map_err(PackError::of(destination))?;
        let mut file = BufWriter::with_capacity(1 << 20, file);
        file.write_all(&[0; HEADER_LEN]).map_err(PackError::of(destination))?;
        let reports = (0..spec.pyramid.level_count())
            .map(|z| {
                let tiles = spec.pyramid.grid(z).expect("a level").count();
                LevelReport { z, tiles, ..LevelReport::default() }
            })
            .collect();
        let tiles = usize::try_from(spec.pyramid.tile_count()).expect("an index that fits memory");
        Ok(Self {
            file,
            hasher: Hasher::new(),
            destination: destination.to_owned(),
            overwrite,
            firsts: first_entries(&spec.pyramid),
            index: vec![MISSING; tiles],
            reports,
            spec,
            end: HEADER_LEN as u64,
        })
    }

    fn set(&mut self, id: TileId, entry: Entry) {
        let grid = self.spec.pyramid.grid(id.z).expect("a tile of this pyramid");
        assert!(grid.contains(id.x, id.y), "tile {id} outside its grid");
        let number = self.firsts[id.z as usize] + grid.number(id.x, id.y);
        let slot = &mut self.index[number as usize];
        assert_eq!(*slot, MISSING, "tile {id} given twice");
        *slot = entry.encode();
    }

    /// Writes and hashes.
    fn append(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(PackError::of(&self.destination))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Appends a tile's bytes, which are served or decoded as its level says.
    ///
    /// # Errors
    /// As [`Self::blob_as`].
    ///
    /// # Panics
    /// As [`Self::blob_as`].
    pub fn blob(&mut self, id: TileId, bytes: &[u8]) -> Result<(), PackError> {
        self.blob_as(id, bytes, Identity::Bytes)
    }

    /// Appends a tile's bytes and how what is served for them stands to what
    /// was packed.
    ///
    /// # Errors
    /// If the file cannot be written, for example because the disk is full.
    ///
    /// # Panics
    /// If the tile is not in the pyramid, was given before, has no bytes or
    /// more than [`MAX_BLOB`], or `identity` is not [`Identity::Bytes`] and the level
    /// has no tile header, or is [`Identity::Verbatim`] and the level is a parent.
    pub fn blob_as(&mut self, id: TileId, bytes: &[u8], identity: Identity) -> Result<(), PackError> {
        let coefficients = self.spec.levels[id.z as usize].header.is_some();
        assert!(coefficients || identity == Identity::Bytes, "identity without a tile header");
        let children = self.spec.levels.iter().any(|level| level.parent == Some(id.z));
        assert!(
            identity != Identity::Verbatim || !children,
            "a verbatim tile that others are predicted from"
        );
        assert!((1..=MAX_BLOB).contains(&bytes.len()), "a blob of 1 byte to 16 MiB");
        let len = bytes.len() as u32;
        self.set(id, Entry::Blob { offset: self.end, len, crc: crc32fast::hash(bytes), identity });
        self.append(bytes)?;
        let report = &mut self.reports[id.z as usize];
        report.bytes += u64::from(len);
        match identity {
            Identity::Bytes => {}
            Identity::Coefficients => report.coefficients += 1,
            Identity::Verbatim => report.verbatim += 1,
        }
        Ok(())
    }

    /// Records that every block of a tile's planes has one DC value and nothing
    /// else.
    ///
    /// # Panics
    /// If the tile is not in the pyramid, was given before, or its level has no
    /// tile header.
    pub fn constant(&mut self, id: TileId, dc: [i16; 3]) {
        assert!(self.spec.levels[id.z as usize].header.is_some(), "constant tile without a tile header");
        self.set(id, Entry::Constant { dc });
        self.reports[id.z as usize].blank += 1;
    }

    /// Records that every sample of a tile has one colour (Y, Cb, Cr).
    ///
    /// # Panics
    /// If the tile is not in the pyramid or was given before.
    pub fn blank(&mut self, id: TileId, colour: [u8; 3]) {
        self.set(id, Entry::Blank { colour });
        self.reports[id.z as usize].blank += 1;
    }

    /// Records that a luma tile is its prediction.
    ///
    /// # Panics
    /// If the tile is not in the pyramid, not in a luma level, or was given before.
    pub fn empty(&mut self, id: TileId) {
        assert_eq!(self.spec.levels[id.z as usize].mode, Mode::Luma);
        self.set(id, Entry::Empty);
        self.reports[id.z as usize].empty += 1;
    }

    /// What each level takes so far.
    #[must_use]
    pub fn reports(&self) -> &[LevelReport] {
        &self.reports
    }

    /// Writes everything after the blobs, and the header, to the temporary
    /// file, which is then a valid pack.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Panics
    /// If a tile was not given.
    pub fn finish(mut self, metadata: &Metadata) -> Result<Unpublished, PackError> {
        let missing = self.index.iter().filter(|entry| **entry == MISSING).count();
        assert_eq!(missing, 0, "tiles that were never written");
        let index = std::mem::take(&mut self.index);
        let index = index.as_flattened();
        let sums: Vec<u8> =
            index.chunks(BLOCK_LEN).flat_map(|block| crc32fast::hash(block).to_le_bytes()).collect();
        let (levels, tables) = (self.level_section(), tables::encode(&self.spec.tables));
        let blobs_end = self.end;
        let mut sections = Vec::with_capacity(SectionKind::ALL.len());
        for (kind, bytes) in SectionKind::ALL.into_iter().zip([&levels[..], &tables, index, &sums]) {
            sections.push(Section::of(kind, self.end, bytes));
            self.append(bytes)?;
        }
        let Self { file, hasher, destination, overwrite, spec, .. } = self;
        let file = file.into_inner().map_err(IntoInnerError::into_error);
        let file = file.map_err(PackError::of(&destination))?;
        let header = Header {
            pyramid: spec.pyramid,
            subsampling: spec.subsampling,
            chroma_level: spec.chroma_level.map_or(NO_LEVEL, |z| z as u8),
            sections: SectionKind::ALL.len() as u16,
            directory_crc: 0,
            file_len: 0,
            blobs_end,
            content_hash: ContentHash([0; 32]),
        };
        let mut unpublished = Unpublished { file, hasher, destination, overwrite, header, sections };
        unpublished.set_metadata(metadata)?;
        Ok(unpublished)
    }

    fn level_section(&self) -> Vec<u8> {
        let record = |(z, spec): (usize, &LevelSpec)| {
            LevelRecord {
                geometry: LevelRecord::geometry(&self.spec.pyramid, z as u32),
                first: self.firsts[z],
                mode: spec.mode.code(),
                quality: spec.quality,
                parent: spec.parent.map_or(NO_LEVEL, |parent| parent as u8),
                header: spec.header.map_or(0, |number| number + 1),
                table: spec.table.unwrap_or(NO_TABLE),
            }
            .encode()
        };
        self.spec.levels.iter().enumerate().flat_map(record).collect()
    }
}
