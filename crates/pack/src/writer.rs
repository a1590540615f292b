//! Writes packs.

use crate::directory::{Section, SectionKind};
use crate::header::{HEADER_LEN, Header, NO_LEVEL};
use crate::index::draft::IndexDraft;
use crate::index::{BlockRecord, block, plane_count};
use crate::level::first_entries;
use crate::publish::{draft_file, nameless_file};
use crate::{
    ContentHash, Entry, Identity, LevelReport, MAX_BLOB, Metadata, Mode, ModelChoice, PackError, PackProblem,
    PackSpec, Unpublished, tables,
};
use blake3::Hasher;
use origami_pyramid::TileId;
use std::io::{self, BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Writes a pack under a temporary name beside its destination. Dropping it,
/// or what [`Self::finish`] returns, removes the file.
///
/// It takes about 5 MiB of memory, however many tiles the pack has: the index grows in
/// a second file, without a name.
///
/// # Examples
/// ```
/// use origami_pack::{MemoryStorage, Metadata, Pack, PackSpec, PackWriter};
/// use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
/// use std::sync::Arc;
///
/// // A slide of 2x1 px has two levels with one tile each.
/// let pyramid = Pyramid::new(Size::new(2, 1), 16).unwrap();
/// let spec = PackSpec::stored(pyramid, Subsampling::S420, 85);
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("slide.origami");
/// let mut writer = PackWriter::create(&path, spec, false)?;
/// writer.blank(TileId { z: 0, x: 0, y: 0 }, [255, 128, 128]);
/// writer.blob(TileId { z: 1, x: 0, y: 0 }, b"a JPEG")?;
/// writer.finish(&Metadata::default())?.publish()?;
///
/// let storage = MemoryStorage::new(std::fs::read(&path)?);
/// let pack = Pack::from_storage(&path, Arc::new(storage))?;
/// let entry = pack.entry(TileId { z: 1, x: 0, y: 0 })?;
/// assert_eq!(pack.blob(entry)?, Some(b"a JPEG".to_vec()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PackWriter {
    file: BufWriter<NamedTempFile>,
    /// Has seen all bytes written after the header.
    hasher: Hasher,
    destination: PathBuf,
    overwrite: bool,
    spec: PackSpec,
    /// Number of the first index entry of each level.
    first_entries: Vec<u64>,
    index: IndexDraft,
    reports: Vec<LevelReport>,
    /// Bytes written so far.
    end: u64,
}

impl PackWriter {
    /// Begins a pack that will be published as `destination`.
    ///
    /// # Errors
    /// [`PackProblem::Exists`] if the destination exists and `overwrite` is not
    /// set; [`PackProblem::Io`] if its folder cannot be written to.
    ///
    /// # Panics
    /// If `spec` does not have one entry for each level, a predicted level has
    /// another parent than the next coarser one, a stored one has a parent or a header that
    /// leaves Huffman tables to its tiles, another than an exact one has a second model, or
    /// there is a chroma level without luma levels or the other way round.
    pub fn create(destination: &Path, spec: PackSpec, overwrite: bool) -> Result<Self, PackError> {
        spec.check();
        if !overwrite && destination.exists() {
            return Err(PackError::new(destination, PackProblem::Exists));
        }
        let file = draft_file(destination).map_err(PackError::with_path(destination))?;
        let mut file = BufWriter::with_capacity(1 << 20, file);
        file.write_all(&[0; HEADER_LEN]).map_err(PackError::with_path(destination))?;
        let index = nameless_file(destination)
            .and_then(|file| IndexDraft::new(file, spec.pyramid.tile_count()))
            .map_err(PackError::with_path(destination))?;
        Ok(Self {
            file,
            hasher: Hasher::new(),
            destination: destination.to_owned(),
            overwrite,
            first_entries: first_entries(&spec.pyramid),
            index,
            reports: spec.empty_reports(),
            spec,
            end: HEADER_LEN as u64,
        })
    }

    /// Whether blobs of level `z` are scans or coded coefficients.
    fn has_tile_header(&self, z: u32) -> bool {
        self.spec.levels[z as usize].header.is_some()
    }

    fn set_entry(&mut self, id: TileId, entry: Entry) {
        let grid = self.spec.pyramid.grid(id.z).expect("a tile of this pyramid");
        assert!(grid.contains(id.x, id.y), "tile {id} outside its grid");
        let number = self.first_entries[id.z as usize] + grid.number(id.x, id.y);
        assert!(self.index.set(number, entry), "tile {id} given twice");
    }

    /// Writes and hashes `bytes`.
    fn append(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(PackError::with_path(&self.destination))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Appends a tile's bytes, to be served or decoded as the mode of its level
    /// requires.
    ///
    /// # Errors
    /// As [`Self::blob_as`].
    ///
    /// # Panics
    /// As [`Self::blob_as`].
    pub fn blob(&mut self, id: TileId, bytes: &[u8]) -> Result<(), PackError> {
        self.blob_as(id, bytes, Identity::Bytes, ModelChoice::First)
    }

    /// Appends a tile's bytes, and records how the JPEG served for them relates to
    /// the one that was packed, and which model of its level they are coded with.
    ///
    /// # Errors
    /// If a file cannot be written, for example because the disk is full, or the blob would
    /// end behind 2^48 bytes, which the index cannot express.
    ///
    /// # Panics
    /// If the tile is not in the pyramid, was given before, has no bytes or
    /// more than [`MAX_BLOB`], or `identity` is not [`Identity::Bytes`] and the level
    /// has no tile header, or is [`Identity::Verbatim`] and the level is a parent, or
    /// `model` is [`ModelChoice::Second`] and the level has none or the tile is verbatim.
    pub fn blob_as(
        &mut self,
        id: TileId,
        bytes: &[u8],
        identity: Identity,
        model: ModelChoice,
    ) -> Result<(), PackError> {
        assert!(self.has_tile_header(id.z) || identity == Identity::Bytes, "identity without a tile header");
        let is_parent = self.spec.levels.iter().any(|level| level.parent == Some(id.z));
        assert!(
            identity != Identity::Verbatim || !is_parent,
            "a verbatim tile that others are predicted from"
        );
        let has_second = self.spec.levels[id.z as usize].second_model.is_some();
        assert!(
            model == ModelChoice::First || has_second && identity != Identity::Verbatim,
            "a second model that the tile cannot have"
        );
        assert!((1..=MAX_BLOB).contains(&bytes.len()), "a blob of 1 byte to 16 MiB");
        if self.end + bytes.len() as u64 > block::MAX_END {
            let problem = PackProblem::Io(io::ErrorKind::FileTooLarge.into());
            return Err(PackError::new(&self.destination, problem));
        }
        let len = bytes.len() as u32;
        let crc = crc32fast::hash(bytes);
        self.set_entry(id, Entry::Blob { offset: self.end, len, crc, identity, model });
        self.index.check().map_err(PackError::with_path(&self.destination))?;
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

    /// Records that all blocks of each of a tile's planes have the same DC value and
    /// nothing else.
    ///
    /// # Panics
    /// If the tile is not in the pyramid, was given before, its level has no tile header,
    /// or a plane that the pack lacks has a value other than 0.
    pub fn constant(&mut self, id: TileId, dc: [i16; 3]) {
        assert!(self.has_tile_header(id.z), "constant tile without a tile header");
        let missing = &dc[plane_count(self.spec.subsampling)..];
        assert!(missing.iter().all(|&dc| dc == 0), "DC values of planes that are not there");
        self.set_entry(id, Entry::Constant { dc });
        self.reports[id.z as usize].blank += 1;
    }

    /// Records that all samples of a tile have one colour (Y, Cb, Cr).
    ///
    /// # Panics
    /// If the tile is not in the pyramid or was given before.
    pub fn blank(&mut self, id: TileId, colour: [u8; 3]) {
        self.set_entry(id, Entry::Blank { colour });
        self.reports[id.z as usize].blank += 1;
    }

    /// Records that a luma tile equals its prediction.
    ///
    /// # Panics
    /// If the tile is not in the pyramid, not in a luma level, or was given before.
    pub fn empty(&mut self, id: TileId) {
        assert_eq!(self.spec.levels[id.z as usize].mode, Mode::Luma);
        self.set_entry(id, Entry::Empty);
        self.reports[id.z as usize].empty += 1;
    }

    /// Statistics of each level so far.
    #[must_use]
    pub fn reports(&self) -> &[LevelReport] {
        &self.reports
    }

    /// Writes everything after the blobs, and the header, to the temporary
    /// file, which is then a valid pack.
    ///
    /// # Errors
    /// [`PackProblem::MetadataLimit`] if the metadata have more than 64 KiB of JSON, or a
    /// list longer than readers accept; [`PackProblem::Io`] if the file cannot be written.
    ///
    /// # Panics
    /// If a tile was not given.
    pub fn finish(mut self, metadata: &Metadata) -> Result<Unpublished, PackError> {
        let metadata = metadata.to_bytes().map_err(PackError::with_path(&self.destination))?;
        self.index.check().map_err(PackError::with_path(&self.destination))?;
        assert_eq!(self.index.missing(), 0, "tiles that were never written");
        let blobs_end = self.end;
        let sections = self.write_sections()?;
        let Self { file, hasher, destination, overwrite, spec, .. } = self;
        let file = file.into_inner().map_err(IntoInnerError::into_error);
        let file = file.map_err(PackError::with_path(&destination))?;
        // The fields that depend on the metadata are set together with it.
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
        let images = Vec::new();
        let mut unpublished =
            Unpublished { file, hasher, destination, overwrite, header, sections, images, metadata };
        unpublished.write_end()?;
        Ok(unpublished)
    }

    /// Appends all sections but the metadata, and returns their directory records.
    fn write_sections(&mut self) -> Result<Vec<Section>, PackError> {
        let levels = self.level_section();
        let tables = tables::encode(&self.spec.tables);
        let levels = self.write_section(SectionKind::Levels, &levels)?;
        let tables = self.write_section(SectionKind::Tables, &tables)?;
        let start = self.end;
        let blocks = self.write_index()?;
        let index = Section::index(start..self.end);
        let blocks = self.write_section(SectionKind::Blocks, &blocks)?;
        Ok(vec![levels, tables, index, blocks])
    }

    fn write_section(&mut self, kind: SectionKind, bytes: &[u8]) -> Result<Section, PackError> {
        let section = Section::new(kind, self.end, bytes);
        self.append(bytes)?;
        Ok(section)
    }

    /// Appends the index, and returns the blocks section.
    fn write_index(&mut self) -> Result<Vec<u8>, PackError> {
        let planes = plane_count(self.spec.subsampling);
        let (mut records, mut entries, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..self.index.block_count() {
            let read = self.index.read_block(number, &mut entries);
            read.map_err(PackError::with_path(&self.destination))?;
            bytes.clear();
            let first_blob = block::encode(&entries, planes, &mut bytes);
            records.extend(BlockRecord::new(self.end, first_blob, &bytes).encode());
            self.append(&bytes)?;
        }
        Ok(records)
    }

    fn level_section(&self) -> Vec<u8> {
        let levels = (0..).zip(&self.first_entries);
        levels.flat_map(|(z, &first_entry)| self.spec.record(z, first_entry).encode()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::{Pyramid, Size, Subsampling};

    #[test]
    fn a_blob_that_would_end_behind_2_to_48_bytes_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let pyramid = Pyramid::new(Size::new(2, 1), 16).unwrap();
        let spec = PackSpec::stored(pyramid, Subsampling::S420, 85);
        let mut writer = PackWriter::create(&folder.path().join("far.origami"), spec, false).unwrap();
        writer.end = block::MAX_END - 6;
        writer.blob(TileId { z: 0, x: 0, y: 0 }, b"a JPEG").expect("the last bytes");
        let error = writer.blob(TileId { z: 1, x: 0, y: 0 }, b"a").unwrap_err();
        let is_too_large = |problem: &PackProblem| matches!(problem, PackProblem::Io(error) if error.kind() == io::ErrorKind::FileTooLarge);
        assert!(is_too_large(&error.problem), "{error}");
    }
}
