//! Tiles as the plain JPEGs that a pack is compared with.

use origami_codec::{CodecError, Encoder, encoded_bound};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};

/// How the tiles of a plain JPEG pyramid are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainJpeg {
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// Chroma subsampling.
    pub subsampling: Subsampling,
    /// Side of a tile in pixels.
    pub tile_size: u32,
}

/// Makes plain JPEGs. One per thread.
pub(crate) struct PlainEncoder {
    settings: PlainJpeg,
    encoder: Encoder,
    out: Vec<u8>,
}

impl PlainEncoder {
    pub fn new(settings: PlainJpeg) -> Result<Self, CodecError> {
        let side = settings.tile_size as usize;
        let out = vec![0; encoded_bound(side, side, Subsampling::S444)];
        Ok(Self { settings, encoder: Encoder::new()?, out })
    }

    /// The JPEG of a tile with these pixels.
    pub fn jpeg(&mut self, pixels: &Rgb) -> Result<&[u8], CodecError> {
        let PlainJpeg { quality, subsampling, .. } = self.settings;
        let mut planes = Ycc::zeros(pixels.width(), pixels.height(), subsampling);
        colour::ycc(pixels, 0, 0, &mut planes);
        let len = self.encoder.encode(&mut planes, quality, &mut self.out)?;
        Ok(&self.out[..len])
    }
}
