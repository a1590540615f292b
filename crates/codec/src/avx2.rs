//! Loads and stores of vectors of bytes, at any alignment.
#![expect(unsafe_code, reason = "vector loads and stores")]

use std::arch::x86_64::*;

/// A vector of the bytes of `from`.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_bytes(from: &[u8; 16]) -> __m128i {
    // SAFETY: reads the 16 bytes of `from`, at any alignment.
    unsafe { _mm_loadu_si128(from.as_ptr().cast()) }
}

/// Writes the bytes of `vector` to `to`.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn store_bytes(to: &mut [u8; 16], vector: __m128i) {
    // SAFETY: writes the 16 bytes of `to`, at any alignment.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), vector) }
}
