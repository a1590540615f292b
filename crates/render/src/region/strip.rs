//! The pixels of a row of tiles.

use crate::{Families, Parents, RebuildError};
use origami_pack::Pack;
use origami_pyramid::{Pyramid, Rect, Rgb, TileId};
use rayon::prelude::*;
use std::ops::Range;

/// The pixels of a row of tiles that are within some columns and rows of a level.
pub(super) struct Strip {
    z: u32,
    /// Side of a whole tile in pixels.
    side: u32,
    /// The columns and rows of the level, as a rectangle.
    wanted: Rect,
    /// Number of the row of tiles whose pixels it has; `None` before the first.
    number: Option<u32>,
    /// The wanted pixels of each tile. Threads fill them side by side.
    tiles: Vec<Rgb>,
}

impl Strip {
    /// A strip of level `z` of `pyramid`, without pixels yet.
    pub fn new(pyramid: &Pyramid, z: u32, columns: Range<u32>, rows: Range<u32>) -> Self {
        let side = pyramid.tile_size();
        let count = columns.end.div_ceil(side) - columns.start / side;
        let wanted = Rect {
            x: columns.start,
            y: rows.start,
            width: columns.end - columns.start,
            height: rows.end - rows.start,
        };
        let tiles = vec![Rgb::filled(0, 0, [0; 3]); count as usize];
        Self { z, side, wanted, number: None, tiles }
    }

    /// Whether it has row `row` of pixels of its level.
    pub fn has(&self, row: u32) -> bool {
        self.number == Some(row / self.side)
    }

    /// Writes row `row` of pixels of its level, which it must have, to the end of `out`.
    pub fn copy_row(&self, row: u32, out: &mut Vec<u8>) {
        debug_assert!(self.has(row), "another row of tiles");
        let first = self.wanted.y.max(row / self.side * self.side);
        for tile in &self.tiles {
            out.extend_from_slice(tile.row((row - first) as usize));
        }
    }
}

/// The part of `tile` that is in `wanted`, from the tile's corner on.
fn window(tile: Rect, wanted: Rect) -> Rect {
    let (x, width) = overlap([tile.x, tile.width], [wanted.x, wanted.width]);
    let (y, height) = overlap([tile.y, tile.height], [wanted.y, wanted.height]);
    Rect { x, y, width, height }
}

/// Where what is wanted begins on an axis of a tile, and its length.
fn overlap([start, len]: [u32; 2], [wanted_start, wanted_len]: [u32; 2]) -> (u32, u32) {
    let first = wanted_start.max(start);
    let end = (start + len).min(wanted_start + wanted_len);
    (first - start, end - first)
}

impl Families {
    /// Fills `strip` with the pixels of the row of tiles that has row `row` of pixels, on the
    /// threads of the current rayon pool.
    ///
    /// # Errors
    /// That of the leftmost tile that has one.
    pub(super) fn fill_strip(
        &self,
        pack: &Pack,
        row: u32,
        strip: &mut Strip,
        parents: &(dyn Parents + Sync),
    ) -> Result<(), RebuildError> {
        let (z, y, wanted) = (strip.z, row / strip.side, strip.wanted);
        strip.number = None;
        let first = wanted.x / strip.side;
        let failed = strip.tiles.par_iter_mut().enumerate().find_map_first(|(column, pixels)| {
            let id = TileId { z, x: first + column as u32, y };
            let window = window(pack.pyramid().tile_rect(id).expect("a tile of the level"), wanted);
            let made = self
                .with_rebuilder(pack, id, |rebuilder| rebuilder.pixels(pack, id, window, parents, pixels));
            made.err()
        });
        strip.number = failed.is_none().then_some(y);
        failed.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Models, Pools, Uncached};
    use origami_pyramid::Size;

    #[test]
    fn a_window_is_what_is_wanted_of_a_tile() {
        let rect = |x, y, width, height| Rect { x, y, width, height };
        let wanted = rect(10, 20, 30, 5);
        assert_eq!(window(rect(0, 16, 16, 16), wanted), rect(10, 4, 6, 5));
        assert_eq!(window(rect(16, 16, 16, 16), wanted), rect(0, 4, 16, 5));
        assert_eq!(window(rect(32, 16, 16, 8), wanted), rect(0, 4, 8, 4));
    }

    #[test]
    fn a_strip_keeps_no_more_of_stored_tiles_than_is_wanted_of_them() {
        let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
        let families = Families::new(Pools::new(64 << 20), Models::new(8 << 20));
        // Its tiles of 16 px are JPEGs, and nothing is predicted there.
        let (z, pyramid) = (pack.pyramid().max_level() - 2, pack.pyramid());
        assert!(!pack.level(z).unwrap().is_predicted() && pyramid.level_size(z) == Some(Size::new(38, 28)));
        let (columns, rows) = (14..35, 3..28);
        let mut strip = Strip::new(pyramid, z, columns.clone(), rows.clone());
        for row in rows.step_by(16) {
            families.fill_strip(&pack, row, &mut strip, &Uncached).unwrap();
            let held: usize = strip.tiles.iter().map(Rgb::capacity).sum();
            assert!(held <= 3 * 16 * columns.len(), "{held} bytes at row {row}");
        }
    }
}
