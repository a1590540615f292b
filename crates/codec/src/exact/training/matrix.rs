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
        for (at, block) in sample.tile.plane(plane).iter().enumerate() {
            number += 1;
            if number.is_multiple_of(stride) {
                let window = sample.window(plane, at);
                accumulate(&mut equations, matrix, &window, &block.0, &sample.quantisation[plane]);
            }
        }
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

/// Adds a block to the equations of the rows. With one factor of `A w A^T` fixed
/// to `matrix`, coefficient `(u, v)` is linear in row `u` or in row `v` of the
/// other.
fn accumulate(
    equations: &mut [Equations<4>; 8],
    matrix: &Square,
    window: &Square,
    block: &[i16; 64],
    steps: &[u16; 64],
) {
    let (mut right, mut left) = ([[0.0; 8]; 8], [[0.0; 8]; 8]);
    for v in 0..8 {
        for j in 0..8 {
            right[v][j] = (0..8).map(|i| window[j][i] * matrix[v][i]).sum();
            left[v][j] = (0..8).map(|i| matrix[v][i] * window[i][j]).sum();
        }
    }
    let activity: f64 = block[1..].iter().map(|&value| f64::from(value).abs()).sum();
    // Active blocks are predicted worse and count less, but they are where the bytes are. The
    // exponents here and for gains are those that made packs of several slides smallest.
    let weight = 1.0 / (2.0 + activity).sqrt();
    for k in 1..64 {
        let (u, v) = (usize::from(ZIGZAG[k] / 8), usize::from(ZIGZAG[k] % 8));
        let step = f64::from(steps[k]);
        let weight = weight / (step * step);
        let target = f64::from(block[k]) * step;
        equations[u].add(weight, &folded(&right[v], u), target);
        equations[v].add(weight, &folded(&left[u], v), target);
    }
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
