//! Sums of products of 16-bit elements in 32 bits, which the transforms of libjpeg-turbo
//! consist of.

use std::arch::x86_64::*;

/// The 16 elements as 32-bit numbers: those that `unpacklo` takes from each
/// lane, and those that `unpackhi` takes.
#[derive(Clone, Copy)]
pub(super) struct Wide(pub __m256i, pub __m256i);

/// `a * x + b * y`.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn rotate(x: __m256i, y: __m256i, a: i32, b: i32) -> Wide {
    let weights = _mm256_set1_epi32((a & 0xffff) | b << 16);
    Wide(
        _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), weights),
        _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), weights),
    )
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn add(a: Wide, b: Wide) -> Wide {
    Wide(_mm256_add_epi32(a.0, b.0), _mm256_add_epi32(a.1, b.1))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn subtract(a: Wide, b: Wide) -> Wide {
    Wide(_mm256_sub_epi32(a.0, b.0), _mm256_sub_epi32(a.1, b.1))
}

/// Shifts right by `SHIFT` bits, rounding, and narrows to 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn narrow<const SHIFT: i32>(a: Wide) -> __m256i {
    let half = _mm256_set1_epi32(1 << (SHIFT - 1));
    _mm256_packs_epi32(
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(a.0, half)),
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(a.1, half)),
    )
}
