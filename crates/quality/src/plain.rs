//! Encodes tiles as the plain JPEGs that a pack is compared with.

use origami_codec::{CodecError, Encoder, encoded_bound};
use origami_pack::{Level, Pack};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};

/// Encodes plain JPEGs. One per thread.
pub(crate) struct PlainEncoder {
    quality: u8,
    subsampling: Subsampling,
    encoder: Encoder,
    out: Vec<u8>,
}

impl PlainEncoder {
    /// An encoder with the quality and subsampling of level `z` of `pack`.
    pub fn new(pack: &Pack, z: u32) -> Result<Self, CodecError> {
        let Level { quality, subsampling, .. } = *pack.level(z).expect("a level of the pack");
        let side = pack.pyramid().tile_size() as usize;
        let out = vec![0; encoded_bound(side, side, Subsampling::S444)];
        Ok(Self { quality, subsampling, encoder: Encoder::new()?, out })
    }

    /// The JPEG of a tile with these pixels.
    pub fn jpeg(&mut self, pixels: &Rgb) -> Result<&[u8], CodecError> {
        let mut planes = Ycc::zeros(pixels.width(), pixels.height(), self.subsampling);
        colour::ycc(pixels, 0, 0, &mut planes);
        let len = self.encoder.encode(&mut planes, self.quality, &mut self.out)?;
        Ok(&self.out[..len])
    }
}
