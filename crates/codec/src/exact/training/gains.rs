//! How much of each predicted coefficient, and of the reference plane's
//! prediction error, tells of the actual one.

use super::Sample;
use super::solve::Equations;
use crate::Block;

/// Gains, Q14.
pub(super) const ONE: f64 = 16_384.0;
/// The largest gain.
const MOST: f64 = 1.4;
/// The largest carry.
const MOST_CARRY: f64 = 1.9;
/// The part of the squared error that a carry has to remove.
const WORTH: f64 = 0.01;

/// Prediction and actual value of one zigzag position, and the reference's
/// error, as sums of products.
#[derive(Clone, Copy)]
struct Products {
    /// What gain and carry have to make of prediction and error.
    equations: Equations<2>,
    /// Sum of the squares of the actual value.
    actual: f64,
}

/// Gains and carry of `plane`, given `predictions` made with gain 1 and, if it
/// has a reference, that plane's final prediction errors (both one list of
/// blocks for each sample). Least squares, both at once.
pub(super) fn gains(
    samples: &[Sample<'_>],
    plane: usize,
    predictions: &[Vec<Block>],
    errors: Option<&[Vec<Block>]>,
) -> ([u16; 64], [i16; 64]) {
    let mut products = [Products::ZERO; 64];
    for (number, (sample, predictions)) in samples.iter().zip(predictions).enumerate() {
        let errors = errors.map(|errors| &errors[number]);
        for (at, (block, prediction)) in sample.tile.plane(plane).iter().zip(predictions).enumerate() {
            let error = errors.map_or(&Block::ZERO, |errors| &errors[at]);
            let activity: f64 = block.0[1..].iter().map(|&value| f64::from(value).abs()).sum();
            for (k, products) in products.iter_mut().enumerate() {
                let values =
                    [16.0 * f64::from(block.0[k]), f64::from(prediction.0[k]), f64::from(error.0[k])];
                products.add(1.0 / (2.0 + activity), values);
            }
        }
    }
    let (mut gains, mut carry) = ([0; 64], [0; 64]);
    for (k, products) in products.iter().enumerate() {
        let (gain, carried) = products.fit(k > 0);
        gains[k] = (gain * ONE).floor() as u16;
        carry[k] = (carried * ONE).round() as i16;
    }
    (gains, carry)
}

impl Products {
    const ZERO: Self = Self { equations: Equations::ZERO, actual: 0.0 };

    fn add(&mut self, weight: f64, [actual, predicted, error]: [f64; 3]) {
        self.actual += weight * actual * actual;
        self.equations.add(weight, &[predicted, error], actual);
    }

    /// Gain and carry; the gain is 1 unless `free`.
    fn fit(&self, free: bool) -> (f64, f64) {
        let Equations { matrix: [[predicted, both], [_, error]], right: [predicted_actual, error_actual] } =
            self.equations;
        let gain = |carry: f64| {
            let gain = (predicted_actual - carry * both) / (predicted + 1e-3);
            if free { gain.clamp(0.0, MOST) } else { 1.0 }
        };
        let carry =
            |gain: f64| ((error_actual - gain * both) / (error + 1e-3)).clamp(-MOST_CARRY, MOST_CARRY);
        let squared_error = |(gain, carry): (f64, f64)| {
            self.actual + gain * gain * predicted + carry * carry * error
                - 2.0 * (gain * predicted_actual + carry * error_actual - gain * carry * both)
        };
        let alone = gain(0.0);
        let mut best = (alone, 0.0);
        // Coordinate descent, as both are clamped.
        for _ in 0..50 {
            best.1 = carry(best.0);
            best.0 = gain(best.1);
        }
        let worth = squared_error(best) < (1.0 - WORTH) * squared_error((alone, 0.0));
        if worth { best } else { (alone, 0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn products(noise: f64, actual: impl Fn(f64, f64) -> f64) -> Products {
        let mut products = Products::ZERO;
        for step in 0..100 {
            let (predicted, error) = (f64::from(step % 10) - 4.5, f64::from(step / 10) - 4.5);
            let noise = noise * (f64::from(step * 7 % 11) - 5.0);
            products.add(1.0, [actual(predicted, error) + noise, predicted, error]);
        }
        products
    }

    #[test]
    fn gain_and_carry_are_found_together() {
        let (gain, carry) = products(0.0, |predicted, error| 0.5 * predicted - 0.25 * error).fit(true);
        assert!((gain - 0.5).abs() < 1e-3 && (carry + 0.25).abs() < 1e-3, "{gain} {carry}");
        let (gain, carry) = products(0.0, |predicted, error| predicted + 0.75 * error).fit(false);
        assert!(gain == 1.0 && (carry - 0.75).abs() < 1e-3, "{gain} {carry}");
    }

    #[test]
    fn a_carry_that_gains_next_to_nothing_is_left_out() {
        let (gain, carry) = products(0.5, |predicted, error| predicted + 0.01 * error).fit(true);
        assert_eq!(carry, 0.0);
        assert!((gain - 1.0).abs() < 0.1, "{gain}");
    }
}
