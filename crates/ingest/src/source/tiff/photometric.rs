//! What TIFF's numbers say of the samples of a pixel: how many there are, which colours
//! they are, and which of them is alpha.

use super::directory::ImageFileDirectory;
use super::refusal::unsupported;
use super::tags;
use crate::source::SourceProblem;
use crate::source::alpha::AlphaKind;
use origami_pack::Storage;

/// Maximum number of samples of a pixel, which the type of their tag sets in classic TIFF.
const MAX_SAMPLES: u64 = 65_535;

/// What PhotometricInterpretation says of the samples of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interpretation {
    /// Darkness: 0 is white.
    InvertedGray,
    /// Brightness; of several samples, each may be a channel.
    Gray,
    /// Red, green and blue.
    Rgb,
    /// The number of a colour in a map.
    Palette,
    /// Which pixels of another image are transparent.
    Mask,
    /// Inks.
    Inks,
    /// Luma and two chroma samples.
    Ycc,
    /// What cannot be shown, by its number.
    Other(u64),
}

impl Interpretation {
    /// That of the image of a directory; `None` if it has at least 3 samples a pixel and
    /// does not say what they are.
    pub fn read(file: &dyn Storage, directory: &ImageFileDirectory) -> Option<Self> {
        Some(match directory.integer(file, tags::PHOTOMETRIC) {
            // Some microscopes call two channels RGB.
            None | Some(2) if directory.samples_per_pixel(file) < 3 => Self::Gray,
            None => return None,
            Some(0) => Self::InvertedGray,
            Some(1) => Self::Gray,
            Some(2) => Self::Rgb,
            Some(3) => Self::Palette,
            Some(4) => Self::Mask,
            Some(5) => Self::Inks,
            Some(6) => Self::Ycc,
            Some(other) => Self::Other(other),
        })
    }
}

/// The number of samples of a pixel, from 1.
///
/// # Errors
/// If it is 0, or more than can be handled.
pub(super) fn samples_per_pixel(
    file: &dyn Storage,
    directory: &ImageFileDirectory,
) -> Result<u64, SourceProblem> {
    match directory.samples_per_pixel(file) {
        samples @ 1..=MAX_SAMPLES => Ok(samples),
        samples => unsupported(format!("a TIFF of {samples} samples a pixel")),
    }
}

/// The kind of alpha that a value of ExtraSamples says; `None` if the sample is none. One of
/// unknown meaning is none either: it may be a channel, or a picture in infrared.
pub(super) fn alpha_kind(extra_sample: u64) -> Option<AlphaKind> {
    match extra_sample {
        1 => Some(AlphaKind::Associated),
        2 => Some(AlphaKind::Unassociated),
        _ => None,
    }
}
