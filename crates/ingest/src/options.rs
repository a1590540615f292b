//! The options of packing a slide.

use crate::PackSlideError;
use crate::encode::LUMA_LEVELS;
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

/// The quantisation tables of the levels coarser than full resolution, if full
/// resolution keeps the source's own tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoarseQuality {
    /// Those of this JPEG quality, 1 to 100, with the source's own steps where these
    /// are finer.
    Quality(u8),
    /// The source's own.
    Source,
}

/// A JPEG quality, or `source`.
impl FromStr for CoarseQuality {
    type Err = PackSlideError;

    fn from_str(text: &str) -> Result<Self, PackSlideError> {
        match text.parse() {
            _ if text == "source" => Ok(Self::Source),
            Ok(quality @ 1..=100) => Ok(Self::Quality(quality)),
            _ => Err(PackSlideError::InvalidOptions(format!(
                "the quality of coarser levels is a number from 1 to 100, or source, and not '{text}'"
            ))),
        }
    }
}

/// Whether a pack names the file that it was made from, and the channels as the file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceName {
    /// It does.
    Keep,
    /// It does not, because names of files can be those of patients, and people write what
    /// they like into names of channels.
    Hide,
}

/// Whether a pack keeps the images and the text that belong to a slide besides its
/// pyramid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssociatedImages {
    /// Labels, macros, barcodes and descriptions can show the name of a patient, so none
    /// of them gets into the pack.
    Drop,
    /// All that can be read are kept.
    Keep,
}

/// Which levels are predicted, each from the next coarser one. All others are
/// stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predicted {
    /// This number of finest levels, or none if the slide has fewer levels besides
    /// level 0. In luma mode at most 2.
    Levels(u32),
    /// All levels but level 0; not in luma mode.
    All,
    /// All levels but level 0, except for the coarsest that take hardly more if they are
    /// stored; in luma mode 2.
    Auto,
}

/// A number of levels, `all` or `auto`.
impl FromStr for Predicted {
    type Err = PackSlideError;

    fn from_str(text: &str) -> Result<Self, PackSlideError> {
        let max = MAX_SIDE.ilog2();
        match text.parse() {
            _ if text == "all" => Ok(Self::All),
            _ if text == "auto" => Ok(Self::Auto),
            Ok(levels) if levels <= max => Ok(Self::Levels(levels)),
            _ => Err(PackSlideError::InvalidOptions(format!(
                "predicted levels are a number from 0 to {max}, all or auto, and not '{text}'"
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
    /// The quality of coarser levels if the source's own tiles are kept; otherwise
    /// they have [`Self::quality`] too.
    pub coarse_quality: CoarseQuality,
    /// JPEG quality of luma residuals, 1 to 100.
    pub residual_quality: u8,
    /// Chroma subsampling of all tiles.
    pub subsampling: Subsampling,
    /// Side of a tile in pixels: a multiple of 8 (16 with subsampled chroma) from
    /// 16 to 1024.
    pub tile_size: u32,
    /// Whether the pack's metadata has the names of the source's file and of its channels.
    pub source_name: SourceName,
    /// Whether the pack has the slide's label, macro and thumbnail, and its description.
    pub associated: AssociatedImages,
    /// Number of threads that read and encode.
    pub workers: NonZeroUsize,
    /// What the metadata say of the options themselves, so that the caller recognises a
    /// pack that was made with the same: [`EncodingSettings::options`](origami_pack::EncodingSettings::options).
    pub record: String,
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
            predicted: Predicted::Auto,
            keep_source: KeepSource::Auto,
            quality: 80,
            // Tables of scanners are made for full resolution, where pixels are many
            // and smooth; halved levels lose much more with them.
            coarse_quality: CoarseQuality::Quality(80),
            // One higher than that of served tiles, so that a coefficient of a rebuilt
            // tile is rarely rounded to another value than in the plain JPEG.
            residual_quality: 81,
            subsampling: Subsampling::S420,
            tile_size: 256,
            source_name: SourceName::Keep,
            associated: AssociatedImages::Drop,
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            record: String::new(),
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
        let is_deep = match self.predicted {
            Predicted::Levels(levels) => levels > LUMA_LEVELS,
            Predicted::All => true,
            Predicted::Auto => false,
        };
        if self.mode == Mode::Luma && is_deep {
            return invalid(format!(
                "mode luma predicts at most the {LUMA_LEVELS} finest levels; choose so many, or mode exact"
            ));
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
        let mut qualities = vec![("quality", self.quality), ("residual quality", self.residual_quality)];
        if let CoarseQuality::Quality(quality) = self.coarse_quality {
            qualities.push(("quality of coarser levels", quality));
        }
        for (name, quality) in qualities {
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
    fn the_quality_of_coarser_levels_is_a_number_or_the_sources() {
        assert_eq!("1".parse::<CoarseQuality>().ok(), Some(CoarseQuality::Quality(1)));
        assert_eq!("100".parse::<CoarseQuality>().ok(), Some(CoarseQuality::Quality(100)));
        assert_eq!("source".parse::<CoarseQuality>().ok(), Some(CoarseQuality::Source));
        for text in ["0", "101", "-1", "300", "Source", ""] {
            let error = text.parse::<CoarseQuality>().unwrap_err().to_string();
            assert!(error.contains("1 to 100, or source") && error.contains(text), "{error}");
        }
    }

    #[test]
    fn qualities_out_of_range_are_refused() {
        for quality in [0, 101, 255] {
            let coarse_quality = CoarseQuality::Quality(quality);
            let error = PackOptions { coarse_quality, ..PackOptions::default() }.check().unwrap_err();
            assert!(error.to_string().contains("quality of coarser levels"), "{error}");
        }
        let coarse_quality = CoarseQuality::Source;
        assert!(PackOptions { coarse_quality, ..PackOptions::default() }.check().is_ok());
    }

    #[test]
    fn luma_levels_that_would_take_chroma_from_far_above_are_refused() {
        for (predicted, is_refused) in [
            (Predicted::Levels(0), false),
            (Predicted::Levels(2), false),
            (Predicted::Auto, false),
            (Predicted::Levels(3), true),
            (Predicted::All, true),
        ] {
            let options = PackOptions { mode: Mode::Luma, predicted, ..PackOptions::default() };
            let error = options.check().err().map(|error| error.to_string());
            assert_eq!(error.is_some(), is_refused, "{predicted:?}: {error:?}");
            assert!(error.is_none_or(|error| error.contains("the 2 finest levels")), "{predicted:?}");
            assert!(PackOptions { mode: Mode::Exact, ..options }.check().is_ok(), "{predicted:?}");
        }
    }

    #[test]
    fn predicted_levels_are_a_number_or_all_or_auto() {
        assert_eq!(parse("0"), Ok(Predicted::Levels(0)));
        assert_eq!(parse("24"), Ok(Predicted::Levels(24)));
        assert_eq!(parse("all"), Ok(Predicted::All));
        assert_eq!(parse("auto"), Ok(Predicted::Auto));
        for text in ["25", "-1", "two", "ALL", "", "4294967296"] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("from 0 to 24, all or auto") && error.contains(text), "{error}");
        }
    }
}
