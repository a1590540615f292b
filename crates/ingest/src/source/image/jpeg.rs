//! Reads JPEG pictures.
//!
//! With libjpeg-turbo, as the tiles of slides: a picture that is cut short is an error
//! and not gray from there on, and one that is whole but untidy is read.

use super::markers::{FrameHeader, Markers};
use super::{MAX_MEMORY, Picture, check_size, orientation};
use crate::source::driver::CandidateFile;
use crate::source::inks::decode_any;
use crate::source::scale::Scale;
use crate::source::{SourceProblem, ValueRange, levels};
use origami_codec::{Decoder, Tidiness, self_contained};
use origami_pack::Contents;
use origami_pyramid::Rgb;

/// Reads a JPEG. If there is a requested range, 8-bit samples of each colour are
/// stretched to it.
pub(super) fn read(
    file: &CandidateFile<'_>,
    requested: Option<ValueRange>,
) -> Result<Picture, SourceProblem> {
    let bytes = content(file)?;
    let mut jpeg = Vec::new();
    let copied = self_contained(None, &bytes, None, &mut jpeg)
        .map_err(|error| SourceProblem::Picture(error.to_string()))?;
    let markers = Markers::read(&bytes);
    let Some(frame) = &markers.frame else {
        return Err(SourceProblem::Picture("the JPEG has no frame header before its first scan".into()));
    };
    let size = check_size(frame.width, frame.height, memory(frame), bytes.len() as u64)?;
    let mut pixels = Rgb::filled(0, 0, [0; 3]);
    let decoded = Decoder::new()
        .and_then(|mut decoder| decode_any(&mut decoder, &jpeg, size, markers.has_adobe, &mut pixels))
        .map_err(|error| SourceProblem::Picture(error.to_string()))?;
    let mut contents = Contents::default();
    if let Some(range) = requested {
        levels::stretch(pixels.data_mut(), range);
        contents.range = Some(levels::requested(8, range));
    }
    if markers.is_first_of_several {
        contents.note("the first of several pictures in the file is shown");
    }
    Ok(Picture {
        format: "JPEG picture",
        pixels,
        orientation: orientation(markers.exif),
        scale: Scale::of_picture(markers.exif, markers.jfif),
        contents,
        untidy: u64::from(copied.max(decoded) == Tidiness::Untidy),
    })
}

/// All bytes of a file.
fn content(file: &CandidateFile<'_>) -> Result<Vec<u8>, SourceProblem> {
    let len = file.storage.len();
    if len > MAX_MEMORY {
        let reason = format!("the JPEG has {} MB; at most {} are read at once", len >> 20, MAX_MEMORY >> 20);
        return Err(SourceProblem::Picture(reason));
    }
    let mut bytes = vec![0; len as usize];
    file.storage.read_at(0, &mut bytes)?;
    Ok(bytes)
}

/// Bytes of memory that decoding takes: the samples, the pixels where those are
/// something else, and the coefficients where all have to be known before the first
/// sample is.
fn memory(frame: &FrameHeader) -> u64 {
    let pixels = frame.width.saturating_mul(frame.height);
    let other_pixels = if frame.planes == 3 { 0 } else { 3 };
    let coefficients = if frame.is_progressive { 2 * frame.planes } else { 0 };
    pixels.saturating_mul(frame.planes + other_pixels + coefficients)
}
