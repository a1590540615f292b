//! Halving: each pixel of the next coarser level is the mean of 2x2 pixels.

use crate::Rgb;

/// Halves `fine` into `coarse`: `(a + b + c + d + 2) >> 2` per channel, the
/// last column and row repeated at odd sizes.
///
/// `coarse` becomes `ceil(width / 2)` x `ceil(height / 2)`.
///
/// # Examples
/// ```
/// use origami_pyramid::{Rgb, mean};
/// let fine = Rgb::from_vec(vec![10, 20, 30, 20, 40, 61], 2, 1);
/// let mut coarse = Rgb::filled(1, 1, [0; 3]);
/// mean::halve(&fine, &mut coarse);
/// assert_eq!(coarse, Rgb::filled(1, 1, [15, 30, 46]));
/// ```
pub fn halve(fine: &Rgb, coarse: &mut Rgb) {
    let (width, height) = (fine.width(), fine.height());
    coarse.resize(width.div_ceil(2), height.div_ceil(2));
    for y in 0..coarse.height() {
        let top = fine.row(2 * y);
        let bottom = fine.row((2 * y + 1).min(height - 1));
        crate::kernels::get().halve_row(top, bottom, coarse.row_mut(y));
    }
}

/// One row of [`halve`]: two RGB rows of `w` pixels into one of `ceil(w / 2)`.
#[inline(always)]
pub(crate) fn halve_row(top: &[u8], bottom: &[u8], out: &mut [u8]) {
    let pairs = top.chunks_exact(6).zip(bottom.chunks_exact(6));
    for ((t, b), o) in pairs.zip(out.chunks_exact_mut(3)) {
        for c in 0..3 {
            let sum = u16::from(t[c]) + u16::from(t[c + 3]) + u16::from(b[c]) + u16::from(b[c + 3]);
            o[c] = ((sum + 2) >> 2) as u8;
        }
    }
    if top.len() % 6 == 3 {
        let (t, b) = (&top[top.len() - 3..], &bottom[bottom.len() - 3..]);
        let last = out.len() - 3;
        for c in 0..3 {
            out[last + c] = ((2 * (u16::from(t[c]) + u16::from(b[c])) + 2) >> 2) as u8;
        }
    }
}
