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
//! is also what libjpeg does, and gives the same samples. Subsampled chroma is
//! that of the mean of the pixels a sample covers, rounded once: the same
//! formula on their sum, with the shift that many bits larger.

use crate::{Plane, Rgb, SamplesMut, Ycc};

/// `[Y, Cb, Cr]` of one pixel.
///
/// # Examples
/// ```
/// use origami_pyramid::colour::ycc_of;
/// assert_eq!(ycc_of([255, 255, 255]), [255, 128, 128]);
/// assert_eq!(ycc_of([255, 0, 0]), [76, 85, 255]);
/// ```
#[must_use]
#[inline]
pub fn ycc_of(pixel: [u8; 3]) -> [u8; 3] {
    let (cb, cr) = chroma_of(pixel.map(i32::from), 16);
    [luma_of(pixel[0], pixel[1], pixel[2]), cb, cr]
}

#[inline(always)]
fn luma_of(r: u8, g: u8, b: u8) -> u8 {
    ((19595 * u32::from(r) + 38470 * u32::from(g) + 7471 * u32::from(b) + 32768) >> 16) as u8
}

/// Cb and Cr of the sum of `2^(shift - 16)` pixels.
#[inline(always)]
fn chroma_of([r, g, b]: [i32; 3], shift: u32) -> (u8, u8) {
    let offset = (128 << shift) + (1 << (shift - 1)) - 1;
    let cb = (-11059 * r - 21709 * g + 32768 * b + offset) >> shift;
    let cr = (32768 * r - 27439 * g - 5329 * b + offset) >> shift;
    (cb as u8, cr as u8)
}

/// Fills `luma` with the luma of the pixels of `rgb` from `(x, y)`.
///
/// # Panics
/// If the window leaves the image.
///
/// # Examples
/// ```
/// use origami_pyramid::{Plane, Rgb, colour};
/// let rgb = Rgb::from_vec(vec![255, 255, 255, 255, 0, 0], 2, 1);
/// let mut luma = Plane::zeros(2, 1);
/// colour::luma(&rgb, 0, 0, &mut luma);
/// assert_eq!(luma.row(0), [255, 76]);
/// ```
pub fn luma<B: SamplesMut>(rgb: &Rgb, x: usize, y: usize, luma: &mut Plane<B>) {
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

/// Converts the pixels of `rgb` from `(x, y)` into the planes of `tile`. The last
/// column and row count twice where a chroma sample extends beyond an odd tile. The
/// luma padding is set.
///
/// # Panics
/// If the window leaves the image.
///
/// # Examples
/// ```
/// use origami_pyramid::{Rgb, Subsampling, Ycc, colour};
/// let mut tile = Ycc::zeros(8, 8, Subsampling::S420);
/// colour::ycc(&Rgb::filled(8, 8, [255, 0, 0]), 0, 0, &mut tile);
/// assert_eq!(tile.uniform(), Some([76, 85, 255]));
/// ```
pub fn ycc<B: SamplesMut>(rgb: &Rgb, x: usize, y: usize, tile: &mut Ycc<B>) {
    let (width, height) = (tile.width(), tile.height());
    let (across, down) = tile.subsampling().factors();
    let (mut luma_plane, chroma) = tile.planes_mut();
    luma(rgb, x, y, &mut luma_plane);
    if let Some([mut cb, mut cr]) = chroma {
        let kernels = crate::kernels::get();
        for row in 0..cb.height() {
            let top = &rgb.row(y + row * down)[3 * x..][..3 * width];
            let bottom = &rgb.row(y + (row * down + down - 1).min(height - 1))[3 * x..][..3 * width];
            if across == 2 {
                kernels.halved_chroma_row(top, bottom, cb.row_mut(row), cr.row_mut(row));
            } else {
                kernels.chroma_row(top, cb.row_mut(row), cr.row_mut(row));
            }
        }
    }
    tile.pad_luma();
}

/// Cb and Cr of one row, a sample for each RGB pixel.
#[inline(always)]
pub(crate) fn chroma_row(rgb: &[u8], cb: &mut [u8], cr: &mut [u8]) {
    for ((pixel, cb), cr) in rgb.as_chunks::<3>().0.iter().zip(cb).zip(cr) {
        (*cb, *cr) = chroma_of(pixel.map(i32::from), 16);
    }
}

/// Cb and Cr of two rows, halved in width: a sample for every 2x2 pixels. Given
/// the same row twice, a sample for every 2x1.
#[inline(always)]
pub(crate) fn halved_chroma_row(top: &[u8], bottom: &[u8], cb: &mut [u8], cr: &mut [u8]) {
    let (top, top_rest) = top.as_chunks::<6>();
    let (bottom, bottom_rest) = bottom.as_chunks::<6>();
    for (((t, b), cb), cr) in top.iter().zip(bottom).zip(&mut *cb).zip(&mut *cr) {
        (*cb, *cr) = chroma_of([block_sum(t, b, 0), block_sum(t, b, 1), block_sum(t, b, 2)], 18);
    }
    if let (&[r, g, b], &[r2, g2, b2], Some(cb), Some(cr)) =
        (top_rest, bottom_rest, cb.last_mut(), cr.last_mut())
    {
        let sum = [(r, r2), (g, g2), (b, b2)].map(|(top, bottom)| 2 * (i32::from(top) + i32::from(bottom)));
        (*cb, *cr) = chroma_of(sum, 18);
    }
}

/// Sum of channel `c` of 2x2 pixels.
#[inline(always)]
fn block_sum(top: &[u8; 6], bottom: &[u8; 6], c: usize) -> i32 {
    i32::from(top[c]) + i32::from(top[c + 3]) + i32::from(bottom[c]) + i32::from(bottom[c + 3])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Subsampling;

    /// `[Y, Cb, Cr]` by the real formula.
    fn exact([r, g, b]: [f64; 3]) -> [f64; 3] {
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402]
    }

    #[test]
    fn every_colour_is_within_half_a_step_of_the_real_formula() {
        for r in (0..=255u8).step_by(5) {
            for g in (0..=255u8).step_by(3) {
                for b in (0..=255u8).step_by(5) {
                    let expected = exact([r, g, b].map(f64::from));
                    for (actual, exact) in ycc_of([r, g, b]).into_iter().zip(expected) {
                        assert!(
                            (f64::from(actual) - exact).abs() <= 0.51,
                            "{r} {g} {b}: {actual} for {exact}"
                        );
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

    /// Pixel `(x, y)`, coordinates clamped to the image.
    fn pixel(rgb: &Rgb, x: usize, y: usize) -> [u8; 3] {
        let (x, y) = (x.min(rgb.width() - 1), y.min(rgb.height() - 1));
        rgb.row(y)[3 * x..][..3].try_into().unwrap()
    }

    /// The mean of the pixels that chroma sample `(x, y)` of `subsampling` covers.
    fn mean_pixel(rgb: &Rgb, subsampling: Subsampling, x: usize, y: usize) -> [f64; 3] {
        let (across, down) = subsampling.factors();
        let mut sum = [0.0; 3];
        for row in y * down..(y + 1) * down {
            for column in x * across..(x + 1) * across {
                let pixel = pixel(rgb, column, row);
                sum = [0, 1, 2].map(|c| sum[c] + f64::from(pixel[c]));
            }
        }
        sum.map(|channel| channel / (across * down) as f64)
    }

    #[test]
    fn chroma_is_the_mean_of_the_pixels_it_covers_at_odd_sizes() {
        let (width, height) = (7, 5);
        let data: Vec<u8> = (0..3 * width * height).map(|i| (i * 37 % 251) as u8).collect();
        let rgb = Rgb::from_vec(data, width, height);
        for subsampling in [Subsampling::S420, Subsampling::S422, Subsampling::S444, Subsampling::Gray] {
            let mut tile = Ycc::zeros(width, height, subsampling);
            ycc(&rgb, 0, 0, &mut tile);
            for y in 0..height {
                for x in 0..width {
                    assert_eq!(tile.luma().row(y)[x], ycc_of(pixel(&rgb, x, y))[0]);
                }
            }
            let Some([cb, cr]) = tile.chroma() else { continue };
            for y in 0..cb.height() {
                for x in 0..cb.width() {
                    let [_, exact_cb, exact_cr] = exact(mean_pixel(&rgb, subsampling, x, y));
                    for (actual, exact) in [(cb.row(y)[x], exact_cb), (cr.row(y)[x], exact_cr)] {
                        let close = (f64::from(actual) - exact).abs() <= 0.51;
                        assert!(close, "{subsampling:?} at {x},{y}: {actual} for {exact}");
                    }
                }
            }
        }
    }
}
