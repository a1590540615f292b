//! Tiles that are files in a zip.

use super::archive::Archive;
use super::central::CentralEntry;
use super::damaged_zip;
use super::index::Entry;
use super::layout::Layout;
use super::names::{TileName, TilePath, plain_path};
use super::store::{Listed, MAX_TILE_BYTES, TileFile, TileStore};
use crate::source::SourceProblem;
use crate::source::error::SourceFault;
use origami_pyramid::TileId;
use std::ops::Range;

/// A zip with a folder that has a folder of tiles for each level.
pub(super) struct ZipStore {
    pub archive: Archive,
    /// The folder of the levels.
    pub folder: String,
}

/// A tile in a zip. There may be millions, so that the rest is read when it is needed.
#[derive(Clone, Copy)]
pub(super) struct ZipPlace {
    /// Where its entry in the central directory is.
    entry: u64,
    /// Number of bytes of the tile.
    size: u64,
}

impl TileStore for ZipStore {
    type Place = ZipPlace;

    fn list(&mut self, layout: &Layout, levels: Range<u32>) -> Result<Listed<ZipPlace>, SourceProblem> {
        let mut listed = Listed::new();
        for entry in self.archive.entries() {
            let entry = entry.map_err(damaged_zip)?;
            let path = plain_path(entry.path()).map_err(damaged_zip)?;
            let tile = TilePath::parse(&path).filter(|tile| tile.folder == self.folder);
            let Some(TilePath { level, name, .. }) = tile else { continue };
            if !levels.contains(&level) || entry.is_folder() {
                continue;
            }
            let entries: &mut Vec<Entry<ZipPlace>> = listed.entry(level).or_default();
            let Some(TileName { position, spelling, .. }) = TileName::parse(name, &layout.format) else {
                continue;
            };
            if !layout.grid(level).contains(position.x, position.y) {
                continue;
            }
            let place = ZipPlace { entry: entry.at, size: entry.member.size };
            entries.push(Entry { position, spelling, place });
        }
        Ok(listed)
    }

    fn read(&self, _: TileId, place: ZipPlace) -> Result<TileFile, SourceFault> {
        let entry = self.archive.entry(place.entry).map_err(|reason| SourceFault::new(None, reason))?;
        let offset = Some(entry.member.offset);
        match self.archive.read(&entry.member, MAX_TILE_BYTES) {
            Ok(bytes) => Ok(TileFile { bytes, offset }),
            Err(reason) => Err(SourceFault::new(offset, format!("{} {reason}", entry.name))),
        }
    }

    /// Compared by what the directory says, which is checked when a file is read: files
    /// may share their bytes, so that a small zip could take long to unpack.
    fn are_copies(&self, _: TileId, places: [ZipPlace; 2]) -> bool {
        match places.map(|place| self.archive.entry(place.entry)) {
            [Ok(CentralEntry { member: first, .. }), Ok(CentralEntry { member: second, .. })] => {
                (first.size, first.crc) == (second.size, second.crc)
            }
            _ => false,
        }
    }

    fn name(&self, id: TileId, place: ZipPlace) -> String {
        self.archive.entry(place.entry).map_or_else(|_| id.to_string(), |entry| entry.name)
    }

    fn folder(&self, level: u32) -> String {
        format!("{}/{level}", self.folder)
    }

    fn size(place: ZipPlace) -> Option<u64> {
        Some(place.size)
    }
}
