//! What pixels are answered as.

use crate::{Exhausted, Pools};
use origami_codec::{CodecError, Encoder, encoded_bound};
use origami_pyramid::{Rgb, Subsampling, Ycc, colour};
use std::sync::Arc;

/// What a tile, a region or a thumbnail is answered as: all that tells one format
/// from another stands here and in [`PixelEncoder`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Baseline JPEG, which packs are made of.
    #[default]
    Jpeg,
    /// RGB of 8 bits a sample, without loss.
    Png,
}

impl Format {
    /// All formats, each at the place of its number (`format as usize`).
    pub const ALL: [Self; 2] = [Self::Jpeg, Self::Png];

    /// What is not there where a name ends in something else.
    pub const UNKNOWN: &str = "format; there are .jpg and .png";

    /// The media type, for `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// What names of its files end in, without the dot; the usual one first.
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

    /// The format of names that end in `extension`, which is given without its dot
    /// and has to be in lower case: one picture has one URL.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extensions().contains(&extension))
    }

    /// What sets the entity tags of the same pixels in other formats apart: nothing
    /// for JPEG, for others letters after a `-`.
    #[must_use]
    pub const fn etag_part(self) -> &'static str {
        match self {
            Self::Jpeg => "",
            Self::Png => "-png",
        }
    }

    /// Whether packs are made of it, so that a tile in it is the pack's own bytes, or
    /// given by them. In other formats a tile is what its JPEG decodes to, which takes
    /// a worker.
    #[must_use]
    pub const fn is_packed(self) -> bool {
        matches!(self, Self::Jpeg)
    }
}

/// Encodes pixels in every [`Format`]. One per worker: it owns a library handle.
#[derive(Debug)]
pub struct PixelEncoder {
    pools: Arc<Pools>,
    jpeg: Encoder,
    /// What PNGs are written into.
    png: Vec<u8>,
}

impl PixelEncoder {
    /// An encoder that leases from `pools` what JPEGs are written into.
    ///
    /// # Errors
    /// If the JPEG library cannot allocate a handle.
    pub fn new(pools: Arc<Pools>) -> Result<Self, CodecError> {
        Ok(Self { pools, jpeg: Encoder::new()?, png: Vec::new() })
    }

    /// `pixels` as `format`, in a vector without room to spare. The same pixels give
    /// the same bytes every time. `quality`, 1 to 100, is that of JPEGs, whose chroma
    /// has half the resolution across and down; formats without loss have none.
    ///
    /// # Errors
    /// If no buffer is free.
    ///
    /// # Panics
    /// If there are no pixels, their JPEG may take more than [`crate::LARGEST`] bytes,
    /// or the quality is not one.
    pub fn encode(&mut self, pixels: &Rgb, format: Format, quality: u8) -> Result<Vec<u8>, Exhausted> {
        match format {
            Format::Jpeg => self.encode_jpeg(pixels, quality),
            Format::Png => {
                encode_png(pixels, &mut self.png).expect("a picture with pixels is written to memory");
                // A copy, of no more memory than its length, by which it is weighed.
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
        let len = len.expect("a picture of a checked size and quality encodes into its bound");
        Ok(out[..len].to_vec())
    }
}

/// Compressed the fast way: it is programs that ask for pixels without loss, mostly
/// from nearby, and a worker that saves bytes serves nobody meanwhile. The filter is
/// chosen row by row, since glass and tissue want different ones.
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
mod tests {
    use super::*;
    use origami_codec::Decoder;
    use std::collections::HashSet;
    use std::io::Cursor;

    fn encoder() -> PixelEncoder {
        PixelEncoder::new(Pools::new(0)).unwrap()
    }

    /// Waves with some noise, of every width: rows are filtered several bytes at a time.
    fn picture(width: usize, height: usize) -> Rgb {
        let mut pixels = Rgb::filled(width, height, [0; 3]);
        for (n, sample) in pixels.data_mut().iter_mut().enumerate() {
            *sample = (n * n / 97 + n % 3 * 40) as u8;
        }
        pixels
    }

    #[test]
    fn formats_are_told_apart_by_everything_that_is_said_of_them() {
        for (number, format) in Format::ALL.into_iter().enumerate() {
            assert_eq!(format as usize, number);
            for extension in format.extensions() {
                assert_eq!(Format::of_extension(extension), Some(format));
            }
            assert_eq!(format.extension(), format.extensions()[0]);
            assert!(Format::UNKNOWN.contains(&format!(".{}", format.extension())));
        }
        let distinct = |part: fn(Format) -> &'static str| {
            Format::ALL.into_iter().map(part).collect::<HashSet<_>>().len() == Format::ALL.len()
        };
        assert!(distinct(Format::content_type) && distinct(Format::extension) && distinct(Format::etag_part));
        // Tags of tiles that servers have given out for years must not change.
        assert_eq!((Format::default(), Format::Jpeg.etag_part()), (Format::Jpeg, ""));
    }

    #[test]
    fn what_is_no_extension_names_no_format() {
        for extension in ["", ".", "JPG", "Png", "PNG", ".png", "png ", "jpegx", "webp", "bmp", "image/png"] {
            assert_eq!(Format::of_extension(extension), None, "{extension:?}");
        }
    }

    #[test]
    fn png_has_every_pixel_and_the_same_bytes_every_time() {
        let mut encoder = encoder();
        for (width, height) in [(1, 1), (1, 40), (40, 1), (7, 9), (11, 3), (240, 256), (256, 256)] {
            let pixels = picture(width, height);
            let encoded = encoder.encode(&pixels, Format::Png, 80).unwrap();
            let other = encoder.encode(&pixels, Format::Png, 20).unwrap();
            assert_eq!(encoded, other, "there is no quality to choose");
            assert_eq!(encoded.capacity(), encoded.len());
            let mut reader = png::Decoder::new(Cursor::new(&encoded)).read_info().unwrap();
            let mut out = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut out).unwrap();
            assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
            assert_eq!((info.width as usize, info.height as usize), (width, height));
            assert!(out == pixels.data(), "{width}x{height}");
        }
    }

    #[test]
    fn one_colour_takes_next_to_nothing_as_png() {
        let glass = Rgb::filled(256, 256, [242, 240, 243]);
        let encoded = encoder().encode(&glass, Format::Png, 80).unwrap();
        assert!(encoded.len() < 4096, "{} bytes", encoded.len());
    }

    #[test]
    fn jpeg_looks_like_the_pixels_and_takes_more_bytes_for_more_quality() {
        let (mut encoder, pixels) = (encoder(), Rgb::filled(33, 17, [200, 40, 96]));
        let encoded = encoder.encode(&pixels, Format::Jpeg, 80).unwrap();
        assert_eq!(encoded, encoder.encode(&pixels, Format::Jpeg, 80).unwrap());
        assert_eq!(encoded.capacity(), encoded.len());
        let mut decoded = Rgb::filled(1, 1, [0; 3]);
        Decoder::new().unwrap().decode_rgb(&encoded, 33 * 17, &mut decoded).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (33, 17));
        for (found, expected) in decoded.data().iter().zip(pixels.data()) {
            assert!(found.abs_diff(*expected) < 6, "{found} for {expected}");
        }
        let busy = picture(64, 64);
        let [coarse, fine] =
            [10, 95].map(|quality| encoder.encode(&busy, Format::Jpeg, quality).unwrap().len());
        assert!(coarse < fine, "{coarse} and {fine} bytes");
    }
}
