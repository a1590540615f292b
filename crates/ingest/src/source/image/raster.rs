//! Reads PNG and WebP pictures.
//!
//! A PNG that lacks nothing but its end is read, as a JPEG without its end is.

use super::chunks::Facts;
use super::{MAX_MEMORY, Picture, check_size, orientation};
use crate::source::alpha::flatten;
use crate::source::driver::CandidateFile;
use crate::source::error::SourceFault;
use crate::source::levels::{EightBits, to_eight_bits};
use crate::source::scale::Scale;
use crate::source::{SourceProblem, ValueRange};
use ::image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use origami_pack::Contents;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read, Seek};

/// Reads a PNG or WebP over `background`.
pub(super) fn read(
    file: &CandidateFile<'_>,
    format: ImageFormat,
    requested: Option<ValueRange>,
    background: [u8; 3],
) -> Result<Picture, SourceProblem> {
    let facts = Facts::read(&*file.storage, format);
    let EightBits { image, range } = to_eight_bits(pixels(file, format, &facts)?, requested);
    let mut contents = Contents { range, ..Contents::default() };
    if facts.is_animated {
        contents.note("the first picture of the animation is shown");
    }
    let exif = facts.exif.as_deref();
    Ok(Picture {
        format: if format == ImageFormat::Png { "PNG picture" } else { "WEBP picture" },
        pixels: flatten(image, background),
        orientation: orientation(exif),
        scale: Scale::of_picture(exif, facts.density),
        contents,
        untidy: u64::from(!facts.missing_end.is_empty()),
    })
}

/// The pixels of a file, for which a missing end is added.
fn pixels(
    file: &CandidateFile<'_>,
    format: ImageFormat,
    facts: &Facts,
) -> Result<DynamicImage, SourceProblem> {
    let (content, len) = (File::open(file.path)?, file.storage.len());
    if facts.missing_end.is_empty() {
        return decode(BufReader::new(content), len, format, facts);
    }
    let mut bytes = Vec::new();
    content.take(MAX_MEMORY).read_to_end(&mut bytes)?;
    bytes.extend(facts.missing_end);
    decode(Cursor::new(bytes), len, format, facts)
}

/// Decodes what `input` gives of a file of `len` bytes.
fn decode(
    input: impl BufRead + Seek,
    len: u64,
    format: ImageFormat,
    facts: &Facts,
) -> Result<DynamicImage, SourceProblem> {
    let mut reader = ImageReader::with_format(input, format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| problem(&error, format, facts))?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (u64::from(width), u64::from(height));
    // The decoded samples, and their conversion to RGB or RGBA.
    let needed = decoder.total_bytes().saturating_add(4 * width * height);
    check_size(width, height, needed, len)?;
    DynamicImage::from_decoder(decoder).map_err(|error| problem(&error, format, facts))
}

/// The problem of a picture that does not decode. Of a PNG that is cut between two chunks
/// its decoder says that something else is wrong, once the end is added.
fn problem(error: &ImageError, format: ImageFormat, facts: &Facts) -> SourceProblem {
    let is_cut_short = match error {
        ImageError::IoError(error) => error.kind() == ErrorKind::UnexpectedEof,
        ImageError::Decoding(_) => !facts.missing_end.is_empty(),
        _ => false,
    };
    if format == ImageFormat::Png && is_cut_short {
        let reason = format!("it is cut short ({error}); was it copied completely?");
        return SourceFault::new(None, reason).in_file("PNG");
    }
    SourceProblem::Picture(error.to_string())
}
