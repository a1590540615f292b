//! Reads the pixel size and the magnification of a TIFF.

use super::directory::ImageFileDirectory;
use super::tags;
use crate::source::{PixelSize, is_positive};
use origami_pack::Storage;

/// The value of `key` in an Aperio description: `... |AppMag = 20|MPP = 0.4990`.
pub(super) fn aperio(description: &str, key: &str) -> Option<f64> {
    if !description.starts_with("Aperio") {
        return None;
    }
    let (_, value) = description
        .split('|')
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim() == key)?;
    value.trim().parse().ok().filter(is_positive)
}

/// The pixel size that the description gives, or else the resolution tags.
pub(super) fn mpp(
    file: &dyn Storage,
    directory: &ImageFileDirectory,
    description: &str,
) -> Option<PixelSize> {
    if let Some(mpp) = aperio(description, "MPP").and_then(|mpp| PixelSize::plausible(mpp, mpp)) {
        return Some(mpp);
    }
    let micrometres_per_unit = match directory.integer(file, tags::RESOLUTION_UNIT).unwrap_or(2) {
        2 => 25_400.0,
        3 => 10_000.0,
        _ => return None,
    };
    let x = micrometres_per_unit / directory.number(file, tags::X_RESOLUTION)?;
    let y = micrometres_per_unit / directory.number(file, tags::Y_RESOLUTION)?;
    PixelSize::plausible(x, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aperio_description_gives_pixel_size_and_magnification() {
        let text = "Aperio Image Library v11.2.1 \r\n46000x32914 [0,0 46000x32893] (240x240) JPEG/RGB Q=30|AppMag = 20|StripeWidth = 2040|MPP = 0.4990|Left = 25.6";
        assert_eq!(aperio(text, "MPP"), Some(0.499));
        assert_eq!(aperio(text, "AppMag"), Some(20.0));
        assert_eq!(aperio(text, "OriginalWidth"), None);
        assert_eq!(aperio("Some other text|MPP = 0.5", "MPP"), None);
        assert_eq!(aperio("Aperio|MPP = nan", "MPP"), None);
    }

    #[test]
    fn screen_resolutions_are_no_pixel_sizes() {
        assert_eq!(PixelSize::plausible(25_400.0 / 72.0, 25_400.0 / 72.0), None);
        assert_eq!(PixelSize::plausible(0.25, 0.0), None);
        assert_eq!(PixelSize::plausible(0.25, f64::INFINITY), None);
        assert_eq!(PixelSize::plausible(0.25, 0.26), Some(PixelSize { x: 0.25, y: 0.26 }));
    }
}
