//! Slides in: one trait over tiled TIFF, OpenSlide, Deep Zoom and pictures.
//!
//! [`open`] looks at a file's content, not at its name, and walks the table of
//! drivers: each kind of slides is a module with one row there. What it
//! cannot read itself it offers to OpenSlide, if that is installed.

mod detect;
mod driver;
mod drivers;
mod dzi;
mod error;
mod image;
mod mosaic;
mod openslide;
mod original;
mod tiff;

pub use detect::open;
pub use drivers::{extensions, is_candidate, readable, stem};
pub use error::{SourceError, SourceProblem};

use origami_pyramid::{MAX_SIDE, Rect, Rgb, Size};

/// White, which is what glass looks like on a calibrated scanner.
pub const WHITE: [u8; 3] = [255; 3];

/// The facts of a slide.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    /// What was found, for people: `Aperio SVS, tiled JPEG`.
    pub format: String,
    /// Size of full resolution; sides from 1 to [`MAX_SIDE`].
    pub size: Size,
    /// Micrometres per pixel across and down, where the source says so
    /// believably (0.05 to 10).
    pub mpp: Option<(f64, f64)>,
    /// Magnification of the objective: 20.0, 40.0.
    pub objective: Option<f64>,
    /// Side of the source's own square tiles in pixels, without overlap.
    pub grid: Option<u32>,
    /// Colour of areas that the source does not hold.
    pub background: [u8; 3],
}

/// How to read a slide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Colour of missing and transparent areas; `None` takes the source's own
    /// or white.
    pub background: Option<[u8; 3]>,
    /// Paint tiles that do not decode with the background instead of failing.
    pub tolerant: bool,
}

/// A slide that is open for reading.
pub trait Source: Send + Sync {
    /// The facts of the slide.
    fn info(&self) -> &Info;

    /// Fills `out` (resized to the region's size) with sRGB pixels of the
    /// full-resolution level. Many threads may read at once.
    ///
    /// # Errors
    /// If pixels of the region cannot be had; `out` is then unspecified.
    ///
    /// # Panics
    /// If the region is empty or leaves the slide.
    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError>;

    /// Bytes of the compressed tiles of the full-resolution level, where the
    /// source is made of such and says so.
    fn tile_bytes(&self) -> Option<u64> {
        None
    }

    /// The tiles of full resolution as the source keeps them, or why they
    /// cannot become those of a pack.
    ///
    /// # Errors
    /// The reason, as a phrase: `its tiles overlap by 1 px`.
    fn kept(&self) -> Result<&dyn KeptTiles, String> {
        Err("it is not made of JPEG tiles".into())
    }

    /// MosaicTiles that did not decode and were painted with the background so far;
    /// always 0 unless the slide was opened `tolerant`.
    fn damaged(&self) -> u64 {
        0
    }
}

/// Full resolution as JPEG tiles in a grid that begins at the top left pixel,
/// without overlap.
pub trait KeptTiles: Sync {
    /// Side of the square tiles in pixels.
    fn side(&self) -> u32;

    /// Puts the complete JPEG of a tile into `out`. `false`: the source leaves
    /// it out, and the background shows.
    ///
    /// # Errors
    /// If its bytes cannot be had.
    fn jpeg(&self, x: u32, y: u32, out: &mut Vec<u8>) -> Result<bool, SourceError>;
}

/// Makes sure that `region` lies inside the slide, as [`Source::read`] wants it.
///
/// # Panics
/// If it is empty or leaves the slide.
pub fn assert_inside(region: Rect, info: &Info) {
    assert!(region.is_inside(info.size), "{region:?} leaves the {} px slide", info.size);
}

/// The size of a slide in pixels, if a pyramid can have it.
fn size(width: u64, height: u64) -> Result<Size, SourceProblem> {
    let side = |length: u64| u32::try_from(length).ok().filter(|side| (1..=MAX_SIDE).contains(side));
    let size = side(width).zip(side(height)).map(|(width, height)| Size::new(width, height));
    size.ok_or_else(|| {
        let limit = format!("sides from 1 to {MAX_SIDE} px can be read");
        SourceProblem::Size { width, height, limit }
    })
}

/// Micrometres per pixel, unless the numbers are nonsense such as 72 dpi.
fn believable(x: f64, y: f64) -> Option<(f64, f64)> {
    let range = 0.05..=10.0;
    (range.contains(&x) && range.contains(&y)).then_some((x, y))
}
