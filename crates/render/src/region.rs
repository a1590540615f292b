//! Pixels of any rectangle of a slide, at any size.

use crate::shrink::Shrinker;
use crate::{Families, FamilyVisitor, Parents, RebuildError, TileJpeg};
use origami_pack::{Level, Pack};
use origami_pyramid::{Family, Pyramid, Rect, Rgb, Size, TileId};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

/// The level that a region is taken from: the coarsest that has at least one
/// pixel for each of the result, across and down, or the finest.
fn level_for(pyramid: &Pyramid, rect: Rect, size: Size) -> u32 {
    let slide = pyramid.size();
    let enough = |length: u32, level: u32, slide: u32, wanted: u32| {
        u64::from(length) * u64::from(level) >= u64::from(wanted) * u64::from(slide)
    };
    let fits = |&z: &u32| {
        pyramid.level_size(z).is_some_and(|level| {
            enough(rect.width, level.width, slide.width, size.width)
                && enough(rect.height, level.height, slide.height, size.height)
        })
    };
    (0..pyramid.max_level()).find(fits).unwrap_or(pyramid.max_level())
}

impl Families {
    /// The pixels of `rect`, which is in pixels of full resolution, shrunk (or
    /// enlarged) to `size`: each pixel is the mean of exactly the area it covers,
    /// rounded half up, taken from the next finer level.
    ///
    /// Tiles are decoded a row at a time, so what is held is a row of tiles as
    /// wide as the rectangle, and the result. A level's own size stands for the
    /// slide's: its last column and row count whole, even where only a part of
    /// their area lies on the slide.
    ///
    /// # Errors
    /// If the pack is damaged or there is no buffer.
    ///
    /// # Panics
    /// If `rect` is empty or not inside the slide, or the size has a side of 0.
    ///
    /// # Example
    /// ```no_run
    /// # use origami_pack::Pack;
    /// # use origami_pyramid::{Rect, Size};
    /// # use origami_render::{Families, Models, Pools, Uncached};
    /// let pack = Pack::open("slide.origami".as_ref()).unwrap();
    /// let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
    /// let middle = Rect { x: 10_000, y: 8_000, width: 4_000, height: 3_000 };
    /// let pixels = families.region(&pack, middle, Size::new(800, 600), &Uncached).unwrap();
    /// assert_eq!((pixels.width(), pixels.height()), (800, 600));
    /// ```
    pub fn region(
        &self,
        pack: &Pack,
        rect: Rect,
        size: Size,
        parents: &(dyn Parents + Sync),
    ) -> Result<Rgb, RebuildError> {
        let pyramid = pack.pyramid();
        let slide = pyramid.size();
        assert!(rect.is_inside(slide), "{rect:?} is a part of the slide");
        let z = level_for(pyramid, rect, size);
        let level = pyramid.level_size(z).expect("a level of the slide");
        let mut shrinker = Shrinker::new(rect, slide, level, size);
        let tile = pyramid.tile_size();
        let (columns, rows) = (shrinker.columns(), shrinker.rows());
        let tile_columns = columns.start / tile..=(columns.end - 1) / tile;
        let mut strip = Rgb::filled(columns.len(), tile as usize, [0; 3]);
        let mut pixels = Rgb::filled(1, 1, [0; 3]);
        for y in rows.start / tile..=(rows.end - 1) / tile {
            for (id, jpeg) in
                self.row(pack, z, y, tile_columns.clone(), parents).map_err(|(_, error)| error)?
            {
                let at = pyramid.tile_rect(id).expect("a tile of the level");
                self.pixels(pack, id, &jpeg, &mut pixels)?;
                let from = columns.start.max(at.x)..columns.end.min(at.x + at.width);
                let (left, to) = ((from.start - at.x) as usize, (from.start - columns.start) as usize);
                strip.copy((to, 0), &pixels, (left, 0), (from.len(), pixels.height()));
            }
            for row in rows.start.max(y * tile)..rows.end.min((y + 1) * tile) {
                shrinker.add(strip.row((row - y * tile) as usize));
            }
        }
        Ok(shrinker.finish())
    }

    /// The JPEGs of the tiles of row `y` of level `z` in `columns`, made in
    /// parallel on the current rayon pool: those of predicted levels family by
    /// family, since they have their parents in common.
    ///
    /// # Errors
    /// A tile that could not be made, or the first of the row's tiles in a family
    /// for which something could not be made that all of its tiles need.
    pub fn row(
        &self,
        pack: &Pack,
        z: u32,
        y: u32,
        columns: RangeInclusive<u32>,
        parents: &(dyn Parents + Sync),
    ) -> Result<BTreeMap<TileId, TileJpeg>, (TileId, RebuildError)> {
        let pyramid = pack.pyramid();
        let is_predicted = pack.level(z).is_some_and(Level::is_predicted);
        let Some(levels) = pyramid.family_levels(z).filter(|_| is_predicted) else {
            let tile = |x| {
                let id = TileId { z, x, y };
                self.tile(pack, id, parents).map(|tile| (id, tile)).map_err(|error| (id, error))
            };
            return columns.into_par_iter().map(tile).collect();
        };
        let row = Row { z, y, columns: columns.clone(), tiles: Mutex::default() };
        let root = *levels.start();
        let up = z - root;
        (columns.start() >> up..=columns.end() >> up).into_par_iter().try_for_each(|x| {
            let family = Family { root: TileId { z: root, x, y: y >> up } };
            let visited = self.visit(pack, family, parents, &row);
            visited.map_err(|error| (TileId { z, x: (x << up).max(*columns.start()), y }, error))
        })?;
        let tiles = row.tiles.into_inner().unwrap_or_else(PoisonError::into_inner);
        tiles.into_iter().map(|(id, tile)| tile.map(|tile| (id, tile)).map_err(|error| (id, error))).collect()
    }

    /// Decodes the JPEG of tile `id`, which has to be of the tile's size.
    fn pixels(&self, pack: &Pack, id: TileId, jpeg: &[u8], out: &mut Rgb) -> Result<(), RebuildError> {
        self.with(pack, id, |rebuilder| rebuilder.pixels(pack, id, jpeg, out))
    }
}

/// Collects a row of tiles from the families it runs through.
struct Row {
    z: u32,
    y: u32,
    columns: RangeInclusive<u32>,
    tiles: Mutex<BTreeMap<TileId, Result<TileJpeg, RebuildError>>>,
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
