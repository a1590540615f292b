//! Residuals: the difference between a tile and its prediction.
//!
//! A residual sample is `clamp(actual - predicted + 128, 0, 255)`; applying it
//! is `clamp(predicted + residual - 128, 0, 255)`. Differences beyond -128 and
//! 127 are clipped; everything else survives unchanged.

use crate::{Plane, Samples, SamplesMut};

/// Writes the residual of `actual` against `predicted` into `out`.
///
/// # Panics
/// If the three planes differ in size.
///
/// # Examples
/// ```
/// use origami_pyramid::{Plane, residual};
/// let actual = Plane::new(vec![130, 0, 255], 3, 1, 3);
/// let predicted = Plane::new(vec![120, 10, 0], 3, 1, 3);
/// let mut out = Plane::zeros(3, 1);
/// residual::make(&actual, &predicted, &mut out);
/// assert_eq!(out.row(0), [138, 118, 255]);
/// ```
pub fn make<A: Samples, P: Samples>(
    actual: &Plane<A>,
    predicted: &Plane<P>,
    out: &mut Plane<impl SamplesMut>,
) {
    assert_eq!((actual.width(), actual.height()), (predicted.width(), predicted.height()));
    assert_eq!((actual.width(), actual.height()), (out.width(), out.height()));
    let kernels = crate::kernels::get();
    for y in 0..actual.height() {
        kernels.make_row(actual.row(y), predicted.row(y), out.row_mut(y));
    }
}

/// Adds `residual` to the prediction in `plane`.
///
/// # Panics
/// If the planes differ in size.
///
/// # Examples
/// ```
/// use origami_pyramid::{Plane, residual};
/// let mut plane = Plane::new(vec![120, 10, 250], 3, 1, 3);
/// residual::apply(&mut plane, &Plane::new(vec![138, 118, 200], 3, 1, 3));
/// assert_eq!(plane.row(0), [130, 0, 255]);
/// ```
pub fn apply(plane: &mut Plane<impl SamplesMut>, residual: &Plane<impl Samples>) {
    assert_eq!((plane.width(), plane.height()), (residual.width(), residual.height()));
    let kernels = crate::kernels::get();
    for y in 0..residual.height() {
        kernels.apply_row(plane.row_mut(y), residual.row(y));
    }
}

/// One row of [`make`].
#[inline(always)]
pub(crate) fn make_row(actual: &[u8], predicted: &[u8], out: &mut [u8]) {
    for ((&a, &p), o) in actual.iter().zip(predicted).zip(out) {
        *o = (i16::from(a) - i16::from(p) + 128).clamp(0, 255) as u8;
    }
}

/// One row of [`apply`]. `residual ^ 128` is the difference as a two's
/// complement byte, and `predicted ^ 128` the sample centred on 0, so a
/// saturating signed addition clamps at both ends.
#[inline(always)]
pub(crate) fn apply_row(row: &mut [u8], residual: &[u8]) {
    for (p, &r) in row.iter_mut().zip(residual) {
        let sum = ((*p ^ 128) as i8).saturating_add((r ^ 128) as i8);
        *p = sum as u8 ^ 128;
    }
}
