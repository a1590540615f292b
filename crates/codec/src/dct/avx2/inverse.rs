//! The inverse transform in vectors: coefficients to samples.

use super::{all, eight, factors, four, load_pair, transpose, whole, zero};
use crate::avx2::store_bytes;
use crate::dct::inverse::{BIAS, EVEN, ODD, by_strip};
use crate::dct::{STRIP, Strip};
use crate::{Block, ZIGZAG};
use std::arch::x86_64::*;

/// Decodes a plane of `columns` blocks a row.
#[target_feature(enable = "avx2")]
pub(super) fn inverse_plane(blocks: &[Block], columns: usize, steps: &[u16; 64], out: &mut [u8]) {
    let factors = factors(steps, 4);
    let mut grid = [zero(); 64];
    by_strip(blocks, columns, 0..columns, out, |blocks, strip| {
        inverse_strip(&whole(blocks), &factors, &mut grid, strip);
    });
}

/// Decodes 16 blocks. Element `i` of the vectors in `grid`, which is scratch
/// memory, belongs to block `i`.
#[inline]
#[target_feature(enable = "avx2")]
fn inverse_strip(
    blocks: &[Block; STRIP],
    factors: &[__m256i; 64],
    grid: &mut [__m256i; 64],
    strip: &mut Strip,
) {
    load_frequencies(blocks, factors, grid);
    for x in 0..8 {
        let line = inverse_line(&eight(|v| grid[8 * v + x]));
        (0..8).for_each(|y| grid[8 * y + x] = line[y]);
    }
    for (row, line) in strip.iter_mut().zip(grid.as_chunks::<8>().0) {
        let values = inverse_line(line);
        store_samples(eight(|x| _mm256_srai_epi16::<2>(_mm256_adds_epi16(values[x], all(BIAS)))), row);
    }
}

/// Writes the coefficients of 16 blocks, each times its factor, to `grid` in natural order.
/// Element `i` of its vectors belongs to block `i`.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_frequencies(blocks: &[Block; STRIP], factors: &[__m256i; 64], grid: &mut [__m256i; 64]) {
    let (low, high) = (&blocks[..8], &blocks[8..]);
    for group in 0..8 {
        let lines = transpose(eight(|i| load_pair(&low[i], &high[i], group)));
        for (k, line) in (8 * group..).zip(lines) {
            grid[usize::from(ZIGZAG[k]) % 64] = _mm256_mullo_epi16(line, factors[k]);
        }
    }
}

/// Writes a row of the samples of 16 blocks, clamped to 8 bits. Vector `x` has sample `x` of
/// each block.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store_samples(samples: [__m256i; 8], row: &mut [u8; 8 * STRIP]) {
    // Vector i of the transpose has the samples of block i in its low lane and those of
    // block 8 + i in its high lane.
    let lines = transpose(samples);
    let (left, right) = row.split_at_mut(64);
    let quarters = left.as_chunks_mut::<16>().0.iter_mut().zip(right.as_chunks_mut::<16>().0);
    for ((left, right), pair) in quarters.zip(lines.as_chunks::<2>().0) {
        let bytes = _mm256_packus_epi16(pair[0], pair[1]);
        store_bytes(left, _mm256_castsi256_si128(bytes));
        store_bytes(right, _mm256_extracti128_si256::<1>(bytes));
    }
}

/// Transforms eight frequencies to eight samples.
#[inline]
#[target_feature(enable = "avx2")]
fn inverse_line(x: &[__m256i; 8]) -> [__m256i; 8] {
    let mut out = [zero(); 8];
    for i in 0..4 {
        let (even, odd) = (weighted_sum(x, 0, EVEN[i]), weighted_sum(x, 1, ODD[i]));
        (out[i], out[7 - i]) = (_mm256_add_epi16(even, odd), _mm256_sub_epi16(even, odd));
    }
    out
}

/// The sum of every other vector of `x`, from number `first` on, times its weight.
#[inline]
#[target_feature(enable = "avx2")]
fn weighted_sum(x: &[__m256i; 8], first: usize, weights: [i16; 4]) -> __m256i {
    let [a, b, c, d] = four(|u| _mm256_mulhrs_epi16(x[2 * u + first], all(weights[u])));
    _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_add_epi16(c, d))
}
