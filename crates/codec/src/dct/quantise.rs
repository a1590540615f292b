//! Quantisation steps, and the division by them.

use crate::{Colour, Quantisation, ZIGZAG};

/// Luma steps at quality 50, row by row (ITU-T T.81, table K.1).
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, //
    12, 12, 14, 19, 26, 58, 60, 55, //
    14, 13, 16, 24, 40, 57, 69, 56, //
    14, 17, 22, 29, 51, 87, 80, 62, //
    18, 22, 37, 56, 68, 109, 103, 77, //
    24, 35, 55, 64, 81, 104, 113, 92, //
    49, 64, 78, 87, 103, 121, 120, 101, //
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// Chroma steps at quality 50 (table K.2) in the upper left; all others are 99.
const CHROMA: [[u16; 4]; 4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]];

/// The quantisation steps that libjpeg-turbo uses at `quality`, 1 (worst) to
/// 100. Values outside this range are clamped to it.
///
/// The standard's tables are scaled to `(step * scale + 50) / 100`, rounded
/// down and clamped to 1..=255, where `scale` is `5000 / quality`, rounded
/// down, below 50 and otherwise `200 - 2 * quality`. All planes of RGB have the
/// steps of luma.
///
/// # Examples
/// ```
/// use origami_codec::Colour;
/// use origami_codec::dct::quality_tables;
///
/// let [luma, cb, cr] = quality_tables(50, Colour::Ycc);
/// assert_eq!((luma[0], luma[1], cb[0]), (16, 11, 17));
/// assert_eq!(cb, cr);
/// assert_eq!(quality_tables(100, Colour::Rgb), [[1; 64]; 3]);
/// ```
#[must_use]
pub fn quality_tables(quality: u8, colour: Colour) -> Quantisation {
    let quality = u32::from(quality.clamp(1, 100));
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let luma = ZIGZAG.map(|at| scaled(LUMA[usize::from(at)], scale));
    let chroma = ZIGZAG.map(|at| {
        let (v, u) = (usize::from(at / 8), usize::from(at % 8));
        scaled(if v < 4 && u < 4 { CHROMA[v][u] } else { 99 }, scale)
    });
    if colour == Colour::Rgb { [luma; 3] } else { [luma, chroma, chroma] }
}

/// `scale` percent of a step, clamped to 1..=255.
fn scaled(step: u16, scale: u32) -> u16 {
    ((u32::from(step) * scale + 50) / 100).clamp(1, 255) as u16
}

/// Division by eight times a step, in 16-bit multiplications.
///
/// With `2^b` the largest power of two in the divisor, `factor` is
/// `2^(16 + b) / divisor`, rounded; where that rounds down, one is added to the
/// dividend (A. D. Robison, "N-bit unsigned division via N-bit multiply-add",
/// 2005). For a power of two `factor` is half as much, to fit in 16 bits.
#[derive(Clone, Copy)]
pub(super) struct Reciprocal {
    /// Half the divisor, which makes the division round, plus the one that may
    /// have to be added to the dividend.
    pub(super) half: u16,
    pub(super) factor: u16,
    /// The second multiplier, a power of two: it does the remaining right shift.
    pub(super) scale: u16,
}

impl Reciprocal {
    /// For a step of 1 to 255.
    pub(super) fn new(step: u16) -> Self {
        let divisor = 8 * u32::from(step);
        let power = divisor.ilog2();
        if divisor.is_power_of_two() {
            let half = (divisor / 2) as u16;
            return Self { half, factor: 1 << 15, scale: 1 << (17 - power) };
        }
        let (factor, rest) = ((1 << (16 + power)) / divisor, (1 << (16 + power)) % divisor);
        let down = u32::from(rest <= divisor / 2);
        let (half, factor) = ((divisor / 2 + down) as u16, (factor + 1 - down) as u16);
        Self { half, factor, scale: 1 << (16 - power) }
    }

    /// Divides a coefficient, given as eight times the orthonormal one, and
    /// rounds to the nearest whole number of steps, halves away from zero.
    #[inline(always)]
    pub(super) fn quantise(self, coefficient: i16) -> i16 {
        let dividend = coefficient.unsigned_abs() + self.half;
        let steps = mul_high(mul_high(dividend, self.factor), self.scale);
        if coefficient < 0 { -(steps as i16) } else { steps as i16 }
    }
}

/// The upper 16 bits of a product.
#[inline(always)]
fn mul_high(a: u16, b: u16) -> u16 {
    ((u32::from(a) * u32::from(b)) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_divides_exactly_with_halves_away_from_zero() {
        for step in 1..=255 {
            let (divisor, reciprocal) = (8 * i32::from(step), Reciprocal::new(step));
            for coefficient in -i16::MAX..=i16::MAX {
                let steps = (i32::from(coefficient).abs() + divisor / 2) / divisor;
                let expected = steps * i32::from(coefficient.signum());
                assert_eq!(i32::from(reciprocal.quantise(coefficient)), expected, "{coefficient} by {step}");
            }
        }
    }

    #[test]
    fn quality_50_is_the_standard_and_the_ends_are_limited() {
        let [luma, cb, cr] = quality_tables(50, Colour::Ycc);
        assert_eq!((luma[..4].to_vec(), luma[63]), (vec![16, 11, 12, 14], 99));
        assert_eq!((&cb[..5], cb[63], cb), (&[17, 18, 18, 24, 21][..], 99, cr));
        assert_eq!(quality_tables(100, Colour::Ycc), [[1; 64]; 3]);
        assert_eq!(quality_tables(1, Colour::Gray)[0], [255; 64]);
        assert_eq!(quality_tables(80, Colour::Rgb), [quality_tables(80, Colour::Ycc)[0]; 3]);
        assert_eq!(quality_tables(0, Colour::Ycc), quality_tables(1, Colour::Ycc));
        assert_eq!(quality_tables(255, Colour::Ycc), quality_tables(100, Colour::Ycc));
    }
}
