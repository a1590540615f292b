use crate::markers::require_own_tables;
use crate::{CodecError, Colour};
use origami_pyramid::{Plane, Rgb, SamplesMut, Size, Subsampling, Ycc};
use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, Subsamp, YuvImage};

/// The facts of a JPEG's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JpegHeader {
    /// Width and height in pixels.
    pub size: Size,
    /// Chroma subsampling; `None` for factors that Origami has no planes for.
    pub subsampling: Option<Subsampling>,
    /// What the samples mean.
    pub colour: Colour,
    /// Whether the scan is progressive.
    pub progressive: bool,
}

impl JpegHeader {
    /// The one check that a JPEG has the size it has to have.
    ///
    /// # Errors
    /// [`CodecError::Size`] if it has another.
    pub fn require_size(&self, expected: Size) -> Result<(), CodecError> {
        let found = self.size;
        if found == expected { Ok(()) } else { Err(CodecError::Size { expected, found }) }
    }
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
    pub fn header(&mut self, jpeg: &[u8]) -> Result<JpegHeader, CodecError> {
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
        Ok(JpegHeader {
            size: size(header.width, header.height),
            subsampling,
            colour,
            progressive: header.is_progressive,
        })
    }

    /// Decodes to interleaved RGB, whatever the stream stores. `out` takes the
    /// stream's size.
    ///
    /// # Errors
    /// If the stream is damaged, incomplete, CMYK, or claims more than
    /// `max_pixels`; `out` is then untouched or partly written.
    pub fn decode_rgb(&mut self, jpeg: &[u8], max_pixels: usize, out: &mut Rgb) -> Result<(), CodecError> {
        let header = self.bounded_header(jpeg, max_pixels)?;
        self.decode_pixels(jpeg, &header, out)
    }

    /// [`Self::decode_rgb`] for a stream that has to be of this size.
    ///
    /// # Errors
    /// As there, with the size's area as the limit, or if the stream has another
    /// size, which is found before a sample is written.
    pub fn decode_rgb_sized(&mut self, jpeg: &[u8], size: Size, out: &mut Rgb) -> Result<(), CodecError> {
        let header = self.bounded_header(jpeg, size.area() as usize)?;
        header.require_size(size)?;
        self.decode_pixels(jpeg, &header, out)
    }

    /// The header of a stream of at most `max_pixels`.
    fn bounded_header(&mut self, jpeg: &[u8], max_pixels: usize) -> Result<JpegHeader, CodecError> {
        let header = self.header(jpeg)?;
        if header.size.area() > max_pixels as u64 {
            return Err(CodecError::TooLarge { max_pixels, found: header.size });
        }
        Ok(header)
    }

    /// Decodes the stream that has this header.
    fn decode_pixels(&mut self, jpeg: &[u8], header: &JpegHeader, out: &mut Rgb) -> Result<(), CodecError> {
        if header.colour == Colour::Other {
            return Err(CodecError::Colour(header.colour));
        }
        let (width, height) = (header.size.width as usize, header.size.height as usize);
        out.resize(width, height);
        let image =
            Image { pixels: out.data_mut(), width, pitch: 3 * width, height, format: PixelFormat::RGB };
        self.with_handle(|handle| handle.decompress(jpeg, image))
    }

    /// Decodes into the planes of `out`, without any colour conversion.
    ///
    /// # Errors
    /// If the stream is damaged, or its size, subsampling or colour space is
    /// not that of `out`; a mismatch is found before a sample is written.
    pub fn decode_ycc(&mut self, jpeg: &[u8], out: &mut Ycc<impl SamplesMut>) -> Result<(), CodecError> {
        let (width, height, expected) = (out.width(), out.height(), out.subsampling());
        let found = self.planes_header(jpeg, size(width, height))?.subsampling;
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
        self.planes_header(jpeg, size(width, height))?;
        let image = Image { pixels: out.data_mut(), width, pitch, height, format: PixelFormat::GRAY };
        self.with_handle(|handle| handle.decompress(jpeg, image))
    }

    /// The header of a gray or YCbCr stream of this size.
    fn planes_header(&mut self, jpeg: &[u8], size: Size) -> Result<JpegHeader, CodecError> {
        let found = self.header(jpeg)?;
        found.require_size(size)?;
        match found.colour {
            Colour::Ycc | Colour::Gray => Ok(found),
            colour => Err(CodecError::Colour(colour)),
        }
    }
}

/// The size of a picture in memory, whose sides are far below 2^32.
fn size(width: usize, height: usize) -> Size {
    Size::new(width as u32, height as u32)
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
