//! Reads the size of a pixel and the magnification of the objective, for every kind of
//! slide.
//!
//! A file may give a pixel size in several places. They are tried in this order, from
//! the one that is certainly meant as the size of a pixel of the specimen to those that
//! programs also fill with defaults, and the first plausible one (0.05 to 10
//! micrometres) counts:
//!
//! 1. `PhysicalSizeX` and `PhysicalSizeY` of OME-XML, which have units of their own
//!    (`tiff/ome/scale.rs`). Programs that write OME-TIFF often leave 72 dpi in the tags.
//! 2. `MPP` of an Aperio description (`aperio.rs`), for the same reason.
//! 3. The resolution tags in the unit of an ImageJ description (`imagej.rs`). The
//!    unit's own tag has only inches and centimetres, so ImageJ sets it to none.
//! 4. The resolution tags in inches or centimetres (`tiff/scale.rs`).
//!
//! Properties (`properties.rs`) come in the same order: what OpenSlide found with its
//! knowledge of vendors, what a vendor wrote, resolutions. Of pictures, EXIF is tried
//! before the density of the container, which is a whole number in JFIF.

mod aperio;
mod density;
mod imagej;
mod length;
mod number;
mod properties;

pub(super) use density::Density;
pub(super) use length::{CENTIMETRE, INCH, METRE, micrometres};

use super::PixelSize;

/// How large what a slide shows is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Scale {
    /// Size of a pixel, if a plausible one is known.
    pub mpp: Option<PixelSize>,
    /// Magnification of the objective.
    pub objective: Option<f64>,
}

impl Scale {
    /// What a TIFF says: its OME-XML, its description and its resolution tags.
    pub fn of_description(ome: Self, description: &str, density: Option<Density>) -> Self {
        let mpp = ome
            .mpp
            .or_else(|| aperio::pixel_size(description))
            .or_else(|| imagej::pixel_size(description, density?))
            .or_else(|| density?.pixel_size());
        Self { mpp, objective: ome.objective.or_else(|| aperio::objective(description)) }
    }

    /// The same, with what is missing filled from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { mpp: self.mpp.or(other.mpp), objective: self.objective.or(other.objective) }
    }
}

#[cfg(test)]
mod tests;
