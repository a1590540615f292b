//! How to pack a slide.

use crate::PackSlideError;
use origami_pack::Mode;
use origami_pyramid::{MAX_SIDE, Subsampling};
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

/// Whether full resolution keeps the source's own JPEG tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepSource {
    /// Where they can be.
    Auto,
    /// Or fail.
    Always,
    /// Encode the source's pixels at the options' quality.
    Never,
}

/// Which levels are predicted, each from the next coarser one. The others are
/// stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicted {
    /// So many of the finest, but none of a slide that has not as many besides
    /// level 0. From 3 on, a slide is read twice when it is packed.
    Levels(u32),
    /// All but level 0.
    All,
}

/// A number of levels, or `all`.
impl FromStr for Predicted {
    type Err = PackSlideError;

    fn from_str(text: &str) -> Result<Self, PackSlideError> {
        let most = MAX_SIDE.ilog2();
        match text.parse() {
            _ if text == "all" => Ok(Self::All),
            Ok(levels) if levels <= most => Ok(Self::Levels(levels)),
            _ => Err(PackSlideError::PackOptions(format!(
                "predicted levels are a number from 0 to {most}, or all, and not '{text}'"
            ))),
        }
    }
}

/// How to pack a slide.
#[derive(Clone, Debug)]
pub struct PackOptions {
    /// How predicted levels are kept; `stored` has none.
    pub mode: Mode,
    /// Which levels are predicted.
    pub predicted: Predicted,
    /// Whether full resolution keeps the source's own tiles. They bring their
    /// size, quality and subsampling; luma mode never keeps them.
    pub keep_source: KeepSource,
    /// JPEG quality of stored and served tiles, 1 to 100, and of the plain
    /// JPEG pyramid that bytes are compared with.
    pub quality: u8,
    /// JPEG quality of luma residuals, 1 to 100.
    pub residual_quality: u8,
    /// Chroma subsampling of all tiles.
    pub subsampling: Subsampling,
    /// Side of a tile: a multiple of 8 (16 with subsampled chroma), 16 to 1024.
    pub tile_size: u32,
    /// Threads that read and encode.
    pub workers: NonZeroUsize,
    /// Replace a pack of the same name.
    pub overwrite: bool,
    /// Measure quality, and bytes against a plain JPEG pyramid.
    pub measure: bool,
    /// Set to stop early; nothing is then left behind. Only ever read here, so
    /// that one flag can stop a whole row of slides.
    pub interrupted: Arc<AtomicBool>,
}

impl Default for PackOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Exact,
            predicted: Predicted::Levels(2),
            keep_source: KeepSource::Auto,
            quality: 80,
            // One finer than what is served, so that rounding noise rarely moves a
            // coefficient of a rebuilt tile off the plain JPEG's.
            residual_quality: 81,
            subsampling: Subsampling::S420,
            tile_size: 256,
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            overwrite: false,
            measure: true,
            interrupted: Arc::default(),
        }
    }
}

impl PackOptions {
    /// Fails if the options do not fit together or cannot be met.
    pub(crate) fn check(&self) -> Result<(), PackSlideError> {
        let fail = |text: String| Err(PackSlideError::PackOptions(text));
        let step = if self.subsampling == Subsampling::S444 { 8 } else { 16 };
        if self.mode == Mode::Luma && self.keep_source == KeepSource::Always {
            return fail("mode luma cannot keep the source's tiles; choose exact or stored".into());
        }
        if self.subsampling == Subsampling::Gray {
            return fail("subsampling is 420, 422 or 444".into());
        }
        if !(16..=1024).contains(&self.tile_size) || !self.tile_size.is_multiple_of(step) {
            let digits = self.subsampling.name();
            return fail(format!(
                "tile size {} is not a multiple of {step} between 16 and 1024, as {digits} tiles need",
                self.tile_size
            ));
        }
        for (what, quality) in [("quality", self.quality), ("residual quality", self.residual_quality)] {
            if !(1..=100).contains(&quality) {
                return fail(format!("{what} {quality} is not between 1 and 100"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicted_levels_are_a_number_or_all() {
        let parse = |text: &str| text.parse::<Predicted>().map_err(|error| error.to_string());
        assert_eq!(parse("0"), Ok(Predicted::Levels(0)));
        assert_eq!(parse("24"), Ok(Predicted::Levels(24)));
        assert_eq!(parse("all"), Ok(Predicted::All));
        for text in ["25", "-1", "two", "ALL", "", "4294967296"] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("from 0 to 24, or all") && error.contains(text), "{error}");
        }
    }
}
