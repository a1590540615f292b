//! RGB to full-range BT.601 YCbCr, the colour space of JPEG (JFIF).
//!
//! Formula (ITU-T T.871, section 7), in 16-bit fixed point with each row of
//! the matrix summing exactly to its target, rounded half up:
//!
//! ```text
//! Y  = ( 19595 R + 38470 G +  7471 B                  + 32768) >> 16
//! Cb = (-11059 R - 21709 G + 32768 B + 128 * 65536    + 32767) >> 16
//! Cr = ( 32768 R - 27439 G -  5329 B + 128 * 65536    + 32767) >> 16
//! ```
//!
//! The chroma rounding constant is one lower so that 255.5 cannot occur; this
//! is also what libjpeg does, and gives the same samples.

use crate::plane::{Plane, Rgb, Ycc};
use std::ops::DerefMut;

/// `[Y, Cb, Cr]` of one pixel.
#[must_use]
#[inline]
pub fn ycc_of([r, g, b]: [u8; 3]) -> [u8; 3] {
    [
        luma_of(r, g, b),
        cb_of(i32::from(r), i32::from(g), i32::from(b)),
        cr_of(i32::from(r), i32::from(g), i32::from(b)),
    ]
}

#[inline(always)]
fn luma_of(r: u8, g: u8, b: u8) -> u8 {
    ((19595 * u32::from(r) + 38470 * u32::from(g) + 7471 * u32::from(b) + 32768) >> 16) as u8
}

#[inline(always)]
fn cb_of(r: i32, g: i32, b: i32) -> u8 {
    ((-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32767) >> 16) as u8
}

#[inline(always)]
fn cr_of(r: i32, g: i32, b: i32) -> u8 {
    ((32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32767) >> 16) as u8
}

/// Luma of the pixels of `rgb` from `(x, y)` into all of `luma`.
///
/// # Panics
/// If the window leaves the image.
pub fn luma<B: DerefMut<Target = [u8]>>(rgb: &Rgb, x: usize, y: usize, luma: &mut Plane<B>) {
    let width = luma.width();
    for row in 0..luma.height() {
        let pixels = &rgb.row(y + row)[3 * x..][..3 * width];
        crate::kernels::get().luma_row(pixels, luma.row_mut(row));
    }
}

/// Luma of one row: `3 * out.len()` bytes of RGB in, one sample per pixel out.
#[inline(always)]
pub(crate) fn luma_row(rgb: &[u8], out: &mut [u8]) {
    for (pixel, sample) in rgb.chunks_exact(3).zip(out) {
        *sample = luma_of(pixel[0], pixel[1], pixel[2]);
    }
}

/// Converts the pixels of `rgb` from `(x, y)` into the planes of `tile`, whose
/// chroma is the mean of the pixels each chroma sample covers, rounded half
/// up; the last column and row repeat at odd sizes. The luma padding is set.
///
/// # Panics
/// If the window leaves the image.
pub fn ycc<B: DerefMut<Target = [u8]>>(rgb: &Rgb, x: usize, y: usize, tile: &mut Ycc<B>) {
    let (width, height) = (tile.width(), tile.height());
    let (across, down) = tile.subsampling().factors();
    let (mut luma_plane, chroma) = tile.planes_mut();
    luma(rgb, x, y, &mut luma_plane);
    if let Some([mut cb, mut cr]) = chroma {
        for row in 0..cb.height() {
            let top = &rgb.row(y + row * down)[3 * x..][..3 * width];
            let bottom = &rgb.row(y + (row * down + down - 1).min(height - 1))[3 * x..][..3 * width];
            chroma_row(top, bottom, across, cb.row_mut(row), cr.row_mut(row));
        }
    }
    tile.pad_luma();
}

/// One row of Cb and Cr: the mean of `across` x 2 converted pixels, where
/// `top` and `bottom` are the same row unless chroma is halved vertically.
fn chroma_row(top: &[u8], bottom: &[u8], across: usize, cb: &mut [u8], cr: &mut [u8]) {
    let last = top.len() / 3 - 1;
    let shift = across.trailing_zeros() + 1;
    let half = 1 << (shift - 1);
    for (column, (cb, cr)) in cb.iter_mut().zip(cr).enumerate() {
        let (mut blue, mut red) = (half, half);
        for dx in 0..across {
            let at = 3 * (column * across + dx).min(last);
            for row in [top, bottom] {
                let (r, g, b) = (i32::from(row[at]), i32::from(row[at + 1]), i32::from(row[at + 2]));
                blue += u32::from(cb_of(r, g, b));
                red += u32::from(cr_of(r, g, b));
            }
        }
        *cb = (blue >> shift) as u8;
        *cr = (red >> shift) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plane::Subsampling;

    #[test]
    fn every_colour_is_within_half_a_step_of_the_real_formula() {
        for r in (0..=255u8).step_by(5) {
            for g in (0..=255u8).step_by(3) {
                for b in (0..=255u8).step_by(5) {
                    let (fr, fg, fb) = (f64::from(r), f64::from(g), f64::from(b));
                    let y = 0.299 * fr + 0.587 * fg + 0.114 * fb;
                    let exact = [y, 128.0 + (fb - y) / 1.772, 128.0 + (fr - y) / 1.402];
                    for (ours, exact) in ycc_of([r, g, b]).into_iter().zip(exact) {
                        assert!((f64::from(ours) - exact).abs() <= 0.51, "{r} {g} {b}: {ours} for {exact}");
                    }
                }
            }
        }
    }

    #[test]
    fn greys_have_neutral_chroma_and_their_own_luma() {
        for v in 0..=255 {
            assert_eq!(ycc_of([v, v, v]), [v, 128, 128]);
        }
    }

    #[test]
    fn chroma_is_the_mean_of_the_pixels_it_covers_at_odd_sizes() {
        let (width, height) = (7, 5);
        let data: Vec<u8> = (0..3 * width * height).map(|i| (i * 37 % 251) as u8).collect();
        let rgb = Rgb::from_vec(data, width, height);
        for subsampling in [Subsampling::S420, Subsampling::S422, Subsampling::S444, Subsampling::Gray] {
            let mut tile = Ycc::zeros(width, height, subsampling);
            ycc(&rgb, 0, 0, &mut tile);
            let (across, down) = subsampling.factors();
            let pixel = |x: usize, y: usize| -> [u8; 3] {
                let (x, y) = (x.min(width - 1), y.min(height - 1));
                ycc_of(rgb.row(y)[3 * x..][..3].try_into().unwrap())
            };
            for y in 0..height {
                for x in 0..width {
                    assert_eq!(tile.luma().row(y)[x], pixel(x, y)[0]);
                }
            }
            let Some(planes) = tile.chroma() else { continue };
            for (plane, channel) in planes.iter().zip([1, 2]) {
                for y in 0..plane.height() {
                    for x in 0..plane.width() {
                        let mut sum = 0;
                        for dy in 0..down {
                            for dx in 0..across {
                                sum += usize::from(pixel(x * across + dx, y * down + dy)[channel]);
                            }
                        }
                        let n = across * down;
                        assert_eq!(usize::from(plane.row(y)[x]), (sum + n / 2) / n);
                    }
                }
            }
        }
    }
}
