//! Decodes tiles of containers: of a range of sizes, complete but perhaps untidy, and
//! with one, three or four components.

use super::{Decoder, JpegHeader};
use crate::error::malformed;
use crate::jpeg::tidy_within;
use crate::markers::segments;
use crate::{CodecError, Colour, Tidiness};
use origami_pyramid::{Rgb, Size};
use turbojpeg::{Image, PixelFormat};

/// What [`Decoder::decode_samples`] has decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodedSamples {
    /// Width and height in pixels.
    pub size: Size,
    /// Number of samples of a pixel: 1 gray, 3 RGB, 4 CMYK as stored.
    pub planes: usize,
    /// Whether the stream could be decoded as it is.
    pub tidiness: Tidiness,
}

impl Decoder {
    /// Decodes to interleaved RGB a stream whose sides are at least those of `visible`
    /// and at most those of `limit`: containers may cut tiles at their edges to what
    /// shows, or not. `out` is resized to the stream's size.
    ///
    /// A complete but untidy stream is decoded as well ([`tidy`](crate::tidy)).
    ///
    /// # Errors
    /// If the stream has another size, which is checked before any sample is written,
    /// or is malformed, truncated or CMYK; `out` is then unchanged or partly written.
    pub fn decode_rgb_covering(
        &mut self,
        jpeg: &[u8],
        visible: Size,
        limit: Size,
        out: &mut Rgb,
    ) -> Result<Tidiness, CodecError> {
        match self.decode_covering(jpeg, visible, limit, out) {
            Ok(()) => Ok(Tidiness::Tidy),
            Err(error) => {
                let tidied = tidied(jpeg, limit, error)?;
                self.decode_covering(&tidied, visible, limit, out)?;
                Ok(Tidiness::Untidy)
            }
        }
    }

    fn decode_covering(
        &mut self,
        jpeg: &[u8],
        visible: Size,
        limit: Size,
        out: &mut Rgb,
    ) -> Result<(), CodecError> {
        let header = self.covering_header(jpeg, visible, limit)?;
        self.decode_pixels(jpeg, &header, out)
    }

    /// Decodes to interleaved samples a stream whose sides are at most those of `limit`.
    /// YCbCr becomes RGB and YCCK becomes CMYK; gray, RGB and CMYK stay as they are
    /// stored, also where an Adobe marker means that CMYK is inverted. `out` is resized
    /// to the samples.
    ///
    /// A complete but untidy stream is decoded as well ([`tidy`](crate::tidy)).
    ///
    /// # Errors
    /// If the stream is larger, which is checked before any memory is allocated, or is
    /// malformed or truncated, or has another number of components; `out` is then
    /// unchanged or partly written.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Coefficients, Colour, DecodedSamples, Decoder, Tidiness, TileHeader};
    /// use origami_pyramid::{Size, Subsampling};
    ///
    /// let tiles = TileHeader::new(&[[16; 64]; 3], Subsampling::S420, Colour::Ycc)?;
    /// let jpeg = tiles.jpeg(&Coefficients::zeros(tiles.frame(20, 10).expect("a valid size")))?;
    ///
    /// let mut samples = Vec::new();
    /// let decoded = Decoder::new()?.decode_samples(&jpeg, Size::square(64), &mut samples)?;
    /// let size = Size::new(20, 10);
    /// assert_eq!(decoded, DecodedSamples { size, planes: 3, tidiness: Tidiness::Tidy });
    /// assert_eq!(samples, [128; 20 * 10 * 3]);
    /// # Ok::<(), origami_codec::CodecError>(())
    /// ```
    pub fn decode_samples(
        &mut self,
        jpeg: &[u8],
        limit: Size,
        out: &mut Vec<u8>,
    ) -> Result<DecodedSamples, CodecError> {
        match self.samples(jpeg, limit, out) {
            Ok(decoded) => Ok(decoded),
            Err(error) => {
                let tidied = tidied(jpeg, limit, error)?;
                let decoded = self.samples(&tidied, limit, out)?;
                Ok(DecodedSamples { tidiness: Tidiness::Untidy, ..decoded })
            }
        }
    }

    fn samples(&mut self, jpeg: &[u8], limit: Size, out: &mut Vec<u8>) -> Result<DecodedSamples, CodecError> {
        let JpegHeader { size, colour, .. } = self.covering_header(jpeg, Size::square(1), limit)?;
        let (planes, format) = match colour {
            Colour::Gray => (1, PixelFormat::GRAY),
            Colour::Ycc | Colour::Rgb => (3, PixelFormat::RGB),
            Colour::Other => (4, PixelFormat::CMYK),
        };
        let (width, height) = (size.width as usize, size.height as usize);
        out.resize(planes * width * height, 0);
        let image = Image { pixels: &mut out[..], width, pitch: planes * width, height, format };
        self.with_handle(|handle| handle.decompress(jpeg, image))?;
        Ok(DecodedSamples { size, planes, tidiness: Tidiness::Tidy })
    }

    /// The header of a stream whose sides have to be from those of `visible` to those of
    /// `limit`.
    fn covering_header(&mut self, jpeg: &[u8], visible: Size, limit: Size) -> Result<JpegHeader, CodecError> {
        let header = self.header(jpeg)?;
        let found = header.size;
        let fits = (visible.width..=limit.width).contains(&found.width)
            && (visible.height..=limit.height).contains(&found.height);
        if !fits {
            return Err(CodecError::Size { expected: limit, found });
        }
        require_bits(jpeg, found)?;
        Ok(header)
    }
}

/// Fails if `jpeg` is too short for a picture of `size`, before memory is allocated for
/// that: with Huffman coding each of its 8x8 blocks takes at least one bit.
fn require_bits(jpeg: &[u8], size: Size) -> Result<(), CodecError> {
    let arithmetic = segments(jpeg).flatten().any(|segment| segment.is_frame() && segment.marker >= 0xc9);
    let blocks = u64::from(size.width.div_ceil(8)) * u64::from(size.height.div_ceil(8));
    if !arithmetic && blocks > 8 * jpeg.len() as u64 {
        return malformed(jpeg.len(), "the stream is too short for the blocks that it claims");
    }
    Ok(())
}

/// `jpeg` tidied, if `error`, which decoding it gave, may be due to its being untidy and
/// nothing else is wrong with it; otherwise the error.
fn tidied(jpeg: &[u8], limit: Size, error: CodecError) -> Result<Vec<u8>, CodecError> {
    if !matches!(error, CodecError::Library(_) | CodecError::Structure { .. }) {
        return Err(error);
    }
    let mut tidied = Vec::new();
    match tidy_within(jpeg, max_blocks(limit), &mut tidied) {
        Ok(()) => Ok(tidied),
        Err(_) => Err(error),
    }
}

/// Maximum number of blocks of a picture of up to `size`, whose three planes fill whole
/// MCUs of up to 2x2 blocks.
fn max_blocks(size: Size) -> usize {
    let [across, down] = [size.width, size.height].map(|side| 2 * u64::from(side.div_ceil(16)));
    (3 * across * down).try_into().unwrap_or(usize::MAX)
}
