//! The rule that says what the samples of a JPEG are.
//!
//! A stream does not say so itself. Its container may have a photometric tag, and
//! four things in the stream hint at it: a JFIF marker, the transform in an Adobe
//! marker, the components' ids, and how the components are coded. Writers get each
//! of them wrong. For three components this decides, in this order:
//!
//! 1. Without a tag (Deep Zoom, pictures) libjpeg's own rule, because browsers show
//!    the picture so: JFIF is YCbCr; otherwise an Adobe marker with transform 0 is
//!    RGB, and with any other YCbCr; otherwise the ids `R`, `G`, `B` are RGB, and
//!    all others YCbCr.
//! 2. With a tag that says RGB or YCbCr, the tag, unless the stream contradicts it:
//!    JFIF and transform 1 say YCbCr, transform 0 and the ids `R`, `G`, `B` say RGB.
//!    Other ids and transforms say nothing.
//! 3. Where anything contradicts the tag, how the components are coded: chroma that
//!    is subsampled, or that has quantisation tables of its own, is YCbCr. Three
//!    components that are all coded alike are RGB: encoders of RGB write it so.
//!
//! What others do: libtiff and OpenSlide believe the tag alone; libtiff converts
//! where it says YCbCr and not otherwise. tifffile leaves YCbCr to libjpeg's rule, and
//! takes RGB for RGB unless the tile has a JFIF marker, when libjpeg's rule decides.
//! Where nothing contradicts the tag all of us agree. Where something does we differ
//! from the first two: tags and markers are often defaults that nobody chose, while the
//! way the components are coded comes from the encoder, which knew what it was given.
//!
//! One component is gray. Four are CMYK, or YCCK where an Adobe marker has a transform
//! other than 0. Under a tag that says RGB the fourth is an extra sample, which is alpha
//! only if `ExtraSamples` says so, and nothing is converted.

use crate::markers::{APP0, APP14, adobe};
use crate::{Colour, MarkerSegment};

/// What a container says of the samples of its JPEGs: TIFF's
/// `PhotometricInterpretation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Photometric {
    /// One sample a pixel (0 and 1).
    Gray,
    /// Red, green and blue (2), and perhaps extra samples.
    Rgb,
    /// YCbCr (6).
    Ycc,
    /// Inks (5).
    Cmyk,
}

/// What the samples of a JPEG are, and so how they are converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Samples {
    Gray,
    Ycc,
    Rgb,
    /// Four components that are not converted.
    Cmyk,
    /// Four components, the first three of which are converted like YCbCr.
    Ycck,
    /// Of a number that has no meaning.
    Unknown,
}

impl Samples {
    /// The same as the rest of the crate calls it.
    pub fn colour(self) -> Colour {
        match self {
            Self::Gray => Colour::Gray,
            Self::Ycc => Colour::Ycc,
            Self::Rgb => Colour::Rgb,
            Self::Cmyk | Self::Ycck | Self::Unknown => Colour::Other,
        }
    }

    /// The transform that an Adobe marker has for them.
    fn transform(self) -> u8 {
        match self {
            Self::Ycc => 1,
            Self::Ycck => 2,
            Self::Gray | Self::Rgb | Self::Cmyk | Self::Unknown => 0,
        }
    }
}

/// How three components are coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Structure {
    /// All in the same way.
    #[default]
    Alike,
    /// The second and the third with other quantisation tables than the first.
    SeparateChroma,
    /// With different sampling factors.
    Subsampled,
}

impl Structure {
    /// That of three components of a frame header, three bytes each.
    fn of(components: [[u8; 3]; 3]) -> Self {
        let [[_, sampling, table], chroma @ ..] = components;
        if chroma.iter().any(|component| component[1] != sampling) {
            Self::Subsampled
        } else if chroma.iter().all(|component| component[2] != table) {
            Self::SeparateChroma
        } else {
            Self::Alike
        }
    }
}

/// What a stream hints at, gathered from its segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ColourSigns {
    /// Whether there is a JFIF marker.
    jfif: bool,
    /// The transform of an Adobe marker.
    adobe: Option<u8>,
    /// Whether coding is lossless, which libjpeg takes to mean RGB.
    lossless: bool,
    /// Number of components.
    components: usize,
    /// Ids of the first three components.
    ids: [u8; 3],
    structure: Structure,
}

impl ColourSigns {
    /// Notes what a segment says.
    pub fn note(&mut self, segment: MarkerSegment<'_>) {
        let MarkerSegment { marker, payload } = segment;
        match marker {
            APP0 => self.jfif |= payload.len() >= 14 && payload.starts_with(b"JFIF\0"),
            APP14 => self.adobe = segment.adobe_transform().or(self.adobe),
            _ if segment.is_frame() => self.note_frame(marker, payload),
            _ => {}
        }
    }

    fn note_frame(&mut self, marker: u8, payload: &[u8]) {
        let components = payload.get(6..).unwrap_or_default().as_chunks::<3>().0;
        self.lossless = marker & 3 == 3;
        self.components = components.len();
        if let Some(first) = components.first_chunk::<3>() {
            self.ids = first.map(|component| component[0]);
            self.structure = Structure::of(*first);
        }
    }

    /// What the samples are, given what the container says.
    pub fn decide(&self, tag: Option<Photometric>) -> Samples {
        match (self.components, tag) {
            (1, _) => Samples::Gray,
            (3, Some(Photometric::Rgb)) => self.confirmed(Samples::Rgb),
            (3, Some(Photometric::Ycc)) => self.confirmed(Samples::Ycc),
            (3, _) => self.guessed(),
            (4, Some(Photometric::Rgb)) => Samples::Cmyk,
            (4, _) if matches!(self.adobe, None | Some(0)) => Samples::Cmyk,
            (4, _) => Samples::Ycck,
            _ => Samples::Unknown,
        }
    }

    /// What libjpeg takes three components for.
    fn guessed(&self) -> Samples {
        let rgb = match (self.jfif, self.adobe) {
            (true, _) => false,
            (false, Some(transform)) => transform == 0,
            (false, None) => self.lossless || self.ids == *b"RGB",
        };
        if rgb { Samples::Rgb } else { Samples::Ycc }
    }

    /// `tagged`, which the container says of three components, unless the stream says
    /// otherwise.
    fn confirmed(&self, tagged: Samples) -> Samples {
        let jfif = self.jfif.then_some(Samples::Ycc);
        let adobe = match self.adobe {
            Some(0) => Some(Samples::Rgb),
            Some(1) => Some(Samples::Ycc),
            _ => None,
        };
        let ids = (self.ids == *b"RGB").then_some(Samples::Rgb);
        if [jfif, adobe, ids].into_iter().flatten().all(|says| says == tagged) {
            return tagged;
        }
        match self.structure {
            Structure::Alike => Samples::Rgb,
            Structure::SeparateChroma | Structure::Subsampled => Samples::Ycc,
        }
    }

    /// The Adobe marker that the stream needs when all its APPn are left out: one where
    /// decoders would then take its samples for something else, and one for CMYK that
    /// had one, which tells readers that the samples are inverted.
    pub fn adobe_needed(&self, tag: Option<Photometric>) -> Option<[u8; 16]> {
        let samples = self.decide(tag);
        let bare = Self { jfif: false, adobe: None, ..*self };
        let inverted = samples == Samples::Cmyk && self.adobe.is_some() && tag != Some(Photometric::Rgb);
        (inverted || bare.decide(None) != samples).then(|| adobe(samples.transform()))
    }
}

#[cfg(test)]
mod tests;
