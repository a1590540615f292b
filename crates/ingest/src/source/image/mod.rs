//! Reads plain pictures (JPEG, PNG and WebP), which are decoded as a whole.

mod chunks;
mod jpeg;
mod markers;
mod raster;
mod raw_profile;
mod scale;
#[cfg(test)]
mod tests;

use super::driver::{CandidateFile, Claim, Driver, OpenOutcome};
use super::scale::Scale;
use super::tiff::{self, tags};
use super::{
    Info, OpenOptions, Source, SourceError, SourceProblem, ValueRange, WHITE, assert_inside, oriented,
    slide_size,
};
use ::image::ImageFormat;
use ::image::metadata::Orientation;
use origami_pack::{Contents, MemoryStorage};
use origami_pyramid::{Point, Rect, Rgb, Size};

/// The row of plain pictures in the table of drivers.
pub(super) const DRIVER: Driver = Driver {
    name: "JPEG, PNG and WebP",
    extensions: &["jpg", "jpeg", "png", "webp"],
    double_extensions: &[],
    detect,
    open,
    folder: None,
};

/// Maximum memory in bytes for decoding a picture.
const MAX_MEMORY: u64 = 2 << 30;
/// Maximum number of pixels for each byte of a file: somewhat more than a PNG of one
/// bit per pixel can have, which deflate packs 1032 to 1.
const MAX_PIXELS_PER_BYTE: u64 = 10_000;
/// Number of pixels that the smallest file may have.
const MIN_PIXELS: u64 = 1 << 20;

/// A decoded picture.
struct Picture {
    /// The kind of picture, for people.
    format: &'static str,
    pixels: Rgb,
    /// Orientation in which `pixels` are stored, as in EXIF.
    orientation: u16,
    scale: Scale,
    contents: Contents,
    /// Number of streams in it that are complete but not as the standard requires.
    untidy: u64,
}

/// A picture in memory.
struct PictureSource {
    info: Info,
    pixels: Rgb,
    untidy: u64,
}

fn detect(file: &CandidateFile<'_>) -> Claim {
    match file.start[..] {
        // A JPEG may be the preview image of a MIRAX slide.
        [0xff, 0xd8, 0xff, ..] if file.extension() == "mrxs" => Claim::No,
        [0xff, 0xd8, 0xff, ..] => Claim::Sure,
        _ if container(&file.start).is_some() => Claim::Sure,
        _ => Claim::No,
    }
}

/// The format of a picture that starts with these bytes and is no JPEG.
fn container(start: &[u8]) -> Option<ImageFormat> {
    match start {
        [0x89, b'P', b'N', b'G', ..] => Some(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// Decodes a picture. Transparent pixels are blended with the background, 16-bit
/// samples are reduced to 8 bits, and the EXIF orientation is applied.
fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    options.check_single_image()?;
    let range = options.range.map(ValueRange::check).transpose()?;
    let background = options.background.unwrap_or(WHITE);
    let picture = match container(&file.start) {
        Some(format) => raster::read(file, format, range, background)?,
        None => jpeg::read(file, range)?,
    };
    let Picture { format, pixels, orientation, scale, contents, untidy } = picture;
    let Scale { mpp, objective } = scale;
    let info =
        Info { format: format.into(), size: pixels.size(), mpp, objective, grid: None, background, contents };
    let source = Box::new(PictureSource { info, pixels, untidy });
    Ok(OpenOutcome::Opened(oriented::wrap(source, orientation)))
}

/// Checks that a picture can be a slide, and that decoding it takes no more memory than
/// is allowed or than a file of so many bytes deserves.
fn check_size(width: u64, height: u64, needed_memory: u64, bytes: u64) -> Result<Size, SourceProblem> {
    let size = slide_size(width, height)?;
    if needed_memory > MAX_MEMORY {
        let limit = format!(
            "a picture without tiles is decoded whole, which would take {} MB of at most {}; convert it to a tiled TIFF",
            needed_memory >> 20,
            MAX_MEMORY >> 20
        );
        return Err(SourceProblem::Size { width, height, limit });
    }
    if size.area() > bytes.saturating_mul(MAX_PIXELS_PER_BYTE).max(MIN_PIXELS) {
        let limit = format!("a file of {bytes} bytes does not hold that many");
        return Err(SourceProblem::Size { width, height, limit });
    }
    Ok(size)
}

/// The orientation that EXIF metadata give; 1 without one.
fn orientation(exif: Option<&[u8]>) -> u16 {
    exif.and_then(|exif| listed_orientation(exif).or_else(|| first_orientation(exif))).unwrap_or(1)
}

/// The orientation in EXIF metadata, which are a TIFF without an image. It should be a
/// SHORT, but some programs write a LONG.
fn listed_orientation(exif: &[u8]) -> Option<u16> {
    if !tiff::is_tiff(exif) {
        return None;
    }
    let file = MemoryStorage::new(exif);
    let found = tiff::directories(&file).ok()?;
    let orientation = found.directories.first()?.integer(&file, tags::ORIENTATION)?;
    u16::try_from(orientation).ok()
}

/// The orientation in EXIF metadata that are malformed elsewhere, as in the directory of
/// their thumbnail, if it is a SHORT.
fn first_orientation(exif: &[u8]) -> Option<u16> {
    Orientation::from_exif_chunk(exif).map(|orientation| orientation.to_exif().into())
}

impl Source for PictureSource {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        assert_inside(region, &self.info);
        out.resize(region.width as usize, region.height as usize);
        out.copy(Point::default(), &self.pixels, region);
        Ok(())
    }

    fn untidy(&self) -> u64 {
        self.untidy
    }
}
