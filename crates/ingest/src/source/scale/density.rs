//! Resolutions as numbers of pixels in a unit of length.

use crate::source::PixelSize;

/// Pixels per unit of length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::source) struct Density {
    /// Pixels across a unit.
    pub x: f64,
    /// Pixels down a unit.
    pub y: f64,
    /// Length of the unit in micrometres; `None` if it is unknown, so that the numbers
    /// only give the shape of a pixel.
    pub unit: Option<f64>,
}

impl Density {
    /// The size of a pixel, if that is plausible.
    pub fn pixel_size(self) -> Option<PixelSize> {
        let unit = self.unit?;
        PixelSize::plausible(unit / self.x, unit / self.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::scale::{CENTIMETRE, INCH};

    #[test]
    fn resolutions_in_inches_and_centimetres_give_the_pixel_size() {
        let size = Density { x: 40_000.0, y: 20_000.0, unit: Some(CENTIMETRE) }.pixel_size();
        assert_eq!(size, Some(PixelSize { x: 0.25, y: 0.5 }));
        let size = Density { x: 50_800.0, y: 50_800.0, unit: Some(INCH) }.pixel_size();
        assert_eq!(size, Some(PixelSize { x: 0.5, y: 0.5 }));
    }

    #[test]
    fn screen_resolutions_and_nonsense_are_no_pixel_sizes() {
        for (x, y) in [(72.0, 72.0), (50_800.0, 0.0), (0.0, 0.0), (f64::NAN, 1.0), (-50_800.0, 50_800.0)] {
            assert_eq!(Density { x, y, unit: Some(INCH) }.pixel_size(), None, "{x}, {y}");
        }
        assert_eq!(Density { x: 2.0, y: 2.0, unit: None }.pixel_size(), None);
    }
}
