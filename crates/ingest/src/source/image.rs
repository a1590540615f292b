//! Reads plain pictures (JPEG, PNG, WebP and untiled TIFF), which are decoded as a
//! whole.

use super::driver::{CandidateFile, Claim, Driver, OpenOutcome};
use super::{Info, OpenOptions, Source, SourceError, SourceProblem, WHITE, assert_inside, slide_size, tiff};
use ::image::metadata::Orientation;
use ::image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use origami_pack::Contents;
use origami_pyramid::{Point, Rect, Rgb};

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

/// A picture in memory.
struct PictureSource {
    info: Info,
    pixels: Rgb,
}

fn detect(file: &CandidateFile<'_>) -> Claim {
    match file.start[..] {
        [0x89, b'P', b'N', b'G', ..] | [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            Claim::Sure
        }
        // A JPEG may be the preview image of a MIRAX slide.
        [0xff, 0xd8, 0xff, ..] if file.extension() != "mrxs" => Claim::Sure,
        // A TIFF may have tiles, or be one of the many kinds of slides that are TIFFs.
        _ if tiff::is_tiff(&file.start) => Claim::Maybe,
        _ => Claim::No,
    }
}

/// Decodes a picture. Transparent pixels are blended with the background, 16-bit
/// samples are reduced to 8 bits, and the EXIF orientation is applied.
fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    let mut reader = ImageReader::open(file.path)?.with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let format = reader.format().map_or_else(String::new, describe);
    let mut decoder = reader.into_decoder().map_err(|error| SourceProblem::Picture(error.to_string()))?;
    check_size(&decoder)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image =
        DynamicImage::from_decoder(decoder).map_err(|error| SourceProblem::Picture(error.to_string()))?;
    image.apply_orientation(orientation);
    let background = options.background.unwrap_or(WHITE);
    let pixels = flatten(image, background);
    let info = Info { format, size: pixels.size(), mpp: None, objective: None, grid: None, background, contents: Contents::default() };
    Ok(OpenOutcome::Opened(Box::new(PictureSource { info, pixels })))
}

/// Describes a format for people: `PNG picture`.
fn describe(format: ImageFormat) -> String {
    let name = format!("{format:?}").to_uppercase();
    format!("{name} picture")
}

/// Checks that a picture can be a slide and that decoding it fits into memory.
fn check_size(decoder: &impl ImageDecoder) -> Result<(), SourceProblem> {
    let (width, height) = decoder.dimensions();
    let (width, height) = (u64::from(width), u64::from(height));
    slide_size(width, height)?;
    // The decoded samples, and their conversion to RGB or RGBA.
    let needed = decoder.total_bytes().saturating_add(4 * width * height);
    if needed <= MAX_MEMORY {
        return Ok(());
    }
    let limit = format!(
        "a picture without tiles is decoded whole, which would take {} MB of at most {}; convert it to a tiled TIFF",
        needed >> 20,
        MAX_MEMORY >> 20
    );
    Err(SourceProblem::Size { width, height, limit })
}

/// Reduces an image to 8-bit RGB. Transparent pixels are blended with the background,
/// rounded to nearest.
pub(super) fn flatten(image: DynamicImage, background: [u8; 3]) -> Rgb {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if !image.color().has_alpha() {
        return Rgb::from_vec(image.into_rgb8().into_raw(), width, height);
    }
    let mut out = Rgb::filled(width, height, background);
    for (pixel, from) in out.data_mut().chunks_exact_mut(3).zip(image.into_rgba8().chunks_exact(4)) {
        let alpha = u32::from(from[3]);
        for (below, &above) in pixel.iter_mut().zip(from) {
            *below = ((u32::from(above) * alpha + u32::from(*below) * (255 - alpha) + 127) / 255) as u8;
        }
    }
    out
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
}
