//! Fits the weights with which neighbours correct the prediction of DC.

use super::solve::{Equations, solve};
use crate::exact::context::dc_error;
use crate::exact::token::PlaneView;

/// A weight of 1, Q8, and the largest.
const ONE: f64 = 256.0;

/// The least squares fit of DC errors to those of their neighbours.
pub(super) struct DcFit {
    equations: Equations<4>,
}

impl Default for DcFit {
    fn default() -> Self {
        Self { equations: Equations::ZERO }
    }
}

impl DcFit {
    /// Adds those blocks of `plane` that have neighbours to the left and above and are in no
    /// run, where no DC is coded.
    pub(super) fn add(&mut self, plane: &PlaneView<'_>) {
        let columns = plane.columns;
        for at in plane.coded_blocks().filter(|&at| at >= columns && !at.is_multiple_of(columns)) {
            let above = at - columns;
            let above_right = if (at + 1).is_multiple_of(columns) { above } else { above + 1 };
            let features = [at - 1, above, above - 1, above_right].map(|at| error(plane, at));
            // Errors vary in proportion to their size, so large ones count less.
            let weight = 1.0 / (20.0 + features[0].abs() + features[1].abs());
            self.equations.add(weight, &features, error(plane, at));
        }
    }

    /// The weights of left, above, above left and above right, Q8.
    pub(super) fn weights(&self) -> [i16; 4] {
        let Equations { mut matrix, right } = self.equations;
        (0..4).for_each(|a| matrix[a][a] += 1e-3);
        solve(matrix, right, [false; 4]).map(|weight| (weight * ONE).round().clamp(-ONE, ONE) as i16)
    }
}

/// The error of the DC prediction of block `at`, in sixteenths of a step.
fn error(plane: &PlaneView<'_>, at: usize) -> f64 {
    f64::from(dc_error(&plane.blocks[at], &plane.prediction[at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Block;
    use crate::exact::context::{Magnitudes, Run};

    /// The weights fitted to a plane of 8 columns with these DC coefficients, all
    /// predicted as 0, and these runs.
    fn weights(dc: &[i16], runs: &[Run]) -> [i16; 4] {
        let blocks: Vec<Block> =
            dc.iter().map(|&dc| Block(std::array::from_fn(|k| if k == 0 { dc } else { 0 }))).collect();
        let plane = PlaneView {
            blocks: &blocks,
            prediction: &vec![Block::ZERO; blocks.len()],
            magnitudes: &Magnitudes::default(),
            reference: None,
            runs,
            columns: 8,
        };
        let mut fit = DcFit::default();
        fit.add(&plane);
        fit.weights()
    }

    /// DC coefficients in rows of 8, the inner ones in proportion to their neighbours.
    fn dependent_dc() -> Vec<i16> {
        let mut random = fastrand::Rng::with_seed(5);
        let mut dc: Vec<i16> = (0..800).map(|_| random.i16(-3_000..3_000)).collect();
        for at in (8..800).filter(|at| at % 8 > 0) {
            let above_right = if at % 8 < 7 { dc[at - 7] } else { dc[at - 8] };
            dc[at] = dc[at - 1] / 2 + dc[at - 8] / 4 - dc[at - 9] / 4 + above_right / 8;
        }
        dc
    }

    #[test]
    fn blocks_in_runs_have_no_part_in_dc_weights() {
        let mut dc = dependent_dc();
        let expected = weights(&dc, &[]);
        // Rows that begin with an error, and have none in the run after it.
        dc.extend((0..400).map(|at| if at % 8 == 0 { 3_000 } else { 0 }));
        let runs: Vec<Run> =
            (800..1_200).step_by(8).map(|row| Run { at: row + 1, length: 7, limit: 7 }).collect();
        assert_eq!(weights(&dc, &runs), expected);
        assert_ne!(weights(&dc, &[]), expected);
    }

    #[test]
    fn dc_weights_are_those_by_which_errors_depend_on_their_neighbours() {
        let actual = weights(&dependent_dc(), &[]);
        for (actual, expected) in actual.iter().zip([128, 64, -64, 32]) {
            assert!((actual - expected).abs() <= 2, "{actual} is not {expected}");
        }
    }

    #[test]
    fn dc_weights_without_samples_are_0_and_never_above_1() {
        assert_eq!(weights(&[], &[]), [0; 4]);
        // Each row is three times that above.
        let dc: Vec<i16> = (0..64).map(|at| 3i16.pow(at / 8) * (at % 8 * 5 % 3) as i16).collect();
        let actual = weights(&dc, &[]);
        assert!(actual.iter().all(|weight| weight.abs() <= 256), "{actual:?}");
    }
}
