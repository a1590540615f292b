//! Transforms coefficients to the samples that viewers see: exactly those of
//! libjpeg-turbo's accurate integer inverse DCT ("islow"), for coefficients that an
//! encoder made of 8-bit samples.
//!
//! Larger ones do not fit into the 16 bits that are kept between the passes: inputs and
//! sums of inputs wrap, results saturate, so that they give the same samples on every
//! machine. Those of the library differ between machines: in plain C it keeps 32 bits,
//! and its vectors wrap results too in blocks whose frequencies 1 to 7 down the columns
//! are all 0.

use super::forward::*;
use super::inverse::{by_block, by_strip};
use super::{Lines, transpose};
use crate::{Block, ZIGZAG};
use origami_pyramid::simd::Simd;
use std::ops::Range;

/// Fraction bits that the first pass, down the columns, takes away.
pub(super) const FIRST_SHIFT: u32 = CONST_BITS - PASS_BITS;
/// Fraction bits that the second pass takes away, and the factor 8 of both transforms.
pub(super) const SECOND_SHIFT: u32 = CONST_BITS + PASS_BITS + 3;

/// Weights of two inputs in the two sums of a rotation: `a * x + b * y` and
/// `c * x + d * y`.
pub(super) type Rotation = [[i32; 2]; 2];

/// Of frequencies 2 and 6.
pub(super) const EVEN: Rotation = [
    [FIX_0_541196100 + FIX_0_765366865, FIX_0_541196100],
    [FIX_0_541196100, FIX_0_541196100 - FIX_1_847759065],
];
/// Of frequencies 1 and 7.
pub(super) const OUTER: Rotation = [
    [FIX_1_501321110 - FIX_0_899976223, -FIX_0_899976223],
    [-FIX_0_899976223, FIX_0_298631336 - FIX_0_899976223],
];
/// Of frequencies 3 and 5.
pub(super) const INNER: Rotation = [
    [FIX_3_072711026 - FIX_2_562915447, -FIX_2_562915447],
    [-FIX_2_562915447, FIX_2_053119869 - FIX_2_562915447],
];
/// Of the sums of frequencies 3 and 7, and of 1 and 5.
pub(super) const SUMS: Rotation = [
    [FIX_1_175875602 - FIX_1_961570560, FIX_1_175875602],
    [FIX_1_175875602, FIX_1_175875602 - FIX_0_390180644],
];

/// Decodes the blocks of a plane that has `columns` of them in a row, at least those in
/// the columns `wanted`, to `out`, whose rows are `8 * columns` samples long.
pub(crate) fn islow_plane(
    simd: Simd,
    blocks: &[Block],
    columns: usize,
    wanted: Range<usize>,
    steps: &[u16; 64],
    out: &mut [u8],
) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::islow_plane(token, blocks, columns, wanted, steps, out),
        Simd::Scalar => by_strip(blocks, columns, wanted, out, |blocks, strip| {
            by_block(blocks, strip, |block| decode_block(block, steps));
        }),
    }
}

/// Decodes one block.
fn decode_block(block: &Block, steps: &[u16; 64]) -> [[u8; 8]; 8] {
    let mut grid = [[0; 8]; 8];
    for ((&coefficient, &step), &at) in block.0.iter().zip(steps).zip(&ZIGZAG) {
        grid[usize::from(at / 8)][usize::from(at % 8)] = coefficient.wrapping_mul(step as i16);
    }
    let rows = transpose(&transform(&grid, FIRST_SHIFT));
    transpose(&transform(&rows, SECOND_SHIFT))
        .map(|row| row.map(|sample| (sample.clamp(-128, 127) + 128) as u8))
}

/// Transforms the eight frequencies of every column to eight samples, and shifts them
/// right by `shift` bits, rounded (Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D
/// DCT algorithms with 11 multiplications", 1989).
#[inline(always)]
fn transform(x: &Lines, shift: u32) -> Lines {
    let mut out = [[0; 8]; 8];
    for column in 0..8 {
        let [x0, x1, x2, x3, x4, x5, x6, x7] = std::array::from_fn(|u| x[u][column]);
        let [e2, e6] = rotate(x2, x6, EVEN);
        let sum = i32::from(x0.wrapping_add(x4)) << CONST_BITS;
        let difference = i32::from(x0.wrapping_sub(x4)) << CONST_BITS;
        let even = [
            sum.wrapping_add(e2),
            difference.wrapping_add(e6),
            difference.wrapping_sub(e6),
            sum.wrapping_sub(e2),
        ];
        let [s37, s15] = rotate(x3.wrapping_add(x7), x1.wrapping_add(x5), SUMS);
        let [o1, o7] = rotate(x1, x7, OUTER);
        let [o3, o5] = rotate(x3, x5, INNER);
        let odd = [o1.wrapping_add(s15), o3.wrapping_add(s37), o5.wrapping_add(s15), o7.wrapping_add(s37)];
        for (i, (even, odd)) in even.into_iter().zip(odd).enumerate() {
            out[i][column] = narrow(even.wrapping_add(odd), shift);
            out[7 - i][column] = narrow(even.wrapping_sub(odd), shift);
        }
    }
    out
}

/// The two weighted sums of `x` and `y`.
#[inline(always)]
fn rotate(x: i16, y: i16, weights: Rotation) -> [i32; 2] {
    weights.map(|[a, b]| (a * i32::from(x)).wrapping_add(b * i32::from(y)))
}

/// Shifts right by `shift` bits, rounded, and saturates.
#[inline(always)]
fn narrow(value: i32, shift: u32) -> i16 {
    let shifted = value.wrapping_add(1 << (shift - 1)) >> shift;
    shifted.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
