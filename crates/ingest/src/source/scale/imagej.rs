//! Reads descriptions that ImageJ writes: lines such as `unit=micron`.

use super::Density;
use super::length::micrometres;
use crate::source::PixelSize;

/// The pixel size, if `density` is per unit of length that the description names.
pub(super) fn pixel_size(description: &str, density: Density) -> Option<PixelSize> {
    if !description.starts_with("ImageJ=") {
        return None;
    }
    let unit = description.lines().find_map(|line| line.strip_prefix("unit="))?;
    Density { unit: Some(micrometres(unit)?), ..density }.pixel_size()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_the_description_replaces_that_of_the_tag() {
        let density = Density { x: 2.0, y: 4.0, unit: None };
        for unit in ["micron", "um", "\u{b5}m", "\\u00B5m"] {
            let text = format!("ImageJ=1.53c\nunit={unit}\nloop=false\n");
            assert_eq!(pixel_size(&text, density), Some(PixelSize { x: 0.5, y: 0.25 }), "{unit}");
        }
        let millimetres = Density { x: 2000.0, y: 2000.0, unit: None };
        assert_eq!(pixel_size("ImageJ=1\nunit=mm\n", millimetres), Some(PixelSize { x: 0.5, y: 0.5 }));
    }

    #[test]
    fn without_a_unit_of_length_nothing_is_known() {
        let density = Density { x: 2.0, y: 2.0, unit: None };
        for text in ["ImageJ=1.53c\nunit=pixel\n", "ImageJ=1.53c\n", "unit=micron\n", ""] {
            assert_eq!(pixel_size(text, density), None, "{text:?}");
        }
    }
}
