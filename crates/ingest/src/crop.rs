//! Copies parts of images.

use origami_pyramid::{Point, Rect, Rgb};

/// The pixels of `image` within `window`.
///
/// # Panics
/// If the window extends beyond the image.
pub(crate) fn crop(image: &Rgb, window: Rect) -> Rgb {
    let mut out = Rgb::filled(window.width as usize, window.height as usize, [0; 3]);
    out.copy(Point::default(), image, window);
    out
}
