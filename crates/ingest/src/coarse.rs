//! Makes the levels above the families' roots from the roots, one row of tiles at a
//! time.

use crate::PackSlideError;
use crate::encode::TileRow;
use origami_pyramid::{Point, Pyramid, Rect, Rgb, TileId, mean};

/// A row of tiles of one level, whose rows of pixels are filled in from the top.
struct Strip {
    z: u32,
    /// Number of the row of tiles.
    y: u32,
    pixels: Rgb,
    /// Number of rows of pixels that are filled in.
    filled: usize,
}

impl Strip {
    fn new(pyramid: &Pyramid, z: u32) -> Self {
        let width = pyramid.level_size(z).expect("a level").width as usize;
        let mut strip = Self { z, y: 0, pixels: Rgb::filled(width, 1, [0; 3]), filled: 0 };
        strip.begin(pyramid, 0);
        strip
    }

    /// Begins row `y` of the tiles, if the level has one.
    fn begin(&mut self, pyramid: &Pyramid, y: u32) {
        (self.y, self.filled) = (y, 0);
        if let Some(first) = pyramid.tile_rect(TileId { z: self.z, x: 0, y }) {
            self.pixels.resize(self.pixels.width(), first.height as usize);
        }
    }

    /// Fills in the next rows of pixels.
    fn append(&mut self, rows: &Rgb) {
        self.pixels.copy(Point::new(0, self.filled as u32), rows, Rect::whole(rows.size()));
        self.filled += rows.height();
    }

    fn is_complete(&self) -> bool {
        self.filled == self.pixels.height()
    }
}

/// Makes all levels coarser than the families' roots.
pub(crate) struct CoarseLevels {
    pyramid: Pyramid,
    /// The current row of roots, which is filled from the left.
    roots: Rgb,
    /// The current row of tiles of each coarser level, from the next one to level 0.
    strips: Vec<Strip>,
}

impl CoarseLevels {
    /// All levels coarser than level `roots`.
    pub fn new(pyramid: Pyramid, roots: u32) -> Self {
        let width = pyramid.level_size(roots).expect("a level").width as usize;
        let strips = (0..roots).rev().map(|z| Strip::new(&pyramid, z)).collect();
        Self { pyramid, roots: Rgb::filled(width, 1, [0; 3]), strips }
    }

    /// Adds the pixels of the next root (roots come row by row, each from the left)
    /// and passes the rows of coarser tiles that are then complete to `complete`, from
    /// fine to coarse.
    pub fn push(
        &mut self,
        root: TileId,
        pixels: &Rgb,
        complete: impl FnMut(TileRow<'_>) -> Result<(), PackSlideError>,
    ) -> Result<(), PackSlideError> {
        let left = root.x * self.pyramid.tile_size();
        if left == 0 {
            self.roots.resize(self.roots.width(), pixels.height());
        }
        self.roots.copy(Point::new(left, 0), pixels, Rect::whole(pixels.size()));
        if left as usize + pixels.width() < self.roots.width() {
            return Ok(());
        }
        self.halve_roots(complete)
    }

    /// Halves a complete row of roots into the next coarser level, and that level's
    /// row into the one after as long as rows of tiles are complete.
    fn halve_roots(
        &mut self,
        mut complete: impl FnMut(TileRow<'_>) -> Result<(), PackSlideError>,
    ) -> Result<(), PackSlideError> {
        let mut halved = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&self.roots, &mut halved);
        for strip in &mut self.strips {
            strip.append(&halved);
            if !strip.is_complete() {
                break;
            }
            complete(TileRow { z: strip.z, y: strip.y, pixels: &strip.pixels })?;
            mean::halve(&strip.pixels, &mut halved);
            strip.begin(&self.pyramid, strip.y + 1);
        }
        Ok(())
    }
}
