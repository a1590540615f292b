use crate::CodecError;
use crate::markers::require_own_tables;
use origami_pyramid::{Plane, Rgb, SamplesMut, Subsampling, Ycc};
use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, Subsamp, YuvImage};

/// What the samples of a JPEG mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Luma only.
    Gray,
    /// Full-range YCbCr (JFIF).
    Ycc,
    /// Red, green and blue stored as they are.
    Rgb,
    /// CMYK, YCCK.
    Other,
}

/// The facts of a JPEG's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Chroma subsampling; `None` for factors that Origami has no planes for.
    pub subsampling: Option<Subsampling>,
    /// What the samples mean.
    pub colour: Colour,
    /// Whether the scan is progressive.
    pub progressive: bool,
}

/// Decodes JPEGs. One per worker: it owns a library handle.
///
/// The library keeps tables and parser state from one stream to the next: a
/// stream without tables would silently decode with its predecessor's, and a
/// stream after one cut short can fail though it is whole. So streams have to
/// bring their own tables, and a handle that met an error is replaced.
#[derive(Debug)]
pub struct Decoder {
    handle: Decompressor,
}

impl Decoder {
    /// A new library handle.
    ///
    /// # Errors
    /// If the library cannot allocate one.
    pub fn new() -> Result<Self, CodecError> {
        let mut handle = Decompressor::new()?;
        // A progressive stream may repeat scans without end; the largest
        // sensible script has about a dozen.
        handle.set_scan_limit(100)?;
        Ok(Self { handle })
    }

    /// Runs `work` on the handle and replaces the handle if that fails.
    fn with_handle<T>(
        &mut self,
        work: impl FnOnce(&mut Decompressor) -> turbojpeg::Result<T>,
    ) -> Result<T, CodecError> {
        let result = work(&mut self.handle);
        if result.is_err() {
            *self = Self::new()?;
        }
        Ok(result?)
    }

    /// Reads the header alone.
    ///
    /// # Errors
    /// If `jpeg` is not a JPEG, ends within its header, or does not bring the
    /// quantisation and Huffman tables its frame and first scan name.
    pub fn header(&mut self, jpeg: &[u8]) -> Result<Header, CodecError> {
        require_own_tables(jpeg)?;
        let header = self.with_handle(|handle| handle.read_header(jpeg))?;
        let colour = match header.colorspace {
            Colorspace::Gray => Colour::Gray,
            Colorspace::YCbCr => Colour::Ycc,
            Colorspace::RGB => Colour::Rgb,
            _ => Colour::Other,
        };
        let known = [Subsampling::S444, Subsampling::S422, Subsampling::S420, Subsampling::Gray];
        let subsampling = known.into_iter().find(|&known| library_subsampling(known) == header.subsamp);
        let (width, height, progressive) = (header.width, header.height, header.is_progressive);
        Ok(Header { width, height, subsampling, colour, progressive })
    }

    /// Decodes to interleaved RGB, whatever the stream stores. `out` takes the
    /// stream's size.
    ///
    /// # Errors
    /// If the stream is damaged, incomplete, CMYK, or claims more than
    /// `max_pixels`; `out` is then untouched or partly written.
    pub fn decode_rgb(&mut self, jpeg: &[u8], max_pixels: usize, out: &mut Rgb) -> Result<(), CodecError> {
        let Header { width, height, colour, .. } = self.header(jpeg)?;
        if width.checked_mul(height).is_none_or(|pixels| pixels > max_pixels) {
            return Err(CodecError::TooLarge { max_pixels, found: (width, height) });
        }
        if colour == Colour::Other {
            return Err(CodecError::Colour(colour));
        }
        out.resize(width, height);
        let image =
            Image { pixels: out.data_mut(), width, pitch: 3 * width, height, format: PixelFormat::RGB };
        self.with_handle(|handle| handle.decompress(jpeg, image))
    }

    /// [`Self::decode_rgb`] for a stream that has to be of `width` x `height` px.
    ///
    /// # Errors
    /// As there, with `width * height` as the limit, or if the stream has another
    /// size; `out` is then untouched or partly written, or holds the other size.
    pub fn decode_rgb_sized(
        &mut self,
        jpeg: &[u8],
        width: usize,
        height: usize,
        out: &mut Rgb,
    ) -> Result<(), CodecError> {
        self.decode_rgb(jpeg, width * height, out)?;
        same_size((out.width(), out.height()), (width, height))
    }

    /// Decodes into the planes of `out`, without any colour conversion.
    ///
    /// # Errors
    /// If the stream is damaged, or its size, subsampling or colour space is
    /// not that of `out`; a mismatch is found before a sample is written.
    pub fn decode_ycc(&mut self, jpeg: &[u8], out: &mut Ycc<impl SamplesMut>) -> Result<(), CodecError> {
        let (width, height, expected) = (out.width(), out.height(), out.subsampling());
        let found = self.planes_header(jpeg, width, height)?.subsampling;
        if found != Some(expected) {
            return Err(CodecError::Subsampling { expected, found });
        }
        let subsamp = library_subsampling(expected);
        let image = YuvImage { pixels: out.samples_mut(), width, align: 1, height, subsamp };
        self.with_handle(|handle| handle.decompress_to_yuv(jpeg, image))
    }

    /// Decodes the luma of a gray or YCbCr stream into `out`.
    ///
    /// # Errors
    /// If the stream is damaged, or its size is not that of `out`, or it
    /// stores RGB or CMYK.
    pub fn decode_luma(&mut self, jpeg: &[u8], out: &mut Plane<impl SamplesMut>) -> Result<(), CodecError> {
        let (width, height, pitch) = (out.width(), out.height(), out.stride());
        self.planes_header(jpeg, width, height)?;
        let image = Image { pixels: out.data_mut(), width, pitch, height, format: PixelFormat::GRAY };
        self.with_handle(|handle| handle.decompress(jpeg, image))
    }

    /// The header of a gray or YCbCr stream of this size.
    fn planes_header(&mut self, jpeg: &[u8], width: usize, height: usize) -> Result<Header, CodecError> {
        let found = self.header(jpeg)?;
        same_size((found.width, found.height), (width, height))?;
        match found.colour {
            Colour::Ycc | Colour::Gray => Ok(found),
            colour => Err(CodecError::Colour(colour)),
        }
    }
}

fn same_size(found: (usize, usize), expected: (usize, usize)) -> Result<(), CodecError> {
    if found == expected { Ok(()) } else { Err(CodecError::Size { expected, found }) }
}

/// The library's name of a subsampling.
pub(crate) fn library_subsampling(subsampling: Subsampling) -> Subsamp {
    match subsampling {
        Subsampling::S444 => Subsamp::None,
        Subsampling::S422 => Subsamp::Sub2x1,
        Subsampling::S420 => Subsamp::Sub2x2,
        Subsampling::Gray => Subsamp::Gray,
    }
}
