//! What a thread needs to measure tiles.

use crate::plain::{PlainEncoder, PlainJpeg};
use origami_codec::{CodecError, Decoder};
use origami_pack::Pack;
use origami_pyramid::{Rgb, TileId};
use origami_render::{Parents, Pools, RebuildError, Rebuilder, Tile};
use std::sync::Arc;

/// A rebuilder, a decoder and an encoder.
pub(crate) struct Handles {
    rebuilder: Rebuilder,
    decoder: Decoder,
    encoder: PlainEncoder,
}

impl Handles {
    /// Handles for tiles whose plain JPEGs are made as `plain` says.
    pub fn new(pools: &Arc<Pools>, plain: PlainJpeg) -> Result<Self, CodecError> {
        Ok(Self {
            rebuilder: Rebuilder::new(Arc::clone(pools))?,
            decoder: Decoder::new()?,
            encoder: PlainEncoder::new(plain)?,
        })
    }

    /// The JPEG of a tile as it is served.
    pub fn served(&mut self, pack: &Pack, id: TileId, parents: &dyn Parents) -> Result<Tile, RebuildError> {
        self.rebuilder.tile(pack, id, parents)
    }

    /// What a viewer makes of a tile's JPEG, which has to be of the tile's size.
    pub fn pixels(&mut self, jpeg: &[u8], width: usize, height: usize) -> Result<Rgb, CodecError> {
        let mut rgb = Rgb::filled(1, 1, [0; 3]);
        self.decoder.decode_rgb(jpeg, width * height, &mut rgb)?;
        let (found_width, found_height) = (rgb.width(), rgb.height());
        if (found_width, found_height) == (width, height) {
            return Ok(rgb);
        }
        Err(CodecError::Size { width, height, found_width, found_height })
    }

    /// The plain JPEG of a tile with these pixels.
    pub fn plain(&mut self, pixels: &Rgb) -> Result<&[u8], CodecError> {
        self.encoder.jpeg(pixels)
    }
}
