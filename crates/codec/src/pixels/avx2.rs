//! The rows of [`super::upsample`] and [`super::colour`] in vectors.
#![expect(unsafe_code, reason = "calling functions compiled for a detected instruction set")]

use super::colour::*;
use super::upsample::{add_rows_portably, double_sums_portably};
use crate::avx2::{load_bytes, store_bytes};
use origami_pyramid::simd::Avx2;
use std::arch::x86_64::*;

/// Functions that are compiled for AVX2, and called with the token that shows it.
macro_rules! compiled_for_avx2 {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),+) $body:block)+) => {$(
        $(#[$doc])*
        pub(super) fn $name(_: Avx2, $($arg: $type),+) {
            #[target_feature(enable = "avx2")]
            fn compiled($($arg: $type),+) $body
            // SAFETY: the token shows that the processor has AVX2.
            unsafe { compiled($($arg),+) }
        }
    )+};
}

compiled_for_avx2! {
    /// [`super::upsample`]'s sums, which the compiler vectorises.
    fn add_rows(near: &[u8], far: &[u8], sums: &mut [u16]) {
        add_rows_portably(near, far, sums);
    }

    /// [`super::upsample`]'s pixels, which the compiler vectorises.
    fn double_sums(sums: &[u16], rounding: [u16; 2], out: &mut [u8]) {
        double_sums_portably(sums, rounding, out);
    }

    /// [`super::colour::rgb_row`].
    fn rgb_row(planes: [&[u8]; 3], out: &mut [u8]) {
        by_sixteen(planes, out, |planes| convert(planes), rgb_row_portably);
    }

    /// [`super::colour::interleave_row`].
    fn interleave_row(planes: [&[u8]; 3], out: &mut [u8]) {
        by_sixteen(planes, out, |planes| planes, interleave_row_portably);
    }
}

/// Converts 16 samples of each plane at a time with `convert` and interleaves them; what is
/// left over is made by `rest`.
#[inline]
#[target_feature(enable = "avx2")]
fn by_sixteen(
    planes: [&[u8]; 3],
    out: &mut [u8],
    convert: impl Fn([__m128i; 3]) -> [__m128i; 3],
    rest: fn([&[u8]; 3], &mut [u8]),
) {
    let [(first, first_rest), (second, second_rest), (third, third_rest)] =
        planes.map(|plane| plane.as_chunks::<16>());
    let (pixels, last_pixels) = out.as_chunks_mut::<48>();
    for (((pixels, first), second), third) in pixels.iter_mut().zip(first).zip(second).zip(third) {
        store_interleaved(convert([load_bytes(first), load_bytes(second), load_bytes(third)]), pixels);
    }
    rest([first_rest, second_rest, third_rest], last_pixels);
}

/// RGB of 16 samples each of Y, Cb and Cr.
#[inline]
#[target_feature(enable = "avx2")]
fn convert([y, cb, cr]: [__m128i; 3]) -> [__m128i; 3] {
    let centre = _mm256_set1_epi16(128);
    let y = _mm256_cvtepu8_epi16(y);
    let cb = _mm256_sub_epi16(_mm256_cvtepu8_epi16(cb), centre);
    let cr = _mm256_sub_epi16(_mm256_cvtepu8_epi16(cr), centre);
    let red = _mm256_add_epi16(_mm256_add_epi16(y, cr), part(cr, RED_OF_CR));
    let blue = _mm256_add_epi16(_mm256_add_epi16(y, _mm256_add_epi16(cb, cb)), part(cb, BLUE_OF_CB));
    let weights = _mm256_set1_epi32((GREEN_OF_CB & 0xffff) | GREEN_OF_CR << 16);
    let half = _mm256_set1_epi32(1 << 15);
    let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(cb, cr), weights);
    let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(cb, cr), weights);
    let green = _mm256_packs_epi32(
        _mm256_srai_epi32::<16>(_mm256_add_epi32(low, half)),
        _mm256_srai_epi32::<16>(_mm256_add_epi32(high, half)),
    );
    let green = _mm256_add_epi16(_mm256_sub_epi16(y, cr), green);
    [clamp(red), clamp(green), clamp(blue)]
}

/// `factor * x`, Q16, rounded half up. The upper half of twice the product has one bit more
/// than is wanted, for rounding.
#[inline]
#[target_feature(enable = "avx2")]
fn part(x: __m256i, factor: i32) -> __m256i {
    let doubled = _mm256_mulhi_epi16(_mm256_add_epi16(x, x), _mm256_set1_epi16(factor as i16));
    _mm256_srai_epi16::<1>(_mm256_add_epi16(doubled, _mm256_set1_epi16(1)))
}

/// The 16 elements as bytes, clamped.
#[inline]
#[target_feature(enable = "avx2")]
fn clamp(x: __m256i) -> __m128i {
    _mm_packus_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x))
}

/// For each third of 16 pixels the shuffles that move the samples of each channel to their
/// place; 255, which shuffles make 0, for the places of other channels.
const THIRDS: [[[u8; 16]; 3]; 3] = {
    let mut order = [[[255; 16]; 3]; 3];
    let mut at = 0;
    while at < 48 {
        order[at / 16][at % 3][at % 16] = (at / 3) as u8;
        at += 1;
    }
    order
};

/// Writes 16 pixels, given channel by channel.
#[inline]
#[target_feature(enable = "avx2")]
fn store_interleaved([red, green, blue]: [__m128i; 3], out: &mut [u8; 48]) {
    for (third, [of_red, of_green, of_blue]) in out.as_chunks_mut::<16>().0.iter_mut().zip(&THIRDS) {
        let red = _mm_shuffle_epi8(red, load_bytes(of_red));
        let green = _mm_shuffle_epi8(green, load_bytes(of_green));
        let blue = _mm_shuffle_epi8(blue, load_bytes(of_blue));
        store_bytes(third, _mm_or_si128(_mm_or_si128(red, green), blue));
    }
}
