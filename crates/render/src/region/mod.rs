//! Pixels of any rectangle of a slide, at any size.

mod rows;
mod strip;

pub use rows::RegionRows;

use crate::{Families, Parents, RebuildError};
use origami_pack::Pack;
use origami_pyramid::{Pyramid, Rect, Rgb, Size};
use std::ops::Range;

/// Rows of pixels that take as much memory as the sums of the columns while they are scaled.
const SUMS: u64 = 8;

/// The level that a region is made from: the coarsest with at least one pixel for each
/// pixel of the result, across and down, or else the finest. Every IIIF request asks, most of
/// them for tiles of the finest levels, so it begins there.
fn level_for(pyramid: &Pyramid, rect: Rect, size: Size) -> u32 {
    let max_level = pyramid.max_level();
    let enough = (0..max_level).rev().take_while(|z| has_enough(pyramid, *z, rect, size));
    enough.last().unwrap_or(max_level)
}

/// Whether level `z` has at least one pixel for each of the `size` pixels of `rect`.
fn has_enough(pyramid: &Pyramid, z: u32, rect: Rect, size: Size) -> bool {
    let (level, slide) = (pyramid.level_size(z).expect("a level of the slide"), pyramid.size());
    is_enough(rect.width, level.width, slide.width, size.width)
        && is_enough(rect.height, level.height, slide.height, size.height)
}

/// Whether `length` pixels of the `slide` pixels of full resolution are at least `wanted`
/// pixels of a level that has `level` pixels.
fn is_enough(length: u32, level: u32, slide: u32, wanted: u32) -> bool {
    u64::from(length) * u64::from(level) >= u64::from(wanted) * u64::from(slide)
}

/// Number of pixels of the tiles that are decoded to make `size` pixels of `rect`, which
/// is in pixels of full resolution: whole tiles, also where the slide ends within them.
/// It says what a region costs before anything is read.
///
/// # Panics
/// If `rect` is not inside the slide.
///
/// # Examples
/// ```
/// use origami_pyramid::{Pyramid, Rect, Size};
/// use origami_render::source_area;
/// let pyramid = Pyramid::new(Size::new(1000, 1000), 256).unwrap();
/// let rect = Rect { x: 200, y: 0, width: 100, height: 100 };
/// assert_eq!(source_area(&pyramid, rect, Size::new(100, 100)), 2 * 256 * 256);
/// assert_eq!(source_area(&pyramid, rect, Size::new(50, 50)), 256 * 256);
/// ```
#[must_use]
pub fn source_area(pyramid: &Pyramid, rect: Rect, size: Size) -> u64 {
    let side = u64::from(pyramid.tile_size());
    let [columns, rows] = source_ranges(pyramid, rect, size).map(|range| tiles_under(&range, side));
    columns * rows * side * side
}

/// Number of pixels that are held at a time, at most, to make `size` pixels of `rect`, which is
/// in pixels of full resolution: those that are wanted of one row of tiles, and 8 for each
/// column at least, which the sums of columns take. It is large where a wide rectangle is squeezed across and not down, however few pixels the result has.
///
/// # Panics
/// If `rect` is not inside the slide.
///
/// # Examples
/// ```
/// use origami_pyramid::{Pyramid, Rect, Size};
/// use origami_render::source_row_area;
/// let pyramid = Pyramid::new(Size::new(1_000_000, 512), 256).unwrap();
/// let whole = Rect::whole(pyramid.size());
/// // The level with 512 rows, which is full resolution.
/// assert_eq!(source_row_area(&pyramid, whole, Size::new(1, 512)), 1_000_000 * 256);
/// assert_eq!(source_row_area(&pyramid, whole, Size::new(1, 1)), 8);
/// ```
#[must_use]
pub fn source_row_area(pyramid: &Pyramid, rect: Rect, size: Size) -> u64 {
    let [columns, rows] = source_ranges(pyramid, rect, size).map(|range| range.end - range.start);
    columns * rows.min(u64::from(pyramid.tile_size())).max(SUMS)
}

/// The columns and the rows of the level that `size` pixels of `rect`, a part of the slide, are
/// made from.
fn source_ranges(pyramid: &Pyramid, rect: Rect, size: Size) -> [Range<u64>; 2] {
    let slide = pyramid.size();
    assert!(rect.is_inside(slide), "{rect:?} is a part of the slide");
    let level = pyramid.level_size(level_for(pyramid, rect, size)).expect("a level of the slide");
    let columns = on_level(rect.x, rect.width, slide.width, level.width);
    [columns, on_level(rect.y, rect.height, slide.height, level.height)]
}

/// The pixels of an axis of a level with `level` pixels that `length` pixels at `start` are on,
/// where full resolution has `slide` pixels.
fn on_level(start: u32, length: u32, slide: u32, level: u32) -> Range<u64> {
    let [start, length, slide, level] = [start, length, slide, level].map(u64::from);
    let first = start * level / slide;
    first..((start + length) * level).div_ceil(slide).max(first + 1)
}

/// Number of tiles of `side` px that these pixels of an axis are in.
fn tiles_under(range: &Range<u64>, side: u64) -> u64 {
    range.end.div_ceil(side) - range.start / side
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
    /// Neighbouring tiles of predicted levels share parents. Without a cache
    /// ([`Uncached`](crate::Uncached)) each parent is decoded again for every tile.
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
    /// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
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
        let (width, height) = (size.width as usize, size.height as usize);
        let mut rows = RegionRows::new(pack, rect, size);
        let mut pixels = Vec::with_capacity(3 * width * height);
        while rows.append(self, pack, parents, &mut pixels)? {}
        Ok(Rgb::from_vec(pixels, width, height))
    }
}
