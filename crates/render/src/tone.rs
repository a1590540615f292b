//! Colour, gray, or black and white.

use origami_pyramid::{Rgb, colour};

/// The luma from which a pixel of [`Tone::Bitonal`] is white.
const WHITE_FROM: u8 = 128;

/// Which colours a picture has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Those of the slide.
    #[default]
    Colour,
    /// Grays: each pixel has its luma, as JPEG defines it.
    Gray,
    /// Black and white: white where luma is 128 or more.
    Bitonal,
}

impl Tone {
    /// All of them, with the most colours first.
    pub const ALL: [Self; 3] = [Self::Colour, Self::Gray, Self::Bitonal];

    /// Gives `pixels` this tone.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::Rgb;
    /// use origami_render::Tone;
    /// let mut pixels = Rgb::filled(2, 1, [255, 0, 0]);
    /// Tone::Gray.apply(&mut pixels);
    /// assert_eq!(pixels, Rgb::filled(2, 1, [76; 3]));
    /// Tone::Bitonal.apply(&mut pixels);
    /// assert_eq!(pixels, Rgb::filled(2, 1, [0; 3]));
    /// ```
    pub fn apply(self, pixels: &mut Rgb) {
        if self == Self::Colour {
            return;
        }
        for pixel in pixels.data_mut().as_chunks_mut::<3>().0 {
            let [luma, ..] = colour::ycc_of(*pixel);
            let is_white = luma >= WHITE_FROM;
            *pixel = [if self == Self::Gray { luma } else { 255 * u8::from(is_white) }; 3];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_gets_the_tone_that_the_formula_says() {
        let mut colours = Vec::new();
        for r in (0..=255u8).step_by(15) {
            for g in (0..=255u8).step_by(17) {
                for b in (0..=255u8).step_by(51) {
                    colours.extend([r, g, b]);
                }
            }
        }
        let original = Rgb::from_vec(colours.clone(), colours.len() / 3, 1);
        let toned = Tone::ALL.map(|tone| {
            let mut pixels = original.clone();
            tone.apply(&mut pixels);
            pixels
        });
        assert_eq!(toned[0], original);
        for (n, pixel) in original.data().chunks_exact(3).enumerate() {
            let luma =
                0.299 * f64::from(pixel[0]) + 0.587 * f64::from(pixel[1]) + 0.114 * f64::from(pixel[2]);
            let [gray, bitonal] = [1, 2].map(|tone: usize| &toned[tone].data()[3 * n..][..3]);
            assert!(gray[0] == gray[1] && gray[1] == gray[2]);
            assert!((f64::from(gray[0]) - luma).abs() <= 0.51, "{} for {pixel:?}", gray[0]);
            assert_eq!(bitonal, [if gray[0] >= 128 { 255 } else { 0 }; 3], "{pixel:?}");
        }
    }
}
