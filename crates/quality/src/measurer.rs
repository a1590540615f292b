//! Measures the tiles of a level on several threads.

use crate::error::undecodable;
use crate::original::tile_pixels;
use crate::plain::PlainEncoder;
use crate::work::Stop;
use crate::{MeasureError, Original};
use origami_codec::{CodecError, Decoder};
use origami_pack::Pack;
use origami_pyramid::{Rgb, TileId};
use origami_render::{BulkRenderer, TileJpeg};
use rayon::ThreadPool;
use rayon::prelude::*;

/// A level whose tiles are measured against the slide, and what the measurers of all
/// threads share.
#[derive(Clone, Copy)]
pub(crate) struct MeasuredLevel<'a> {
    pub pack: &'a Pack,
    /// Deep Zoom level.
    pub z: u32,
    pub original: &'a dyn Original,
    /// Rebuilds tiles, and caches their parents.
    pub renderer: &'a BulkRenderer,
    pub stop: &'a Stop<'a>,
}

impl<'a> MeasuredLevel<'a> {
    /// A measurer for one thread.
    pub fn measurer(self) -> Result<Measurer<'a>, MeasureError> {
        Ok(Measurer { level: self, decoder: Decoder::new()?, plain: PlainEncoder::new(self.pack, self.z)? })
    }

    /// The results of `measure` for the tiles `ids`, in their order. Each of the
    /// `threads` makes its measurer when it needs one.
    pub fn measure_tiles<T: Send>(
        self,
        ids: &[TileId],
        threads: &ThreadPool,
        measure: impl Fn(&mut Measurer<'a>, TileId) -> Result<T, MeasureError> + Sync,
    ) -> Result<Vec<T>, MeasureError> {
        threads.install(|| {
            ids.par_iter()
                .map_init(
                    || None,
                    |measurer: &mut Option<Measurer<'a>>, &id: &TileId| {
                        self.stop.check()?;
                        let measurer = match measurer {
                            Some(measurer) => measurer,
                            None => measurer.insert(self.measurer()?),
                        };
                        measure(measurer, id)
                    },
                )
                .collect()
        })
    }
}

/// Decodes tiles of one level, and reads and encodes the slide's own pixels of them.
/// One per thread.
pub(crate) struct Measurer<'a> {
    level: MeasuredLevel<'a>,
    decoder: Decoder,
    pub plain: PlainEncoder,
}

/// A tile as it is served, and as the slide has it.
pub(crate) struct TilePair {
    /// The JPEG that is served.
    pub jpeg: TileJpeg,
    /// The pixels that `jpeg` decodes to.
    pub pixels: Rgb,
    /// The slide's own pixels.
    pub source: Rgb,
}

impl Measurer<'_> {
    /// Tile `id`, rebuilt and decoded, and the slide's own pixels of it.
    pub fn tile(&mut self, id: TileId) -> Result<TilePair, MeasureError> {
        let MeasuredLevel { pack, original, renderer, stop, .. } = self.level;
        let jpeg = renderer.families.tile(pack, id, &renderer.parents.of(pack))?;
        let source = tile_pixels(pack.pyramid(), original, id, stop)?;
        let pixels = self.decode(id, &jpeg).map_err(|error| undecodable(pack, id, error))?;
        Ok(TilePair { jpeg, pixels, source })
    }

    /// The pixels of a JPEG of tile `id`, which must have the tile's size.
    pub fn decode(&mut self, id: TileId, jpeg: &[u8]) -> Result<Rgb, CodecError> {
        let size = self.level.pack.pyramid().tile_rect(id).expect("a tile of the pack").size();
        let mut rgb = Rgb::filled(1, 1, [0; 3]);
        self.decoder.decode_rgb_sized(jpeg, size, &mut rgb)?;
        Ok(rgb)
    }
}
