//! The levels above the families' roots, made from these one row of tiles at a
//! time.

use crate::PackSlideError;
use crate::encode::TileRow;
use origami_pyramid::{Pyramid, Rgb, TileId, mean};

/// One level that is filling up: a row of tiles.
struct Strip {
    z: u32,
    /// Number of the row.
    y: u32,
    pixels: Rgb,
    /// Rows of pixels that are filled.
    filled: usize,
}

impl Strip {
    fn new(pyramid: &Pyramid, z: u32) -> Self {
        let width = pyramid.level_size(z).expect("a level").width as usize;
        let mut strip = Self { z, y: 0, pixels: Rgb::filled(width, 1, [0; 3]), filled: 0 };
        strip.begin(pyramid, 0);
        strip
    }

    /// Makes room for row `y`, if the level has one.
    fn begin(&mut self, pyramid: &Pyramid, y: u32) {
        (self.y, self.filled) = (y, 0);
        if let Some(first) = pyramid.tile_rect(TileId { z: self.z, x: 0, y }) {
            self.pixels.resize(self.pixels.width(), first.height as usize);
        }
    }

    /// Fills in the next rows of pixels; whether those were the last ones.
    fn append(&mut self, rows: &Rgb) -> bool {
        self.pixels.copy((0, self.filled), rows, (0, 0), (rows.width(), rows.height()));
        self.filled += rows.height();
        self.filled == self.pixels.height()
    }
}

/// Receives the families' roots and makes all coarser levels from them.
pub(crate) struct Coarse {
    pyramid: Pyramid,
    /// A row of roots, which fills up from the left.
    roots: Rgb,
    /// Of the coarser levels, down to level 0.
    strips: Vec<Strip>,
}

impl Coarse {
    /// All levels coarser than level `roots`.
    pub fn new(pyramid: Pyramid, roots: u32) -> Self {
        let width = pyramid.level_size(roots).expect("a level").width as usize;
        let strips = (0..roots).rev().map(|z| Strip::new(&pyramid, z)).collect();
        Self { pyramid, roots: Rgb::filled(width, 1, [0; 3]), strips }
    }

    /// Takes the pixels of the next root, row by row from the left, and hands on
    /// what rows of coarser tiles are complete with it, from fine to coarse.
    pub fn push(
        &mut self,
        root: TileId,
        pixels: &Rgb,
        complete: impl FnMut(TileRow<'_>) -> Result<(), PackSlideError>,
    ) -> Result<(), PackSlideError> {
        let left = (root.x * self.pyramid.tile_size()) as usize;
        let size = (pixels.width(), pixels.height());
        if left == 0 {
            self.roots.resize(self.roots.width(), pixels.height());
        }
        self.roots.copy((left, 0), pixels, (0, 0), size);
        if left + pixels.width() < self.roots.width() {
            return Ok(());
        }
        self.rise(complete)
    }

    /// Halves a complete row of roots into the next coarser level, and on as far
    /// as that completes rows of tiles.
    fn rise(
        &mut self,
        mut complete: impl FnMut(TileRow<'_>) -> Result<(), PackSlideError>,
    ) -> Result<(), PackSlideError> {
        let mut halved = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&self.roots, &mut halved);
        for strip in &mut self.strips {
            if !strip.append(&halved) {
                break;
            }
            complete(TileRow { z: strip.z, y: strip.y, pixels: &strip.pixels })?;
            mean::halve(&strip.pixels, &mut halved);
            strip.begin(&self.pyramid, strip.y + 1);
        }
        Ok(())
    }
}
