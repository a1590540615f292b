//! The places where the tiles of Deep Zoom images are: folders and zips.

use super::incomplete;
use super::index::{Duplicate, Entry, TileIndex};
use super::layout::Layout;
use crate::source::SourceProblem;
use crate::source::error::SourceFault;
use origami_pyramid::{Point, TileId};
use std::collections::HashMap;
use std::ops::Range;

/// Maximum size in bytes of one tile's file.
pub(super) const MAX_TILE_BYTES: u64 = 64 << 20;

/// A folder or a zip with the tiles of one image.
pub(super) trait TileStore: Send + Sync {
    /// Where a tile is.
    type Place: Copy + Send + Sync;

    /// Lists the tiles in the grids of some levels. Levels without a folder are left
    /// out.
    ///
    /// # Errors
    /// If the folder or zip cannot be read.
    fn list(&mut self, layout: &Layout, levels: Range<u32>) -> Result<Listed<Self::Place>, SourceProblem>;

    /// Reads the file of a tile.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(&self, id: TileId, place: Self::Place) -> Result<TileFile, SourceFault>;

    /// Whether two files of a tile have the same content.
    fn are_copies(&self, id: TileId, places: [Self::Place; 2]) -> bool {
        match places.map(|place| self.read(id, place)) {
            [Ok(first), Ok(second)] => first.bytes == second.bytes,
            _ => false,
        }
    }

    /// The name of a tile's file, for people.
    fn name(&self, id: TileId, place: Self::Place) -> String;

    /// The folder of a level, for people.
    fn folder(&self, level: u32) -> String;

    /// Size of a tile's file in bytes, where that is known without reading it.
    fn size(place: Self::Place) -> Option<u64>;
}

/// The files that are tiles, by level.
pub(super) type Listed<T> = HashMap<u32, Vec<Entry<T>>>;

/// The content of the file of a tile.
pub(super) struct TileFile {
    pub bytes: Vec<u8>,
    /// Its offset in the zip that it is in.
    pub offset: Option<u64>,
}

/// The tiles of one image, those of some levels by position.
pub(super) struct StoredTiles<S: TileStore> {
    store: S,
    levels: HashMap<u32, TileIndex<S::Place>>,
}

impl<S: TileStore> StoredTiles<S> {
    /// The tiles in a store, of which none are known yet.
    pub fn new(store: S) -> Self {
        Self { store, levels: HashMap::new() }
    }

    /// Lists the tiles of some levels.
    ///
    /// # Errors
    /// If the folder or zip cannot be read, or two of its files are the same tile but
    /// differ.
    pub fn list(&mut self, layout: &Layout, levels: Range<u32>) -> Result<(), SourceProblem> {
        for (level, entries) in self.store.list(layout, levels)? {
            let index = TileIndex::new(entries, |&Duplicate { position: Point { x, y }, places }| {
                self.store.are_copies(TileId { z: level, x, y }, places)
            })
            .map_err(|duplicate| self.named(level, duplicate))?;
            self.levels.insert(level, index);
        }
        Ok(())
    }

    /// The problem of two files for one tile. It is one of the whole image, since either
    /// of them may be right.
    fn named(&self, level: u32, duplicate: Duplicate<S::Place>) -> SourceProblem {
        let Point { x, y } = duplicate.position;
        let mut names = duplicate.places.map(|place| self.store.name(TileId { z: level, x, y }, place));
        names.sort_unstable();
        let folder = self.folder(level);
        incomplete(format!(
            "tile ({x}, {y}): {} and {} in {folder} are the same tile but differ",
            names[0], names[1]
        ))
    }

    /// The tiles of a level; `None` if they are not listed, or have no folder.
    pub fn level(&self, level: u32) -> Option<&TileIndex<S::Place>> {
        self.levels.get(&level)
    }

    /// The folder of a level, for people.
    pub fn folder(&self, level: u32) -> String {
        self.store.folder(level)
    }

    /// Reads the file of a tile of a level that is listed; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&self, id: TileId) -> Result<Option<TileFile>, SourceFault> {
        let place = self.level(id.z).and_then(|index| index.get(Point::new(id.x, id.y)));
        place.map(|place| self.store.read(id, place)).transpose()
    }

    /// Total size in bytes of the tiles of a level, where that is known without reading
    /// them.
    pub fn bytes(&self, level: u32) -> Option<u64> {
        self.level(level)?.places().map(S::size).sum()
    }
}
