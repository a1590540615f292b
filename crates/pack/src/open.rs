//! Opening a pack: every check of `FORMAT.md` that does not grow with the
//! number of tiles.

use crate::directory::{SectionDirectory, SectionKind};
use crate::fields::known;
use crate::header::{HEADER_LEN, Header};
use crate::index::RecentBlocks;
use crate::level::{ModelFrom, levels};
use crate::tables::{OpenTable, tables};
use crate::{Metadata, Pack, PackError, PackProblem, Storage, Waiting};
use origami_codec::exact::{self, Model};
use std::io;
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "map")]
impl Pack {
    /// Opens the file at `path` through a memory map; as [`Self::open_with`].
    ///
    /// # Errors
    /// As there.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        Self::open_with(path, crate::Io::Map)
    }

    /// Opens the file at `path` and checks everything but its tiles, in time
    /// that hardly depends on how many there are (4 bytes for every 256).
    ///
    /// # Errors
    /// If the file cannot be read or breaks a rule of `FORMAT.md` that opening
    /// checks.
    pub fn open_with(path: &Path, io: crate::Io) -> Result<Self, PackError> {
        Self::from_storage(path, io.open(path).map_err(PackError::of(path))?)
    }
}

impl Pack {
    /// Opens the pack whose bytes are in `storage`, and checks everything but its
    /// tiles; `path` is what errors call it.
    ///
    /// # Errors
    /// If the bytes cannot be read or break a rule of `FORMAT.md` that opening
    /// checks.
    pub fn from_storage(path: &Path, storage: Arc<dyn Storage>) -> Result<Self, PackError> {
        Self::checked(path, storage).map_err(PackError::of(path))
    }

    fn checked(path: &Path, storage: Arc<dyn Storage>) -> Result<Self, PackProblem> {
        let mut first = [0; HEADER_LEN];
        let first = &mut first[..storage.len().min(HEADER_LEN as u64) as usize];
        storage.read_at(0, first)?;
        let header = Header::read(first, storage.len())?;
        let directory = SectionDirectory::read(&*storage, &header)?;
        let section = |kind| read(&*storage, &directory, kind);
        let tables = tables(&section(SectionKind::Tables)?, &directory)?;
        let levels = levels(&section(SectionKind::Levels)?, &header, &directory, &tables)?;
        let (sums, text) = (section(SectionKind::Sums)?, section(SectionKind::Metadata)?);
        let metadata = Metadata::read(&text, directory.section(SectionKind::Metadata))?;
        let kept = size_of_val(&levels[..]) + size_of_val(directory.sections()) + sums.len();
        let kept = kept + metadata.memory() + RecentBlocks::MEMORY;
        let memory = size_of::<Self>() + kept + tables.iter().map(OpenTable::memory).sum::<usize>();
        Ok(Self {
            path: path.to_owned(),
            identity: storage.identity(),
            index: directory.section(SectionKind::Index).range.clone(),
            sums: sums.into_boxed_slice(),
            recent: RecentBlocks::default(),
            memory,
            header,
            directory,
            levels,
            metadata,
            storage,
        })
    }

    /// What the tiles of exact level `z` are coded with, read from the pack and
    /// made ready anew: some 170 KiB, so whoever needs it often keeps it. `None`
    /// for other levels. May wait for the disk.
    ///
    /// # Errors
    /// If the tables section is not what it was when the pack was opened.
    pub fn model(&self, z: u32) -> Result<Option<exact::Level>, PackError> {
        let Some(level) = self.level(z) else { return Ok(None) };
        let (Some(model), Some(header)) = (&level.model, level.header()) else { return Ok(None) };
        let section = self.directory.section(SectionKind::Tables);
        let (parsed, offset) = match &model.from {
            ModelFrom::BuiltIn(built_in) => (Ok(built_in.model(header.planes())), section.range.start),
            ModelFrom::Tables(place) => {
                let mut tables = vec![0; section.len() as usize];
                let start = section.range.start;
                self.read(SectionKind::Tables.name(), start, &mut tables, section.crc, Waiting::Allowed)?;
                (Model::parse(&tables[place.clone()]), start + place.start as u64)
            }
        };
        let made = parsed.and_then(|model| exact::Level::new(model, header.quantisation(), header.planes()));
        known("exact model", offset, z, made.ok()).map(Some).map_err(PackError::of(&self.path))
    }

    /// A number that exact levels have in common if they are coded with the same:
    /// one [`Self::model`] is enough for them. `None` for other levels.
    #[must_use]
    pub fn model_table(&self, z: u32) -> Option<u32> {
        let [model, header] = self.level(z)?.model.as_ref()?.tables;
        Some(u32::from(model) << 8 | u32::from(header))
    }
}

/// A checked copy of a section, which is short enough to be copied.
fn read(
    storage: &dyn Storage,
    directory: &SectionDirectory,
    kind: SectionKind,
) -> Result<Vec<u8>, PackProblem> {
    let section = directory.section(kind);
    let mut bytes = Vec::new();
    // A sparse file may have more than there is memory, or than can be addressed.
    let too_long = || io::Error::from(io::ErrorKind::OutOfMemory);
    let len = usize::try_from(section.len()).map_err(|_| too_long())?;
    bytes.try_reserve_exact(len).map_err(|_| too_long())?;
    bytes.resize(len, 0);
    storage.read_at(section.range.start, &mut bytes)?;
    PackProblem::unless_checksum(kind.name(), section.range.start, &bytes, section.crc)?;
    Ok(bytes)
}
