//! Transforms coefficients to samples.
//!
//! A separable 8-point inverse DCT in 16 bits, first down the columns, then
//! along the rows, with separate sums for even and odd frequencies:
//!
//! ```text
//! e = sum of EVEN[i][u] * x[2u], o = sum of ODD[i][u] * x[2u + 1], u = 0..4
//! out[i] = e + o, out[7 - i] = e - o, i = 0..4
//! ```
//!
//! Products are Q15 and rounded one by one (see [`super::mulhrs`]); sums wrap.

use super::{Lines, STRIP, Strip, mulhrs, transpose};
use crate::{Block, Coefficients, PaddedPlanes, Quantisation, ZIGZAG};
use origami_pyramid::SamplesMut;
use origami_pyramid::simd::{self, Simd};
use std::ops::Range;

/// `round(2^15 * a(2u) * cos((2i + 1) * 2u * pi / 16))` in row `i`, column `u`,
/// with `a(0) = sqrt(1/8)` and otherwise 1/2.
pub(super) const EVEN: [[i16; 4]; 4] = [
    [11_585, 15_137, 11_585, 6_270],
    [11_585, 6_270, -11_585, -15_137],
    [11_585, -6_270, -11_585, 15_137],
    [11_585, -15_137, 11_585, -6_270],
];

/// `round(2^15 * cos((2i + 1) * (2u + 1) * pi / 16) / 2)` in row `i`, column `u`.
pub(super) const ODD: [[i16; 4]; 4] = [
    [16_069, 13_623, 9_102, 3_196],
    [13_623, -3_196, -16_069, -9_102],
    [9_102, -16_069, 3_196, 13_623],
    [3_196, -9_102, 13_623, -16_069],
];

/// Level shift and rounding term of samples with two fraction bits.
pub(super) const BIAS: i16 = 4 * 128 + 2;

/// Decodes `coefficients`, quantised with `quantisation`, to the samples of
/// all their blocks.
///
/// The transform's inputs are coefficient times four times step, wrapped to 16
/// bits; a sample is `clamp((v + 514) >> 2, 0, 255)` of its output `v`, with a
/// saturating addition. All coefficients and steps are valid; those of a JPEG
/// of 8-bit samples are far too small to wrap.
///
/// # Panics
/// If `out` has another frame.
///
/// # Examples
/// ```
/// use origami_codec::{Coefficients, Colour, Frame, PaddedPlanes, dct, padded_len};
/// use origami_pyramid::Subsampling;
///
/// let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray).expect("a valid frame");
/// let mut tile = Coefficients::zeros(frame);
/// tile.fill([4, 0, 0]);
/// let mut out = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
/// dct::inverse(&tile, &[[16; 64]; 3], &mut out);
/// assert_eq!(out.plane(0), [136; 64]);
/// ```
pub fn inverse(
    coefficients: &Coefficients,
    quantisation: &Quantisation,
    out: &mut PaddedPlanes<impl SamplesMut>,
) {
    inverse_with(simd::get(), coefficients, quantisation, out);
}

/// [`inverse`] with the given instruction set.
///
/// # Panics
/// As [`inverse`].
pub fn inverse_with(
    simd: Simd,
    coefficients: &Coefficients,
    quantisation: &Quantisation,
    out: &mut PaddedPlanes<impl SamplesMut>,
) {
    assert_eq!(coefficients.frame(), out.frame(), "planes of another frame");
    let frame = *coefficients.frame();
    for (plane, steps) in quantisation.iter().enumerate().take(frame.planes()) {
        let (blocks, columns) = (coefficients.plane(plane), frame.blocks(plane).0);
        let samples = out.plane_mut(plane);
        match simd {
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2(token) => super::avx2::inverse_plane(token, blocks, columns, steps, samples),
            Simd::Scalar => inverse_plane(blocks, columns, steps, samples),
        }
    }
}

/// Decodes a plane of `columns` blocks a row.
fn inverse_plane(blocks: &[Block], columns: usize, steps: &[u16; 64], out: &mut [u8]) {
    by_strip(blocks, columns, 0..columns, out, |blocks, strip| {
        by_block(blocks, strip, |block| inverse_block(block, steps));
    });
}

/// Decodes the blocks of a strip one by one.
pub(super) fn by_block(blocks: &[Block], strip: &mut Strip, decode: impl Fn(&Block) -> [[u8; 8]; 8]) {
    for (i, block) in blocks.iter().enumerate() {
        let samples = decode(block);
        strip.iter_mut().zip(samples).for_each(|(row, line)| row[8 * i..][..8].copy_from_slice(&line));
    }
}

/// Calls `decode` for every strip with blocks in the columns `wanted`, of the `columns` that
/// a row has, and copies the samples it writes to their place in the plane.
#[inline(always)]
pub(super) fn by_strip(
    blocks: &[Block],
    columns: usize,
    wanted: Range<usize>,
    out: &mut [u8],
    mut decode: impl FnMut(&[Block], &mut Strip),
) {
    let mut strip = [[0; 8 * STRIP]; 8];
    let strips = wanted.start / STRIP..wanted.end.div_ceil(STRIP);
    let rows = blocks.chunks_exact(columns).zip(out.chunks_exact_mut(64 * columns));
    for (blocks, samples) in rows {
        for (i, blocks) in blocks.chunks(STRIP).enumerate().take(strips.end).skip(strips.start) {
            decode(blocks, &mut strip);
            for (row, line) in samples.chunks_exact_mut(8 * columns).zip(&strip) {
                let row = &mut row[8 * STRIP * i..];
                match row.first_chunk_mut() {
                    Some(whole) => *whole = *line,
                    None => row.copy_from_slice(&line[..row.len()]),
                }
            }
        }
    }
}

/// Decodes one block.
fn inverse_block(block: &Block, steps: &[u16; 64]) -> [[u8; 8]; 8] {
    let mut grid = [[0; 8]; 8];
    for ((&coefficient, &step), &at) in block.0.iter().zip(steps).zip(&ZIGZAG) {
        grid[usize::from(at / 8)][usize::from(at % 8)] =
            coefficient.wrapping_mul(step.wrapping_mul(4) as i16);
    }
    let rows = transpose(&inverse_columns(&grid));
    transpose(&inverse_columns(&rows))
        .map(|row| row.map(|value| (value.saturating_add(BIAS) >> 2).clamp(0, 255) as u8))
}

/// Transforms the eight frequencies of every column to eight samples.
fn inverse_columns(x: &Lines) -> Lines {
    let mut out = [[0; 8]; 8];
    for i in 0..4 {
        let (even, odd) = (weighted_sums(x, 0, &EVEN[i]), weighted_sums(x, 1, &ODD[i]));
        for (column, (even, odd)) in even.into_iter().zip(odd).enumerate() {
            out[i][column] = even.wrapping_add(odd);
            out[7 - i][column] = even.wrapping_sub(odd);
        }
    }
    out
}

/// For every column, the wrapping sum of every other number, from the one in row
/// `first`, times its weight. The inner loop is over columns so that the compiler
/// vectorises it.
#[inline(always)]
fn weighted_sums(x: &Lines, first: usize, weights: &[i16; 4]) -> [i16; 8] {
    let mut sums = [0i16; 8];
    for (u, &weight) in weights.iter().enumerate() {
        for (sum, &value) in sums.iter_mut().zip(&x[2 * u + first]) {
            *sum = sum.wrapping_add(mulhrs(value, weight));
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Colour, Frame, padded_len};
    use origami_pyramid::Subsampling;
    use std::f64::consts::PI;

    /// The orthonormal 8-point DCT's basis function of `frequency` at sample `i`.
    fn basis(frequency: usize, i: usize) -> f64 {
        let scale = if frequency == 0 { 0.125f64.sqrt() } else { 0.5 };
        scale * (((2 * i + 1) * frequency) as f64 * PI / 16.0).cos()
    }

    /// The weight of `frequency` in sample `i`, Q15.
    fn weight(frequency: usize, i: usize) -> i16 {
        (32_768.0 * basis(frequency, i)).round() as i16
    }

    #[test]
    fn the_weights_are_rounded_cosines() {
        for i in 0..4 {
            for u in 0..4 {
                assert_eq!((EVEN[i][u], ODD[i][u]), (weight(2 * u, i), weight(2 * u + 1, i)));
            }
        }
    }

    #[test]
    fn the_weights_are_those_of_the_specification() {
        let (_, table) = include_str!("../../EXACT.md").split_once("weights\neven:\n").expect("the weights");
        let table = table.split("```").next().expect("their end");
        let weights: Vec<i16> = table.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        assert_eq!(weights, [EVEN, ODD].as_flattened().as_flattened());
    }

    /// The samples of one gray block in double precision, not rounded.
    fn real(block: &Block, steps: &[u16; 64]) -> [[f64; 8]; 8] {
        let mut out = [[128.0; 8]; 8];
        for (k, &at) in ZIGZAG.iter().enumerate() {
            let (v, u) = (usize::from(at) / 8, usize::from(at) % 8);
            let value = f64::from(block.0[k]) * f64::from(steps[k]);
            for (y, row) in out.iter_mut().enumerate() {
                row.iter_mut().enumerate().for_each(|(x, out)| *out += value * basis(v, y) * basis(u, x));
            }
        }
        out
    }

    #[test]
    fn samples_are_within_two_of_the_real_transform() {
        let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray).expect("a frame");
        let steps = [[16; 64]; 3];
        for seed in 0..500u64 {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut tile = Coefficients::zeros(frame);
            for value in &mut tile.plane_mut(0)[0].0 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *value = (state >> 32) as i16 % 8;
            }
            let mut out = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
            inverse(&tile, &steps, &mut out);
            for (y, row) in real(&tile.plane(0)[0], &steps[0]).iter().enumerate() {
                for (x, &expected) in row.iter().enumerate() {
                    let sample = f64::from(out.plane(0)[8 * y + x]);
                    assert!((sample - expected.clamp(0.0, 255.0)).abs() <= 2.0, "{sample} for {expected}");
                }
            }
        }
    }

    #[test]
    fn blocks_are_decoded_to_their_place_in_every_plane() {
        let frame = Frame::new(33, 20, Subsampling::S420, Colour::Ycc).expect("a frame");
        let mut tile = Coefficients::zeros(frame);
        for (i, block) in tile.blocks_mut().iter_mut().enumerate() {
            block.0[0] = i as i16;
        }
        let mut out = PaddedPlanes::new(vec![0; padded_len(&frame)], frame);
        inverse(&tile, &[[8; 64]; 3], &mut out);
        for plane in 0..3 {
            let columns = frame.blocks(plane).0;
            for (i, &sample) in out.plane(plane).iter().enumerate() {
                let (x, y) = (i % (8 * columns), i / (8 * columns));
                let block = frame.first_block(plane) + y / 8 * columns + x / 8;
                assert_eq!(usize::from(sample), 128 + block);
            }
        }
    }
}
