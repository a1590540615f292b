//! The inverse transform of libjpeg-turbo in vectors: coefficients to samples.

use super::inverse::{load_frequencies, store_samples};
use super::rotate::{Wide, add, narrow, rotate, subtract};
use super::{all, eight, factors, whole, zero};
use crate::Block;
use crate::dct::forward::CONST_BITS;
use crate::dct::inverse::by_strip;
use crate::dct::islow::*;
use crate::dct::{STRIP, Strip};
use std::arch::x86_64::*;
use std::ops::Range;

/// [`crate::dct::islow::islow_plane`].
#[target_feature(enable = "avx2")]
pub(super) fn islow_plane(
    blocks: &[Block],
    columns: usize,
    wanted: Range<usize>,
    steps: &[u16; 64],
    out: &mut [u8],
) {
    let factors = factors(steps, 1);
    let mut grid = [zero(); 64];
    by_strip(blocks, columns, wanted, out, |blocks, strip| {
        decode_strip(&whole(blocks), &factors, &mut grid, strip);
    });
}

/// Decodes 16 blocks. Element `i` of the vectors in `grid`, which is scratch
/// memory, belongs to block `i`.
#[inline]
#[target_feature(enable = "avx2")]
fn decode_strip(
    blocks: &[Block; STRIP],
    factors: &[__m256i; 64],
    grid: &mut [__m256i; 64],
    strip: &mut Strip,
) {
    load_frequencies(blocks, factors, grid);
    for x in 0..8 {
        let line = transform::<{ FIRST_SHIFT as i32 }>(&eight(|v| grid[8 * v + x]));
        (0..8).for_each(|y| grid[8 * y + x] = line[y]);
    }
    for (row, line) in strip.iter_mut().zip(grid.as_chunks::<8>().0) {
        let samples = transform::<{ SECOND_SHIFT as i32 }>(line);
        store_samples(eight(|x| _mm256_adds_epi16(samples[x], all(128))), row);
    }
}

/// Transforms eight frequencies to eight samples.
#[inline]
#[target_feature(enable = "avx2")]
fn transform<const SHIFT: i32>(x: &[__m256i; 8]) -> [__m256i; 8] {
    let [e2, e6] = both(x[2], x[6], EVEN);
    let sum = widen(_mm256_add_epi16(x[0], x[4]));
    let difference = widen(_mm256_sub_epi16(x[0], x[4]));
    let even = [add(sum, e2), add(difference, e6), subtract(difference, e6), subtract(sum, e2)];
    let [s37, s15] = both(_mm256_add_epi16(x[3], x[7]), _mm256_add_epi16(x[1], x[5]), SUMS);
    let [o1, o7] = both(x[1], x[7], OUTER);
    let [o3, o5] = both(x[3], x[5], INNER);
    let odd = [add(o1, s15), add(o3, s37), add(o5, s15), add(o7, s37)];
    let mut out = [zero(); 8];
    for i in 0..4 {
        out[i] = narrow::<SHIFT>(add(even[i], odd[i]));
        out[7 - i] = narrow::<SHIFT>(subtract(even[i], odd[i]));
    }
    out
}

/// The two weighted sums of `x` and `y`.
#[inline]
#[target_feature(enable = "avx2")]
fn both(x: __m256i, y: __m256i, [[a, b], [c, d]]: Rotation) -> [Wide; 2] {
    [rotate(x, y, a, b), rotate(x, y, c, d)]
}

/// The elements with [`CONST_BITS`] fraction bits.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(x: __m256i) -> Wide {
    const SHIFT: i32 = (16 - CONST_BITS) as i32;
    Wide(
        _mm256_srai_epi32::<SHIFT>(_mm256_unpacklo_epi16(zero(), x)),
        _mm256_srai_epi32::<SHIFT>(_mm256_unpackhi_epi16(zero(), x)),
    )
}
