//! Fits the gain of each predicted coefficient and the share of the reference
//! plane's error that is added to it.

use super::solve::Equations;
use crate::Block;
use crate::exact::token::PlaneView;

/// A gain or carry of 1, Q14.
const ONE: f64 = 16_384.0;
/// The largest gain.
const MAX_GAIN: f64 = 1.4;
/// The largest carry.
const MAX_CARRY: f64 = 1.9;
/// The part of the squared error that a carry has to remove.
const MIN_IMPROVEMENT: f64 = 0.01;

/// The gains and carry of a plane, Q14, in zigzag order.
pub(super) struct Gains {
    pub(super) gains: [u16; 64],
    pub(super) carry: [i16; 64],
}

/// Sums from which the gains and carry of a plane are fitted, by zigzag position.
pub(super) struct GainSums([Products; 64]);

impl Default for GainSums {
    fn default() -> Self {
        Self([Products::ZERO; 64])
    }
}

impl GainSums {
    /// Adds the blocks of `plane`, which is predicted with gain 1 and without carried
    /// errors, and of the plane that it refers to, if there is one, with its final
    /// predictions. Blocks in runs count for nothing, as no prediction of theirs is used.
    pub(super) fn add(&mut self, plane: &PlaneView<'_>, reference: Option<&PlaneView<'_>>) {
        for at in plane.coded_blocks() {
            let (block, prediction) = (&plane.blocks[at], &plane.prediction[at]);
            let error = reference
                .map_or(Block::ZERO, |reference| error(&reference.blocks[at], &reference.prediction[at]));
            self.add_block(block, prediction, &error);
        }
    }

    fn add_block(&mut self, block: &Block, prediction: &Block, error: &Block) {
        let activity: f64 = block.0[1..].iter().map(|&value| f64::from(value).abs()).sum();
        // See the matrix's equations, whose exponent is 0.5.
        let weight = libm::pow(2.0 + activity, -0.7);
        for (k, products) in self.0.iter_mut().enumerate() {
            let values = [16.0 * f64::from(block.0[k]), f64::from(prediction.0[k]), f64::from(error.0[k])];
            products.add(weight, values);
        }
    }

    /// Fits gains and carry together by least squares.
    pub(super) fn fit(&self) -> Gains {
        let mut fitted = Gains { gains: [0; 64], carry: [0; 64] };
        for (k, products) in self.0.iter().enumerate() {
            let Shares { gain, carry } = products.fit(if k == 0 { GainFit::Fixed } else { GainFit::Free });
            fitted.gains[k] = (gain * ONE).floor() as u16;
            fitted.carry[k] = (carry * ONE).round() as i16;
        }
        fitted
    }
}

/// How far the coefficients of `block` are above their predictions, in sixteenths of a
/// step.
fn error(block: &Block, prediction: &Block) -> Block {
    Block(std::array::from_fn(|k| block.0[k].saturating_mul(16).saturating_sub(prediction.0[k])))
}

/// Sums of products of prediction, actual value and reference's error at one
/// zigzag position.
#[derive(Clone, Copy)]
struct Products {
    /// The equations for estimating the actual value from prediction and error.
    equations: Equations<2>,
    /// Sum of the squares of the actual value.
    actual: f64,
}

/// The shares of prediction and reference's error in a coefficient.
#[derive(Clone, Copy)]
struct Shares {
    gain: f64,
    carry: f64,
}

/// Whether a gain is fitted.
#[derive(Clone, Copy)]
enum GainFit {
    /// The gain is 1.
    Fixed,
    /// The gain is the best of 0 to [`MAX_GAIN`].
    Free,
}

impl Products {
    const ZERO: Self = Self { equations: Equations::ZERO, actual: 0.0 };

    fn add(&mut self, weight: f64, [actual, predicted, error]: [f64; 3]) {
        self.actual += weight * actual * actual;
        self.equations.add(weight, &[predicted, error], actual);
    }

    /// The gain and carry with the least squared error, or a carry of 0 if one
    /// would gain too little.
    fn fit(&self, fit: GainFit) -> Shares {
        let alone = Shares { gain: self.best_gain(0.0, fit), carry: 0.0 };
        let mut best = alone;
        // Coordinate descent, as both are clamped.
        for _ in 0..50 {
            best.carry = self.best_carry(best.gain);
            best.gain = self.best_gain(best.carry, fit);
        }
        let improves = self.squared_error(best) < (1.0 - MIN_IMPROVEMENT) * self.squared_error(alone);
        if improves { best } else { alone }
    }

    /// The best gain for this carry.
    fn best_gain(&self, carry: f64, fit: GainFit) -> f64 {
        let Equations { matrix: [[predicted, both], _], right: [predicted_actual, _] } = self.equations;
        match fit {
            GainFit::Fixed => 1.0,
            GainFit::Free => ((predicted_actual - carry * both) / (predicted + 1e-3)).clamp(0.0, MAX_GAIN),
        }
    }

    /// The best carry for this gain.
    fn best_carry(&self, gain: f64) -> f64 {
        let Equations { matrix: [[_, both], [_, error]], right: [_, error_actual] } = self.equations;
        ((error_actual - gain * both) / (error + 1e-3)).clamp(-MAX_CARRY, MAX_CARRY)
    }

    fn squared_error(&self, Shares { gain, carry }: Shares) -> f64 {
        let Equations { matrix: [[predicted, both], [_, error]], right: [predicted_actual, error_actual] } =
            self.equations;
        self.actual + gain * gain * predicted + carry * carry * error
            - 2.0 * (gain * predicted_actual + carry * error_actual - gain * carry * both)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::context::{Magnitudes, Run};

    #[test]
    fn errors_of_the_reference_at_blocks_in_runs_do_not_count() {
        let flat = |dc: [i16; 8]| dc.map(Block::flat);
        let (blocks, reference) = (flat([1, -2, 3, -4, 0, 0, 0, 0]), flat([2, -4, 6, -8, 9, 9, 9, 9]));
        let (prediction, magnitudes) = ([Block::ZERO; 8], Magnitudes::default());
        let plane = PlaneView {
            blocks: &blocks,
            prediction: &prediction,
            magnitudes: &magnitudes,
            reference: None,
            runs: &[Run { at: 3, length: 0, limit: 1 }, Run { at: 4, length: 4, limit: 4 }],
            columns: 8,
        };
        let mut sums = GainSums::default();
        sums.add(&plane, Some(&PlaneView { blocks: &reference, runs: &[], ..plane }));
        assert!((sums.fit().carry[0] - 8_192).abs() < 8, "{}", sums.fit().carry[0]);
    }

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
    fn gain_and_carry_are_fitted_together() {
        let products_of_both = products(0.0, |predicted, error| 0.5 * predicted - 0.25 * error);
        let Shares { gain, carry } = products_of_both.fit(GainFit::Free);
        assert!((gain - 0.5).abs() < 1e-3 && (carry + 0.25).abs() < 1e-3, "{gain} {carry}");
        let products_of_one = products(0.0, |predicted, error| predicted + 0.75 * error);
        let Shares { gain, carry } = products_of_one.fit(GainFit::Fixed);
        assert!(gain == 1.0 && (carry - 0.75).abs() < 1e-3, "{gain} {carry}");
    }

    #[test]
    fn a_carry_that_gains_next_to_nothing_is_left_out() {
        let products = products(0.5, |predicted, error| predicted + 0.01 * error);
        let Shares { gain, carry } = products.fit(GainFit::Free);
        assert_eq!(carry, 0.0);
        assert!((gain - 1.0).abs() < 0.1, "{gain}");
    }
}
