//! Decides what the samples of a pixel are: a colour or channels.

use crate::source::SourceProblem;
use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::tags;
use origami_pack::Storage;

/// Maximum number of samples of a pixel; those of a classic TIFF are no more.
const MAX_SAMPLES: u64 = 65_535;
/// Photometric interpretation of gray samples where 0 is white.
const PHOTOMETRIC_INVERTED_GRAY: u64 = 0;
/// That of gray samples where 0 is black.
const PHOTOMETRIC_GRAY: u64 = 1;
const PHOTOMETRIC_RGB: u64 = 2;
/// Kind of extra samples that are no alpha.
const UNSPECIFIED: u64 = 0;

/// What the samples of a pixel are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Samples {
    /// A colour, or gray with alpha: this many samples, of which some may be unused.
    Colour(u64),
    /// A channel each: their places among the samples of a pixel. One channel is gray.
    Channels(Vec<u64>),
}

impl Samples {
    /// # Errors
    /// If there are more samples than can be handled.
    pub fn of(file: &dyn Storage, directory: &ImageFileDirectory) -> Result<Self, SourceProblem> {
        let count = directory.samples_per_pixel(file).max(1);
        if count > MAX_SAMPLES {
            return Err(SourceProblem::Unsupported(format!("a TIFF with {count} samples in each pixel")));
        }
        let usual = if count >= 3 { PHOTOMETRIC_RGB } else { PHOTOMETRIC_GRAY };
        let are_channels = match directory.integer(file, tags::PHOTOMETRIC).unwrap_or(usual) {
            PHOTOMETRIC_GRAY | PHOTOMETRIC_INVERTED_GRAY => true,
            // Some microscopes call two channels RGB.
            PHOTOMETRIC_RGB => count < 3,
            _ => false,
        };
        if !are_channels {
            return Ok(Self::Colour(count));
        }
        // The kinds of the samples after the first.
        let kinds = directory.integers(file, tags::EXTRA_SAMPLES, count);
        let kinds = kinds.into_iter().chain(std::iter::repeat(UNSPECIFIED));
        let mut channels = vec![0];
        channels.extend(
            (1..count).zip(kinds).filter(|(_, kind)| !matches!(kind, 1 | 2)).map(|(sample, _)| sample),
        );
        let has_alpha = (channels.len() as u64) < count;
        Ok(if has_alpha && channels.len() == 1 { Self::Colour(count) } else { Self::Channels(channels) })
    }

    /// Number of samples of a pixel, without the alpha of channels.
    pub fn count(&self) -> u64 {
        match self {
            Self::Colour(count) => *count,
            Self::Channels(channels) => channels.len() as u64,
        }
    }
}
