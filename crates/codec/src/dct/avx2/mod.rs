//! The transforms in 256-bit vectors, sixteen blocks at a time: a vector holds
//! one coefficient or sample of each block. The results equal those of the
//! scalar versions.
#![expect(
    unsafe_code,
    reason = "calling functions compiled for a detected instruction set, vector loads and stores"
)]

mod forward;
mod inverse;
mod islow;
mod predict;
mod rotate;

use super::forward::BlockGrid;
use super::predict::Windows;
use super::{STRIP, Strip};
use crate::Block;
use origami_pyramid::simd::Avx2;
use std::arch::x86_64::*;
use std::borrow::Cow;
use std::ops::Range;

/// [`super::inverse::inverse_plane`].
pub(super) fn inverse_plane(_: Avx2, blocks: &[Block], columns: usize, steps: &[u16; 64], out: &mut [u8]) {
    // SAFETY: the token shows that the processor has AVX2.
    unsafe { inverse::inverse_plane(blocks, columns, steps, out) }
}

/// [`super::islow::islow_plane`].
pub(super) fn islow_plane(
    _: Avx2,
    blocks: &[Block],
    columns: usize,
    wanted: Range<usize>,
    steps: &[u16; 64],
    out: &mut [u8],
) {
    // SAFETY: the token shows that the processor has AVX2.
    unsafe { islow::islow_plane(blocks, columns, wanted, steps, out) }
}

/// Predicts all blocks of `windows`, as [`super::predict::predict_with`] does.
pub(super) fn predict_strips(
    _: Avx2,
    matrix: &[[i16; 4]; 8],
    scales: &[i16; 64],
    windows: &Windows,
    out: &mut [Block],
) {
    // SAFETY: the token shows that the processor has AVX2.
    unsafe { predict::predict_strips(matrix, scales, windows, out) }
}

/// [`super::forward::forward_strips`].
pub(super) fn forward_strips(
    _: Avx2,
    steps: &[u16; 64],
    grid: BlockGrid,
    cut: impl FnMut(usize, usize, &mut Strip),
) {
    // SAFETY: the token shows that the processor has AVX2.
    unsafe { forward::forward_strips(steps, grid, cut) }
}

/// [`super::forward::pick`].
pub(super) fn pick(_: Avx2, pixels: &[[u8; 3]], channel: usize, out: &mut [u8]) {
    // SAFETY: the token shows that the processor has AVX2.
    unsafe { forward::pick(pixels, channel, out) }
}

/// The blocks of a strip, followed by zeros where a row of blocks ends within it.
#[inline]
fn whole(blocks: &[Block]) -> Cow<'_, [Block; STRIP]> {
    match blocks.try_into() {
        Ok(whole) => Cow::Borrowed(whole),
        Err(_) => {
            let mut padded = [Block::ZERO; STRIP];
            padded[..blocks.len()].copy_from_slice(blocks);
            Cow::Owned(padded)
        }
    }
}

/// What each coefficient is multiplied by, in zigzag order: `scale` times its step, wrapped
/// to 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn factors(steps: &[u16; 64], scale: u16) -> [__m256i; 64] {
    let mut factors = [zero(); 64];
    for (factor, step) in factors.iter_mut().zip(steps) {
        *factor = all(step.wrapping_mul(scale) as i16);
    }
    factors
}

/// A vector whose 16 elements are 0.
#[inline]
#[target_feature(enable = "avx2")]
fn zero() -> __m256i {
    _mm256_setzero_si256()
}

/// A vector whose 16 elements are `value`.
#[inline]
#[target_feature(enable = "avx2")]
fn all(value: i16) -> __m256i {
    _mm256_set1_epi16(value)
}

/// `[each(0), each(1), ...]`. Unlike `array::from_fn` it is compiled for AVX2, so
/// that `each` is inlined.
#[inline]
#[target_feature(enable = "avx2")]
fn eight<T>(each: impl Fn(usize) -> T) -> [T; 8] {
    [each(0), each(1), each(2), each(3), each(4), each(5), each(6), each(7)]
}

/// Like [`eight`], for four elements.
#[inline]
#[target_feature(enable = "avx2")]
fn four<T>(each: impl Fn(usize) -> T) -> [T; 4] {
    [each(0), each(1), each(2), each(3)]
}

/// The eight coefficients of a block from `8 * group` on.
#[inline]
#[target_feature(enable = "avx2")]
fn load_group(block: &Block, group: usize) -> __m128i {
    let from = &block.0.as_chunks::<8>().0[group];
    // SAFETY: reads the 16 bytes of `from`, at any alignment.
    unsafe { _mm_loadu_si128(from.as_ptr().cast()) }
}

/// The eight coefficients of two blocks from `8 * group` on, one block to a lane.
#[inline]
#[target_feature(enable = "avx2")]
fn load_pair(low: &Block, high: &Block, group: usize) -> __m256i {
    _mm256_set_m128i(load_group(high, group), load_group(low, group))
}

/// Writes half a vector to the eight coefficients of a block from `8 * group` on.
#[inline]
#[target_feature(enable = "avx2")]
fn store_group(block: &mut Block, group: usize, half: __m128i) {
    let to = &mut block.0.as_chunks_mut::<8>().0[group];
    // SAFETY: writes the 16 bytes of `to`, at any alignment.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), half) }
}

/// Transposes the 8x8 elements of each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(r: [__m256i; 8]) -> [__m256i; 8] {
    let (a0, a1) = (_mm256_unpacklo_epi16(r[0], r[1]), _mm256_unpackhi_epi16(r[0], r[1]));
    let (a2, a3) = (_mm256_unpacklo_epi16(r[2], r[3]), _mm256_unpackhi_epi16(r[2], r[3]));
    let (a4, a5) = (_mm256_unpacklo_epi16(r[4], r[5]), _mm256_unpackhi_epi16(r[4], r[5]));
    let (a6, a7) = (_mm256_unpacklo_epi16(r[6], r[7]), _mm256_unpackhi_epi16(r[6], r[7]));
    let (b0, b1) = (_mm256_unpacklo_epi32(a0, a2), _mm256_unpackhi_epi32(a0, a2));
    let (b2, b3) = (_mm256_unpacklo_epi32(a1, a3), _mm256_unpackhi_epi32(a1, a3));
    let (b4, b5) = (_mm256_unpacklo_epi32(a4, a6), _mm256_unpackhi_epi32(a4, a6));
    let (b6, b7) = (_mm256_unpacklo_epi32(a5, a7), _mm256_unpackhi_epi32(a5, a7));
    [
        _mm256_unpacklo_epi64(b0, b4),
        _mm256_unpackhi_epi64(b0, b4),
        _mm256_unpacklo_epi64(b1, b5),
        _mm256_unpackhi_epi64(b1, b5),
        _mm256_unpacklo_epi64(b2, b6),
        _mm256_unpackhi_epi64(b2, b6),
        _mm256_unpacklo_epi64(b3, b7),
        _mm256_unpackhi_epi64(b3, b7),
    ]
}
