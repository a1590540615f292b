//! What a thread needs to measure tiles, and many of them measured at once.

use crate::error::undecodable;
use crate::original::tile_pixels;
use crate::plain::PlainEncoder;
use crate::work::Stop;
use crate::{MeasureError, Original};
use origami_codec::{CodecError, Decoder};
use origami_pack::Pack;
use origami_pyramid::{Rgb, TileId};
use origami_render::{Pools, Rebuilder, TileJpeg, Uncached};
use rayon::ThreadPool;
use rayon::prelude::*;
use std::sync::Arc;

/// Memory for decoded parents, in bytes.
pub(crate) const POOL: usize = 64 << 20;

/// A rebuilder, a decoder and an encoder for tiles of one pack.
pub(crate) struct Measurer<'a> {
    pack: &'a Pack,
    original: &'a dyn Original,
    stop: &'a Stop<'a>,
    rebuilder: Rebuilder,
    decoder: Decoder,
    pub plain: PlainEncoder,
}

/// A tile as it is served and as it should be.
pub(crate) struct Pair {
    pub served: TileJpeg,
    /// What `served` decodes to.
    pub pixels: Rgb,
    pub source: Rgb,
}

impl<'a> Measurer<'a> {
    /// Measures tiles of level `z`, until `stop` says otherwise.
    pub fn new(
        pack: &'a Pack,
        z: u32,
        original: &'a dyn Original,
        pools: &Arc<Pools>,
        stop: &'a Stop<'a>,
    ) -> Result<Self, MeasureError> {
        let (rebuilder, decoder) = (Rebuilder::new(Arc::clone(pools))?, Decoder::new()?);
        Ok(Self { pack, original, stop, rebuilder, decoder, plain: PlainEncoder::new(pack, z)? })
    }

    /// TileJpeg `id`, rebuilt, and the slide's own pixels of it.
    pub fn pair(&mut self, id: TileId) -> Result<Pair, MeasureError> {
        let served = self.rebuilder.tile(self.pack, id, &Uncached)?;
        let source = tile_pixels(self.pack.pyramid(), self.original, id, self.stop)?;
        let pixels = self.pixels(id, &served).map_err(|error| undecodable(self.pack, id, error))?;
        Ok(Pair { served, pixels, source })
    }

    /// What a viewer makes of a JPEG of tile `id`, which has to be of the tile's
    /// size.
    pub fn pixels(&mut self, id: TileId, jpeg: &[u8]) -> Result<Rgb, CodecError> {
        let size = self.pack.pyramid().tile_rect(id).expect("a tile of the pack").size();
        let mut rgb = Rgb::filled(1, 1, [0; 3]);
        self.decoder.decode_rgb_sized(jpeg, size, &mut rgb)?;
        Ok(rgb)
    }
}

/// What `measure` finds of the tiles `ids`, in their order. Each thread makes a
/// measurer when it needs one.
pub(crate) fn each<M, T: Send>(
    ids: &[TileId],
    threads: &ThreadPool,
    stop: &Stop<'_>,
    measurer: impl Fn() -> Result<M, MeasureError> + Sync,
    measure: impl Fn(&mut M, TileId) -> Result<T, MeasureError> + Sync,
) -> Result<Vec<T>, MeasureError> {
    let one = |made: &mut Option<M>, &id: &TileId| {
        stop.check()?;
        let made = match made {
            Some(made) => made,
            None => made.insert(measurer()?),
        };
        measure(made, id)
    };
    threads.install(|| ids.par_iter().map_init(|| None, one).collect())
}
