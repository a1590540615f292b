//! How the samples of a TIFF's image are laid out in chunks: its tiles or strips.

use super::compression::Compression;
use super::meaning::{Alpha, Meaning};
use super::samples::{SampleEncoding, SamplePlace};
use crate::source::error::SourceFault;
use crate::source::tiff::directory::ByteOrder;
use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::photometric::samples_per_pixel;
use crate::source::tiff::refusal::{Refusal, unsupported};
use crate::source::tiff::tags;
use crate::source::{SourceProblem, slide_size};
use origami_pack::Storage;
use origami_pyramid::{Point, Size};

/// Maximum side of a tile in pixels.
const MAX_TILE_SIDE: u64 = 16_384;
/// Maximum number of bytes that a strip takes when it is decoded.
pub(super) const MAX_CHUNK_BYTES: u64 = 1 << 30;
/// Maximum number of bytes that a tile takes when it is decoded. Slides have smaller ones, and
/// several may be in memory.
const MAX_TILE_BYTES: u64 = 1 << 28;
/// Rows that are read at a time of one uncompressed strip that is the whole image.
const SLICE_ROWS: u32 = 256;

/// What an image's chunks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// All of one size.
    Tiles,
    /// As wide as the image.
    Strips,
    /// Parts of the one uncompressed strip that is the whole image.
    Slices,
}

/// How samples are predicted from their neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    /// From the pixel to the left.
    Horizontal,
}

/// The layout of an image.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Size of the image.
    pub size: Size,
    pub shape: Shape,
    /// Size of a chunk; those at the edges may hold fewer rows and columns.
    pub chunk: Size,
    pub compression: Compression,
    pub meaning: Meaning,
    pub encoding: SampleEncoding,
    /// Number of samples of a pixel.
    pub samples: usize,
    /// Number of chunks at each place: 1, or one for each sample.
    pub planes: usize,
    pub alpha: Option<Alpha>,
    pub predictor: Predictor,
    /// Whether the bits of each compressed byte are reversed.
    pub reverses_bits: bool,
}

impl Layout {
    /// The layout of the image of `directory`.
    ///
    /// # Errors
    /// If it is malformed, or of a kind that cannot be read.
    pub fn read(file: &dyn Storage, directory: &ImageFileDirectory) -> Result<Self, Refusal> {
        let tags = Tags { file, directory };
        let compression = Compression::read(file, directory)?;
        let size = slide_size(tags.integer(tags::WIDTH, 0), tags.integer(tags::HEIGHT, 0))?;
        let samples = samples_per_pixel(file, directory)? as usize;
        let planes = if tags.integer(tags::PLANAR_CONFIGURATION, 1) == 2 { samples } else { 1 };
        let encoding = tags.encoding(compression, samples)?;
        let meaning = Meaning::read(file, directory, compression, samples)?;
        let used = meaning.samples();
        let alpha = Alpha::read(file, directory, used, samples - used);
        let (shape, chunk) = tags.chunks(size, compression)?;
        let predictor = tags.predictor(compression, encoding)?;
        let reverses_bits = tags.integer(tags::FILL_ORDER, 1) == 2;
        let layout = Self {
            size,
            shape,
            chunk,
            compression,
            meaning,
            encoding,
            samples,
            planes,
            alpha,
            predictor,
            reverses_bits,
        };
        layout.check()?;
        Ok(layout)
    }

    /// Checks what cannot be read together, and the size of a chunk.
    fn check(&self) -> Result<(), SourceProblem> {
        let Self { compression, encoding: SampleEncoding { bits, .. }, samples, .. } = *self;
        if matches!(compression, Compression::Jpeg | Compression::WebP) && bits != 8 {
            return unsupported(format!("a TIFF of {bits}-bit {}", compression.name()));
        }
        if matches!(compression, Compression::Fax(_)) && (bits != 1 || self.chunk_samples() != 1) {
            return unsupported(format!("a TIFF of {samples} {bits}-bit samples compressed as a fax"));
        }
        if compression == Compression::WebP && (self.planes > 1 || !matches!(samples, 3 | 4)) {
            return unsupported(format!("a TIFF of {samples} samples compressed with WebP"));
        }
        let chunk = self.chunk;
        let decoded = self.row_bytes().saturating_mul(chunk.height.into()).max(3 * chunk.area());
        let (name, limit) = match self.shape {
            Shape::Tiles => ("tiles", MAX_TILE_BYTES),
            Shape::Strips | Shape::Slices => ("strips", MAX_CHUNK_BYTES),
        };
        if decoded <= limit {
            return Ok(());
        }
        unsupported(format!("a TIFF with {name} of {chunk} px, which take {} MB each,", decoded >> 20))
    }

    /// Number of samples of a pixel in one chunk.
    pub fn chunk_samples(&self) -> usize {
        self.samples / self.planes
    }

    /// Bytes of a whole row of a decoded chunk.
    pub fn row_bytes(&self) -> u64 {
        self.bytes_of(self.chunk.width)
    }

    /// Bytes of a row of `width` pixels of a decoded chunk.
    pub fn bytes_of(&self, width: u32) -> u64 {
        let samples = u64::from(width) * self.chunk_samples() as u64;
        (samples * u64::from(self.encoding.bits)).div_ceil(8)
    }

    /// Where a sample of each pixel is.
    pub fn place(&self, sample: usize) -> SamplePlace {
        if self.planes > 1 {
            SamplePlace { plane: sample, first: 0, step: 1 }
        } else {
            SamplePlace { plane: 0, first: sample, step: self.samples }
        }
    }

    /// The size of the part of a chunk that is within the image.
    pub fn visible(&self, position: Point) -> Size {
        let Size { width, height } = self.chunk;
        let (x, y) = (position.x * width, position.y * height);
        Size::new(width.min(self.size.width - x), height.min(self.size.height - y))
    }

    /// A description for people: `tiled JPEG`, `LZW strips`.
    pub fn describe(&self) -> String {
        let name = self.compression.name();
        match self.shape {
            Shape::Tiles if self.compression == Compression::None => "tiled, uncompressed".into(),
            Shape::Tiles => format!("tiled {name}"),
            Shape::Strips | Shape::Slices => format!("{name} strips"),
        }
    }
}

/// The tags of one directory.
struct Tags<'a> {
    file: &'a dyn Storage,
    directory: &'a ImageFileDirectory,
}

impl Tags<'_> {
    fn integer(&self, tag: u16, default: u64) -> u64 {
        self.directory.integer(self.file, tag).unwrap_or(default)
    }

    /// The size and kind of samples, which has to be that of all.
    fn encoding(&self, compression: Compression, samples: usize) -> Result<SampleEncoding, SourceProblem> {
        let default = if matches!(compression, Compression::Jpeg | Compression::WebP) { 8 } else { 1 };
        let all_bits = self.directory.integers(self.file, tags::BITS_PER_SAMPLE, samples as u64);
        // One bit, TIFF's default, is meant where a pixel is black or white.
        if all_bits.is_empty() && default == 1 && samples > 2 {
            let reason = "it does not say how many bits its samples have";
            return Err(SourceFault::new(None, reason).in_file("TIFF"));
        }
        let bits = all_bits.first().copied().unwrap_or(default);
        if all_bits.iter().any(|&other| other != bits) {
            return unsupported("a TIFF whose samples differ in their bits");
        }
        for format in self.directory.integers(self.file, tags::SAMPLE_FORMAT, samples as u64) {
            let name = match format {
                // Unsigned, and of unknown kind, which is read as unsigned.
                1 | 4 => continue,
                2 => "signed",
                3 => "float",
                5 | 6 => "complex",
                _ => "unknown",
            };
            return unsupported(format!("a TIFF with {bits}-bit {name} samples"));
        }
        if !matches!(bits, 1 | 2 | 4 | 8 | 16) {
            return unsupported(format!("a TIFF with {bits}-bit samples"));
        }
        let order: ByteOrder = self.directory.byte_order();
        Ok(SampleEncoding { bits: bits as u8, order })
    }

    /// The shape of chunks, and their size.
    fn chunks(&self, size: Size, compression: Compression) -> Result<(Shape, Size), SourceProblem> {
        let entries = &self.directory.entries;
        if !entries.contains(tags::TILE_WIDTH) && !entries.contains(tags::TILE_HEIGHT) {
            let rows = match self.integer(tags::ROWS_PER_STRIP, u64::MAX) {
                0 => size.height,
                rows => rows.min(size.height.into()) as u32,
            };
            let is_sliced = compression == Compression::None && rows == size.height && rows > SLICE_ROWS;
            let (shape, rows) = if is_sliced { (Shape::Slices, SLICE_ROWS) } else { (Shape::Strips, rows) };
            return Ok((shape, Size::new(size.width, rows)));
        }
        let (width, height) = (self.integer(tags::TILE_WIDTH, 0), self.integer(tags::TILE_HEIGHT, 0));
        if width == 0 || height == 0 {
            return Err(SourceFault::new(None, format!("its tiles are {width}x{height} px")).in_file("TIFF"));
        }
        if width > MAX_TILE_SIDE || height > MAX_TILE_SIDE {
            return unsupported(format!("a TIFF with tiles of {width}x{height} px"));
        }
        Ok((Shape::Tiles, Size::new(width as u32, height as u32)))
    }

    fn predictor(
        &self,
        compression: Compression,
        encoding: SampleEncoding,
    ) -> Result<Predictor, SourceProblem> {
        if !compression.has_predictor() {
            return Ok(Predictor::None);
        }
        match (self.integer(tags::PREDICTOR, 1), encoding.bits) {
            (1, _) => Ok(Predictor::None),
            (2, 8 | 16) => Ok(Predictor::Horizontal),
            (2, bits) => unsupported(format!("a TIFF with predicted {bits}-bit samples")),
            (3, _) => unsupported("a TIFF with the predictor of floats"),
            (other, _) => unsupported(format!("a TIFF with predictor {other}")),
        }
    }
}
