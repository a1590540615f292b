//! Blends transparent pixels with the background.

use ::image::DynamicImage;
use origami_pyramid::Rgb;

/// What an alpha sample says of the colour of its pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlphaKind {
    /// The colour is multiplied by alpha already.
    Associated,
    /// It is not.
    Unassociated,
}

impl AlphaKind {
    /// A colour with `alpha` (255 is opaque) over the background, rounded to the nearest.
    pub fn over(self, colour: [u8; 3], alpha: u8, background: [u8; 3]) -> [u8; 3] {
        let (alpha, rest) = (u32::from(alpha), u32::from(255 - alpha));
        let mut out = [0; 3];
        for ((out, above), below) in out.iter_mut().zip(colour).zip(background) {
            let (above, below) = (u32::from(above), u32::from(below) * rest);
            *out = match self {
                Self::Unassociated => (above * alpha + below + 127) / 255,
                Self::Associated => (above + (below + 127) / 255).min(255),
            } as u8;
        }
        out
    }
}

/// Reduces an image to 8-bit RGB. Transparent pixels are blended with the background,
/// rounded to nearest.
pub(super) fn flatten(image: DynamicImage, background: [u8; 3]) -> Rgb {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if !image.color().has_alpha() {
        return Rgb::from_vec(image.into_rgb8().into_raw(), width, height);
    }
    let mut out = Rgb::filled(width, height, background);
    for (pixel, from) in out.data_mut().chunks_exact_mut(3).zip(image.into_rgba8().chunks_exact(4)) {
        let colour = [from[0], from[1], from[2]];
        pixel.copy_from_slice(&AlphaKind::Unassociated.over(colour, from[3], background));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::{Rgba, RgbaImage};

    #[test]
    fn transparent_pixels_show_the_background() {
        let image = RgbaImage::from_fn(3, 1, |x, _| Rgba([200, 100, 0, [0, 51, 255][x as usize]]));
        let out = flatten(image.into(), [0, 0, 255]);
        assert_eq!(out.data(), [0, 0, 255, 40, 20, 204, 200, 100, 0]);
    }
}
