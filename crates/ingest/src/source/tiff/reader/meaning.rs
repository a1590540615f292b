//! What the samples of a TIFF's image mean.

use super::compression::Compression;
use crate::source::SourceProblem;
use crate::source::alpha::AlphaKind;
use crate::source::error::SourceFault;
use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::photometric::{Interpretation, alpha_kind};
use crate::source::tiff::refusal::unsupported;
use crate::source::tiff::tags;
use origami_codec::Photometric;
use origami_pack::Storage;

/// What the samples of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Brightness.
    Gray,
    /// Darkness: 0 is white.
    InvertedGray,
    /// Red, green and blue.
    Rgb,
    /// The number of a colour in a map.
    Palette,
    /// Cyan, magenta, yellow and black, where 0 is no ink.
    Cmyk,
    /// Luma and two chroma samples, not subsampled, with the formulas of JPEG.
    Ycc,
}

/// The samples of a pixel that are alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alpha {
    /// Which sample it is.
    pub sample: usize,
    pub kind: AlphaKind,
}

impl Meaning {
    /// What the first of `samples` samples of a pixel mean.
    ///
    /// # Errors
    /// If that is nothing that can be shown, or there are too few samples.
    pub fn read(
        file: &dyn Storage,
        directory: &ImageFileDirectory,
        compression: Compression,
        samples: usize,
    ) -> Result<Self, SourceProblem> {
        let meaning = match Interpretation::read(file, directory) {
            Some(Interpretation::InvertedGray) => Self::InvertedGray,
            Some(Interpretation::Gray) => Self::Gray,
            Some(Interpretation::Rgb) => Self::Rgb,
            Some(Interpretation::Palette) => Self::Palette,
            Some(Interpretation::Inks) => Self::cmyk(file, directory)?,
            Some(Interpretation::Ycc) => Self::ycc(file, directory, compression)?,
            Some(Interpretation::Mask) => return unsupported("a TIFF of a transparency mask"),
            Some(Interpretation::Other(number)) => return unsupported(other_interpretation(number)),
            None if compression == Compression::Jpeg => Self::Ycc,
            None => Self::Rgb,
        };
        let needed = meaning.samples();
        if samples < needed {
            let reason = format!("its pixels have {samples} samples where {needed} are needed");
            return Err(SourceFault::new(None, reason).in_file("TIFF"));
        }
        Ok(meaning)
    }

    fn cmyk(file: &dyn Storage, directory: &ImageFileDirectory) -> Result<Self, SourceProblem> {
        match directory.integer(file, tags::INK_SET).unwrap_or(1) {
            1 => Ok(Self::Cmyk),
            _ => unsupported("a TIFF of other inks than CMYK"),
        }
    }

    /// Of JPEGs, the streams say everything that tags would repeat.
    fn ycc(
        file: &dyn Storage,
        directory: &ImageFileDirectory,
        compression: Compression,
    ) -> Result<Self, SourceProblem> {
        let is_planar = directory.integer(file, tags::PLANAR_CONFIGURATION) == Some(2);
        if compression == Compression::Jpeg && !is_planar {
            return Ok(Self::Ycc);
        }
        let factors = directory.integers(file, tags::YCC_SUBSAMPLING, 2);
        let luma_of_red = directory.number(file, tags::YCC_COEFFICIENTS).unwrap_or(0.299);
        let black = directory.number(file, tags::REFERENCE_BLACK_WHITE).unwrap_or(0.0);
        let phrase = if compression != Compression::Jpeg && factors != [1, 1] {
            "a TIFF of subsampled YCbCr without JPEG"
        } else if (luma_of_red - 0.299).abs() > 0.001 {
            "a TIFF of YCbCr with other coefficients than JPEG's"
        } else if black != 0.0 {
            "a TIFF of YCbCr in a reduced range"
        } else {
            return Ok(Self::Ycc);
        };
        unsupported(phrase)
    }

    /// How many samples of a pixel it takes.
    pub fn samples(self) -> usize {
        match self {
            Self::Gray | Self::InvertedGray | Self::Palette => 1,
            Self::Rgb | Self::Ycc => 3,
            Self::Cmyk => 4,
        }
    }

    /// What it says of JPEGs that have `samples` samples a pixel. Those without a meaning
    /// in JPEG are called RGB, so that they are not converted.
    pub fn photometric(self, samples: usize) -> Photometric {
        match (self, samples) {
            (_, 1) => Photometric::Gray,
            (Self::Ycc, 3) => Photometric::Ycc,
            (Self::Cmyk, 4) => Photometric::Cmyk,
            _ => Photometric::Rgb,
        }
    }
}

impl Alpha {
    /// The first of the `extra` samples from `first` on that the file calls alpha.
    pub fn read(
        file: &dyn Storage,
        directory: &ImageFileDirectory,
        first: usize,
        extra: usize,
    ) -> Option<Self> {
        let kinds = directory.integers(file, tags::EXTRA_SAMPLES, extra as u64);
        kinds
            .into_iter()
            .zip(first..)
            .find_map(|(kind, sample)| alpha_kind(kind).map(|kind| Self { sample, kind }))
    }
}

/// The name of a photometric interpretation that cannot be shown.
fn other_interpretation(number: u64) -> String {
    let name = match number {
        8 => "CIE L*a*b* colours",
        9 => "ICC L*a*b* colours",
        10 => "ITU L*a*b* colours",
        32_803 => "a sensor's raw samples (CFA)",
        32_844 => "logarithmic samples (LogL)",
        32_845 => "logarithmic samples (LogLuv)",
        34_892 => "linear raw samples",
        other => return format!("a TIFF of photometric kind {other}"),
    };
    format!("a TIFF of {name}")
}
