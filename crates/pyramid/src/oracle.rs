//! Slow, obvious versions of the kernels, for tests: one sample at a time,
//! coordinates clamped where they are used, no rows, no tricks.

use crate::{Plane, Point, Rgb};

/// Sample `(x, y)` of `plane`, coordinates clamped to it.
fn clamped(plane: &Plane<&[u8]>, x: i64, y: i64) -> i32 {
    let x = x.clamp(0, plane.width() as i64 - 1) as usize;
    let y = y.clamp(0, plane.height() as i64 - 1) as usize;
    i32::from(plane.row(y)[x])
}

/// `sum` in 128ths, rounded half up to a sample.
fn rounded(sum: i32) -> i32 {
    (f64::from(sum) / 128.0 + 0.5).floor().clamp(0.0, 255.0) as i32
}

/// First source coordinate and weights of the four taps of an output coordinate.
fn taps(at: usize) -> (i64, [i32; 4]) {
    let k = (at / 2) as i64;
    if at.is_multiple_of(2) { (k - 2, [-3, 29, 111, -9]) } else { (k - 1, [-9, 111, 29, -3]) }
}

/// Sample `(x, y)` of `source` doubled; see [`crate::upsample`].
#[must_use]
pub fn doubled(source: &Plane<&[u8]>, x: usize, y: usize) -> u8 {
    let (left, across) = taps(x);
    let (top, down) = taps(y);
    let mut sum = 0;
    for (i, weight) in (0..).zip(across) {
        let column: i32 = (0..).zip(down).map(|(j, w)| w * clamped(source, left + i, top + j)).sum();
        sum += weight * rounded(column);
    }
    rounded(sum) as u8
}

/// The whole of `source` doubled.
#[must_use]
pub fn double(source: &Plane<&[u8]>) -> Plane<Vec<u8>> {
    let mut out = Plane::zeros(2 * source.width(), 2 * source.height());
    for y in 0..out.height() {
        for x in 0..out.width() {
            out.row_mut(y)[x] = doubled(source, x, y);
        }
    }
    out
}

/// `actual - predicted + 128`, clamped.
#[must_use]
pub fn residual(actual: u8, predicted: u8) -> u8 {
    (i32::from(actual) - i32::from(predicted) + 128).clamp(0, 255) as u8
}

/// `predicted + residual - 128`, clamped.
#[must_use]
pub fn applied(predicted: u8, residual: u8) -> u8 {
    (i32::from(predicted) + i32::from(residual) - 128).clamp(0, 255) as u8
}

/// Pixel `(x, y)` of `fine` halved.
#[must_use]
pub fn halved(fine: &Rgb, x: usize, y: usize) -> [u8; 3] {
    let (columns, rows) = (fine.width() - 1, fine.height() - 1);
    [0, 1, 2].map(|channel| {
        let mut sum = 0;
        for (x, y) in [(2 * x, 2 * y), (2 * x + 1, 2 * y), (2 * x, 2 * y + 1), (2 * x + 1, 2 * y + 1)] {
            sum += u32::from(fine.row(y.min(rows))[3 * x.min(columns) + channel]);
        }
        (f64::from(sum) / 4.0 + 0.5).floor() as u8
    })
}

/// Copies `from` into `to`, with its top left sample at `corner`.
///
/// # Panics
/// If it does not fit there.
pub fn paste(from: &Plane<&[u8]>, to: &mut Plane<Vec<u8>>, corner: Point) {
    for y in 0..from.height() {
        for x in 0..from.width() {
            to.row_mut(corner.y as usize + y)[corner.x as usize + x] = from.row(y)[x];
        }
    }
}
