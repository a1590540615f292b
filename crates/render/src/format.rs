//! The image formats that pixels are encoded in.

use crate::{Exhausted, Pools};
use origami_codec::{CodecError, Encoder, encoded_bound};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};
use std::sync::Arc;

/// An image format for tiles, regions and thumbnails. This type and [`PixelEncoder`] have
/// everything that distinguishes one format from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Baseline JPEG, the format of the tiles in packs.
    #[default]
    Jpeg,
    /// PNG: lossless RGB with 8 bits per sample.
    Png,
}

impl Format {
    /// All formats, in the order of their numbers (`format as usize`).
    pub const ALL: [Self; 2] = [Self::Jpeg, Self::Png];

    /// What messages say is missing if a name has the extension of no format.
    pub const UNKNOWN: &str = "format; there are .jpg and .png";

    /// The media type, for `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The extensions of file names, without the dot. The first is the usual one.
    #[must_use]
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
        }
    }

    /// The usual extension, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        self.extensions()[0]
    }

    /// The format of file names with this extension, which is given without its dot. It
    /// must be in lower case, so that an image has one URL.
    ///
    /// # Examples
    /// ```
    /// use origami_render::Format;
    /// assert_eq!(Format::of_extension("jpeg"), Some(Format::Jpeg));
    /// assert_eq!(Format::of_extension("PNG"), None);
    /// ```
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extensions().contains(&extension))
    }

    /// The suffix that distinguishes the entity tags of the same pixels in different
    /// formats: empty for JPEG, `-` and letters for others.
    ///
    /// # Examples
    /// ```
    /// use origami_render::Format;
    /// assert_eq!(Format::ALL.map(Format::etag_part), ["", "-png"]);
    /// ```
    #[must_use]
    pub const fn etag_part(self) -> &'static str {
        match self {
            Self::Jpeg => "",
            Self::Png => "-png",
        }
    }

    /// Whether packs have their tiles in this format. In another one, a tile is made by
    /// decoding its JPEG and encoding the pixels, which takes a worker.
    #[must_use]
    pub const fn is_packed(self) -> bool {
        matches!(self, Self::Jpeg)
    }
}

/// Encodes pixels in every [`Format`]. It owns a library handle, so every worker needs
/// its own.
#[derive(Debug)]
pub struct PixelEncoder {
    pools: Arc<Pools>,
    jpeg: Encoder,
    /// Scratch bytes of a PNG.
    png: Vec<u8>,
}

impl PixelEncoder {
    /// An encoder that leases the buffers for JPEGs from `pools`.
    ///
    /// # Errors
    /// If the JPEG library cannot allocate a handle.
    pub fn new(pools: Arc<Pools>) -> Result<Self, CodecError> {
        Ok(Self { pools, jpeg: Encoder::new()?, png: Vec::new() })
    }

    /// Encodes `pixels` as `format`. The vector has no spare capacity. The same pixels
    /// always give the same bytes. `quality`, 1 to 100, is that of JPEGs, whose chroma
    /// has half the resolution across and down; lossless formats ignore it.
    ///
    /// # Errors
    /// If no buffer is free.
    ///
    /// # Panics
    /// If there are no pixels, their JPEG may take more than [`crate::MAX_LEASE`] bytes,
    /// or the quality is out of range.
    ///
    /// # Examples
    /// ```
    /// # use origami_pyramid::Rgb;
    /// # use origami_render::{Format, PixelEncoder, Pools};
    /// let mut encoder = PixelEncoder::new(Pools::new(1 << 20)).unwrap();
    /// let pixels = Rgb::filled(40, 30, [200, 40, 96]);
    /// let jpeg = encoder.encode(&pixels, Format::Jpeg, 80).unwrap();
    /// assert!(jpeg.starts_with(&[0xff, 0xd8]));
    /// let png = encoder.encode(&pixels, Format::Png, 80).unwrap();
    /// assert_eq!(&png[1..4], b"PNG");
    /// ```
    pub fn encode(&mut self, pixels: &Rgb, format: Format, quality: u8) -> Result<Vec<u8>, Exhausted> {
        match format {
            Format::Jpeg => self.encode_jpeg(pixels, quality),
            Format::Png => {
                encode_png(pixels, &mut self.png).expect("an image with pixels is written to memory");
                // A copy without spare capacity: caches count the length, so it may not
                // take more memory than that.
                Ok(self.png.as_slice().to_vec())
            }
        }
    }

    fn encode_jpeg(&mut self, pixels: &Rgb, quality: u8) -> Result<Vec<u8>, Exhausted> {
        let (width, height) = (pixels.width(), pixels.height());
        let mut planes = Ycc::zeros(width, height, Subsampling::S420);
        colour::ycc(pixels, 0, 0, &mut planes);
        let mut out = self.pools.lease(encoded_bound(width, height, Subsampling::S420))?;
        let len = self.jpeg.encode(&mut planes, quality, &mut out);
        let len = len.expect("an image of a checked size and quality encodes into its bound");
        Ok(out[..len].to_vec())
    }
}

/// Encodes PNG with the fast compression. Lossless pixels are mostly requested by
/// programs, often nearby, and a worker that compresses harder delays other requests. The
/// filter is chosen row by row, since glass and tissue need different ones.
fn encode_png(pixels: &Rgb, out: &mut Vec<u8>) -> Result<(), png::EncodingError> {
    out.clear();
    let mut encoder = png::Encoder::new(out, pixels.width() as u32, pixels.height() as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels.data())?;
    writer.finish()
}

#[cfg(test)]
mod tests;
