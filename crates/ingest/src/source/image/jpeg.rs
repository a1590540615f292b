//! Reads JPEG pictures.
//!
//! With libjpeg-turbo, as the tiles of slides: a picture that is cut short is an error
//! and not gray from there on, and one that is whole but untidy is read.

use super::markers::{FrameHeader, Markers};
use super::{MAX_MEMORY, Picture, check_size, levels, orientation};
use crate::source::driver::CandidateFile;
use crate::source::scale::Scale;
use crate::source::{SourceProblem, ValueRange};
use origami_codec::{CodecError, Decoder, Tidiness, cmyk_to_rgb, self_contained};
use origami_pack::Contents;
use origami_pyramid::{Rgb, Size};

/// Decoded samples as the picture's colours.
struct Pixels {
    rgb: Rgb,
    tidiness: Tidiness,
}

/// Reads a JPEG. If there is a requested range, 8-bit samples of each colour are
/// stretched to it.
pub(super) fn read(
    file: &CandidateFile<'_>,
    requested: Option<ValueRange>,
) -> Result<Picture, SourceProblem> {
    let bytes = content(file)?;
    let markers = Markers::read(&bytes);
    let Some(frame) = &markers.frame else {
        return Err(SourceProblem::Picture("the JPEG has no frame header before its first scan".into()));
    };
    let size = check_size(frame.width, frame.height, memory(frame), bytes.len() as u64)?;
    let mut pixels =
        decode(&bytes, size, markers.has_adobe).map_err(|error| SourceProblem::Picture(error.to_string()))?;
    let mut contents = Contents::default();
    if let Some(range) = requested {
        levels::stretch(pixels.rgb.data_mut(), range);
        contents.range = Some(levels::requested(8, range));
    }
    if markers.is_first_of_several {
        contents.notes.push("the first of several pictures in the file is shown".into());
    }
    Ok(Picture {
        format: "JPEG picture",
        pixels: pixels.rgb,
        orientation: orientation(markers.exif),
        scale: Scale::of_picture(markers.exif, markers.jfif),
        contents,
        untidy: u64::from(pixels.tidiness == Tidiness::Untidy),
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

/// Decodes a JPEG of the size `size`. Inks are inverted if there is an Adobe marker.
fn decode(bytes: &[u8], size: Size, has_adobe: bool) -> Result<Pixels, CodecError> {
    let (mut jpeg, mut samples) = (Vec::new(), Vec::new());
    let copied = self_contained(None, bytes, None, &mut jpeg)?;
    let decoded = Decoder::new()?.decode_samples(&jpeg, size, &mut samples)?;
    let Size { width, height } = decoded.size;
    let data = match decoded.planes {
        1 => samples.iter().flat_map(|&gray| [gray; 3]).collect(),
        4 => {
            let mut rgb = Vec::new();
            cmyk_to_rgb(&samples, has_adobe, &mut rgb);
            rgb
        }
        _ => samples,
    };
    let rgb = Rgb::from_vec(data, width as usize, height as usize);
    Ok(Pixels { rgb, tidiness: if copied == Tidiness::Untidy { copied } else { decoded.tidiness } })
}
