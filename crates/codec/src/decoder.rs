//! Decodes JPEGs to samples with libjpeg-turbo.

mod lenient;

pub use lenient::DecodedSamples;

use crate::markers::MAX_SCANS;
use crate::own_tables::require_own_tables;
use crate::{CodecError, Colour};
use origami_pyramid::{Plane, Rgb, SamplesMut, Size, Subsampling, Ycc};
use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, Subsamp, YuvImage};

/// The properties of a JPEG that its header gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JpegHeader {
    /// Width and height in pixels.
    pub size: Size,
    /// Chroma subsampling; `None` for sampling factors that are not supported.
    pub subsampling: Option<Subsampling>,
    /// What the samples mean.
    pub colour: Colour,
    /// Whether the JPEG is progressive.
    pub progressive: bool,
}

impl JpegHeader {
    /// Checks that the JPEG has the size `expected`.
    ///
    /// # Errors
    /// [`CodecError::Size`] if it has another.
    pub fn require_size(&self, expected: Size) -> Result<(), CodecError> {
        let found = self.size;
        if found == expected { Ok(()) } else { Err(CodecError::Size { expected, found }) }
    }
}

/// Decodes JPEGs. It owns a library handle, so every worker needs its own.
///
/// The library keeps tables and parser state from one stream to the next: a
/// stream without tables would silently be decoded with its predecessor's, and
/// a complete stream can fail after a truncated one. Streams therefore have to
/// define their own tables, and a handle that has reported an error is
/// replaced.
///
/// # Examples
/// ```
/// use origami_codec::{Decoder, Encoder, encoded_bound};
/// use origami_pyramid::{Plane, Subsampling, Ycc};
///
/// let mut tile = Ycc::zeros(16, 16, Subsampling::Gray);
/// tile.fill([128; 3]);
/// let mut jpeg = vec![0; encoded_bound(16, 16, Subsampling::Gray)];
/// let len = Encoder::new()?.encode(&mut tile, 80, &mut jpeg)?;
///
/// let mut luma = Plane::zeros(16, 16);
/// Decoder::new()?.decode_luma(&jpeg[..len], &mut luma)?;
/// assert_eq!(luma.uniform(), Some(128));
/// # Ok::<(), origami_codec::CodecError>(())
/// ```
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
        let mut handle = Decompressor::new().map_err(CodecError::library)?;
        handle.set_scan_limit(MAX_SCANS).map_err(CodecError::library)?;
        Ok(Self { handle })
    }

    /// Runs `work` with the handle, and replaces the handle if `work` fails.
    fn with_handle<T>(
        &mut self,
        work: impl FnOnce(&mut Decompressor) -> turbojpeg::Result<T>,
    ) -> Result<T, CodecError> {
        let result = work(&mut self.handle);
        if result.is_err() {
            *self = Self::new()?;
        }
        result.map_err(CodecError::library)
    }

    /// Reads only the header.
    ///
    /// # Errors
    /// If `jpeg` is not a JPEG, ends within its header, or does not define the
    /// quantisation and Huffman tables that its frame and first scan name;
    /// [`CodecError::Unsupported`] if it is lossless or hierarchical JPEG.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::{Coefficients, Colour, Decoder, TileHeader};
    /// use origami_pyramid::{Size, Subsampling};
    ///
    /// let tiles = TileHeader::new(&[[16; 64]; 3], Subsampling::S444, Colour::Rgb)?;
    /// let jpeg = tiles.jpeg(&Coefficients::zeros(tiles.frame(20, 10).expect("a valid size")))?;
    ///
    /// let header = Decoder::new()?.header(&jpeg)?;
    /// assert_eq!(header.size, Size::new(20, 10));
    /// assert_eq!(header.subsampling, Some(Subsampling::S444));
    /// assert_eq!(header.colour, Colour::Rgb);
    /// assert!(!header.progressive);
    /// # Ok::<(), origami_codec::CodecError>(())
    /// ```
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

    /// Decodes to interleaved RGB, converting from the stream's colour space.
    /// `out` is resized to the stream's size.
    ///
    /// # Errors
    /// If the stream is malformed, truncated, CMYK, or claims more than
    /// `max_pixels`; `out` is then unchanged or partly written.
    pub fn decode_rgb(&mut self, jpeg: &[u8], max_pixels: usize, out: &mut Rgb) -> Result<(), CodecError> {
        let header = self.bounded_header(jpeg, max_pixels)?;
        self.decode_pixels(jpeg, &header, out)
    }

    /// [`Self::decode_rgb`] for a stream that has to have the size `size`.
    ///
    /// # Errors
    /// As for [`Self::decode_rgb`], with the area of `size` as the limit, or if
    /// the stream has another size, which is checked before any sample is
    /// written.
    pub fn decode_rgb_sized(&mut self, jpeg: &[u8], size: Size, out: &mut Rgb) -> Result<(), CodecError> {
        let header = self.bounded_header(jpeg, size.area() as usize)?;
        header.require_size(size)?;
        self.decode_pixels(jpeg, &header, out)
    }

    /// The header of a stream that may claim up to `max_pixels`.
    fn bounded_header(&mut self, jpeg: &[u8], max_pixels: usize) -> Result<JpegHeader, CodecError> {
        let header = self.header(jpeg)?;
        if header.size.area() > max_pixels as u64 {
            return Err(CodecError::TooLarge { max_pixels, found: header.size });
        }
        Ok(header)
    }

    /// Decodes `jpeg`, whose header is `header`.
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
    /// If the stream is malformed, or its size, subsampling or colour space is
    /// not that of `out`; a mismatch is detected before any sample is written.
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
    /// If the stream is malformed, its size is not that of `out`, or it stores
    /// RGB or CMYK.
    pub fn decode_luma(&mut self, jpeg: &[u8], out: &mut Plane<impl SamplesMut>) -> Result<(), CodecError> {
        let (width, height, pitch) = (out.width(), out.height(), out.stride());
        self.planes_header(jpeg, size(width, height))?;
        let image = Image { pixels: out.data_mut(), width, pitch, height, format: PixelFormat::GRAY };
        self.with_handle(|handle| handle.decompress(jpeg, image))
    }

    /// The header of a gray or YCbCr stream that has to have the size `size`.
    fn planes_header(&mut self, jpeg: &[u8], size: Size) -> Result<JpegHeader, CodecError> {
        let header = self.header(jpeg)?;
        header.require_size(size)?;
        match header.colour {
            Colour::Ycc | Colour::Gray => Ok(header),
            colour => Err(CodecError::Colour(colour)),
        }
    }
}

/// The size of a picture in memory, whose sides are far below 2^32.
fn size(width: usize, height: usize) -> Size {
    Size::new(width as u32, height as u32)
}

/// The library's value for a subsampling.
pub(crate) fn library_subsampling(subsampling: Subsampling) -> Subsamp {
    match subsampling {
        Subsampling::S444 => Subsamp::None,
        Subsampling::S422 => Subsamp::Sub2x1,
        Subsampling::S420 => Subsamp::Sub2x2,
        Subsampling::Gray => Subsamp::Gray,
    }
}
