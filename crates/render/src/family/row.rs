//! A row of tiles, made family by family.

use crate::{Families, FamilyVisitor, Parents, RebuildError, TileError, TileJpeg};
use origami_pack::{Level, Pack};
use origami_pyramid::{Family, TileId};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

impl Families {
    /// The JPEGs of the tiles of row `y` of level `z` in `columns`, made in parallel on
    /// the current rayon pool. Tiles of predicted levels are made family by family,
    /// since they share their parents.
    ///
    /// # Errors
    /// If a tile cannot be made, or if something that all tiles of a family need cannot
    /// be made; the error then has the first of the row's tiles in that family.
    ///
    /// # Examples
    /// ```
    /// # use origami_pack::Pack;
    /// # use origami_render::{Families, Models, Pools, Uncached};
    /// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
    /// let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    /// let tiles = families.row(&pack, 8, 2, 3..=6, &Uncached).unwrap();
    /// let columns: Vec<u32> = tiles.keys().map(|id| id.x).collect();
    /// assert_eq!(columns, [3, 4, 5, 6]);
    /// ```
    pub fn row(
        &self,
        pack: &Pack,
        z: u32,
        y: u32,
        columns: RangeInclusive<u32>,
        parents: &(dyn Parents + Sync),
    ) -> Result<BTreeMap<TileId, TileJpeg>, TileError> {
        let is_predicted = pack.level(z).is_some_and(Level::is_predicted);
        match pack.pyramid().family_levels(z) {
            Some(levels) if is_predicted => {
                let row = Row { z, y, columns, tiles: Mutex::default() };
                self.visit_row(pack, &row, *levels.start(), parents)?;
                row.into_tiles()
            }
            _ => columns
                .into_par_iter()
                .map(|x| {
                    let id = TileId { z, x, y };
                    let tile = self.tile(pack, id, parents);
                    tile.map(|tile| (id, tile)).map_err(|error| TileError { id, error })
                })
                .collect(),
        }
    }

    /// Visits the families that `row` runs through, whose roots are on level `root`.
    fn visit_row(
        &self,
        pack: &Pack,
        row: &Row,
        root: u32,
        parents: &(dyn Parents + Sync),
    ) -> Result<(), TileError> {
        let (first, last) = (*row.columns.start(), *row.columns.end());
        let up = row.z - root;
        (first >> up..=last >> up).into_par_iter().try_for_each(|x| {
            let family = Family { root: TileId { z: root, x, y: row.y >> up } };
            self.visit(pack, family, parents, row).map_err(|error| {
                let id = TileId { z: row.z, x: (x << up).max(first), y: row.y };
                TileError { id, error }
            })
        })
    }
}

/// A part of a row of tiles, collected from the families that it runs through.
struct Row {
    z: u32,
    y: u32,
    columns: RangeInclusive<u32>,
    tiles: Mutex<BTreeMap<TileId, Result<TileJpeg, RebuildError>>>,
}

impl Row {
    /// All tiles, or the first failure in the order of columns.
    fn into_tiles(self) -> Result<BTreeMap<TileId, TileJpeg>, TileError> {
        let mut tiles = BTreeMap::new();
        for (id, tile) in self.tiles.into_inner().unwrap_or_else(PoisonError::into_inner) {
            tiles.insert(id, tile.map_err(|error| TileError { id, error })?);
        }
        Ok(tiles)
    }
}

impl FamilyVisitor for Row {
    fn wants(&self, id: TileId) -> bool {
        id.z == self.z && id.y == self.y && self.columns.contains(&id.x)
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        self.tiles.lock().unwrap_or_else(PoisonError::into_inner).insert(id, tile);
        Ok(())
    }
}
