//! Pixels of any rectangle of a slide, at any size.

use crate::shrink::Shrinker;
use crate::{Families, FamilyVisitor, Parents, RebuildError, TileError, TileJpeg};
use origami_pack::{Level, Pack};
use origami_pyramid::{Family, Point, Pyramid, Rect, Rgb, Size, TileId};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::sync::{Mutex, PoisonError};

/// The level that a region is made from: the coarsest with at least one pixel for each
/// pixel of the result, across and down, or else the finest.
fn level_for(pyramid: &Pyramid, rect: Rect, size: Size) -> u32 {
    let slide = pyramid.size();
    for z in 0..pyramid.max_level() {
        let level = pyramid.level_size(z).expect("a level of the slide");
        if is_enough(rect.width, level.width, slide.width, size.width)
            && is_enough(rect.height, level.height, slide.height, size.height)
        {
            return z;
        }
    }
    pyramid.max_level()
}

/// Whether `length` pixels of the `slide` pixels of full resolution are at least `wanted`
/// pixels of a level that has `level` pixels.
fn is_enough(length: u32, level: u32, slide: u32, wanted: u32) -> bool {
    u64::from(length) * u64::from(level) >= u64::from(wanted) * u64::from(slide)
}

impl Families {
    /// The pixels of `rect`, which is in pixels of full resolution, shrunk or enlarged
    /// to `size`. Each pixel is the mean of exactly the area it covers in the next finer
    /// level, rounded half up.
    ///
    /// Tiles are decoded a row at a time, so memory is needed for a row of tiles as wide
    /// as the rectangle, and the result. A level is scaled as a whole to the slide's
    /// size: its last column and row count fully, even where only a part of their area
    /// is on the slide.
    ///
    /// # Errors
    /// If the pack is damaged or no buffer is free.
    ///
    /// # Panics
    /// If `rect` is empty or not inside the slide, or `size` has a side of 0.
    ///
    /// # Examples
    /// ```
    /// # use origami_pack::Pack;
    /// # use origami_pyramid::{Rect, Size};
    /// # use origami_render::{Families, Models, Pools, Uncached};
    /// let pack = Pack::open("tests/golden/v2-luma.origami".as_ref()).unwrap();
    /// let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    /// let middle = Rect { x: 50, y: 30, width: 80, height: 60 };
    /// let pixels = families.region(&pack, middle, Size::new(20, 15), &Uncached).unwrap();
    /// assert_eq!((pixels.width(), pixels.height()), (20, 15));
    /// ```
    pub fn region(
        &self,
        pack: &Pack,
        rect: Rect,
        size: Size,
        parents: &(dyn Parents + Sync),
    ) -> Result<Rgb, RebuildError> {
        let (pyramid, slide) = (pack.pyramid(), pack.pyramid().size());
        assert!(rect.is_inside(slide), "{rect:?} is a part of the slide");
        let z = level_for(pyramid, rect, size);
        let level = pyramid.level_size(z).expect("a level of the slide");
        let mut shrinker = Shrinker::new(rect, slide, level, size);
        let (side, rows) = (pyramid.tile_size(), shrinker.rows());
        let mut strip = Strip::new(z, side, shrinker.columns());
        for y in rows.start / side..=(rows.end - 1) / side {
            self.fill_strip(pack, y, &mut strip, parents)?;
            for row in rows.start.max(y * side)..rows.end.min((y + 1) * side) {
                shrinker.add(strip.pixels.row((row - y * side) as usize));
            }
        }
        Ok(shrinker.finish())
    }

    /// Fills `strip` with the pixels of tile row `y` of its level.
    fn fill_strip(
        &self,
        pack: &Pack,
        y: u32,
        strip: &mut Strip,
        parents: &(dyn Parents + Sync),
    ) -> Result<(), RebuildError> {
        let tiles = self.row(pack, strip.z, y, strip.tile_columns(), parents);
        for (id, jpeg) in tiles.map_err(|failure| failure.error)? {
            let tile = &mut strip.tile;
            self.with_rebuilder(pack, id, |rebuilder| rebuilder.pixels(pack, id, &jpeg, tile))?;
            strip.copy_tile(pack.pyramid().tile_rect(id).expect("a tile of the level"));
        }
        Ok(())
    }

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
    /// let pack = Pack::open("tests/golden/v2-luma.origami".as_ref()).unwrap();
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

/// The pixels of a row of tiles between two columns of a level.
struct Strip {
    z: u32,
    /// Side of a whole tile in pixels.
    side: u32,
    /// Columns of pixels of the level.
    columns: Range<u32>,
    /// As wide as `columns`, as high as a whole tile.
    pixels: Rgb,
    /// Scratch pixels of one tile.
    tile: Rgb,
}

impl Strip {
    fn new(z: u32, side: u32, columns: Range<u32>) -> Self {
        let pixels = Rgb::filled(columns.len(), side as usize, [0; 3]);
        Self { z, side, columns, pixels, tile: Rgb::filled(1, 1, [0; 3]) }
    }

    /// Columns of the tiles that it consists of.
    fn tile_columns(&self) -> RangeInclusive<u32> {
        self.columns.start / self.side..=(self.columns.end - 1) / self.side
    }

    /// Copies the scratch tile, which covers `rect` of the level.
    fn copy_tile(&mut self, rect: Rect) {
        let columns = self.columns.start.max(rect.x)..self.columns.end.min(rect.x + rect.width);
        let to = Point::new(columns.start - self.columns.start, 0);
        let width = columns.end - columns.start;
        let window = Rect { x: columns.start - rect.x, y: 0, width, height: rect.height };
        self.pixels.copy(to, &self.tile, window);
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
