//! The levels above the families, made from the roots one strip at a time.

use crate::PackSlideError;
use crate::encode::{TileEncoder, TilePixels};
use crate::sink::Sink;
use origami_pyramid::{Pyramid, Rgb, TileId, mean};

/// One level that is filling up: a strip of at most one row of tiles.
struct Strip {
    z: u32,
    pixels: Rgb,
    /// Rows of the strip that are filled.
    filled: usize,
    /// Rows of the level that have been received in all.
    received: usize,
}

/// Receives strips of one level and makes all coarser levels from them.
pub(crate) struct Coarse {
    pyramid: Pyramid,
    /// From the finest to level 0.
    strips: Vec<Strip>,
}

impl Coarse {
    /// The `levels` coarsest levels, each kept as one strip of tiles.
    pub fn new(pyramid: Pyramid, levels: u32) -> Self {
        let strip = |z: u32| {
            let (width, height) = pyramid.level_size(z).expect("a level");
            let rows = pyramid.tile_size().min(height) as usize;
            Strip { z, pixels: Rgb::filled(width as usize, rows, [0; 3]), filled: 0, received: 0 }
        };
        Self { pyramid, strips: (0..levels).rev().map(strip).collect() }
    }

    /// Takes the next rows of the finest level, writes what tiles they complete,
    /// and passes full strips on to the next coarser level. An even number of
    /// rows has to come each time, but for the last.
    pub fn push(
        &mut self,
        rows: Rgb,
        encoder: &mut dyn TileEncoder,
        sink: &mut Sink,
    ) -> Result<(), PackSlideError> {
        let mut carried = rows;
        for strip in &mut self.strips {
            let height = self.pyramid.level_size(strip.z).expect("a level").1 as usize;
            assert_eq!(carried.width(), strip.pixels.width(), "a strip as wide as its level");
            strip.pixels.copy((0, strip.filled), &carried, (0, 0), (carried.width(), carried.height()));
            strip.filled += carried.height();
            strip.received += carried.height();
            let complete = strip.received == height;
            if strip.filled < strip.pixels.height() && !complete {
                break;
            }
            let mut pixels = strip.pixels.clone();
            pixels.resize(strip.pixels.width(), strip.filled);
            let (columns, _) = self.pyramid.grid(strip.z).expect("a level");
            let y = (strip.received - strip.filled) as u32 / self.pyramid.tile_size();
            for x in 0..columns {
                let id = TileId { z: strip.z, x, y };
                let origin = ((x * self.pyramid.tile_size()) as usize, 0);
                sink.write(&encoder.stored(TilePixels { id, pixels: &pixels, origin })?)?;
            }
            strip.filled = 0;
            mean::halve(&pixels, &mut carried);
        }
        Ok(())
    }
}
