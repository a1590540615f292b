//! The forward transform in vectors: samples to quantised coefficients.

use super::rotate::{add, narrow, rotate};
use super::{all, eight, four, store_group, transpose, zero};
use crate::avx2::{load_bytes, store_bytes};
use crate::dct::forward::*;
use crate::dct::quantise::Reciprocal;
use crate::dct::{STRIP, Strip};
use crate::{Block, ZIGZAG};
use std::arch::x86_64::*;

/// Transforms all strips of `plane`.
#[target_feature(enable = "avx2")]
pub(super) fn forward_strips(steps: &[u16; 64], plane: BlockGrid, cut: impl FnMut(usize, usize, &mut Strip)) {
    let mut divisors = [Divisor { half: zero(), factor: zero(), scale: zero() }; 64];
    for (&at, &step) in ZIGZAG.iter().zip(steps) {
        let Reciprocal { half, factor, scale } = Reciprocal::new(step);
        divisors[usize::from(at)] =
            Divisor { half: all(half as i16), factor: all(factor as i16), scale: all(scale as i16) };
    }
    let mut grid = [zero(); 64];
    plane.by_strip(cut, |strip, out| match out.try_into() {
        Ok(whole) => forward_strip(strip, &divisors, &mut grid, whole),
        Err(_) => {
            let mut padded = [Block::ZERO; STRIP];
            forward_strip(strip, &divisors, &mut grid, &mut padded);
            out.copy_from_slice(&padded[..out.len()]);
        }
    });
}

/// A [`Reciprocal`] in all elements of its vectors.
#[derive(Clone, Copy)]
struct Divisor {
    half: __m256i,
    factor: __m256i,
    scale: __m256i,
}

/// Transforms 16 blocks. The low lanes of the vectors in `grid`, which is
/// scratch memory, belong to blocks 0, 2, 4..., the high ones to 1, 3, 5...
#[inline]
#[target_feature(enable = "avx2")]
fn forward_strip(
    strip: &Strip,
    divisors: &[Divisor; 64],
    grid: &mut [__m256i; 64],
    out: &mut [Block; STRIP],
) {
    for (row, line) in strip.iter().zip(grid.as_chunks_mut::<8>().0) {
        let pairs = row.as_chunks::<16>().0;
        let samples = eight(|i| _mm256_sub_epi16(_mm256_cvtepu8_epi16(load_bytes(&pairs[i])), all(128)));
        *line = transform::<{ (CONST_BITS - PASS_BITS) as i32 }>(transpose(samples), |sum| {
            _mm256_slli_epi16::<{ PASS_BITS as i32 }>(sum)
        });
    }
    for u in 0..8 {
        let column = eight(|y| grid[8 * y + u]);
        let column = transform::<{ (CONST_BITS + PASS_BITS) as i32 }>(column, |sum| {
            _mm256_srai_epi16::<{ PASS_BITS as i32 }>(_mm256_add_epi16(sum, all(1 << (PASS_BITS - 1))))
        });
        for (v, coefficient) in column.into_iter().enumerate() {
            let at = 8 * v + u;
            let Divisor { half, factor, scale } = divisors[at];
            let steps = _mm256_mulhi_epu16(_mm256_add_epi16(_mm256_abs_epi16(coefficient), half), factor);
            grid[at] = _mm256_sign_epi16(_mm256_mulhi_epu16(steps, scale), coefficient);
        }
    }
    for (group, positions) in ZIGZAG.as_chunks::<8>().0.iter().enumerate() {
        let lines = transpose(eight(|i| grid[usize::from(positions[i]) % 64]));
        for (pair, line) in out.as_chunks_mut::<2>().0.iter_mut().zip(lines) {
            store_group(&mut pair[0], group, _mm256_castsi256_si128(line));
            store_group(&mut pair[1], group, _mm256_extracti128_si256::<1>(line));
        }
    }
}

/// [`crate::dct::forward::transform`] with the products of a rotation in one
/// step. 16 bits suffice for the sums: with 8-bit samples they reach at most
/// -2^15.
#[inline]
#[target_feature(enable = "avx2")]
fn transform<const SHIFT: i32>(x: [__m256i; 8], whole: impl Fn(__m256i) -> __m256i) -> [__m256i; 8] {
    let [s0, s1, s2, s3] = four(|i| _mm256_add_epi16(x[i], x[7 - i]));
    let [d0, d1, d2, d3] = four(|i| _mm256_sub_epi16(x[i], x[7 - i]));
    let (s03, d03) = (_mm256_add_epi16(s0, s3), _mm256_sub_epi16(s0, s3));
    let (s12, d12) = (_mm256_add_epi16(s1, s2), _mm256_sub_epi16(s1, s2));
    let (d13, d02) = (_mm256_add_epi16(d1, d3), _mm256_add_epi16(d0, d2));
    let z3 = rotate(d13, d02, FIX_1_175875602 - FIX_1_961570560, FIX_1_175875602);
    let z4 = rotate(d13, d02, FIX_1_175875602, FIX_1_175875602 - FIX_0_390180644);
    let f1 = rotate(d0, d3, FIX_1_501321110 - FIX_0_899976223, -FIX_0_899976223);
    let f7 = rotate(d0, d3, -FIX_0_899976223, FIX_0_298631336 - FIX_0_899976223);
    let f3 = rotate(d1, d2, FIX_3_072711026 - FIX_2_562915447, -FIX_2_562915447);
    let f5 = rotate(d1, d2, -FIX_2_562915447, FIX_2_053119869 - FIX_2_562915447);
    [
        whole(_mm256_add_epi16(s03, s12)),
        narrow::<SHIFT>(add(f1, z4)),
        narrow::<SHIFT>(rotate(d03, d12, FIX_0_541196100 + FIX_0_765366865, FIX_0_541196100)),
        narrow::<SHIFT>(add(f3, z3)),
        whole(_mm256_sub_epi16(s03, s12)),
        narrow::<SHIFT>(add(f5, z4)),
        narrow::<SHIFT>(rotate(d03, d12, FIX_0_541196100, FIX_0_541196100 - FIX_1_847759065)),
        narrow::<SHIFT>(add(f7, z3)),
    ]
}

/// For each channel the shuffles that move its samples from each of the three
/// vectors of 16 pixels to their place; -1 for samples in another vector.
const CHANNELS: [[[i8; 16]; 3]; 3] = {
    let mut order = [[[-1; 16]; 3]; 3];
    let mut at = 0;
    while at < 48 {
        order[at % 3][at / 16][at / 3] = (at % 16) as i8;
        at += 1;
    }
    order
};

/// [`crate::dct::forward::pick`].
#[target_feature(enable = "avx2")]
pub(super) fn pick(pixels: &[[u8; 3]], channel: usize, out: &mut [u8]) {
    let [a, b, c] = CHANNELS[channel].map(|order| order.map(i8::cast_unsigned));
    let (a, b, c) = (load_bytes(&a), load_bytes(&b), load_bytes(&c));
    let (pixels, last_pixels) = pixels.as_chunks::<16>();
    let (out, last_out) = out.as_chunks_mut::<16>();
    for (out, pixels) in out.iter_mut().zip(pixels) {
        let thirds = pixels.as_flattened().as_chunks().0;
        let first = _mm_shuffle_epi8(load_bytes(&thirds[0]), a);
        let second = _mm_shuffle_epi8(load_bytes(&thirds[1]), b);
        let third = _mm_shuffle_epi8(load_bytes(&thirds[2]), c);
        store_bytes(out, _mm_or_si128(_mm_or_si128(first, second), third));
    }
    last_out.iter_mut().zip(last_pixels).for_each(|(sample, pixel)| *sample = pixel[channel]);
}
