//! Reads the pixel size of OME-XML.

use super::OmePixels;
use crate::source::scale::{Scale, micrometres};
use crate::source::{PixelSize, is_positive};

impl Scale {
    /// What OME-XML says of an image.
    pub(in crate::source::tiff) fn of_ome(pixels: &OmePixels) -> Self {
        let (x_unit, y_unit) = &pixels.units;
        let mpp = pixels.physical_size.and_then(|(x, y)| in_units(x, x_unit, y, y_unit));
        Self { mpp, objective: pixels.objective.filter(is_positive) }
    }
}

fn in_units(x: f64, x_unit: &str, y: f64, y_unit: &str) -> Option<PixelSize> {
    PixelSize::plausible(x * micrometres(x_unit)?, y * micrometres(y_unit)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_converted_from_the_units_of_the_file() {
        let size = Some(PixelSize { x: 0.25, y: 0.5 });
        assert_eq!(in_units(0.25, "\u{b5}m", 0.5, "\u{3bc}m"), size);
        assert_eq!(in_units(0.25e-3, "mm", 0.5, "um"), size);
        assert_eq!(in_units(0.25, "pixel", 0.5, "um"), None);
        assert_eq!(in_units(0.25, "reference frame", 0.5, "reference frame"), None);
        // Pixels of 0.25 mm are no pixels of a slide.
        assert_eq!(in_units(0.25, "mm", 0.25, "mm"), None);
    }
}
