//! The levels of a slide, and the positions of their tiles.
//!
//! Levels carry Deep Zoom numbers: level 0 is 1x1 px and [`Pyramid::max_level`]
//! is full resolution. Each level is the next finer one halved, rounding up,
//! which is what OpenSeadragon computes as `ceil(size / 2^k)`.

use crate::{Grid, Point, Rect, Size, TileId};
use std::ops::Range;

/// The largest width or height a slide may have, in pixels.
pub const MAX_SIDE: u32 = 1 << 24;

/// The levels of one slide and their tile grids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pyramid {
    size: Size,
    tile_size: u32,
}

impl Pyramid {
    /// A pyramid over a slide of `size` with square tiles of `tile_size` px.
    ///
    /// `None` if a side is 0 or above [`MAX_SIDE`], or if the tile size is not
    /// a multiple of 8 between 16 and 1024.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Size};
    /// assert!(Pyramid::new(Size::new(1000, 600), 256).is_some());
    /// assert!(Pyramid::new(Size::new(1000, 0), 256).is_none());
    /// assert!(Pyramid::new(Size::new(1000, 600), 100).is_none());
    /// ```
    #[must_use]
    pub fn new(size: Size, tile_size: u32) -> Option<Self> {
        let side = 1..=MAX_SIDE;
        let is_valid = side.contains(&size.width)
            && side.contains(&size.height)
            && (16..=1024).contains(&tile_size)
            && tile_size.is_multiple_of(8);
        is_valid.then_some(Self { size, tile_size })
    }

    /// Size of full resolution.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Side of a whole tile in pixels.
    #[must_use]
    pub fn tile_size(&self) -> u32 {
        self.tile_size
    }

    /// Number of the full-resolution level, `ceil(log2(longer side))`.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Size};
    /// let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
    /// assert_eq!(pyramid.max_level(), 10);
    /// ```
    #[must_use]
    pub fn max_level(&self) -> u32 {
        self.size.width.max(self.size.height).next_power_of_two().trailing_zeros()
    }

    /// Number of levels, `max_level + 1`.
    #[must_use]
    pub fn level_count(&self) -> u32 {
        self.max_level() + 1
    }

    /// How many times full resolution is halved to make level `z`: 0 for L0, 1
    /// for L1 ... `None` above the full-resolution level.
    #[must_use]
    pub fn halvings(&self, z: u32) -> Option<u32> {
        self.max_level().checked_sub(z)
    }

    /// Size of level `z`: full resolution ceil-halved `max - z` times. `None`
    /// above the full-resolution level.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Size};
    /// let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
    /// assert_eq!(pyramid.level_size(10), Some(Size::new(1000, 600)));
    /// assert_eq!(pyramid.level_size(6), Some(Size::new(63, 38)));
    /// assert_eq!(pyramid.level_size(0), Some(Size::square(1)));
    /// assert_eq!(pyramid.level_size(11), None);
    /// ```
    #[must_use]
    pub fn level_size(&self, z: u32) -> Option<Size> {
        Some(self.size.halved(self.halvings(z)?))
    }

    /// Tile grid of level `z`; `None` above the full-resolution level.
    #[must_use]
    pub fn grid(&self, z: u32) -> Option<Grid> {
        Some(self.level_size(z)?.grid(self.tile_size))
    }

    /// The tiles of level `z`, row by row; none above full resolution.
    pub fn tiles(&self, z: u32) -> impl Iterator<Item = TileId> + use<> {
        let Grid { columns, rows } = self.grid(z).unwrap_or_default();
        (0..rows).flat_map(move |y| (0..columns).map(move |x| TileId { z, x, y }))
    }

    /// Number of tiles of all levels together.
    #[must_use]
    pub fn tile_count(&self) -> u64 {
        (0..self.level_count()).filter_map(|z| self.grid(z)).map(Grid::count).sum()
    }

    /// Pixels of its level that a tile covers, cropped at the right and bottom
    /// edges. `None` outside the level's grid.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Rect, Size, TileId};
    /// let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
    /// let last = pyramid.tile_rect(TileId { z: 10, x: 3, y: 2 });
    /// assert_eq!(last, Some(Rect { x: 768, y: 512, width: 232, height: 88 }));
    /// assert_eq!(pyramid.tile_rect(TileId { z: 10, x: 4, y: 2 }), None);
    /// ```
    #[must_use]
    pub fn tile_rect(&self, id: TileId) -> Option<Rect> {
        Rect::square(self.level_size(id.z)?, self.tile_size, id.x, id.y)
    }

    /// The tiles of level `z` that tile `id` covers, row by row: itself at its own
    /// level, up to four at the next. Fewer at the right and bottom edges; none
    /// at coarser levels and above full resolution.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Size, TileId};
    /// let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
    /// let under: Vec<TileId> = pyramid.tiles_under(TileId { z: 9, x: 0, y: 1 }, 10).collect();
    /// assert_eq!(under, [TileId { z: 10, x: 0, y: 2 }, TileId { z: 10, x: 1, y: 2 }]);
    /// ```
    pub fn tiles_under(&self, id: TileId, z: u32) -> impl Iterator<Item = TileId> + use<> {
        let Grid { columns, rows } = self.grid(z).filter(|_| z >= id.z).unwrap_or_default();
        let doublings = z.saturating_sub(id.z);
        let across = covered_tiles(id.x, doublings, columns);
        let down = covered_tiles(id.y, doublings, rows);
        down.flat_map(move |y| across.clone().map(move |x| TileId { z, x, y }))
    }

    /// Pixels of level `z` that tile `id`, of that level or a coarser one,
    /// covers. `None` at other levels and outside the grid.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Rect, Size, TileId};
    /// let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
    /// let rect = pyramid.rect_under(TileId { z: 9, x: 1, y: 1 }, 10);
    /// assert_eq!(rect, Some(Rect { x: 512, y: 512, width: 488, height: 88 }));
    /// ```
    #[must_use]
    pub fn rect_under(&self, id: TileId, z: u32) -> Option<Rect> {
        // A tile of level 0 covers 2^24 times its side at full resolution.
        let side = u64::from(self.tile_size).checked_shl(z.checked_sub(id.z)?)?;
        let size = self.level_size(z)?;
        let columns = covered_pixels(id.x, side, size.width)?;
        let rows = covered_pixels(id.y, side, size.height)?;
        Some(Rect::spanning(&columns, &rows))
    }

    /// The tile of level `z` that covers exactly `rect`, in pixels of full resolution:
    /// [`Self::rect_under`] the other way round. `None` if there is none.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Rect, Size, TileId};
    /// let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
    /// let rect = Rect { x: 512, y: 512, width: 488, height: 88 };
    /// assert_eq!(pyramid.tile_over(rect, 9), Some(TileId { z: 9, x: 1, y: 1 }));
    /// assert_eq!(pyramid.tile_over(rect, 10), None);
    /// assert_eq!(pyramid.tile_over(Rect { x: 511, ..rect }, 9), None);
    /// ```
    #[must_use]
    pub fn tile_over(&self, rect: Rect, z: u32) -> Option<TileId> {
        let side = u64::from(self.tile_size) << self.halvings(z)?;
        // A tile has at least 16 px, so the numbers have fewer bits than the pixels.
        let number = |start: u32| (u64::from(start) / side) as u32;
        let id = TileId { z, x: number(rect.x), y: number(rect.y) };
        (self.rect_under(id, self.max_level()) == Some(rect)).then_some(id)
    }

    /// The tile that covers exactly `rect`, in pixels of full resolution, and has `size`;
    /// the finest, if it is a single pixel that several levels have. `None` if there is
    /// none.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Rect, Size, TileId};
    /// let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
    /// let rect = Rect { x: 512, y: 512, width: 488, height: 88 };
    /// assert_eq!(pyramid.tile_of_size(rect, Size::new(244, 44)), Some(TileId { z: 9, x: 1, y: 1 }));
    /// assert_eq!(pyramid.tile_of_size(rect, Size::new(122, 22)), None);
    /// ```
    #[must_use]
    pub fn tile_of_size(&self, rect: Rect, size: Size) -> Option<TileId> {
        let levels = (0..=self.max_level()).rev();
        // Tiles begin between two pixels of their level, so they are halved as the slide is.
        let mut of_size =
            levels.filter(|&z| self.halvings(z).map(|times| rect.size().halved(times)) == Some(size));
        of_size.find_map(|z| self.tile_over(rect, z))
    }

    /// Offset of tile `id` from the corner of the tile `n` levels coarser that
    /// covers it, in pixels of the level of `id`.
    ///
    /// # Panics
    /// If there is no such level.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Point, Pyramid, Size, TileId};
    /// let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
    /// assert_eq!(pyramid.origin_under(TileId { z: 10, x: 3, y: 2 }, 1), Point { x: 256, y: 0 });
    /// ```
    #[must_use]
    pub fn origin_under(&self, id: TileId, n: u32) -> Point {
        let parent = id.parent(n).expect("a tile of a coarser level");
        Point::new((id.x - (parent.x << n)) * self.tile_size, (id.y - (parent.y << n)) * self.tile_size)
    }
}

/// The tiles that tile `index`, `doublings` levels coarser, covers along one axis of
/// a level that has `count` tiles along it.
fn covered_tiles(index: u32, doublings: u32, count: u32) -> Range<u32> {
    if count == 0 {
        // The level need not exist, so there may be more doublings than bits.
        return 0..0;
    }
    let start = u64::from(index) << doublings;
    let end = (u64::from(index) + 1) << doublings;
    let count = u64::from(count);
    start.min(count) as u32..end.min(count) as u32
}

/// The pixels that square `index` of `side` px covers along one axis of a level that
/// is `length` px long; `None` beyond it.
fn covered_pixels(index: u32, side: u64, length: u32) -> Option<Range<u32>> {
    let length = u64::from(length);
    let start = u64::from(index).checked_mul(side).filter(|&start| start < length)?;
    let end = start.saturating_add(side).min(length);
    Some(start as u32..end as u32)
}

#[cfg(test)]
mod tests;
