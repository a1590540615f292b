//! The prediction matrix that suits a plane's tiles.
//!
//! Doubling a parent's samples and transforming them is linear and separable:
//! a block is `A w A^T` for the 8x8 parent samples `w` around it. The matrix is
//! refined from the Lanczos one by alternating least squares.

use super::Sample;
use super::solve::{Equations, solve};
use crate::ZIGZAG;
use crate::dct::lanczos_matrix;
use std::f64::consts::SQRT_2;

/// Left halves of eight rows; `A[u][7 - j]` is `(-1)^u A[u][j]`.
type Half = [[f64; 4]; 8];
type Square = [[f64; 8]; 8];

/// More rounds of refinement gain nothing.
const ROUNDS: usize = 3;
/// How strongly rows are held to the Lanczos ones, of their own energy.
const RIDGE: f64 = 1e-3;
/// Blocks that about suffice for a matrix.
const BLOCKS: usize = 40_000;

/// The matrix, Q15, for `plane` of `samples`.
pub(super) fn matrix(samples: &[Sample<'_>], plane: usize) -> [[i16; 4]; 8] {
    let lanczos = lanczos_matrix().map(|row| row.map(|tap| f64::from(tap) / 32_768.0));
    let mut half = lanczos;
    let blocks: usize = samples.iter().map(|sample| sample.tile.plane(plane).len()).sum();
    // Odd, so that it does not keep to a few columns of blocks.
    let stride = blocks.div_ceil(BLOCKS) | 1;
    for round in 0..ROUNDS {
        let mut equations = [Equations::ZERO; 8];
        let matrix = whole(&half);
        let mut number = round;
        for sample in samples {
            let (columns, _) = sample.tile.frame().blocks(plane);
            for (at, block) in sample.tile.plane(plane).iter().enumerate() {
                number += 1;
                if number.is_multiple_of(stride) {
                    let window = sample.window(plane, at % columns, at / columns);
                    accumulate(&mut equations, &matrix, &window, &block.0, &sample.quantisation[plane]);
                }
            }
        }
        for (u, equations) in equations.iter().enumerate() {
            half[u] = row(equations, &lanczos[u]);
        }
        // A flat window has to predict its own level, or DC predictions shrink.
        let sum: f64 = half[0].iter().sum();
        half[0] = if sum > 1.0 { half[0].map(|tap| tap * SQRT_2 / sum) } else { lanczos[0] };
    }
    quantised(&half)
}

/// Left half of the row that the equations are of, held to that of `prior`.
fn row(equations: &Equations<4>, prior: &[f64; 4]) -> [f64; 4] {
    let Equations { mut matrix, mut right } = *equations;
    for a in 0..4 {
        let ridge = RIDGE * matrix[a][a] + 1e-9;
        matrix[a][a] += ridge;
        right[a] += ridge * prior[a];
    }
    solve(matrix, right, [false; 4])
}

/// Adds a block to the equations of the rows: with the matrix's other factor
/// held, coefficient `(u, v)` is linear in row `u` and in row `v`.
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
    for k in 1..64 {
        let (u, v) = (usize::from(ZIGZAG[k] / 8), usize::from(ZIGZAG[k] % 8));
        let step = f64::from(steps[k]);
        let weight = 1.0 / ((2.0 + activity) * step * step);
        let target = f64::from(block[k]) * step;
        equations[u].add(weight, &folded(&right[v], u), target);
        equations[v].add(weight, &folded(&left[u], v), target);
    }
}

/// Samples mirrored onto the left half, as row `u` weighs them.
fn folded(samples: &[f64; 8], u: usize) -> [f64; 4] {
    std::array::from_fn(|j| samples[j] + sign(u) * samples[7 - j])
}

/// Rows are even or odd in turn.
fn sign(u: usize) -> f64 {
    if u.is_multiple_of(2) { 1.0 } else { -1.0 }
}

fn whole(half: &Half) -> Square {
    std::array::from_fn(|u| {
        std::array::from_fn(|j| if j < 4 { half[u][j] } else { sign(u) * half[u][7 - j] })
    })
}

/// Q15, rows within what the prediction's arithmetic allows.
fn quantised(half: &Half) -> [[i16; 4]; 8] {
    half.map(|row| {
        let sum: f64 = row.iter().map(|tap| tap.abs()).sum();
        // Half a step short of the limit, so that rounding four taps stays within.
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
