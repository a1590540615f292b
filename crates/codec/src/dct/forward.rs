//! Samples to quantised coefficients, the very ones the JPEG library makes of
//! the same planes with its accurate integer DCT ("islow").
//!
//! Planes are extended to whole blocks by repeating the last column and row.
//! Blocks beyond those, which only fill the last MCUs, repeat a DC value: to
//! the right that of the block before, below that of the MCU's row above (its
//! last block's).

use super::quantise::Reciprocal;
use super::{Lines, STRIP, Strip, transpose};
use crate::{Block, Coefficients, Colour, Quantisation, ZIGZAG};
use origami_pyramid::simd::{self, Simd};
use origami_pyramid::{Plane, Rgb, Samples, Ycc};

/// Transforms the planes of `tile` and divides them by the steps of
/// `quantisation`, rounding halves away from zero. The padding that odd
/// subsampled tiles have in their buffer is not read.
///
/// # Panics
/// If the frame of `out` has another size or subsampling than `tile`, or is
/// RGB, or a step is 0 or above 255.
pub fn forward(tile: &Ycc<impl Samples>, quantisation: &Quantisation, out: &mut Coefficients) {
    forward_with(simd::get(), tile, quantisation, out);
}

/// [`forward`] with a chosen instruction set.
///
/// # Panics
/// As [`forward`].
pub fn forward_with(
    simd: Simd,
    tile: &Ycc<impl Samples>,
    quantisation: &Quantisation,
    out: &mut Coefficients,
) {
    let frame = *out.frame();
    let same = (tile.width(), tile.height(), tile.subsampling())
        == (frame.width(), frame.height(), frame.subsampling());
    assert!(same && frame.colour() != Colour::Rgb, "coefficients of another frame");
    let planes = std::iter::once(tile.luma()).chain(tile.chroma().into_iter().flatten());
    for (plane, samples) in planes.enumerate() {
        let size = (samples.width(), samples.height());
        let cut = |x, y, strip: &mut Strip| cut(&samples, x, y, strip);
        forward_plane(simd, size, cut, &quantisation[plane], plane, out);
    }
}

/// [`forward`] for an RGB image, whose planes are stored as they are.
///
/// # Panics
/// If the frame of `out` has another size than `image` or is not RGB, or a
/// step is 0 or above 255.
pub fn forward_rgb(image: &Rgb, quantisation: &Quantisation, out: &mut Coefficients) {
    forward_rgb_with(simd::get(), image, quantisation, out);
}

/// [`forward_rgb`] with a chosen instruction set.
///
/// # Panics
/// As [`forward_rgb`].
pub fn forward_rgb_with(simd: Simd, image: &Rgb, quantisation: &Quantisation, out: &mut Coefficients) {
    let (frame, size) = (*out.frame(), (image.width(), image.height()));
    let same = size == (frame.width(), frame.height());
    assert!(same && frame.colour() == Colour::Rgb, "coefficients of another frame");
    for (plane, steps) in quantisation.iter().enumerate() {
        let cut = |x, y, strip: &mut Strip| cut_channel(simd, image, plane, x, y, strip);
        forward_plane(simd, size, cut, steps, plane, out);
    }
}

/// Transforms one plane, dummy blocks included. `cut` copies the samples from
/// `(x, y)` on, extended beyond the plane, which has `width` x `height`.
fn forward_plane(
    simd: Simd,
    (width, height): (usize, usize),
    cut: impl FnMut(usize, usize, &mut Strip),
    steps: &[u16; 64],
    plane: usize,
    out: &mut Coefficients,
) {
    assert!(steps.iter().all(|step| (1..=255).contains(step)), "steps are 1 to 255");
    let frame = *out.frame();
    let (columns, real) = (frame.blocks(plane).0, (width.div_ceil(8), height.div_ceil(8)));
    let grid = BlockGrid { blocks: out.plane_mut(plane), columns, real };
    forward_strips(simd, steps, grid, cut);
    if frame.sampling(plane) != (1, 1) {
        fill_dummies(out.plane_mut(plane), columns, real);
    }
}

/// Transforms all strips of `grid`.
fn forward_strips(simd: Simd, steps: &[u16; 64], grid: BlockGrid, cut: impl FnMut(usize, usize, &mut Strip)) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::forward_strips(token, steps, grid, cut),
        Simd::Scalar => {
            let divisors = steps.map(Reciprocal::of);
            grid.by_strip(cut, |strip, out| {
                for (i, block) in out.iter_mut().enumerate() {
                    let samples = strip.map(|row| std::array::from_fn(|x| row[8 * i + x]));
                    *block = forward_block(samples, &divisors);
                }
            });
        }
    }
}

/// The blocks of a plane, of which `real` columns and rows hold samples.
pub(super) struct BlockGrid<'a> {
    blocks: &'a mut [Block],
    columns: usize,
    real: (usize, usize),
}

impl BlockGrid<'_> {
    /// Has `transform` make the blocks of each strip from the samples that
    /// `cut` gives.
    #[inline(always)]
    pub(super) fn by_strip(
        self,
        mut cut: impl FnMut(usize, usize, &mut Strip),
        mut transform: impl FnMut(&Strip, &mut [Block]),
    ) {
        let mut strip = [[0; 8 * STRIP]; 8];
        for (y, row) in self.blocks.chunks_exact_mut(self.columns).take(self.real.1).enumerate() {
            for (i, blocks) in row[..self.real.0].chunks_mut(STRIP).enumerate() {
                cut(8 * STRIP * i, 8 * y, &mut strip);
                transform(&strip, blocks);
            }
        }
    }
}

/// Copies the samples from `(x, y)`, repeating the last column and row.
fn cut(samples: &Plane<&[u8]>, x: usize, y: usize, strip: &mut Strip) {
    for (i, line) in strip.iter_mut().enumerate() {
        let row = &samples.row((y + i).min(samples.height() - 1))[x..];
        if let Some(whole) = row.first_chunk() {
            *line = *whole;
            continue;
        }
        let width = row.len();
        line[..width].copy_from_slice(row);
        line[width..].fill(row[width - 1]);
    }
}

/// [`cut`] for one of the channels of an image.
fn cut_channel(simd: Simd, image: &Rgb, channel: usize, x: usize, y: usize, strip: &mut Strip) {
    for (i, line) in strip.iter_mut().enumerate() {
        let row = image.row((y + i).min(image.height() - 1))[3 * x..].as_chunks::<3>().0;
        let width = row.len().min(line.len());
        pick(simd, &row[..width], channel, &mut line[..width]);
        line[width..].fill(row[width - 1][channel]);
    }
}

/// Copies one channel of as many pixels as `out` takes.
fn pick(simd: Simd, pixels: &[[u8; 3]], channel: usize, out: &mut [u8]) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::pick(token, pixels, channel, out),
        Simd::Scalar => out.iter_mut().zip(pixels).for_each(|(sample, pixel)| *sample = pixel[channel]),
    }
}

/// Fills what MCUs of two columns, and perhaps two rows, have beyond the
/// `real` columns and rows of a grid.
fn fill_dummies(blocks: &mut [Block], columns: usize, real: (usize, usize)) {
    for row in blocks.chunks_exact_mut(columns).take(real.1) {
        for column in real.0..columns {
            row[column] = Block::flat(row[column - 1].0[0]);
        }
    }
    for at in real.1 * columns..blocks.len() {
        let last_in_mcu = (at - columns) | 1;
        blocks[at] = Block::flat(blocks[last_in_mcu].0[0]);
    }
}

/// Transforms one block.
fn forward_block(samples: [[u8; 8]; 8], divisors: &[Reciprocal; 64]) -> Block {
    let samples = samples.map(|row| row.map(|sample| i16::from(sample) - 128));
    let rows = transform(&transpose(&samples), |value| value << PASS_BITS, CONST_BITS - PASS_BITS);
    let round = |value| (value + (1 << (PASS_BITS - 1))) >> PASS_BITS;
    let natural = transform(&transpose(&rows), round, CONST_BITS + PASS_BITS);
    let mut block = Block::ZERO;
    for ((out, &divisor), &at) in block.0.iter_mut().zip(divisors).zip(&ZIGZAG) {
        *out = divisor.quantise(natural[usize::from(at / 8)][usize::from(at % 8)]);
    }
    block
}

/// Fraction bits of the constants.
pub(super) const CONST_BITS: u32 = 13;
/// Fraction bits between the passes.
pub(super) const PASS_BITS: u32 = 2;

/// `round(2^13 * value)` of the transform's constants.
pub(super) const FIX_0_298631336: i32 = 2_446;
pub(super) const FIX_0_390180644: i32 = 3_196;
pub(super) const FIX_0_541196100: i32 = 4_433;
pub(super) const FIX_0_765366865: i32 = 6_270;
pub(super) const FIX_0_899976223: i32 = 7_373;
pub(super) const FIX_1_175875602: i32 = 9_633;
pub(super) const FIX_1_501321110: i32 = 12_299;
pub(super) const FIX_1_847759065: i32 = 15_137;
pub(super) const FIX_1_961570560: i32 = 16_069;
pub(super) const FIX_2_053119869: i32 = 16_819;
pub(super) const FIX_2_562915447: i32 = 20_995;
pub(super) const FIX_3_072711026: i32 = 25_172;

/// Eight samples to eight frequencies in every column, sqrt(8) times the
/// orthonormal ones (Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT
/// algorithms with 11 multiplications", 1989). Frequencies 0 and 4 are sums
/// that `whole` scales; the others lose `shift` bits, rounded.
#[inline(always)]
fn transform(x: &Lines, whole: impl Fn(i32) -> i32, shift: u32) -> Lines {
    let mut out = [[0; 8]; 8];
    for column in 0..8 {
        let sum = |i: usize| i32::from(x[i][column]) + i32::from(x[7 - i][column]);
        let difference = |i: usize| i32::from(x[i][column]) - i32::from(x[7 - i][column]);
        let round = |value: i32| ((value + (1 << (shift - 1))) >> shift) as i16;

        let (s03, d03) = (sum(0) + sum(3), sum(0) - sum(3));
        let (s12, d12) = (sum(1) + sum(2), sum(1) - sum(2));
        let even = (d03 + d12) * FIX_0_541196100;

        let (d0, d1, d2, d3) = (difference(0), difference(1), difference(2), difference(3));
        let rotated = (d0 + d1 + d2 + d3) * FIX_1_175875602;
        let z1 = (d3 + d0) * -FIX_0_899976223;
        let z2 = (d2 + d1) * -FIX_2_562915447;
        let z3 = (d3 + d1) * -FIX_1_961570560 + rotated;
        let z4 = (d2 + d0) * -FIX_0_390180644 + rotated;
        out[0][column] = whole(s03 + s12) as i16;
        out[1][column] = round(d0 * FIX_1_501321110 + z1 + z4);
        out[2][column] = round(even + d03 * FIX_0_765366865);
        out[3][column] = round(d1 * FIX_3_072711026 + z2 + z3);
        out[4][column] = whole(s03 - s12) as i16;
        out[5][column] = round(d2 * FIX_2_053119869 + z2 + z4);
        out[6][column] = round(even - d12 * FIX_1_847759065);
        out[7][column] = round(d3 * FIX_0_298631336 + z1 + z3);
    }
    out
}
