//! Reads descriptions as Aperio scanners write them, and programs that imitate them:
//! `Aperio ... |AppMag = 20|MPP = 0.4990`.
//!
//! Whatever the description begins with, a key `MPP` with a plausible value means
//! nothing else.

use super::number::{magnification, number};
use crate::source::{PixelSize, is_positive};

/// The pixel size, if a plausible one is given.
pub(super) fn pixel_size(description: &str) -> Option<PixelSize> {
    values(description, "MPP").filter_map(number).find_map(|mpp| PixelSize::plausible(mpp, mpp))
}

/// The magnification of the objective.
pub(super) fn objective(description: &str) -> Option<f64> {
    values(description, "AppMag").filter_map(magnification).find(is_positive)
}

/// The values of a key, which may be written in any case.
fn values<'a>(description: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    description
        .split(['|', '\r', '\n'])
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case(key))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(mpp: f64) -> Option<PixelSize> {
        Some(PixelSize { x: mpp, y: mpp })
    }

    #[test]
    fn a_description_gives_pixel_size_and_magnification() {
        let text = "Aperio Image Library v11.2.1 \r\n46000x32914 [0,0 46000x32893] (240x240) JPEG/RGB Q=30|AppMag = 20|StripeWidth = 2040|MPP = 0.4990|Left = 25.6";
        assert_eq!((pixel_size(text), objective(text)), (square(0.499), Some(20.0)));
    }

    #[test]
    fn decimal_commas_other_cases_and_missing_spaces_are_read() {
        let text = "Aperio|appmag=40.000000|Mpp=0,2325|";
        assert_eq!((pixel_size(text), objective(text)), (square(0.2325), Some(40.0)));
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hide_the_values() {
        let bytes =
            b"Aperio Q=70;Pixel size 0.23 \xb5m|Filename = \xb2\xe2\xca\xd4|AppMag = 40.0|MPP = 0.2325|";
        let text = String::from_utf8_lossy(bytes);
        assert_eq!((pixel_size(&text), objective(&text)), (square(0.2325), Some(40.0)));
    }

    #[test]
    fn implausible_values_are_unknown() {
        for text in ["Aperio|MPP = 0|AppMag = 0", "Aperio|MPP = nan", "Aperio|MPP = 352.8", "Aperio|MPP", ""]
        {
            assert_eq!((pixel_size(text), objective(text)), (None, None), "{text}");
        }
        assert_eq!(pixel_size("Aperio|MPP = 0|MPP = 0.25"), square(0.25));
    }
}
