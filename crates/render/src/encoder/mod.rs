//! Encodes pixels in every format: one file for each.

mod avif;
mod jpeg;
mod png;
mod presets;
#[cfg(test)]
mod tests;
mod webp;

use crate::{Encoding, Exhausted, Fidelity, Format, Pools, Tone};
use jpeg::JpegEncoder;
use origami_codec::CodecError;
use origami_pyramid::Rgb;
use std::sync::Arc;

/// Encodes pixels in every [`Encoding`], on the thread that asks. It owns a library
/// handle, so every worker needs its own.
#[derive(Debug)]
pub struct PixelEncoder {
    jpeg: JpegEncoder,
}

impl PixelEncoder {
    /// An encoder that leases the buffers for JPEGs from `pools`.
    ///
    /// # Errors
    /// If the JPEG library cannot allocate a handle.
    pub fn new(pools: Arc<Pools>) -> Result<Self, CodecError> {
        Ok(Self { jpeg: JpegEncoder::new(pools)? })
    }

    /// Encodes `pixels`, which already have this `tone`. The vector has no spare capacity.
    /// The same pixels always give the same bytes.
    ///
    /// | format | samples |
    /// |---|---|
    /// | JPEG | chroma with half the resolution across and down below quality 90, with full resolution from there on; luma alone if gray or bitonal |
    /// | PNG | RGB; one gray sample of 8 bits a pixel, or of 1 bit if bitonal |
    /// | WebP | RGB if lossless, otherwise chroma with half the resolution |
    /// | AVIF | chroma with full resolution |
    ///
    /// # Errors
    /// If no buffer is free for a JPEG of up to [`crate::MAX_LEASE`] bytes. A larger one
    /// needs none.
    ///
    /// # Panics
    /// If there are no pixels, a side is above [`Format::max_side`], the encoding is not
    /// one that [`Encoding::new`] makes, or a library cannot allocate memory.
    ///
    /// # Examples
    /// ```
    /// # use origami_pyramid::Rgb;
    /// # use origami_render::{Encoding, Fidelity, Format, PixelEncoder, Pools, Tone};
    /// let mut encoder = PixelEncoder::new(Pools::new(1 << 20)).unwrap();
    /// let pixels = Rgb::filled(40, 30, [200, 40, 96]);
    /// let jpeg = Encoding::new(Format::Jpeg, Fidelity::Quality(80)).unwrap();
    /// let bytes = encoder.encode(&pixels, Tone::Colour, jpeg).unwrap();
    /// assert!(bytes.starts_with(&[0xff, 0xd8]));
    /// let webp = Encoding::new(Format::WebP, Fidelity::Lossless).unwrap();
    /// let bytes = encoder.encode(&pixels, Tone::Colour, webp).unwrap();
    /// assert_eq!(&bytes[8..12], b"WEBP");
    /// ```
    pub fn encode(&mut self, pixels: &Rgb, tone: Tone, encoding: Encoding) -> Result<Vec<u8>, Exhausted> {
        let (size, max) = (pixels.size(), encoding.format.max_side());
        assert!(size.area() > 0 && size.width <= max && size.height <= max, "{size} px as {encoding:?}");
        match encoding.format {
            Format::Jpeg => self.jpeg.encode(pixels, tone, quality(encoding)),
            Format::Png => Ok(png::encode(pixels, tone).expect("an image with pixels is written to memory")),
            Format::WebP => Ok(webp::encode(pixels, encoding.fidelity, encoding.effort)),
            Format::Avif => Ok(avif::encode(pixels, quality(encoding), encoding.effort)),
        }
    }
}

/// The quality of an encoding that is not lossless.
fn quality(encoding: Encoding) -> u8 {
    match encoding.fidelity {
        Fidelity::Quality(quality) => quality,
        Fidelity::Lossless => unreachable!("{encoding:?}"),
    }
}
