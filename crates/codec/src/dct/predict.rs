//! Predicts the coefficients of a tile from its parent's samples.
//!
//! Doubling a plane and transforming 8x8 blocks of the result are both linear
//! and separable, so together they are one 8x8 matrix `A`: a child block is
//! predicted as `A w A^T` from the 8x8 window `w` of parent samples around the
//! 4x4 samples that the block covers. As a DCT's rows are even or odd,
//! `A[u][7 - j]` is `(-1)^u A[u][j]` and the left half of `A` is enough.

use super::{Lines, STRIP, mulhrs, transpose};
use crate::{Block, ZIGZAG};
use origami_pyramid::Plane;
use origami_pyramid::simd::Simd;

/// The matrix for doubling with the Lanczos-3 kernel and then transforming,
/// which is used where no matrix was trained.
///
/// `A[u][j] = round(2^15 * sum of D[u][i] * (V[i][j + 1] + (j == 0) * V[i][0]))`,
/// `i = 0..8`, at most 32,767, where `D` is the orthonormal 8-point DCT and
/// `V[i][m]`, `m = 0..10`, the weight of parent sample `m - 3` in child sample
/// `i`: `L(m - 3 - ((i + 1/2) / 2 - 1/2))` over the sum of all ten, with
/// `L(x) = sinc(x) sinc(x / 3)` for `|x| < 3` and 0 elsewhere. The weight of the
/// outermost of the ten samples on either side is added to its neighbour's.
///
/// # Examples
/// ```
/// // Row 0 predicts DC. The sum of its whole row is close to sqrt(8), which turns a mean
/// // into a coefficient of the orthonormal DCT.
/// let half: i32 = origami_codec::dct::lanczos_matrix()[0].map(i32::from).iter().sum();
/// let sum = f64::from(2 * half) / 32_768.0;
/// assert!((sum - 8f64.sqrt()).abs() < 0.001);
/// ```
#[must_use]
pub const fn lanczos_matrix() -> [[i16; 4]; 8] {
    [
        [-268, 1_242, 21_928, 23_438],
        [-497, 1_993, 28_392, 13_320],
        [-775, 3_125, 20_316, -22_667],
        [-1_041, 5_004, 6_055, -25_457],
        [-1_137, 5_906, -5_906, 1_137],
        [-1_012, 4_701, -6_220, 4_815],
        [-724, 2_452, -2_208, 480],
        [-367, 788, -875, 378],
    ]
}

/// Predicts the coefficients of the blocks in `out`, row by row with `columns`
/// blocks each, in sixteenths of a quantisation step, with the instruction set
/// `simd`.
///
/// The block in column `bx`, row `by` covers the 4x4 samples of `parent` from
/// `(x + 4 bx, y + 4 by)`, where `(x, y)` is `origin`. It is predicted from the
/// 8x8 samples that begin two samples further left and up. A sample outside
/// the plane, however far, equals the nearest sample inside.
///
/// `matrix` is the left half of `A` in Q15. `scales`, in zigzag order and Q14,
/// convert coefficients to steps: each is a gain divided by a step. Samples `p`
/// enter as `(p - 128) * 2^6`. Columns of a window come first, with wrapping
/// sums, then `(v + 1) >> 1`; then rows, with saturating sums; then the scale.
/// All products are rounded one by one.
///
/// # Panics
/// If `columns` is 0 or `out` does not hold whole rows.
pub fn predict_with(
    simd: Simd,
    matrix: &[[i16; 4]; 8],
    scales: &[i16; 64],
    parent: Plane<&[u8]>,
    origin: (usize, usize),
    columns: usize,
    out: &mut [Block],
) {
    assert!(out.len().is_multiple_of(columns), "blocks of another grid");
    // Windows that begin even further outside have the same content.
    let origin = (origin.0.min(parent.width() + 2), origin.1.min(parent.height() + 2));
    let windows = Windows { parent, origin, columns };
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::predict_strips(token, matrix, scales, &windows, out),
        Simd::Scalar => windows.by_strip(out, |rows, out| {
            for (i, block) in out.iter_mut().enumerate() {
                let window = rows.map(|row| std::array::from_fn(|x| row[4 * i + x]));
                *block = predict_block(matrix, scales, window);
            }
        }),
    }
}

/// Eight rows of the samples around a strip of blocks. The window of block
/// `i` begins at column `4 * i`. The last 12 columns belong to no window; they
/// are there because vectors read them.
pub(super) type SampleRows = [[u8; 4 * STRIP + 16]; 8];

/// The windows of a grid of blocks, `columns` a row.
pub(super) struct Windows<'a> {
    parent: Plane<&'a [u8]>,
    origin: (usize, usize),
    columns: usize,
}

impl Windows<'_> {
    /// Calls `predict` for every strip of blocks with the samples around it.
    #[inline(always)]
    pub(super) fn by_strip(&self, out: &mut [Block], mut predict: impl FnMut(&SampleRows, &mut [Block])) {
        let mut rows = [[0; 4 * STRIP + 16]; 8];
        for (y, row) in out.chunks_exact_mut(self.columns).enumerate() {
            for (i, blocks) in row.chunks_mut(STRIP).enumerate() {
                self.cut(self.origin.0 + 4 * STRIP * i, self.origin.1 + 4 * y, &mut rows);
                predict(&rows, blocks);
            }
        }
    }

    /// Copies the samples that begin two to the left of and two above `(x, y)`,
    /// repeating those at the plane's edges.
    fn cut(&self, x: usize, y: usize, rows: &mut SampleRows) {
        for (i, line) in rows.iter_mut().enumerate() {
            let row = self.parent.row((y + i).saturating_sub(2).min(self.parent.height() - 1));
            // The samples that the strip covers are inside, except in small planes.
            match row.get(x..).and_then(|row| row.first_chunk::<{ 4 * STRIP }>()) {
                Some(covered) => {
                    line[2..2 + covered.len()].copy_from_slice(covered);
                    for i in [0, 1, covered.len() + 2, covered.len() + 3] {
                        line[i] = sample_two_before(row, x + i);
                    }
                }
                None => {
                    for (i, sample) in line.iter_mut().enumerate() {
                        *sample = sample_two_before(row, x + i);
                    }
                }
            }
        }
    }
}

/// The sample two to the left of `x`, or the nearest one inside `row`.
#[inline(always)]
fn sample_two_before(row: &[u8], x: usize) -> u8 {
    row[x.saturating_sub(2).min(row.len() - 1)]
}

/// Predicts one block from its window.
fn predict_block(matrix: &[[i16; 4]; 8], scales: &[i16; 64], window: [[u8; 8]; 8]) -> Block {
    let window = window.map(|row| row.map(|sample| (i16::from(sample) - 128) << 6));
    let down = transform_columns(matrix, &window, i16::wrapping_add, i16::wrapping_sub);
    let down = down.map(|row| row.map(|value| value.wrapping_add(1) >> 1));
    let across = transform_columns(matrix, &transpose(&down), i16::saturating_add, i16::saturating_sub);
    let mut block = Block::ZERO;
    for ((out, &scale), &at) in block.0.iter_mut().zip(scales).zip(&ZIGZAG) {
        *out = mulhrs(across[usize::from(at % 8)][usize::from(at / 8)], scale);
    }
    block
}

/// Transforms the eight samples of every column to eight frequencies.
#[inline(always)]
fn transform_columns(
    matrix: &[[i16; 4]; 8],
    x: &Lines,
    add: impl Fn(i16, i16) -> i16,
    sub: impl Fn(i16, i16) -> i16,
) -> Lines {
    let mut out = [[0; 8]; 8];
    for (u, (weights, out)) in matrix.iter().zip(&mut out).enumerate() {
        // The inner loop is over columns so that the compiler vectorises it.
        for (column, out) in out.iter_mut().enumerate() {
            let term = |j: usize| {
                let (left, right) = (x[j][column], x[7 - j][column]);
                mulhrs(if u % 2 == 0 { add(left, right) } else { sub(left, right) }, weights[j])
            };
            *out = add(add(term(0), term(1)), add(term(2), term(3)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::simd;
    use std::f64::consts::PI;

    fn sinc(x: f64) -> f64 {
        if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
    }

    fn lanczos(x: f64) -> f64 {
        if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 }
    }

    #[test]
    fn the_lanczos_matrix_is_its_formula() {
        let doubled: Vec<[f64; 10]> = (0..8)
            .map(|i| {
                let at = (f64::from(i) + 0.5) / 2.0 - 0.5;
                let weights = std::array::from_fn(|m| lanczos(m as f64 - 3.0 - at));
                let sum: f64 = weights.iter().sum();
                weights.map(|weight| weight / sum)
            })
            .collect();
        for (u, row) in lanczos_matrix().iter().enumerate() {
            for (j, &weight) in row.iter().enumerate() {
                let sum: f64 = (0..8)
                    .map(|i| {
                        let scale = if u == 0 { 0.125f64.sqrt() } else { 0.5 };
                        let basis = scale * (((2 * i + 1) * u) as f64 * PI / 16.0).cos();
                        let folded = if j == 0 { doubled[i][0] } else { 0.0 };
                        basis * (doubled[i][j + 1] + folded)
                    })
                    .sum();
                assert_eq!(weight, (32_768.0 * sum).round().min(32_767.0) as i16);
            }
        }
    }

    #[test]
    fn a_ramp_is_predicted_as_a_ramp_and_stops_at_the_edge() {
        let (width, height) = (64, 40);
        let parent: Vec<u8> = (0..width * height).map(|i| (2 * (i % width)) as u8).collect();
        let mut out = [Block::ZERO; 14 * 9];
        let parent = Plane::new(&parent[..], width, height, width);
        predict_with(simd::get(), &lanczos_matrix(), &[16_384; 64], parent, (2, 3), 14, &mut out);
        for (i, block) in out.iter().enumerate() {
            // The mean of the 4 parent samples from 2 + 4 bx, in sixteenths of the orthonormal DC.
            let mean = 2.0 * (2.0 + 4.0 * (i % 14) as f64 + 1.5) - 128.0;
            assert!((f64::from(block.0[0]) - 16.0 * 8.0 * mean).abs() < 16.0, "block {i}");
            assert!(block.0[1] < -90, "block {i} rises to the right");
            let vertical = [2, 3, 9, 10].map(|k| block.0[k]);
            assert!(vertical.iter().all(|value| value.abs() <= 2), "block {i} is level");
        }
        let mut beyond = [Block::ZERO; 1];
        let far = (usize::MAX, 1000);
        predict_with(simd::get(), &lanczos_matrix(), &[16_384; 64], parent, far, 1, &mut beyond);
        assert!((beyond[0].0[0] - 16 * 8 * (126 - 128)).abs() <= 16);
        assert!(beyond[0].0[1..].iter().all(|value| value.abs() <= 2));
    }

    #[test]
    fn extremes_wrap_and_saturate_without_panic() {
        let samples = [0, 255, 0, 255, 255, 0];
        let parent = Plane::new(&samples[..], 2, 3, 2);
        let mut out = [Block::ZERO; 6];
        for value in [i16::MIN, i16::MAX] {
            predict_with(simd::get(), &[[value; 4]; 8], &[value; 64], parent, (0, 1), 3, &mut out);
        }
        let mut black = [Block::ZERO; 1];
        let parent = Plane::new(&samples[..1], 1, 1, 1);
        predict_with(simd::get(), &[[i16::MAX; 4]; 8], &[i16::MAX; 64], parent, (0, 0), 1, &mut black);
        assert_eq!(black[0].0[1], 0, "odd frequencies of a level window vanish");
    }
}
