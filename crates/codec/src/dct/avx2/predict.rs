//! The prediction in vectors: a parent's samples to predicted coefficients.

use super::{all, eight, four, store_group, transpose, zero};
use crate::avx2::load_bytes;
use crate::dct::STRIP;
use crate::dct::predict::{SampleRows, Windows};
use crate::{Block, ZIGZAG};
use std::arch::x86_64::*;

/// The matrix and the scales in vectors, the latter in natural order.
struct Weights {
    matrix: [[__m256i; 4]; 8],
    scales: [__m256i; 64],
}

/// Predicts all blocks of `windows`.
#[target_feature(enable = "avx2")]
pub(super) fn predict_strips(
    matrix: &[[i16; 4]; 8],
    scales: &[i16; 64],
    windows: &Windows,
    out: &mut [Block],
) {
    let mut weights = Weights { matrix: [[zero(); 4]; 8], scales: [zero(); 64] };
    for (to, &from) in weights.matrix.as_flattened_mut().iter_mut().zip(matrix.as_flattened()) {
        *to = all(from);
    }
    for (&at, &scale) in ZIGZAG.iter().zip(scales) {
        weights.scales[usize::from(at)] = all(scale);
    }
    let mut grid = [zero(); 64];
    windows.by_strip(out, |rows, out| match out.try_into() {
        Ok(whole) => predict_strip(&weights, rows, &mut grid, whole),
        Err(_) => {
            let mut padded = [Block::ZERO; STRIP];
            predict_strip(&weights, rows, &mut grid, &mut padded);
            out.copy_from_slice(&padded[..out.len()]);
        }
    });
}

/// Predicts 16 blocks. Element `i` of the vectors in `grid`, which is scratch
/// memory, belongs to block `i`.
#[inline]
#[target_feature(enable = "avx2")]
fn predict_strip(weights: &Weights, rows: &SampleRows, grid: &mut [__m256i; 64], out: &mut [Block; STRIP]) {
    // The columns of samples 4 i + phase of the strip, i = 0..16, and those from 64 on.
    let phases = eight(|y| by_phase(&rows[y]));
    let down = four(|phase| transform_columns(weights, eight(|y| phases[y][phase])));
    let rest = transform_columns(weights, eight(|y| load_bytes(&rows[y].as_chunks().0[4])));
    for (u, line) in grid.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let near = four(|phase| down[phase][u]);
        let far = [
            following(near[0], rest[u]),
            following(near[1], _mm256_srli_si256::<2>(rest[u])),
            following(near[2], _mm256_srli_si256::<4>(rest[u])),
            following(near[3], _mm256_srli_si256::<6>(rest[u])),
        ];
        let sums = four(|j| _mm256_adds_epi16(near[j], far[3 - j]));
        let differences = four(|j| _mm256_subs_epi16(near[j], far[3 - j]));
        for (v, (out, row)) in line.iter_mut().zip(&weights.matrix).enumerate() {
            let half = if v % 2 == 0 { &sums } else { &differences };
            let [a, b, c, d] = four(|j| _mm256_mulhrs_epi16(half[j], row[j]));
            let sum = _mm256_adds_epi16(_mm256_adds_epi16(a, b), _mm256_adds_epi16(c, d));
            *out = _mm256_mulhrs_epi16(sum, weights.scales[8 * u + v]);
        }
    }
    let (low, high) = out.split_at_mut(8);
    for (group, positions) in ZIGZAG.as_chunks::<8>().0.iter().enumerate() {
        let lines = transpose(eight(|i| grid[usize::from(positions[i]) % 64]));
        for (i, line) in lines.into_iter().enumerate() {
            store_group(&mut low[i], group, _mm256_castsi256_si128(line));
            store_group(&mut high[i], group, _mm256_extracti128_si256::<1>(line));
        }
    }
}

/// The first 64 samples, grouped by their column modulo 4.
#[inline]
#[target_feature(enable = "avx2")]
fn by_phase(row: &[u8; 80]) -> [__m128i; 4] {
    let order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let [a, b, c, d] = four(|i| _mm_shuffle_epi8(load_bytes(&row.as_chunks().0[i]), order));
    let (ab, cd) = (_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
    let (ab_high, cd_high) = (_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d));
    [
        _mm_unpacklo_epi64(ab, cd),
        _mm_unpackhi_epi64(ab, cd),
        _mm_unpacklo_epi64(ab_high, cd_high),
        _mm_unpackhi_epi64(ab_high, cd_high),
    ]
}

/// The first pass, for 16 columns of samples: frequency `u` in row `u` of the
/// result, Q5.
#[inline]
#[target_feature(enable = "avx2")]
fn transform_columns(weights: &Weights, rows: [__m128i; 8]) -> [__m256i; 8] {
    let rows = eight(|y| _mm256_slli_epi16::<6>(_mm256_sub_epi16(_mm256_cvtepu8_epi16(rows[y]), all(128))));
    let sums = four(|j| _mm256_add_epi16(rows[j], rows[7 - j]));
    let differences = four(|j| _mm256_sub_epi16(rows[j], rows[7 - j]));
    let mut out = [zero(); 8];
    for (u, (out, row)) in out.iter_mut().zip(&weights.matrix).enumerate() {
        let half = if u % 2 == 0 { &sums } else { &differences };
        let [a, b, c, d] = four(|j| _mm256_mulhrs_epi16(half[j], row[j]));
        let sum = _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_add_epi16(c, d));
        *out = _mm256_srai_epi16::<1>(_mm256_add_epi16(sum, all(1)));
    }
    out
}

/// Elements 1 to 15 of `vector`, then the first of `next`.
#[inline]
#[target_feature(enable = "avx2")]
fn following(vector: __m256i, next: __m256i) -> __m256i {
    _mm256_alignr_epi8::<2>(_mm256_permute2x128_si256::<0x21>(vector, next), vector)
}
