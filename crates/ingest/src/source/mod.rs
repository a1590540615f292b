//! Reads slides: TIFF, OpenSlide's formats, Deep Zoom and pictures, behind one
//! trait.
//!
//! [`open`] identifies a file by its content, not its name, using the table of
//! drivers: each kind of slide is a module with one row there. Files that the drivers
//! before it do not read are passed to OpenSlide, if that is installed.

mod alpha;
mod associated;
mod detect;
mod driver;
mod drivers;
mod dzi;
mod error;
mod image;
mod inks;
mod levels;
mod mosaic;
mod openslide;
mod options;
mod oriented;
mod original;
mod presence;
mod scale;
mod tiff;
mod tile_set;

pub use associated::{Associated, NamedJpeg};
pub use detect::open;
pub use drivers::{extensions, is_candidate, readable, stem};
pub use error::{NoOpenSlide, SourceError, SourceProblem};
pub use options::{ChannelOption, Channels, OpenOptions, ValueRange};

pub use origami_pack::Contents;
use origami_pyramid::{MAX_SIDE, Point, Rect, Rgb, Size};

/// White, which is the colour of glass on a calibrated scanner.
pub const WHITE: [u8; 3] = [255; 3];

/// The facts of a slide.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// The kind of slide, for people: `Aperio SVS, tiled JPEG`.
    pub format: String,
    /// Size of full resolution; sides from 1 to [`MAX_SIDE`].
    pub size: Size,
    /// Size of a pixel, where the source gives a plausible one (0.05 to 10
    /// micrometres).
    pub mpp: Option<PixelSize>,
    /// Magnification of the objective: 20.0, 40.0.
    pub objective: Option<f64>,
    /// Side of the source's own square tiles in pixels, without overlap.
    pub grid: Option<u32>,
    /// Colour of areas that the source has no pixels of.
    pub background: [u8; 3],
    /// What the source holds, and which part of it is read.
    pub contents: Contents,
}

/// Micrometres per pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelSize {
    /// Across.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl PixelSize {
    /// This many micrometres, unless they are implausible, as those of 72 dpi are.
    fn plausible(x: f64, y: f64) -> Option<Self> {
        let range = 0.05..=10.0;
        (range.contains(&x) && range.contains(&y)).then_some(Self { x, y })
    }
}

/// A slide that is open for reading.
pub trait Source: Send + Sync {
    /// The facts of the slide.
    fn info(&self) -> &Info;

    /// Fills `out` (resized to the region's size) with sRGB pixels of the
    /// full-resolution level. Many threads may read at once.
    ///
    /// # Errors
    /// If pixels of the region cannot be read; `out` is then unspecified.
    ///
    /// # Panics
    /// If the region is empty or extends beyond the slide.
    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError>;

    /// Total size in bytes of the compressed tiles of full resolution, where the
    /// source consists of tiles and their sizes are known.
    fn tile_bytes(&self) -> Option<u64> {
        None
    }

    /// The source's own tiles of full resolution, if they can become those of a pack.
    ///
    /// # Errors
    /// The reason why they cannot, as a phrase: `its tiles overlap by 1 px`.
    fn kept_tiles(&self) -> Result<&dyn KeptTiles, String> {
        Err("it is not made of JPEG tiles".into())
    }

    /// Number of tiles that did not decode and were painted with the background so
    /// far; always 0 unless the slide was opened as [`OpenOptions::tolerant`].
    fn damaged(&self) -> u64 {
        0
    }

    /// Number of tiles so far whose JPEGs are complete but not as the standard
    /// requires: without an end marker, or with bytes between their parts.
    fn untidy(&self) -> u64 {
        0
    }

    /// The slide's label and other images around it, and what its file says of it, which
    /// all can show the name of a patient. Those that cannot be read are left out, with a
    /// warning.
    ///
    /// # Errors
    /// If the file cannot be read any more.
    fn associated(&self) -> Result<Associated, SourceError> {
        Ok(Associated::default())
    }
}

/// Full resolution as JPEG tiles in a grid that begins at the top left pixel,
/// without overlap.
pub trait KeptTiles: Sync {
    /// Side of the square tiles in pixels.
    fn side(&self) -> u32;

    /// Puts the complete JPEG of the tile at `position` in the grid into `out`, unless
    /// it is missing.
    ///
    /// # Errors
    /// If its bytes cannot be read.
    fn jpeg(&self, position: Point, out: &mut Vec<u8>) -> Result<TileStatus, SourceError>;
}

/// Whether a source has a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileStatus {
    /// It has the tile.
    Present,
    /// It leaves the tile out, and the background shows.
    Missing,
}

/// Checks that `region` is inside the slide, as [`Source::read`] requires.
///
/// # Panics
/// If it is empty or extends beyond the slide.
pub fn assert_inside(region: Rect, info: &Info) {
    assert!(region.is_inside(info.size), "{region:?} leaves the {} px slide", info.size);
}

/// The size of a slide in pixels, if a pyramid can have it.
fn slide_size(width: u64, height: u64) -> Result<Size, SourceProblem> {
    let sides = 1..=u64::from(MAX_SIDE);
    if sides.contains(&width) && sides.contains(&height) {
        return Ok(Size::new(width as u32, height as u32));
    }
    let limit = format!("sides from 1 to {MAX_SIDE} px can be read");
    Err(SourceProblem::Size { width, height, limit })
}

/// Whether a number can be a magnification or a length.
fn is_positive(number: &f64) -> bool {
    number.is_finite() && *number > 0.0
}
