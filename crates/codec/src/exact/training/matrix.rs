//! Fits the prediction matrix of a plane.
//!
//! Doubling a parent's samples and transforming them is linear and separable:
//! a block is `A w A^T` for the 8x8 parent samples `w` around it. Beginning with
//! the Lanczos matrix, the matrix is refined by alternating least squares.

use super::Sample;
use super::solve::{Equations, solve};
use crate::ZIGZAG;
use crate::dct::lanczos_matrix;
use std::f64::consts::SQRT_2;

/// Left halves of eight rows; `A[u][7 - j]` is `(-1)^u A[u][j]`.
type Half = [[f64; 4]; 8];
type Square = [[f64; 8]; 8];

/// Rounds of refinement; more gain nothing.
const ROUNDS: usize = 3;
/// How strongly rows are pulled towards those of the Lanczos matrix, relative to
/// their own energy.
const RIDGE: f64 = 1e-3;
/// About the number of blocks that suffice for a matrix.
const BLOCKS: usize = 40_000;

/// The left half of the matrix, Q15, for `plane` of `samples`.
pub(super) fn matrix(samples: &[Sample<'_>], plane: usize) -> [[i16; 4]; 8] {
    let lanczos = lanczos_matrix().map(|row| row.map(|tap| f64::from(tap) / 32_768.0));
    let mut half = lanczos;
    for round in 0..ROUNDS {
        for (u, equations) in equations(samples, plane, &whole(&half), round).iter().enumerate() {
            half[u] = row(equations, &lanczos[u]);
        }
        // A flat window has to predict its own level, or DC predictions shrink.
        let sum: f64 = half[0].iter().sum();
        half[0] = if sum > 1.0 { half[0].map(|tap| tap * SQRT_2 / sum) } else { lanczos[0] };
    }
    quantised(&half)
}

/// The equations of all rows, from a part of the samples' blocks that differs
/// from round to round. `matrix` is the result of the previous round.
fn equations(samples: &[Sample<'_>], plane: usize, matrix: &Square, round: usize) -> [Equations<4>; 8] {
    let blocks: usize = samples.iter().map(|sample| sample.tile.plane(plane).len()).sum();
    // Odd, so that the blocks are not all from a few columns.
    let stride = blocks.div_ceil(BLOCKS) | 1;
    let mut equations = [Equations::ZERO; 8];
    let mut number = round;
    for sample in samples {
        let steps = &sample.quantisation[plane];
        let mut products = Products::ZERO;
        for (at, block) in sample.tile.plane(plane).iter().enumerate() {
            number += 1;
            if number.is_multiple_of(stride) {
                let window = sample.window(plane, at);
                products.add(&mut equations, matrix, &window, &block.0, steps);
            }
        }
        products.add_to(&mut equations, steps);
    }
    equations
}

/// The left half of the row that solves `equations`, pulled towards `prior`.
fn row(equations: &Equations<4>, prior: &[f64; 4]) -> [f64; 4] {
    let Equations { mut matrix, mut right } = *equations;
    for a in 0..4 {
        let ridge = RIDGE * matrix[a][a] + 1e-9;
        matrix[a][a] += ridge;
        right[a] += ridge * prior[a];
    }
    solve(matrix, right, [false; 4])
}

/// One number for each pair of taps of a row.
type Pairs = [[f64; 4]; 4];

/// Sums of the products of features, over blocks with the same steps. With one factor of
/// `A w A^T` fixed, coefficient `(u, v)` is linear in row `u` or in row `v` of the other.
/// Which features it has depends on `u` only by whether that is odd, so eight times fewer
/// products are summed than there are coefficients.
struct Products {
    /// Of the features that coefficients with `v` have for row `u`, even and odd.
    right: [[Pairs; 2]; 8],
    /// Of those that coefficients with `u` have for row `v`, even and odd.
    left: [[Pairs; 2]; 8],
}

impl Products {
    const ZERO: Self = Self { right: [[[[0.0; 4]; 4]; 2]; 8], left: [[[[0.0; 4]; 4]; 2]; 8] };

    /// Adds a block; what its coefficients should be is added to `equations` at once.
    fn add(
        &mut self,
        equations: &mut [Equations<4>; 8],
        matrix: &Square,
        window: &Square,
        block: &[i16; 64],
        steps: &[u16; 64],
    ) {
        let right = features(matrix, &transposed(window));
        let left = features(matrix, window);
        let activity: f64 = block[1..].iter().map(|&value| f64::from(value).abs()).sum();
        // Active blocks are predicted worse and count less, but they are where the bytes are. The
        // exponents here and for gains are those that made packs of several slides smallest.
        let weight = 1.0 / (2.0 + activity).sqrt();
        for (sums, features) in [(&mut self.right, &right), (&mut self.left, &left)] {
            for (sum, features) in sums.as_flattened_mut().iter_mut().zip(features.as_flattened()) {
                add_pairs(sum, weight, features);
            }
        }
        for k in (1..64).filter(|&k| block[k] != 0) {
            let (u, v) = (usize::from(ZIGZAG[k] / 8), usize::from(ZIGZAG[k] % 8));
            let share = weight * f64::from(block[k]) / f64::from(steps[k]);
            add_scaled(&mut equations[u].right, share, &right[v][u % 2]);
            add_scaled(&mut equations[v].right, share, &left[u][v % 2]);
        }
    }

    /// Adds the products to `equations`.
    fn add_to(&self, equations: &mut [Equations<4>; 8], steps: &[u16; 64]) {
        for k in 1..64 {
            let (u, v) = (usize::from(ZIGZAG[k] / 8), usize::from(ZIGZAG[k] % 8));
            let factor = 1.0 / (f64::from(steps[k]) * f64::from(steps[k]));
            for a in 0..4 {
                add_scaled(&mut equations[u].matrix[a], factor, &self.right[v][u % 2][a]);
                add_scaled(&mut equations[v].matrix[a], factor, &self.left[u][v % 2][a]);
            }
        }
    }
}

/// The features of even and of odd rows, for each row of the fixed factor `matrix`.
fn features(matrix: &Square, window: &Square) -> [[[f64; 4]; 2]; 8] {
    matrix.map(|row| {
        let mut sums = [0.0; 8];
        for (weight, samples) in row.iter().zip(window) {
            add_scaled(&mut sums, *weight, samples);
        }
        [folded(&sums, 0), folded(&sums, 1)]
    })
}

fn transposed(square: &Square) -> Square {
    std::array::from_fn(|i| std::array::from_fn(|j| square[j][i]))
}

fn add_pairs(sum: &mut Pairs, weight: f64, features: &[f64; 4]) {
    for (sum, feature) in sum.iter_mut().zip(features) {
        add_scaled(sum, weight * feature, features);
    }
}

fn add_scaled<const N: usize>(sum: &mut [f64; N], factor: f64, values: &[f64; N]) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}

/// Samples folded onto the left half, with the symmetry of row `u`.
fn folded(samples: &[f64; 8], u: usize) -> [f64; 4] {
    std::array::from_fn(|j| samples[j] + sign(u) * samples[7 - j])
}

/// Even rows are symmetric, odd ones antisymmetric.
fn sign(u: usize) -> f64 {
    if u.is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// The whole matrix with this left half.
fn whole(half: &Half) -> Square {
    std::array::from_fn(|u| {
        std::array::from_fn(|j| if j < 4 { half[u][j] } else { sign(u) * half[u][7 - j] })
    })
}

/// Converts to Q15, with rows scaled down to the largest sum that the prediction's
/// arithmetic allows.
fn quantised(half: &Half) -> [[i16; 4]; 8] {
    half.map(|row| {
        let sum: f64 = row.iter().map(|tap| tap.abs()).sum();
        // Short of the limit by half a unit for each of the four taps that are rounded.
        let scale = (65_533.0 / 32_768.0 / sum).min(1.0);
        row.map(|tap| (tap * scale * 32_768.0).round().clamp(-32_767.0, 32_767.0) as i16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The equations of the rows, one coefficient at a time.
    fn slow(matrix: &Square, window: &Square, block: &[i16; 64], steps: &[u16; 64]) -> [Equations<4>; 8] {
        let mut equations = [Equations::ZERO; 8];
        let activity: f64 = block[1..].iter().map(|&value| f64::from(value).abs()).sum();
        for k in 1..64 {
            let (u, v) = (usize::from(ZIGZAG[k] / 8), usize::from(ZIGZAG[k] % 8));
            let step = f64::from(steps[k]);
            let weight = 1.0 / ((2.0 + activity).sqrt() * step * step);
            let target = f64::from(block[k]) * step;
            let right: [f64; 8] = std::array::from_fn(|j| (0..8).map(|i| window[j][i] * matrix[v][i]).sum());
            let left: [f64; 8] = std::array::from_fn(|j| (0..8).map(|i| matrix[u][i] * window[i][j]).sum());
            equations[u].add(weight, &folded(&right, u), target);
            equations[v].add(weight, &folded(&left, v), target);
        }
        equations
    }

    #[test]
    fn shared_products_give_the_equations_of_all_coefficients() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut square = |range: f64| [[0.0; 8]; 8].map(|row| row.map(|_: f64| (random.f64() - 0.5) * range));
        let (matrix, window) = (square(2.0), square(255.0));
        let block: [i16; 64] = std::array::from_fn(|k| (k as i16 * 37 % 11 - 5) * i16::from(k % 3 == 0));
        let steps: [u16; 64] = std::array::from_fn(|k| 3 + 2 * k as u16);
        let mut actual = [Equations::ZERO; 8];
        let mut products = Products::ZERO;
        products.add(&mut actual, &matrix, &window, &block, &steps);
        products.add_to(&mut actual, &steps);
        for (actual, expected) in actual.iter().zip(slow(&matrix, &window, &block, &steps)) {
            let values =
                |equations: &Equations<4>| [equations.matrix.as_flattened(), &equations.right].concat();
            for (actual, expected) in values(actual).into_iter().zip(values(&expected)) {
                assert!((actual - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{actual} {expected}");
            }
        }
    }

    #[test]
    fn no_samples_leave_the_lanczos_matrix() {
        assert_eq!(matrix(&[], 0), lanczos_matrix());
    }

    #[test]
    fn rows_that_are_too_large_are_scaled_down() {
        for row in quantised(&[[0.9, -0.9, 0.9, -0.9]; 8]) {
            assert!(row.iter().map(|tap| i32::from(*tap).abs()).sum::<i32>() <= 65_535, "{row:?}");
        }
    }
}
