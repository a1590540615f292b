//! Transforms samples to quantised coefficients, exactly those that
//! libjpeg-turbo's accurate integer DCT ("islow") gives for the same planes.
//!
//! Planes are extended to whole blocks by repeating the last column and row.
//! Blocks beyond those, which only fill up the last MCUs, have AC values of 0
//! and repeat a DC value: to the right that of the block before, below that of
//! the last block of the row above in the same MCU.

use super::quantise::Reciprocal;
use super::{Lines, STRIP, Strip, transpose};
use crate::{Block, Coefficients, Colour, Quantisation, ZIGZAG};
use origami_pyramid::simd::{self, Simd};
use origami_pyramid::{Plane, Rgb, Samples, Ycc};

/// Transforms the planes of `tile` and divides the coefficients by the steps of
/// `quantisation`, rounding halves away from zero. The padding in the buffer of
/// subsampled tiles of odd size is not read.
///
/// # Panics
/// If the frame of `out` differs from `tile` in size or subsampling, or is RGB,
/// or a step is 0 or above 255.
///
/// # Examples
/// ```
/// use origami_codec::{Coefficients, Colour, Frame, dct};
/// use origami_pyramid::{Subsampling, Ycc};
///
/// let mut tile = Ycc::zeros(8, 8, Subsampling::Gray);
/// tile.fill([136; 3]);
/// let frame = Frame::new(8, 8, Subsampling::Gray, Colour::Gray).expect("a valid frame");
/// let mut out = Coefficients::zeros(frame);
/// dct::forward(&tile, &[[16; 64]; 3], &mut out);
/// // DC is eight times the mean of the samples after subtracting 128.
/// assert_eq!(out.constant(), Some([8 * (136 - 128) / 16, 0, 0]));
/// ```
pub fn forward(tile: &Ycc<impl Samples>, quantisation: &Quantisation, out: &mut Coefficients) {
    forward_with(simd::get(), tile, quantisation, out);
}

/// [`forward`] with the given instruction set.
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
        forward_plane(simd, &quantisation[plane], plane, out, |x, y, strip| cut(&samples, x, y, strip));
    }
}

/// [`forward`] for an RGB image, whose planes are stored without conversion.
///
/// # Panics
/// If the frame of `out` differs from `image` in size or is not RGB, or a step
/// is 0 or above 255.
pub fn forward_rgb(image: &Rgb, quantisation: &Quantisation, out: &mut Coefficients) {
    forward_rgb_with(simd::get(), image, quantisation, out);
}

/// [`forward_rgb`] with the given instruction set.
///
/// # Panics
/// As [`forward_rgb`].
pub fn forward_rgb_with(simd: Simd, image: &Rgb, quantisation: &Quantisation, out: &mut Coefficients) {
    let frame = *out.frame();
    let same = (image.width(), image.height()) == (frame.width(), frame.height());
    assert!(same && frame.colour() == Colour::Rgb, "coefficients of another frame");
    for (plane, steps) in quantisation.iter().enumerate() {
        forward_plane(simd, steps, plane, out, |x, y, strip| cut_channel(simd, image, plane, x, y, strip));
    }
}

/// Transforms one plane, including the blocks that only fill up MCUs. `cut`
/// copies the samples from `(x, y)` on, extended beyond the plane's edges.
fn forward_plane(
    simd: Simd,
    steps: &[u16; 64],
    plane: usize,
    out: &mut Coefficients,
    cut: impl FnMut(usize, usize, &mut Strip),
) {
    assert!(steps.iter().all(|step| (1..=255).contains(step)), "steps are 1 to 255");
    let frame = *out.frame();
    let ((columns, _), (real_columns, real_rows)) = (frame.blocks(plane), frame.picture_blocks(plane));
    let grid = BlockGrid { blocks: out.plane_mut(plane), columns, real_columns, real_rows };
    forward_strips(simd, steps, grid, cut);
    if frame.sampling(plane) != (1, 1) {
        fill_dummies(out.plane_mut(plane), columns, real_columns, real_rows);
    }
}

/// Transforms all strips of `grid`.
fn forward_strips(simd: Simd, steps: &[u16; 64], grid: BlockGrid, cut: impl FnMut(usize, usize, &mut Strip)) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::forward_strips(token, steps, grid, cut),
        Simd::Scalar => {
            let divisors = steps.map(Reciprocal::new);
            grid.by_strip(cut, |strip, out| {
                for (i, block) in out.iter_mut().enumerate() {
                    let samples = strip.map(|row| std::array::from_fn(|x| row[8 * i + x]));
                    *block = forward_block(samples, &divisors);
                }
            });
        }
    }
}

/// The blocks of a plane. Those in the first `real_columns` of the first
/// `real_rows` contain samples of the picture; the others only fill up MCUs.
pub(super) struct BlockGrid<'a> {
    blocks: &'a mut [Block],
    columns: usize,
    real_columns: usize,
    real_rows: usize,
}

impl BlockGrid<'_> {
    /// Calls `transform` for every strip of blocks with the samples that `cut`
    /// copied.
    #[inline(always)]
    pub(super) fn by_strip(
        self,
        mut cut: impl FnMut(usize, usize, &mut Strip),
        mut transform: impl FnMut(&Strip, &mut [Block]),
    ) {
        let mut strip = [[0; 8 * STRIP]; 8];
        for (y, row) in self.blocks.chunks_exact_mut(self.columns).take(self.real_rows).enumerate() {
            for (i, blocks) in row[..self.real_columns].chunks_mut(STRIP).enumerate() {
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

/// [`cut`] for one channel of an image.
fn cut_channel(simd: Simd, image: &Rgb, channel: usize, x: usize, y: usize, strip: &mut Strip) {
    for (i, line) in strip.iter_mut().enumerate() {
        let row = image.row((y + i).min(image.height() - 1))[3 * x..].as_chunks::<3>().0;
        let width = row.len().min(line.len());
        pick(simd, &row[..width], channel, &mut line[..width]);
        line[width..].fill(row[width - 1][channel]);
    }
}

/// Copies one channel of `pixels` to `out`.
fn pick(simd: Simd, pixels: &[[u8; 3]], channel: usize, out: &mut [u8]) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2(token) => super::avx2::pick(token, pixels, channel, out),
        Simd::Scalar => out.iter_mut().zip(pixels).for_each(|(sample, pixel)| *sample = pixel[channel]),
    }
}

/// Fills the blocks beyond the `real_columns` and `real_rows` of a plane whose
/// MCUs are two blocks wide and one or two high.
fn fill_dummies(blocks: &mut [Block], columns: usize, real_columns: usize, real_rows: usize) {
    for row in blocks.chunks_exact_mut(columns).take(real_rows) {
        for column in real_columns..columns {
            row[column] = Block::flat(row[column - 1].0[0]);
        }
    }
    for i in real_rows * columns..blocks.len() {
        let last_in_mcu = (i - columns) | 1;
        blocks[i] = Block::flat(blocks[last_in_mcu].0[0]);
    }
}

/// Transforms one block.
fn forward_block(samples: [[u8; 8]; 8], divisors: &[Reciprocal; 64]) -> Block {
    let samples = samples.map(|row| row.map(|sample| i16::from(sample) - 128));
    let rows = transform(&transpose(&samples), |value| value << PASS_BITS, CONST_BITS - PASS_BITS);
    let natural = transform(&transpose(&rows), |value| round_shift(value, PASS_BITS), CONST_BITS + PASS_BITS);
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

/// Transforms the eight samples of every column to eight frequencies, sqrt(8)
/// times the orthonormal ones (Loeffler, Ligtenberg and Moschytz, "Practical
/// fast 1-D DCT algorithms with 11 multiplications", 1989). Frequencies 0 and 4
/// are sums that `whole` scales; the others are shifted right by `shift` bits,
/// rounded.
#[inline(always)]
fn transform(x: &Lines, whole: impl Fn(i32) -> i32, shift: u32) -> Lines {
    let mut out = [[0; 8]; 8];
    for column in 0..8 {
        let (s0, d0) = sum_and_difference(x[0][column], x[7][column]);
        let (s1, d1) = sum_and_difference(x[1][column], x[6][column]);
        let (s2, d2) = sum_and_difference(x[2][column], x[5][column]);
        let (s3, d3) = sum_and_difference(x[3][column], x[4][column]);

        let (s03, d03) = (s0 + s3, s0 - s3);
        let (s12, d12) = (s1 + s2, s1 - s2);
        let even = (d03 + d12) * FIX_0_541196100;

        let rotated = (d0 + d1 + d2 + d3) * FIX_1_175875602;
        let z1 = (d3 + d0) * -FIX_0_899976223;
        let z2 = (d2 + d1) * -FIX_2_562915447;
        let z3 = (d3 + d1) * -FIX_1_961570560 + rotated;
        let z4 = (d2 + d0) * -FIX_0_390180644 + rotated;
        out[0][column] = whole(s03 + s12) as i16;
        out[1][column] = round_shift(d0 * FIX_1_501321110 + z1 + z4, shift) as i16;
        out[2][column] = round_shift(even + d03 * FIX_0_765366865, shift) as i16;
        out[3][column] = round_shift(d1 * FIX_3_072711026 + z2 + z3, shift) as i16;
        out[4][column] = whole(s03 - s12) as i16;
        out[5][column] = round_shift(d2 * FIX_2_053119869 + z2 + z4, shift) as i16;
        out[6][column] = round_shift(even - d12 * FIX_1_847759065, shift) as i16;
        out[7][column] = round_shift(d3 * FIX_0_298631336 + z1 + z3, shift) as i16;
    }
    out
}

#[inline(always)]
fn sum_and_difference(a: i16, b: i16) -> (i32, i32) {
    let (a, b) = (i32::from(a), i32::from(b));
    (a + b, a - b)
}

/// Shifts right, rounding to the nearest.
#[inline(always)]
fn round_shift(value: i32, shift: u32) -> i32 {
    (value + (1 << (shift - 1))) >> shift
}
