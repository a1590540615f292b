//! Reads PNG and WebP pictures.

use super::chunks::Facts;
use super::levels::{EightBits, to_eight_bits};
use super::{MAX_MEMORY, Picture, check_size, flatten, orientation};
use crate::source::driver::CandidateFile;
use crate::source::scale::Scale;
use crate::source::{SourceProblem, ValueRange};
use ::image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use origami_pack::Contents;
use std::fs::File;
use std::io::BufReader;

/// Reads a PNG or WebP over `background`.
pub(super) fn read(
    file: &CandidateFile<'_>,
    format: ImageFormat,
    requested: Option<ValueRange>,
    background: [u8; 3],
) -> Result<Picture, SourceProblem> {
    let facts = Facts::read(&*file.storage, format);
    let EightBits { image, range } = to_eight_bits(decode(file, format)?, requested);
    let mut contents = Contents { range, ..Contents::default() };
    if facts.is_animated {
        contents.notes.push("the first picture of the animation is shown".into());
    }
    let exif = facts.exif.as_deref();
    Ok(Picture {
        format: if format == ImageFormat::Png { "PNG picture" } else { "WEBP picture" },
        pixels: flatten(image, background),
        orientation: orientation(exif),
        scale: Scale::of_picture(exif, facts.density),
        contents,
        untidy: 0,
    })
}

fn decode(file: &CandidateFile<'_>, format: ImageFormat) -> Result<DynamicImage, SourceProblem> {
    let mut reader = ImageReader::with_format(BufReader::new(File::open(file.path)?), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| SourceProblem::Picture(error.to_string()))?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (u64::from(width), u64::from(height));
    // The decoded samples, and their conversion to RGB or RGBA.
    let needed = decoder.total_bytes().saturating_add(4 * width * height);
    check_size(width, height, needed, file.storage.len())?;
    DynamicImage::from_decoder(decoder).map_err(|error| SourceProblem::Picture(error.to_string()))
}
