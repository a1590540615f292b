//! Rows of tiles of the levels above the families.

use super::TilePixels;
use origami_pyramid::{Point, Pyramid, Rgb, TileId};

/// The pixels of row `y` of the tiles of level `z`, as wide as the level.
#[derive(Clone, Copy)]
pub(crate) struct TileRow<'a> {
    pub z: u32,
    pub y: u32,
    pub pixels: &'a Rgb,
}

impl<'a> TileRow<'a> {
    /// The tiles of the row, from the left.
    pub fn tiles(self, pyramid: &Pyramid) -> Vec<TilePixels<'a>> {
        let Self { z, y, pixels } = self;
        let (side, columns) = (pyramid.tile_size(), pyramid.grid(z).expect("a level").columns);
        let tile = |x| TilePixels { id: TileId { z, x, y }, pixels, origin: Point::new(x * side, 0) };
        (0..columns).map(tile).collect()
    }
}
