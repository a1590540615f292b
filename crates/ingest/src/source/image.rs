//! Plain pictures: JPEG, PNG, WebP and untiled TIFF, decoded whole.

use super::driver::{CandidateFile, Claim, Driver, OpenOutcome};
use super::{Info, OpenOptions, Source, SourceError, SourceProblem, WHITE, assert_inside, size, tiff};
use ::image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, metadata::Orientation};
use origami_pyramid::{Rect, Rgb, Size};

/// What a plain picture is for the table of drivers.
pub(super) const DRIVER: Driver = Driver {
    name: "JPEG, PNG and WebP",
    extensions: &["jpg", "jpeg", "png", "webp"],
    double_extensions: &[],
    detect,
    open,
    folder: None,
};

/// Most memory a picture may take while it is decoded, in bytes.
const MEMORY: u64 = 2 << 30;

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
        // A JPEG may be the front page of a MIRAX slide.
        [0xff, 0xd8, 0xff, ..] if file.extension() != "mrxs" => Claim::Sure,
        // It may have tiles, or be one of the many kinds of slides that are TIFFs.
        _ if tiff::is_tiff(&file.start) => Claim::Maybe,
        _ => Claim::No,
    }
}

/// Decodes a picture: transparent pixels lie over the background, 16-bit
/// samples become 8-bit ones, the EXIF orientation is applied.
fn open(file: &CandidateFile<'_>, options: &OpenOptions) -> Result<OpenOutcome, SourceProblem> {
    let broken = |error: ImageError| SourceProblem::PictureSource(error.to_string());
    let mut reader = ImageReader::open(file.path)?.with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let format = reader.format().map_or_else(String::new, |format| {
        format!("{format:?} picture").to_uppercase().replace("PICTURE", "picture")
    });
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (u64::from(width), u64::from(height));
    size(width, height)?;
    // The decoded samples, and their conversion to RGB or RGBA.
    let needed = decoder.total_bytes().saturating_add(4 * width * height);
    if needed > MEMORY {
        let limit = format!(
            "a picture without tiles is decoded whole, which would take {} MB of at most {}; convert it to a tiled TIFF",
            needed >> 20,
            MEMORY >> 20
        );
        return Err(SourceProblem::Size { width, height, limit });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    let background = options.background.unwrap_or(WHITE);
    let pixels = flatten(image, background);
    let (width, height) = (pixels.width() as u32, pixels.height() as u32);
    let size = Size::new(width, height);
    let info = Info { format, size, mpp: None, objective: None, grid: None, background };
    Ok(OpenOutcome::Opened(Box::new(PictureSource { info, pixels })))
}

/// Reduces to 8-bit RGB, laying transparent pixels over the background.
pub(super) fn flatten(image: DynamicImage, background: [u8; 3]) -> Rgb {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if !image.color().has_alpha() {
        return Rgb::from_vec(image.into_rgb8().into_raw(), width, height);
    }
    let mut out = Rgb::filled(width, height, background);
    for (pixel, from) in out.data_mut().chunks_exact_mut(3).zip(image.into_rgba8().chunks_exact(4)) {
        let alpha = u32::from(from[3]);
        for (under, &over) in pixel.iter_mut().zip(from) {
            *under = ((u32::from(over) * alpha + u32::from(*under) * (255 - alpha) + 127) / 255) as u8;
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
        let (width, height) = (region.width as usize, region.height as usize);
        out.resize(width, height);
        out.copy((0, 0), &self.pixels, (region.x as usize, region.y as usize), (width, height));
        Ok(())
    }
}
