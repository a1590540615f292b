//! The 8x8 transforms: from samples to the coefficients a JPEG stores and
//! back, and from a parent's samples to what its child's coefficients are
//! predicted to be.
//!
//! [`inverse`] and [`predict`] are normative: what a decoder makes of an exact
//! pack depends on every bit of them. `EXACT.md` beside this crate specifies
//! them. They are not the JPEG library's inverse and need not be. [`forward`]
//! is the library's, coefficient by coefficient.

mod forward;
mod inverse;
mod predict;
mod quantise;

pub use forward::{forward, forward_rgb};
pub use inverse::inverse;
pub use predict::{lanczos_matrix, predict};
pub use quantise::quality_tables;

/// The rounded upper half of a product of Q15 numbers,
/// `(a * b + 2^14) >> 15`, wrapped to 16 bits (which only -32,768 squared is).
#[inline(always)]
pub(crate) fn mulhrs(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + (1 << 14)) >> 15) as i16
}
