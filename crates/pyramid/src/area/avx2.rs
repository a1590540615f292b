//! Means of pixels in vectors: a vector has the sums of one pixel.
#![expect(unsafe_code, reason = "vector loads")]

use super::{Coverages, OFFSET, ROUNDING};
use std::arch::x86_64::*;

/// [`super::mean_row`].
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn mean_row(sums: &[u32], coverages: Coverages<'_>, height: f64, out: &mut [u8]) {
    match coverages.taps {
        1 => means(sums, 1, coverages, height, out),
        2 => means(sums, 2, coverages, height, out),
        3 => means(sums, 3, coverages, height, out),
        taps => means(sums, taps, coverages, height, out),
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn means(sums: &[u32], taps: usize, coverages: Coverages<'_>, height: f64, out: &mut [u8]) {
    let Coverages { starts, weights, inverse_widths, .. } = coverages;
    let inverse_height = 1.0 / height;
    let pixels = out.as_chunks_mut::<3>().0.iter_mut().zip(starts).zip(inverse_widths);
    for (((pixel, &start), &inverse), weights) in pixels.zip(weights.chunks_exact(taps)) {
        let mut totals = _mm256_setzero_si256();
        for (at, &weight) in (start..).zip(weights) {
            let samples = sums[3 * at..].first_chunk().expect("a sum after those of the last pixel");
            let weight = _mm256_set1_epi64x(i64::from(weight));
            totals = _mm256_add_epi64(totals, _mm256_mul_epu32(load(samples), weight));
        }
        let [red, green, blue, _] = mean(totals, inverse * inverse_height);
        *pixel = [red, green, blue];
    }
}

/// The four sums, each in 64 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn load(from: &[u32; 4]) -> __m256i {
    // SAFETY: reads the 16 bytes of `from`, at any alignment.
    _mm256_cvtepu32_epi64(unsafe { _mm_loadu_si128(from.as_ptr().cast()) })
}

/// [`super::mean`] of four totals.
#[inline]
#[target_feature(enable = "avx2")]
fn mean(totals: __m256i, inverse: f64) -> [u8; 4] {
    let offset = _mm256_set1_pd(OFFSET);
    let totals = _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(totals), offset), offset);
    let means = _mm256_mul_pd(totals, _mm256_set1_pd(inverse));
    let means = _mm256_cvttpd_epi32(_mm256_add_pd(means, _mm256_set1_pd(ROUNDING)));
    let words = _mm_packus_epi32(means, means);
    _mm_cvtsi128_si32(_mm_packus_epi16(words, words)).to_le_bytes()
}
