//! The pixels of a row of tiles.

use crate::{Families, Parents, RebuildError};
use origami_pack::Pack;
use origami_pyramid::{Point, Rect, Rgb};
use std::ops::{Range, RangeInclusive};

/// Tiles of a row whose JPEGs are held at a time: enough for all threads, few enough for
/// the pools of buffers however wide a region is. A multiple of the width of families,
/// which are made at once.
const BATCH: u32 = 32;

/// The pixels of a row of tiles between two columns of a level.
pub(super) struct Strip {
    z: u32,
    /// Side of a whole tile in pixels.
    side: u32,
    /// Columns of pixels of the level.
    columns: Range<u32>,
    /// Number of the row of tiles whose pixels it has; `None` before the first.
    number: Option<u32>,
    /// As wide as `columns`, as high as a whole tile.
    pixels: Rgb,
    /// Scratch pixels of one tile.
    tile: Rgb,
}

impl Strip {
    /// A strip of level `z`, whose tiles have a side of `side` px, without pixels yet.
    pub fn new(z: u32, side: u32, columns: Range<u32>) -> Self {
        let pixels = Rgb::filled(columns.len(), side as usize, [0; 3]);
        Self { z, side, columns, number: None, pixels, tile: Rgb::filled(1, 1, [0; 3]) }
    }

    /// Whether it has row `row` of pixels of its level.
    pub fn has(&self, row: u32) -> bool {
        self.number == Some(row / self.side)
    }

    /// Row `row` of pixels of its level, which it must have.
    pub fn row(&self, row: u32) -> &[u8] {
        debug_assert!(self.has(row), "another row of tiles");
        self.pixels.row((row % self.side) as usize)
    }

    /// Columns of the tiles that it consists of, a few at a time.
    fn batches(&self) -> impl Iterator<Item = RangeInclusive<u32>> + use<> {
        let (first, last) = (self.columns.start / self.side, (self.columns.end - 1) / self.side);
        (first / BATCH..=last / BATCH).map(move |number| {
            let start = number * BATCH;
            start.max(first)..=(start + (BATCH - 1)).min(last)
        })
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

impl Families {
    /// Fills `strip` with the pixels of the row of tiles that has row `row` of pixels.
    pub(super) fn fill_strip(
        &self,
        pack: &Pack,
        row: u32,
        strip: &mut Strip,
        parents: &(dyn Parents + Sync),
    ) -> Result<(), RebuildError> {
        let y = row / strip.side;
        strip.number = None;
        for columns in strip.batches() {
            let tiles = self.row(pack, strip.z, y, columns, parents);
            for (id, jpeg) in tiles.map_err(|failure| failure.error)? {
                let tile = &mut strip.tile;
                self.with_rebuilder(pack, id, |rebuilder| rebuilder.pixels(pack, id, &jpeg, tile))?;
                strip.copy_tile(pack.pyramid().tile_rect(id).expect("a tile of the level"));
            }
        }
        strip.number = Some(y);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First and last column of each batch.
    fn batches(columns: Range<u32>) -> Vec<[u32; 2]> {
        Strip::new(0, 10, columns).batches().map(|batch| [*batch.start(), *batch.end()]).collect()
    }

    #[test]
    fn batches_are_all_tiles_and_split_no_family() {
        assert_eq!(batches(0..1), [[0, 0]]);
        assert_eq!(batches(9..11), [[0, 1]]);
        assert_eq!(batches(310..321), [[31, 31], [32, 32]]);
        assert_eq!(batches(55..1000), [[5, 31], [32, 63], [64, 95], [96, 99]]);
    }
}
