//! Plain pictures: JPEG, PNG, WebP and untiled TIFF, decoded whole.

use super::{Info, OpenOptions, Source, SourceError, WHITE, assert_inside};
use ::image::{DynamicImage, ImageDecoder, ImageReader, Limits, metadata::Orientation};
use origami_pyramid::geometry::MAX_SIDE;
use origami_pyramid::{Rect, Rgb};
use std::path::Path;

/// Most memory a picture may take while it is decoded, in bytes.
const MEMORY: u64 = 2 << 30;

/// A picture in memory.
struct Picture {
    info: Info,
    pixels: Rgb,
}

/// Decodes a picture: transparent pixels lie over the background, 16-bit
/// samples become 8-bit ones, the EXIF orientation is applied.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Box<dyn Source>, SourceError> {
    let broken = |error: ::image::ImageError| SourceError::Picture {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|source| SourceError::io(path, source))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let format = reader.format().map_or_else(String::new, |format| {
        format!("{format:?} picture").to_uppercase().replace("PICTURE", "picture")
    });
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let out_of_range = |limit: String| SourceError::Size {
        path: path.to_owned(),
        width: width.into(),
        height: height.into(),
        limit,
    };
    if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
        return Err(out_of_range(format!("sides from 1 to {MAX_SIDE} px can be read")));
    }
    // The decoded samples, and their conversion to RGB or RGBA.
    let needed = decoder.total_bytes().saturating_add(4 * u64::from(width) * u64::from(height));
    if needed > MEMORY {
        return Err(out_of_range(format!(
            "a picture without tiles is decoded whole, which would take {} MB of at most {}; convert it to a tiled TIFF",
            needed >> 20,
            MEMORY >> 20
        )));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    let background = options.background.unwrap_or(WHITE);
    let pixels = flatten(image, background);
    let (width, height) = (pixels.width() as u32, pixels.height() as u32);
    let info = Info { format, width, height, mpp: None, objective: None, grid: None, background };
    Ok(Box::new(Picture { info, pixels }))
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

impl Source for Picture {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        assert_inside(region, &self.info);
        let (left, width) = (region.x as usize, region.width as usize);
        out.resize(width, region.height as usize);
        for y in 0..region.height as usize {
            out.row_mut(y).copy_from_slice(&self.pixels.row(region.y as usize + y)[3 * left..][..3 * width]);
        }
        Ok(())
    }
}
