//! How pixels are encoded: in which format, how faithfully, with how much effort.

use crate::Format;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// How close the pixels of an encoded image are to the original ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fidelity {
    /// Every pixel is the original one.
    Lossless,
    /// As close as this quality, 1 to 100, on the scale of the format. The scales of
    /// formats differ.
    Quality(u8),
}

/// How hard an encoder works: the more, the longer it takes and the fewer bytes it needs.
/// It never changes the size of an image in pixels, and nothing at all about the pixels of
/// a lossless one. `encoder/presets.rs` says what each of them means to the libraries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    /// As quick as the format allows, at the price of larger files.
    Fast,
    /// What is usual.
    #[default]
    Normal,
    /// Smaller files for several times the work, where they are sent often.
    Best,
}

impl Effort {
    /// All of them, in the order of their numbers (`effort as usize`).
    pub const ALL: [Self; 3] = [Self::Fast, Self::Normal, Self::Best];

    /// Its name in settings and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Normal => "normal",
            Self::Best => "best",
        }
    }
}

impl Display for Effort {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Effort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let effort = Self::ALL.into_iter().find(|effort| effort.name() == text);
        effort.ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// A format with its parameters. Two images of the same pixels in the same encoding have
/// the same bytes. [`Encoding::new`] makes only those that the format has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding {
    /// The format.
    pub format: Format,
    /// How close the pixels are to the original ones.
    pub fidelity: Fidelity,
    /// How hard the encoder works; [`Effort::Normal`] for formats without efforts.
    pub effort: Effort,
}

impl Encoding {
    /// `format` with this fidelity and the usual effort. `None` if the format cannot do
    /// it: JPEG and AVIF are never lossless here, and a quality is 1 to 100. PNG always
    /// is, so it is whatever the quality.
    ///
    /// # Examples
    /// ```
    /// use origami_render::{Encoding, Fidelity, Format};
    /// assert!(Encoding::new(Format::Jpeg, Fidelity::Quality(90)).is_some());
    /// assert!(Encoding::new(Format::Jpeg, Fidelity::Quality(101)).is_none());
    /// assert!(Encoding::new(Format::Avif, Fidelity::Lossless).is_none());
    /// let png = Encoding::new(Format::Png, Fidelity::Quality(90)).unwrap();
    /// assert_eq!(png.fidelity, Fidelity::Lossless);
    /// ```
    #[must_use]
    pub fn new(format: Format, fidelity: Fidelity) -> Option<Self> {
        let fidelity = match (format, fidelity) {
            (_, Fidelity::Quality(0 | 101..)) => None,
            (Format::Jpeg | Format::Avif, Fidelity::Lossless) => None,
            (Format::Png, Fidelity::Quality(_)) => Some(Fidelity::Lossless),
            _ => Some(fidelity),
        };
        Some(Self { format, fidelity: fidelity?, effort: Effort::Normal })
    }

    /// The same with another effort, if the format has efforts.
    #[must_use]
    pub fn with_effort(self, effort: Effort) -> Self {
        let effort = if self.has_efforts() { effort } else { Effort::Normal };
        Self { effort, ..self }
    }

    /// The same with the next lower effort; `None` if there is none.
    ///
    /// # Examples
    /// ```
    /// use origami_render::{Effort, Encoding, Fidelity, Format};
    /// let webp = Encoding::new(Format::WebP, Fidelity::Quality(90)).unwrap();
    /// let best = webp.with_effort(Effort::Best);
    /// assert_eq!(best.lowered(), Some(webp));
    /// assert_eq!(webp.with_effort(Effort::Fast).lowered(), None);
    /// let png = Encoding::new(Format::Png, Fidelity::Lossless).unwrap();
    /// assert_eq!(png.lowered(), None);
    /// ```
    #[must_use]
    pub fn lowered(self) -> Option<Self> {
        let effort = match self.effort {
            Effort::Best => Effort::Normal,
            Effort::Normal => Effort::Fast,
            Effort::Fast => return None,
        };
        self.has_efforts().then_some(Self { effort, ..self })
    }

    /// Whether an effort makes a difference: for WebP and AVIF.
    #[must_use]
    pub fn has_efforts(self) -> bool {
        matches!(self.format, Format::WebP | Format::Avif)
    }

    /// The suffix that distinguishes the entity tags of the same pixels in different
    /// encodings.
    ///
    /// # Examples
    /// ```
    /// use origami_render::{Effort, Encoding, Fidelity, Format};
    /// let jpeg = Encoding::new(Format::Jpeg, Fidelity::Quality(90)).unwrap();
    /// assert_eq!(jpeg.etag_part(), "-jpg-q90");
    /// let webp = Encoding::new(Format::WebP, Fidelity::Lossless).unwrap();
    /// assert_eq!(webp.with_effort(Effort::Fast).etag_part(), "-webp-lossless-fast");
    /// ```
    #[must_use]
    pub fn etag_part(self) -> String {
        let extension = self.format.extension();
        let effort = match self.effort {
            Effort::Fast => "-fast",
            Effort::Normal => "",
            Effort::Best => "-best",
        };
        match self.fidelity {
            // There is no other PNG.
            Fidelity::Lossless if self.format == Format::Png => format!("-{extension}{effort}"),
            Fidelity::Lossless => format!("-{extension}-lossless{effort}"),
            Fidelity::Quality(quality) => format!("-{extension}-q{quality}{effort}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::iter;

    fn encoding(format: Format, fidelity: Fidelity) -> Encoding {
        Encoding::new(format, fidelity).unwrap()
    }

    #[test]
    fn entity_tags_stay_as_they_are() {
        // Clients keep them for years.
        let parts = [
            (encoding(Format::Jpeg, Fidelity::Quality(90)), "-jpg-q90"),
            (encoding(Format::Png, Fidelity::Lossless), "-png"),
            (encoding(Format::WebP, Fidelity::Quality(80)), "-webp-q80"),
            (encoding(Format::WebP, Fidelity::Lossless).with_effort(Effort::Fast), "-webp-lossless-fast"),
            (encoding(Format::Avif, Fidelity::Quality(70)), "-avif-q70"),
            (encoding(Format::Avif, Fidelity::Quality(70)).with_effort(Effort::Best), "-avif-q70-best"),
        ];
        for (encoding, part) in parts {
            assert_eq!(encoding.etag_part(), part);
        }
    }

    #[test]
    fn every_encoding_has_an_entity_tag_of_its_own() {
        let (mut encodings, mut parts) = (HashSet::new(), HashSet::new());
        let fidelities = [Fidelity::Lossless, Fidelity::Quality(1), Fidelity::Quality(100)];
        for (format, fidelity) in
            Format::ALL.into_iter().flat_map(|f| fidelities.map(|fidelity| (f, fidelity)))
        {
            for effort in Effort::ALL {
                if let Some(encoding) = Encoding::new(format, fidelity) {
                    let encoding = encoding.with_effort(effort);
                    encodings.insert(encoding);
                    parts.insert(encoding.etag_part());
                }
            }
        }
        // JPEG has 2 qualities, PNG is one, WebP has 3 fidelities with 3 efforts, AVIF 2 with 3.
        assert_eq!((encodings.len(), parts.len()), (18, 18));
    }

    #[test]
    fn only_webp_and_avif_have_efforts() {
        for format in Format::ALL {
            let usual = encoding(format, Fidelity::Quality(50));
            assert_eq!(usual.effort, Effort::Normal);
            let fast = usual.with_effort(Effort::Fast);
            assert_eq!(fast == usual, !usual.has_efforts(), "{format:?}");
            assert_eq!(usual.has_efforts(), matches!(format, Format::WebP | Format::Avif));
            assert_eq!(fast.with_effort(Effort::Normal), usual);
        }
        for (number, effort) in Effort::ALL.into_iter().enumerate() {
            assert_eq!(effort as usize, number);
        }
    }

    #[test]
    fn lowering_an_effort_goes_through_all_below_it_and_ends() {
        for format in Format::ALL {
            let best = encoding(format, Fidelity::Quality(50)).with_effort(Effort::Best);
            let efforts = iter::successors(Some(best), |encoding| encoding.lowered());
            let efforts: Vec<_> = efforts.map(|encoding| encoding.effort).collect();
            if best.has_efforts() {
                assert_eq!(efforts, [Effort::Best, Effort::Normal, Effort::Fast], "{format:?}");
            } else {
                assert_eq!(efforts, [Effort::Normal], "{format:?}");
            }
        }
    }

    #[test]
    fn the_name_of_an_effort_is_read_and_any_other_is_refused_with_all_names() {
        for effort in Effort::ALL {
            assert_eq!(effort.to_string().parse(), Ok(effort));
        }
        for text in ["", "Best", "best ", "2", "balanced"] {
            let error = text.parse::<Effort>().unwrap_err();
            assert_eq!(error, "expected one of fast, normal, best", "{text}");
        }
    }
}
