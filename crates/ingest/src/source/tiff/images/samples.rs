//! Decides what the samples of a pixel are: a colour or channels.

use crate::source::SourceProblem;
use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::photometric::{Interpretation, alpha_kind, samples_per_pixel};
use crate::source::tiff::tags;
use origami_pack::Storage;

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
    /// If there are none, or more than can be handled.
    pub fn of(file: &dyn Storage, directory: &ImageFileDirectory) -> Result<Self, SourceProblem> {
        let count = samples_per_pixel(file, directory)?;
        let interpretation = Interpretation::read(file, directory);
        if !matches!(interpretation, Some(Interpretation::Gray | Interpretation::InvertedGray)) {
            return Ok(Self::Colour(count));
        }
        // The kinds of the samples after the first.
        let kinds = directory.integers(file, tags::EXTRA_SAMPLES, count);
        let kinds = kinds.into_iter().chain(std::iter::repeat(UNSPECIFIED));
        let mut channels = vec![0];
        channels.extend(
            (1..count).zip(kinds).filter(|&(_, kind)| alpha_kind(kind).is_none()).map(|(sample, _)| sample),
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
