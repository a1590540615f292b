//! The difference between a served tile and the slide's own pixels.

use origami_pyramid::{Plane, Rgb, colour};
use palette::color_difference::Ciede2000;
use palette::{FromColor, Lab, Srgb};

/// PSNR of identical tiles, for which the formula has no value, and the highest that
/// is ever reported.
pub(crate) const IDENTICAL: f64 = 99.0;

/// The colour difference is computed for one pixel in this many, across and down: some
/// 2,700 pixels of a tile, because the formula is slow. Blocks of a JPEG are 8 px wide, so
/// a step without common factors with 8 meets all places within a block.
const COLOUR_STEP: usize = 5;

/// The difference of one tile.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// PSNR of luma in dB, at most 99.
    pub psnr_y: f64,
    /// Mean CIEDE2000 of every fifth pixel of every fifth row.
    pub delta_e: f64,
}

/// Compares two images of the same size.
///
/// # Panics
/// If the sizes differ.
#[must_use]
pub fn difference(served: &Rgb, source: &Rgb) -> Difference {
    assert_eq!(served.size(), source.size());
    Difference { psnr_y: psnr_y(served, source), delta_e: mean_delta_e(served, source) }
}

fn psnr_y(served: &Rgb, source: &Rgb) -> f64 {
    let (served, source) = (luma(served), luma(source));
    let samples = served.data().iter().zip(source.data());
    let squares: u64 = samples.map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2)).sum();
    if squares == 0 {
        return IDENTICAL;
    }
    let mse = squares as f64 / (served.width() * served.height()) as f64;
    (10.0 * (255.0 * 255.0 / mse).log10()).min(IDENTICAL)
}

fn mean_delta_e(served: &Rgb, source: &Rgb) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for y in (0..served.height()).step_by(COLOUR_STEP) {
        let [served, source] =
            [served.row(y), source.row(y)].map(|row| row.as_chunks::<3>().0.iter().step_by(COLOUR_STEP));
        for (&a, &b) in served.zip(source) {
            if a != b {
                sum += f64::from(lab(a).difference(lab(b)));
            }
            count += 1.0;
        }
    }
    sum / count
}

/// The luma of an image.
pub(crate) fn luma(image: &Rgb) -> Plane<Vec<u8>> {
    let mut plane = Plane::zeros(image.width(), image.height());
    colour::luma(image, 0, 0, &mut plane);
    plane
}

fn lab([r, g, b]: [u8; 3]) -> Lab {
    Lab::from_color(Srgb::new(r, g, b).into_linear::<f32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tiles_have_no_difference() {
        let tile = Rgb::filled(9, 7, [10, 200, 30]);
        let Difference { psnr_y, delta_e } = difference(&tile, &tile);
        assert_eq!((psnr_y, delta_e), (IDENTICAL, 0.0));
    }

    #[test]
    fn a_luma_step_of_one_everywhere_is_48_decibels() {
        let (a, b) = (Rgb::filled(16, 16, [100; 3]), Rgb::filled(16, 16, [101; 3]));
        assert!((difference(&a, &b).psnr_y - 48.1308).abs() < 0.001);
    }

    #[test]
    fn the_colour_difference_is_ciede2000() {
        // The reference values of Sharma, Wu and Dalal need Lab input; sRGB red
        // against green is the usual check in 8-bit sRGB.
        let (a, b) = (Rgb::filled(4, 4, [255, 0, 0]), Rgb::filled(4, 4, [0, 255, 0]));
        assert!((difference(&a, &b).delta_e - 86.6).abs() < 0.2, "{}", difference(&a, &b).delta_e);
    }
}
