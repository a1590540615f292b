//! Tiles as pictures for a page.

use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use origami_pyramid::Rgb;

/// How many times larger differences are drawn than they are.
pub const AMPLIFIED: i16 = 8;

/// A tile to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pictures {
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// The source's pixels, lossless WebP.
    pub source: Vec<u8>,
    /// The JPEG as it is served.
    pub served: Vec<u8>,
    /// Served less source, [`AMPLIFIED`] times, about a middle gray: lossless
    /// WebP.
    pub difference: Vec<u8>,
}

impl Pictures {
    /// Of a tile with these `source` pixels, which is `served` as this JPEG and
    /// then has these `pixels`.
    pub(super) fn new(source: &Rgb, served: &[u8], pixels: &Rgb) -> Self {
        Self {
            size: (source.width(), source.height()),
            source: webp(source),
            served: served.to_vec(),
            difference: webp(&amplified(pixels, source)),
        }
    }
}

/// `128 + 8 (image - source)` per channel, clamped to 0 to 255.
fn amplified(image: &Rgb, source: &Rgb) -> Rgb {
    let amplify = |(&image, &source): (&u8, &u8)| {
        (128 + AMPLIFIED * (i16::from(image) - i16::from(source))).clamp(0, 255) as u8
    };
    let data = image.data().iter().zip(source.data()).map(amplify).collect();
    Rgb::from_vec(data, image.width(), image.height())
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
    fn no_difference_is_gray_and_large_ones_are_clamped() {
        let source = Rgb::from_vec(vec![10, 200, 30, 100, 100, 100], 2, 1);
        let image = Rgb::from_vec(vec![10, 201, 27, 255, 0, 100], 2, 1);
        assert_eq!(amplified(&image, &source).data(), [128, 136, 104, 255, 0, 128]);
    }

    #[test]
    fn pictures_of_pixels_are_lossless() {
        let source = Rgb::from_vec((0..3 * 17 * 5).map(|i| (i * 31 % 251) as u8).collect(), 17, 5);
        let image = image::load_from_memory(&webp(&source)).unwrap().to_rgb8();
        assert_eq!((image.width(), image.height()), (17, 5));
        assert_eq!(image.as_raw(), source.data());
    }
}
