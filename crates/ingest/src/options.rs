//! The options of packing a slide.

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
    /// Keep them if possible, otherwise encode the source's pixels.
    Auto,
    /// Keep them, or fail if that is impossible.
    Always,
    /// Encode the source's pixels at the options' quality.
    Never,
}

/// Which levels are predicted, each from the next coarser one. All others are
/// stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicted {
    /// This number of finest levels, or none if the slide has fewer levels besides
    /// level 0. With 3 or more, the slide is read twice when it is packed.
    Levels(u32),
    /// All levels but level 0.
    All,
}

/// A number of levels, or `all`.
impl FromStr for Predicted {
    type Err = PackSlideError;

    fn from_str(text: &str) -> Result<Self, PackSlideError> {
        let max = MAX_SIDE.ilog2();
        match text.parse() {
            _ if text == "all" => Ok(Self::All),
            Ok(levels) if levels <= max => Ok(Self::Levels(levels)),
            _ => Err(PackSlideError::InvalidOptions(format!(
                "predicted levels are a number from 0 to {max}, or all, and not '{text}'"
            ))),
        }
    }
}

/// How to pack a slide.
#[derive(Clone, Debug)]
pub struct PackOptions {
    /// How predicted levels are encoded; [`Mode::Stored`] predicts none.
    pub mode: Mode,
    /// Which levels are predicted.
    pub predicted: Predicted,
    /// Whether full resolution keeps the source's own tiles, and with them their
    /// size, quality and subsampling. Luma mode never keeps them.
    pub keep_source: KeepSource,
    /// JPEG quality of stored and served tiles, 1 to 100, and of the plain JPEG
    /// pyramid that the pack is compared with.
    pub quality: u8,
    /// JPEG quality of luma residuals, 1 to 100.
    pub residual_quality: u8,
    /// Chroma subsampling of all tiles.
    pub subsampling: Subsampling,
    /// Side of a tile in pixels: a multiple of 8 (16 with subsampled chroma) from
    /// 16 to 1024.
    pub tile_size: u32,
    /// Number of threads that read and encode.
    pub workers: NonZeroUsize,
    /// Whether a pack of the same name is replaced.
    pub overwrite: bool,
    /// Whether quality is measured, and size against a plain JPEG pyramid.
    pub measure: bool,
    /// Set it to stop early; no file is then left behind. This crate never changes
    /// it, so one flag can stop the packing of several slides.
    pub interrupted: Arc<AtomicBool>,
}

impl Default for PackOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Exact,
            predicted: Predicted::Levels(2),
            keep_source: KeepSource::Auto,
            quality: 80,
            // One higher than that of served tiles, so that a coefficient of a rebuilt
            // tile is rarely rounded to another value than in the plain JPEG.
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
    /// Checks that the options agree with each other and are in range.
    pub(crate) fn check(&self) -> Result<(), PackSlideError> {
        if self.mode == Mode::Luma && self.keep_source == KeepSource::Always {
            return invalid("mode luma cannot keep the source's tiles; choose exact or stored".into());
        }
        if self.subsampling == Subsampling::Gray {
            return invalid("subsampling is 420, 422 or 444".into());
        }
        let step = if self.subsampling == Subsampling::S444 { 8 } else { 16 };
        if !(16..=1024).contains(&self.tile_size) || !self.tile_size.is_multiple_of(step) {
            let digits = self.subsampling.name();
            return invalid(format!(
                "tile size {} is not a multiple of {step} between 16 and 1024, as {digits} tiles need",
                self.tile_size
            ));
        }
        for (name, quality) in [("quality", self.quality), ("residual quality", self.residual_quality)] {
            if !(1..=100).contains(&quality) {
                return invalid(format!("{name} {quality} is not between 1 and 100"));
            }
        }
        Ok(())
    }
}

fn invalid(reason: String) -> Result<(), PackSlideError> {
    Err(PackSlideError::InvalidOptions(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Predicted, String> {
        text.parse().map_err(|error: PackSlideError| error.to_string())
    }

    #[test]
    fn predicted_levels_are_a_number_or_all() {
        assert_eq!(parse("0"), Ok(Predicted::Levels(0)));
        assert_eq!(parse("24"), Ok(Predicted::Levels(24)));
        assert_eq!(parse("all"), Ok(Predicted::All));
        for text in ["25", "-1", "two", "ALL", "", "4294967296"] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("from 0 to 24, or all") && error.contains(text), "{error}");
        }
    }
}
