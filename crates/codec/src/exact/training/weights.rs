//! Fits the weights of the features that estimate a coefficient's magnitude.

use super::solve::{Equations, solve};
use crate::exact::context::{BlockPosition, MagnitudeBlock, Neighbours, Weights, activity};
use crate::exact::token::PlaneView;

/// Number of features: left and above, above-left, prediction, the block's
/// predicted activity, reference, constant, and the decaying sum of the block's
/// later magnitudes. The coder has no weight for the last, so the others are
/// scaled to match it.
const FEATURES: usize = 7;
/// The feature of the decaying sum.
const SUM: usize = FEATURES - 1;
/// The weight that the decaying sum has in the coder.
const SUM_WEIGHT: f64 = 0.125;
/// The unit of each weight.
const UNITS: [f64; 6] = [1024.0, 1024.0, 64.0, 1024.0, 1024.0, 1024.0];
/// The largest weight of each feature, which keeps 16-bit products from
/// wrapping.
const MAX_WEIGHTS: [f64; 6] = [510.0, 1000.0, 250.0, 250.0, 1000.0, 4000.0];

/// The least squares fit of magnitudes. Each zigzag position has its own equations.
pub(super) struct MagnitudeFit {
    equations: Vec<Equations<FEATURES>>,
}

impl Default for MagnitudeFit {
    fn default() -> Self {
        Self { equations: vec![Equations::ZERO; 64] }
    }
}

impl MagnitudeFit {
    /// Adds the blocks of `plane`.
    pub(super) fn add(&mut self, plane: &PlaneView<'_>) {
        for first in (0..plane.blocks.len()).step_by(plane.columns) {
            for column in 0..plane.columns {
                let position = BlockPosition::in_row(first, column, plane.columns, first > 0);
                accumulate(&mut self.equations, plane, position);
            }
        }
    }

    /// The weights that best estimate the magnitudes.
    pub(super) fn weights(&self) -> Weights {
        let mut weights = [[0; 64]; 6];
        for k in 1..64 {
            for (weights, weight) in weights.iter_mut().zip(fit(&pooled(&self.equations, k))) {
                weights[k] = weight;
            }
        }
        weights
    }
}

/// Adds a block's coefficients except for the last, which is known not to be 0.
fn accumulate(equations: &mut [Equations<FEATURES>], plane: &PlaneView<'_>, position: BlockPosition) {
    let at = position.at;
    let last = usize::from(plane.magnitudes.last[at]);
    if last == 0 {
        return;
    }
    let (block, prediction) = (&plane.blocks[at], &plane.prediction[at]);
    let Neighbours { left, above, corner } = Neighbours::new(|at| &plane.magnitudes.blocks[at], position);
    let reference = plane.reference.map_or(&MagnitudeBlock::ZERO, |reference| &reference.blocks[at]);
    let activity = (activity(prediction) >> 4).min(255);
    let mut later = u32::from(block.0[last].unsigned_abs());
    let mut sum = (later << 6) - ((later << 6) >> 3);
    for k in (1..last).rev() {
        let features = [
            f64::from(left.0[k]) + f64::from(above.0[k]),
            f64::from(corner.0[k]),
            f64::from(prediction.0[k].unsigned_abs().min(255)) / 16.0,
            f64::from(activity),
            f64::from(reference.0[k]),
            1.0,
            f64::from(sum) / 64.0,
        ];
        // Magnitudes vary in proportion to their size, so large ones count less.
        let weight = 1.0 / (1.0 + 0.3 * (features[0] + f64::from(later)));
        later = u32::from(block.0[k].unsigned_abs());
        equations[k].add(weight, &features, f64::from(later));
        sum += later << 6;
        sum -= sum >> 3;
    }
}

/// The equations of position `k` with a share of its neighbours', because few
/// blocks have high positions.
fn pooled(equations: &[Equations<FEATURES>], k: usize) -> Equations<FEATURES> {
    let mut pooled: Equations<FEATURES> = Equations::ZERO;
    let first = k.saturating_sub(2).max(1);
    for (at, other) in equations.iter().enumerate().take(k + 3).skip(first) {
        let factor = if at == k { 1.0 } else { 0.2 };
        let entries = pooled.matrix.as_flattened_mut().iter_mut().zip(other.matrix.as_flattened());
        let right = pooled.right.iter_mut().zip(&other.right);
        entries.chain(right).for_each(|(sum, value)| *sum += factor * value);
    }
    pooled
}

/// The weights of the first six features as integers, none negative.
fn fit(equations: &Equations<FEATURES>) -> [u16; 6] {
    let mut matrix = equations.matrix;
    (0..FEATURES).for_each(|a| matrix[a][a] += 1e-3 + 1e-4 * matrix[a][a]);
    let mut fixed = [false; FEATURES];
    let mut solution = solve(matrix, equations.right, fixed);
    while solution.iter().any(|&weight| weight < 0.0) {
        (0..FEATURES).filter(|&a| solution[a] < 0.0).for_each(|a| fixed[a] = true);
        solution = solve(matrix, equations.right, fixed);
    }
    let sum = solution[SUM];
    let scale = if sum > 1e-6 { (SUM_WEIGHT / sum).clamp(0.33, 3.0) } else { 3.0 };
    std::array::from_fn(|a| (solution[a] * scale * UNITS[a]).round().min(MAX_WEIGHTS[a]) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_that_determines_the_magnitude_gets_the_weight() {
        let mut equations = Equations::ZERO;
        for step in 0..200 {
            let (a, b, sum) = (f64::from(step % 7), f64::from(step % 5), f64::from(step % 11));
            let features = [a, b, 0.0, 0.0, 0.0, 1.0, sum];
            equations.add(1.0, &features, 0.25 * a + 0.125 * sum);
        }
        let [above, corner, .., constant] = fit(&equations);
        assert!((250..=262).contains(&above), "{above}");
        assert!(corner < 4 && constant < 10, "{corner} {constant}");
    }

    #[test]
    fn a_feature_that_lowers_the_magnitude_gets_no_weight() {
        let mut equations = Equations::ZERO;
        for step in 0..200 {
            let (a, b) = (f64::from(step % 7), f64::from(step % 5));
            equations.add(1.0, &[a, b, 0.0, 0.0, 0.0, 1.0, 0.0], 3.0 - 0.25 * a + 0.1 * b);
        }
        assert_eq!(fit(&equations)[0], 0);
    }
}
