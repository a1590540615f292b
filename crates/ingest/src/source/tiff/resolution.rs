//! How large a pixel is and through which objective it was seen.

use super::directory::ImageFileDirectory;
use super::tags;
use crate::source::believable;
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
    value.trim().parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0)
}

/// Micrometres per pixel from the description, else from the resolution tags.
pub(super) fn mpp(
    file: &dyn Storage,
    directory: &ImageFileDirectory,
    description: &str,
) -> Option<(f64, f64)> {
    if let Some(found) = aperio(description, "MPP").and_then(|mpp| believable(mpp, mpp)) {
        return Some(found);
    }
    let unit = match directory.integer(file, tags::RESOLUTION_UNIT).unwrap_or(2) {
        2 => 25_400.0,
        3 => 10_000.0,
        _ => return None,
    };
    let per_pixel = |tag| directory.number(file, tag).map(|pixels| unit / pixels);
    believable(per_pixel(tags::X_RESOLUTION)?, per_pixel(tags::Y_RESOLUTION)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aperio_description_tells_pixel_size_and_magnification() {
        let text = "Aperio Image Library v11.2.1 \r\n46000x32914 [0,0 46000x32893] (240x240) JPEG/RGB Q=30|AppMag = 20|StripeWidth = 2040|MPP = 0.4990|Left = 25.6";
        assert_eq!(aperio(text, "MPP"), Some(0.499));
        assert_eq!(aperio(text, "AppMag"), Some(20.0));
        assert_eq!(aperio(text, "OriginalWidth"), None);
        assert_eq!(aperio("Some other text|MPP = 0.5", "MPP"), None);
        assert_eq!(aperio("Aperio|MPP = nan", "MPP"), None);
    }

    #[test]
    fn screen_resolutions_are_no_pixel_sizes() {
        assert_eq!(believable(25_400.0 / 72.0, 25_400.0 / 72.0), None);
        assert_eq!(believable(0.25, 0.0), None);
        assert_eq!(believable(0.25, f64::INFINITY), None);
        assert_eq!(believable(0.25, 0.26), Some((0.25, 0.26)));
    }
}
