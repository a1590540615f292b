//! Encodes pixels as JPEG.

use crate::{Exhausted, MAX_LEASE, Pools, Tone};
use origami_codec::{CodecError, Encoder, encoded_bound};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};
use std::sync::Arc;

/// The quality from which chroma has full resolution: whoever wants so much would see the
/// difference. It is where libvips draws the line.
const FULL_CHROMA_FROM: u8 = 90;

/// Encodes JPEGs with a library handle of its own.
#[derive(Debug)]
pub(super) struct JpegEncoder {
    pools: Arc<Pools>,
    encoder: Encoder,
}

impl JpegEncoder {
    /// An encoder that leases its buffers from `pools`.
    ///
    /// # Errors
    /// If the library cannot allocate a handle.
    pub fn new(pools: Arc<Pools>) -> Result<Self, CodecError> {
        Ok(Self { pools, encoder: Encoder::new()? })
    }

    /// Encodes `pixels`, which have this `tone`, at `quality`, 1 to 100.
    ///
    /// # Errors
    /// If no buffer is free.
    pub fn encode(&mut self, pixels: &Rgb, tone: Tone, quality: u8) -> Result<Vec<u8>, Exhausted> {
        let (width, height) = (pixels.width(), pixels.height());
        let subsampling = subsampling(tone, quality);
        let mut planes = Ycc::zeros(width, height, subsampling);
        colour::ycc(pixels, 0, 0, &mut planes);
        let bound = encoded_bound(width, height, subsampling);
        if bound <= MAX_LEASE {
            let mut buffer = self.pools.lease(bound)?;
            Ok(self.encode_planes(&mut planes, quality, &mut buffer))
        } else {
            Ok(self.encode_planes(&mut planes, quality, &mut vec![0; bound]))
        }
    }

    /// Encodes `planes` by way of `buffer`, which has room for any JPEG of their size.
    fn encode_planes(&mut self, planes: &mut Ycc<Vec<u8>>, quality: u8, buffer: &mut [u8]) -> Vec<u8> {
        let len = self.encoder.encode(planes, quality, buffer);
        let len = len.expect("an image of a checked size and quality encodes into its bound");
        buffer[..len].to_vec()
    }
}

/// The chroma that a JPEG of this tone and quality has.
fn subsampling(tone: Tone, quality: u8) -> Subsampling {
    match tone {
        Tone::Colour if quality >= FULL_CHROMA_FROM => Subsampling::S444,
        Tone::Colour => Subsampling::S420,
        Tone::Gray | Tone::Bitonal => Subsampling::Gray,
    }
}
