//! Pictures of a tile for the page.

use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use origami_pyramid::{Rgb, Size};

/// The factor by which differences are amplified in pictures.
pub const AMPLIFICATION: i16 = 8;

/// Pictures of one tile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pictures {
    /// Width and height in pixels.
    pub size: Size,
    /// The source's pixels, as lossless WebP.
    pub source: Vec<u8>,
    /// The JPEG that is served.
    pub served: Vec<u8>,
    /// Served less source, times [`AMPLIFICATION`], about a middle gray, as lossless
    /// WebP.
    pub difference: Vec<u8>,
}

impl Pictures {
    /// The pictures of a tile with these `source` pixels, which is served as the JPEG
    /// `served`, whose pixels are `pixels`.
    pub(super) fn new(source: &Rgb, served: &[u8], pixels: &Rgb) -> Self {
        Self {
            size: source.size(),
            source: webp(source),
            served: served.to_vec(),
            difference: webp(&amplified_difference(pixels, source)),
        }
    }
}

/// `128 + 8 (image - source)` per channel, clamped to 0 to 255.
fn amplified_difference(image: &Rgb, source: &Rgb) -> Rgb {
    let samples = image.data().iter().zip(source.data());
    let amplified = samples.map(|(&image, &source)| {
        (128 + AMPLIFICATION * (i16::from(image) - i16::from(source))).clamp(0, 255) as u8
    });
    Rgb::from_vec(amplified.collect(), image.width(), image.height())
}

fn webp(image: &Rgb) -> Vec<u8> {
    let mut bytes = Vec::new();
    WebPEncoder::new_lossless(&mut bytes)
        .write_image(image.data(), image.width() as u32, image.height() as u32, ExtendedColorType::Rgb8)
        .expect("a tile is within WebP's 16,383 px a side");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_difference_is_gray_and_large_differences_are_clamped() {
        let source = Rgb::from_vec(vec![10, 200, 30, 100, 100, 100], 2, 1);
        let image = Rgb::from_vec(vec![10, 201, 27, 255, 0, 100], 2, 1);
        assert_eq!(amplified_difference(&image, &source).data(), [128, 136, 104, 255, 0, 128]);
    }

    #[test]
    fn webp_pictures_are_lossless() {
        let source = Rgb::from_vec((0..3 * 17 * 5).map(|i| (i * 31 % 251) as u8).collect(), 17, 5);
        let image = image::load_from_memory(&webp(&source)).unwrap().to_rgb8();
        assert_eq!((image.width(), image.height()), (17, 5));
        assert_eq!(image.as_raw(), source.data());
    }
}
