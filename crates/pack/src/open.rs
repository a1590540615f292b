//! Opens packs: every check of `FORMAT.md` whose cost does not grow with the
//! number of tiles.

use crate::directory::{SectionDirectory, SectionKind};
use crate::fields::{check_crc, supported};
use crate::header::{HEADER_LEN, Header};
use crate::index::{RecentBlocks, read_records};
use crate::level::{ModelSource, read_levels};
use crate::tables::{Table, read_tables};
use crate::{Blocking, Metadata, ModelChoice, Pack, PackError, PackProblem, Storage};
use origami_codec::exact::{self, Model};
use std::io;
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "map")]
impl Pack {
    /// Opens the file at `path` through a memory map; otherwise as [`Self::open_with`].
    ///
    /// # Errors
    /// As [`Self::open_with`].
    pub fn open(path: &Path) -> Result<Self, PackError> {
        Self::open_with(path, crate::Io::Map)
    }

    /// Opens the file at `path` and checks everything but its tiles. The time this
    /// takes hardly depends on their number (12 bytes are read for every 256).
    ///
    /// # Errors
    /// If the file cannot be read or breaks a rule of `FORMAT.md` that opening
    /// checks.
    pub fn open_with(path: &Path, io: crate::Io) -> Result<Self, PackError> {
        Self::from_storage(path, io.open(path).map_err(PackError::with_path(path))?)
    }
}

impl Pack {
    /// Opens the pack whose bytes are in `storage`, and checks everything but its
    /// tiles. Errors give `path` as the pack's path.
    ///
    /// # Errors
    /// If the bytes cannot be read or break a rule of `FORMAT.md` that opening
    /// checks.
    pub fn from_storage(path: &Path, storage: Arc<dyn Storage>) -> Result<Self, PackError> {
        Self::read_checked(path, storage).map_err(PackError::with_path(path))
    }

    fn read_checked(path: &Path, storage: Arc<dyn Storage>) -> Result<Self, PackProblem> {
        let mut first = [0; HEADER_LEN];
        let first = &mut first[..storage.len().min(HEADER_LEN as u64) as usize];
        storage.read_at(0, first)?;
        let header = Header::read(first, storage.len())?;
        let directory = SectionDirectory::read(&*storage, &header)?;
        let tables = read_section(&*storage, &directory, SectionKind::Tables)?;
        let tables = read_tables(&tables, &directory)?;
        let levels = read_section(&*storage, &directory, SectionKind::Levels)?;
        let levels = read_levels(&levels, &header, &directory, &tables)?;
        let blocks = read_section(&*storage, &directory, SectionKind::Blocks)?;
        let blocks = read_records(&blocks, &directory, header.pyramid.tile_count())?;
        let metadata = read_section(&*storage, &directory, SectionKind::Metadata)?;
        let metadata = Metadata::read(&metadata, directory.section(SectionKind::Metadata))?;
        let lists = size_of_val(&levels[..]) + size_of_val(directory.sections()) + size_of_val(&*blocks);
        let tables = tables.iter().map(Table::memory).sum::<usize>();
        let recent = RecentBlocks::of_index(blocks.len());
        let memory = size_of::<Self>() + lists + tables + metadata.memory() + recent.memory();
        Ok(Self {
            path: path.to_owned(),
            storage_id: storage.storage_id(),
            blocks,
            recent,
            memory,
            header,
            directory,
            levels,
            metadata,
            storage,
        })
    }

    /// The chosen model of exact level `z`, with which tiles are coded; `None` for other
    /// levels, and if the level has no second one. It is read from the pack and prepared at
    /// each call and takes about 170 KiB, so callers that need it often should cache it. May
    /// wait for the disk.
    ///
    /// # Errors
    /// If the tables section has changed since the pack was opened.
    pub fn model(&self, z: u32, choice: ModelChoice) -> Result<Option<exact::Level>, PackError> {
        let Some(level) = self.level(z) else { return Ok(None) };
        let (Some(model), Some(header)) = (level.model(choice), level.header()) else { return Ok(None) };
        let section = self.directory.section(SectionKind::Tables);
        let start = section.range.start;
        let (parsed, offset) = match &model.source {
            ModelSource::BuiltIn(built_in) => (Ok(built_in.model(header.planes())), start),
            ModelSource::Tables(range) => {
                let mut tables = vec![0; section.len() as usize];
                let name = SectionKind::Tables.name();
                self.read(name, start, &mut tables, section.crc, Blocking::Allowed)?;
                (Model::parse(&tables[range.clone()]), start + range.start as u64)
            }
        };
        let prepared =
            parsed.and_then(|model| exact::Level::new(model, header.quantisation(), header.planes()));
        supported("exact model", offset, z, prepared.ok()).map(Some).map_err(PackError::with_path(&self.path))
    }

    /// A number that exact levels have in common if their tiles are coded with the
    /// same model and quantisation, so that one [`Self::model`] serves all of them.
    /// `None` where [`Self::model`] is.
    #[must_use]
    pub fn model_table(&self, z: u32, choice: ModelChoice) -> Option<u32> {
        let model = self.level(z)?.model(choice)?;
        Some(u32::from(model.number) << 8 | u32::from(model.header))
    }
}

/// A checked copy of a section that is read into memory.
fn read_section(
    storage: &dyn Storage,
    directory: &SectionDirectory,
    kind: SectionKind,
) -> Result<Vec<u8>, PackProblem> {
    let section = directory.section(kind);
    let mut bytes = zeroed_buffer(section.len())?;
    storage.read_at(section.range.start, &mut bytes)?;
    check_crc(kind.name(), section.range.start, &bytes, section.crc)?;
    Ok(bytes)
}

/// A buffer of `len` bytes; an error if there is not that much memory: a section of
/// a sparse file may be longer than memory, or than can be addressed.
fn zeroed_buffer(len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let reserved = usize::try_from(len).is_ok_and(|len| bytes.try_reserve_exact(len).is_ok());
    if !reserved {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    bytes.resize(len as usize, 0);
    Ok(bytes)
}
