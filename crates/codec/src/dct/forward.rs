//! Samples to quantised coefficients, the very ones the JPEG library makes of
//! the same planes with its accurate integer DCT ("islow").
//!
//! Planes are extended to whole blocks by repeating the last column and row.
//! Blocks beyond those, which only fill the last MCUs, repeat a DC value: to
//! the right that of the block before, below that of the MCU's row above (its
//! last block's).

use super::quantise::quantise;
use crate::{Block, Coefficients, Colour, Quantisation, ZIGZAG};
use origami_pyramid::{Plane, Rgb, Ycc};
use std::ops::{Deref, Range};

/// Most blocks that are transformed at a time.
const STRIP: usize = 16;

/// Eight rows of samples of as many blocks.
type Strip = [[u8; 8 * STRIP]; 8];

/// Transforms the planes of `tile` and divides them by the steps of
/// `quantisation`, rounding halves away from zero. The padding that odd
/// subsampled tiles have in their buffer is not read.
///
/// # Panics
/// If the frame of `out` has another size or subsampling than `tile`, or is
/// RGB, or a step is 0 or above 255.
pub fn forward<B: Deref<Target = [u8]>>(tile: &Ycc<B>, quantisation: &Quantisation, out: &mut Coefficients) {
    let frame = *out.frame();
    let same = (tile.width(), tile.height(), tile.subsampling())
        == (frame.width(), frame.height(), frame.subsampling());
    assert!(same && frame.colour() != Colour::Rgb, "coefficients of another frame");
    forward_plane(&tile.luma(), &quantisation[0], 0, out);
    for (i, chroma) in tile.chroma().iter().flatten().enumerate() {
        forward_plane(chroma, &quantisation[i + 1], i + 1, out);
    }
}

/// [`forward`] for an RGB image, whose planes are stored as they are.
///
/// # Panics
/// If the frame of `out` has another size than `image` or is not RGB, or a
/// step is 0 or above 255.
pub fn forward_rgb(image: &Rgb, quantisation: &Quantisation, out: &mut Coefficients) {
    let frame = *out.frame();
    let same = (image.width(), image.height()) == (frame.width(), frame.height());
    assert!(same && frame.colour() == Colour::Rgb, "coefficients of another frame");
    quantisation.iter().for_each(check_steps);
    let mut strips = [[[0; 8 * STRIP]; 8]; 3];
    for (x, y, blocks) in strips_of(frame.blocks(0)) {
        cut_rgb(image, x, y, &mut strips);
        for (plane, strip) in strips.iter().enumerate() {
            forward_strip(strip, &quantisation[plane], &mut out.plane_mut(plane)[blocks.clone()]);
        }
    }
}

fn check_steps(steps: &[u16; 64]) {
    assert!(steps.iter().all(|step| (1..=255).contains(step)), "steps are 1 to 255");
}

/// Transforms one plane, dummy blocks included.
fn forward_plane(samples: &Plane<&[u8]>, steps: &[u16; 64], plane: usize, out: &mut Coefficients) {
    check_steps(steps);
    let frame = *out.frame();
    let grid = frame.blocks(plane);
    let real = (samples.width().div_ceil(8), samples.height().div_ceil(8));
    let blocks = out.plane_mut(plane);
    let mut strip = [[0; 8 * STRIP]; 8];
    for (x, y, range) in strips_of(real) {
        cut(samples, x, y, &mut strip);
        let first = y / 8 * grid.0 + x / 8;
        forward_strip(&strip, steps, &mut blocks[first..][..range.len()]);
    }
    if frame.sampling(plane) != (1, 1) {
        fill_dummies(blocks, grid.0, real);
    }
}

/// The strips of a grid of `columns` x `rows` blocks: where each begins, in
/// samples, and which blocks it holds.
fn strips_of((columns, rows): (usize, usize)) -> impl Iterator<Item = (usize, usize, Range<usize>)> {
    (0..rows).flat_map(move |row| {
        (0..columns).step_by(STRIP).map(move |column| {
            let end = columns.min(column + STRIP);
            (8 * column, 8 * row, row * columns + column..row * columns + end)
        })
    })
}

/// Copies the samples from `(x, y)`, repeating the last column and row.
fn cut(samples: &Plane<&[u8]>, x: usize, y: usize, strip: &mut Strip) {
    for (i, line) in strip.iter_mut().enumerate() {
        let row = &samples.row((y + i).min(samples.height() - 1))[x..];
        let width = row.len().min(line.len());
        line[..width].copy_from_slice(&row[..width]);
        line[width..].fill(row[width - 1]);
    }
}

/// [`cut`] for the three planes of an image.
fn cut_rgb(image: &Rgb, x: usize, y: usize, strips: &mut [Strip; 3]) {
    let [red, green, blue] = strips;
    for (i, ((red, green), blue)) in red.iter_mut().zip(green).zip(blue).enumerate() {
        let pixels = image.row((y + i).min(image.height() - 1))[3 * x..].as_chunks::<3>().0;
        let width = pixels.len().min(red.len());
        for (x, &[r, g, b]) in pixels[..width].iter().enumerate() {
            (red[x], green[x], blue[x]) = (r, g, b);
        }
        for line in [red, green, blue] {
            let last = line[width - 1];
            line[width..].fill(last);
        }
    }
}

/// Fills what MCUs of two columns, and perhaps two rows, have beyond the
/// `real` columns and rows of a grid.
fn fill_dummies(blocks: &mut [Block], columns: usize, real: (usize, usize)) {
    let level = |block: &Block| {
        let mut level = Block::ZERO;
        level.0[0] = block.0[0];
        level
    };
    for row in blocks.chunks_exact_mut(columns).take(real.1) {
        for column in real.0..columns {
            row[column] = level(&row[column - 1]);
        }
    }
    for at in real.1 * columns..blocks.len() {
        let last_in_mcu = (at - columns) | 1;
        blocks[at] = level(&blocks[last_in_mcu]);
    }
}

/// Transforms the first blocks of a strip, as many as `out` takes.
fn forward_strip(strip: &Strip, steps: &[u16; 64], out: &mut [Block]) {
    for (i, block) in out.iter_mut().enumerate() {
        let mut grid = strip.map(|row| std::array::from_fn(|x| i16::from(row[8 * i + x]) - 128));
        for row in &mut grid {
            *row = transform(*row, |value| value << PASS_BITS, CONST_BITS - PASS_BITS);
        }
        let round = |value| (value + (1 << (PASS_BITS - 1))) >> PASS_BITS;
        for x in 0..8 {
            let line = transform(grid.map(|row| row[x]), round, CONST_BITS + PASS_BITS);
            (0..8).for_each(|v| grid[v][x] = line[v]);
        }
        for ((out, &step), &at) in block.0.iter_mut().zip(steps).zip(&ZIGZAG) {
            *out = quantise(grid[usize::from(at / 8)][usize::from(at % 8)], step);
        }
    }
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

/// Eight samples to eight frequencies, sqrt(8) times the orthonormal ones
/// (Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT algorithms with
/// 11 multiplications", 1989). Frequencies 0 and 4 are sums that `whole`
/// scales; the others lose `shift` bits, rounded.
#[inline(always)]
fn transform(x: [i16; 8], whole: impl Fn(i32) -> i32, shift: u32) -> [i16; 8] {
    let sum = |i: usize| i32::from(x[i]) + i32::from(x[7 - i]);
    let difference = |i: usize| i32::from(x[i]) - i32::from(x[7 - i]);
    let round = |value: i32| ((value + (1 << (shift - 1))) >> shift) as i16;

    let (s03, d03) = (sum(0) + sum(3), sum(0) - sum(3));
    let (s12, d12) = (sum(1) + sum(2), sum(1) - sum(2));
    let even = (d03 + d12) * FIX_0_541196100;

    let [d0, d1, d2, d3] = [0, 1, 2, 3].map(difference);
    let rotated = (d0 + d1 + d2 + d3) * FIX_1_175875602;
    let z1 = (d3 + d0) * -FIX_0_899976223;
    let z2 = (d2 + d1) * -FIX_2_562915447;
    let z3 = (d3 + d1) * -FIX_1_961570560 + rotated;
    let z4 = (d2 + d0) * -FIX_0_390180644 + rotated;
    [
        whole(s03 + s12) as i16,
        round(d0 * FIX_1_501321110 + z1 + z4),
        round(even + d03 * FIX_0_765366865),
        round(d1 * FIX_3_072711026 + z2 + z3),
        whole(s03 - s12) as i16,
        round(d2 * FIX_2_053119869 + z2 + z4),
        round(even - d12 * FIX_1_847759065),
        round(d3 * FIX_0_298631336 + z1 + z3),
    ]
}
