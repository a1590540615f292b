//! How pixels are encoded: in which format, how faithfully, with how much effort.

use crate::Format;

/// How close the pixels of an encoded image are to the original ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fidelity {
    /// Every pixel is the original one.
    Lossless,
    /// As close as this quality, 1 to 100, on the scale of the format. The scales of
    /// formats differ.
    Quality(u8),
}

/// How hard an encoder works. It never changes the size of an image in pixels, and
/// nothing at all about the pixels of a lossless one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Effort {
    /// As quick as the format allows, for images that are late: their files are larger.
    Fast,
    /// What is usual.
    #[default]
    Normal,
}

impl Effort {
    /// All of them, in the order of their numbers (`effort as usize`).
    pub const ALL: [Self; 2] = [Self::Fast, Self::Normal];
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
        // JPEG has 2 qualities, PNG is one, WebP has 3 fidelities with 2 efforts, AVIF 2 with 2.
        assert_eq!((encodings.len(), parts.len()), (13, 13));
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
}
