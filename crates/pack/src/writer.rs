use crate::format::*;
use crate::publish::{draft, publish};
use crate::{LevelReport, Metadata, Mode, Pack, PackError, Problem};
use origami_codec::exact::Model;
use origami_codec::{SharedHeader, TileHeader};
use origami_pyramid::{Pyramid, Subsampling, TileId};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::{self, BufWriter, ErrorKind, IntoInnerError, Seek, SeekFrom, Write};
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
    /// Number of the tile header in [`PackSpec::tables`]: for all levels of a
    /// pack of coefficients, for none of others.
    pub header: Option<u8>,
    /// Number in [`PackSpec::tables`] of the residuals' header (luma levels) or
    /// of the model (exact levels).
    pub table: Option<u32>,
}

/// What levels share.
#[derive(Clone, Debug)]
pub enum Table {
    /// The header of luma residuals.
    Residuals(SharedHeader),
    /// The header that all tiles of a level are served with.
    Tiles(Box<TileHeader>),
    /// What the tiles of an exact level are coded with.
    Model(Model),
}

/// What is known of a pack before its first tile.
#[derive(Clone, Debug)]
pub struct PackSpec {
    /// Sizes and grids.
    pub pyramid: Pyramid,
    /// Chroma subsampling of all levels.
    pub subsampling: Subsampling,
    /// One for each level, from level 0.
    pub levels: Vec<LevelSpec>,
    /// What levels share.
    pub tables: Vec<Table>,
}

/// Writes a pack under a temporary name beside its destination. Dropping it,
/// or what [`Self::finish`] returns, removes the file.
#[derive(Debug)]
pub struct PackWriter {
    file: BufWriter<NamedTempFile>,
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
    /// [`Problem::Exists`] if there is one already and `overwrite` is not
    /// set; [`Problem::Io`] if its folder cannot be written to.
    ///
    /// # Panics
    /// If `spec` does not have one entry for each level.
    pub fn create(destination: &Path, spec: PackSpec, overwrite: bool) -> Result<Self, PackError> {
        assert_eq!(spec.levels.len(), spec.pyramid.level_count() as usize, "one spec for each level");
        if !overwrite && destination.exists() {
            return Err(Problem::Exists).map_err(PackError::of(destination));
        }
        let file = draft(destination, |builder, folder| builder.tempfile_in(folder))
            .map_err(PackError::of(destination))?;
        let mut file = BufWriter::with_capacity(1 << 20, file);
        file.write_all(&[0; HEADER_LEN]).map_err(PackError::of(destination))?;
        let (firsts, tiles) = first_entries(&spec.pyramid);
        let reports = (0..spec.pyramid.level_count())
            .map(|z| {
                let (columns, rows) = spec.pyramid.grid(z).expect("a level");
                LevelReport { z, tiles: u64::from(columns) * u64::from(rows), ..LevelReport::default() }
            })
            .collect();
        Ok(Self {
            file,
            destination: destination.to_owned(),
            overwrite,
            firsts,
            index: vec![MISSING; usize::try_from(tiles).expect("an index that fits memory")],
            reports,
            spec,
            end: HEADER_LEN as u64,
        })
    }

    fn set(&mut self, id: TileId, entry: Entry) {
        let (columns, rows) = self.spec.pyramid.grid(id.z).expect("a tile of this pyramid");
        assert!(id.x < columns && id.y < rows, "tile {id} outside its grid");
        let number = self.firsts[id.z as usize] + u64::from(id.y) * u64::from(columns) + u64::from(id.x);
        let slot = &mut self.index[number as usize];
        assert_eq!(*slot, MISSING, "tile {id} given twice");
        *slot = entry.encode();
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
    /// has no tile header.
    pub fn blob_as(&mut self, id: TileId, bytes: &[u8], identity: Identity) -> Result<(), PackError> {
        let coefficients = self.spec.levels[id.z as usize].header.is_some();
        assert!(coefficients || identity == Identity::Bytes, "identity without a tile header");
        assert!((1..=MAX_BLOB).contains(&bytes.len()), "a blob of 1 byte to 16 MiB");
        let len = bytes.len() as u32;
        self.set(id, Entry::Blob { offset: self.end, len, crc: crc32fast::hash(bytes), identity });
        self.file.write_all(bytes).map_err(PackError::of(&self.destination))?;
        self.end += u64::from(len);
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
        let levels = self.level_section();
        let tables = self.table_section();
        let index = self.index.as_flattened();
        let sums: Vec<u8> =
            index.chunks(BLOCK_LEN).flat_map(|block| crc32fast::hash(block).to_le_bytes()).collect();
        let pyramid = &self.spec.pyramid;
        let mut header = [0; HEADER_LEN];
        header[..8].copy_from_slice(&MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        let coefficients = self.spec.levels.iter().any(|level| level.header.is_some());
        let flags = if coefficients { FEATURE_COEFFICIENTS } else { 0 };
        header[FLAGS_AT..][..4].copy_from_slice(&flags.to_le_bytes());
        let (width, height) = pyramid.size();
        for (n, value) in [width, height, pyramid.tile_size(), pyramid.level_count()].into_iter().enumerate()
        {
            header[SIZE_AT + 4 * n..][..4].copy_from_slice(&value.to_le_bytes());
        }
        let mut generation = Sha256::new();
        for counted in [&header[..FILE_LEN_AT], &levels, &tables, index] {
            generation.update(counted);
        }
        header[GENERATION_AT..][..8].copy_from_slice(&generation.finalize()[..8]);
        let mut offset = self.end;
        for (n, bytes) in [&levels[..], &tables, index, &sums].into_iter().enumerate() {
            let crc = if n == INDEX { 0 } else { crc32fast::hash(bytes) };
            let section = Section { offset, len: bytes.len() as u64, crc };
            section.write(&mut header[SECTIONS_AT + n * SECTION_LEN..][..SECTION_LEN]);
            offset += section.len;
            self.file.write_all(bytes).map_err(PackError::of(&self.destination))?;
        }
        let Self { file, destination, overwrite, .. } = self;
        let file = file.into_inner().map_err(IntoInnerError::into_error);
        let file = file.map_err(PackError::of(&destination))?;
        let mut unpublished = Unpublished { file, destination, overwrite, header, metadata_at: offset };
        unpublished.set_metadata(metadata)?;
        Ok(unpublished)
    }

    fn level_section(&self) -> Vec<u8> {
        let subsampling = subsampling_code(self.spec.subsampling);
        let record = |(z, spec): (usize, &LevelSpec)| {
            LevelRecord {
                geometry: LevelRecord::geometry(&self.spec.pyramid, z as u32),
                first: self.firsts[z],
                mode: spec.mode.code(),
                quality: spec.quality,
                subsampling,
                header: spec.header.map_or(0, |number| number + 1),
                table: spec.table.unwrap_or(NO_TABLE),
            }
            .encode()
        };
        self.spec.levels.iter().enumerate().flat_map(record).collect()
    }

    fn table_section(&self) -> Vec<u8> {
        let mut out = (self.spec.tables.len() as u32).to_le_bytes().to_vec();
        for table in &self.spec.tables {
            let (kind, bytes): (u32, Cow<'_, [u8]>) = match table {
                Table::Residuals(header) => (TABLE_RESIDUAL_HEADER, header.bytes().into()),
                Table::Tiles(header) => (TABLE_TILE_HEADER, header.bytes().into()),
                Table::Model(model) => (TABLE_MODEL, Cow::Owned(model.to_bytes())),
            };
            out.extend_from_slice(&kind.to_le_bytes());
            out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            out.extend_from_slice(&bytes);
        }
        out
    }
}

/// A complete pack that nobody can see yet.
#[derive(Debug)]
pub struct Unpublished {
    file: NamedTempFile,
    destination: PathBuf,
    overwrite: bool,
    header: [u8; HEADER_LEN],
    metadata_at: u64,
}

impl Unpublished {
    /// Opens the temporary file, for measuring what was written.
    ///
    /// # Errors
    /// As [`Pack::open`].
    pub fn open(&self) -> Result<Pack, PackError> {
        Pack::open(self.file.path())
    }

    /// Replaces the metadata.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Panics
    /// If the metadata is larger than 1 MiB of JSON.
    pub fn set_metadata(&mut self, metadata: &Metadata) -> Result<(), PackError> {
        let json = serde_json::to_vec(metadata).expect("metadata has only JSON values");
        assert!(json.len() as u64 <= MAX_METADATA, "metadata above its limit");
        let len = json.len() as u64;
        let section = Section { offset: self.metadata_at, len, crc: crc32fast::hash(&json) };
        section.write(&mut self.header[SECTIONS_AT + METADATA * SECTION_LEN..][..SECTION_LEN]);
        self.header[FILE_LEN_AT..][..8].copy_from_slice(&(self.metadata_at + len).to_le_bytes());
        let crc = crc32fast::hash(&self.header[..HEADER_CRC_AT]);
        self.header[HEADER_CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        self.write(&json).map_err(PackError::of(&self.destination))
    }

    /// Writes the metadata and the header that goes with it.
    fn write(&mut self, json: &[u8]) -> io::Result<()> {
        let file = self.file.as_file_mut();
        file.seek(SeekFrom::Start(self.metadata_at))?;
        file.write_all(json)?;
        file.set_len(self.metadata_at + json.len() as u64)?;
        file.rewind()?;
        file.write_all(&self.header)
    }

    /// Makes the pack visible under its name, whole and on disk: fsync, rename,
    /// fsync of the folder.
    ///
    /// # Errors
    /// [`Problem::Exists`] if another pack took the name meanwhile and may not be
    /// overwritten; [`Problem::Io`] otherwise.
    pub fn publish(self) -> Result<PathBuf, PackError> {
        let Self { file, destination, overwrite, .. } = self;
        let published = publish(file, &destination, overwrite).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Problem::Exists,
            _ => error.into(),
        });
        published.map_err(PackError::of(&destination))?;
        Ok(destination)
    }
}
