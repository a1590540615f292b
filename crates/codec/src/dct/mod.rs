//! The 8x8 transforms: from samples to the coefficients a JPEG stores, back to
//! samples, and from a parent's samples to predicted coefficients of its child.
//!
//! [`inverse`] and [`predict_with`] are normative: what an exact pack decodes to
//! depends on every bit of their results. `EXACT.md`, in the folder of this
//! crate, specifies them. [`inverse`] differs from libjpeg-turbo's inverse
//! transform, and need not equal it. [`forward`] gives the same coefficients as
//! libjpeg-turbo, and `islow_plane` the same samples.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod estimate;
mod flat;
mod forward;
mod inverse;
mod islow;
mod predict;
mod quantise;

pub use estimate::nearest_quality;
pub(crate) use flat::{MAX_COLUMNS, flat_windows};
pub use forward::{forward, forward_rgb, forward_rgb_with, forward_with};
pub use inverse::{inverse, inverse_with};
pub(crate) use islow::islow_plane;
pub use predict::{lanczos_matrix, predict_with};
pub use quantise::quality_tables;

/// Number of blocks of a row that are transformed at a time.
pub(crate) const STRIP: usize = 16;

/// The eight rows of samples of [`STRIP`] blocks.
type Strip = [[u8; 8 * STRIP]; 8];

/// Eight rows, or columns, of eight numbers.
type Lines = [[i16; 8]; 8];

fn transpose(lines: &Lines) -> Lines {
    std::array::from_fn(|i| std::array::from_fn(|j| lines[j][i]))
}

/// The rounded upper half of a product of Q15 numbers,
/// `(a * b + 2^14) >> 15`, wrapped to 16 bits (only -32,768 squared wraps).
#[inline(always)]
pub(crate) fn mulhrs(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + (1 << 14)) >> 15) as i16
}
