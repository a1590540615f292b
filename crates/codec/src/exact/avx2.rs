//! The coder's loops compiled for AVX2, and a symbol search with AVX2
//! instructions.
//!
//! All but the search is the same source as on other machines, vectorised by
//! the compiler.

#![expect(
    unsafe_code,
    reason = "calling functions compiled for a detected instruction set, vector loads and look-ups"
)]

use super::bands::{Band, MAX_BANDS};
use super::context::QuietPlane;
use super::decode::{self, PlaneBuffers};
use super::encode::{self, PredictedTile};
use super::level::Level;
use super::rans::{Distribution, RansDecoder, RansSlot, Search, SlotSymbol, Tokens};
use super::single::{self, ParentWindow};
use crate::CodecError;
use origami_pyramid::simd::{Avx2, Simd};
use std::arch::x86_64::{_mm256_cmpgt_epi16, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi16};

/// [`decode::decode`] compiled for AVX2.
pub(super) fn decode(
    token: Avx2,
    level: &Level,
    decoders: [RansDecoder<'_>; MAX_BANDS],
    planes: &mut [PlaneBuffers<'_>; 3],
) -> Result<(), CodecError> {
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn compiled(
        token: Avx2,
        level: &Level,
        decoders: [RansDecoder<'_>; MAX_BANDS],
        planes: &mut [PlaneBuffers<'_>; 3],
    ) -> Result<(), CodecError> {
        decode::decode(level, decoders, planes, token)
    }
    // SAFETY: `token` shows that the processor has what this is compiled for.
    unsafe { compiled(token, level, decoders, planes) }
}

/// [`single::decode`] compiled for AVX2.
pub(super) fn decode_single(
    token: Avx2,
    level: &Level,
    decoder: RansDecoder<'_>,
    planes: &mut [PlaneBuffers<'_>; 3],
    parents: &[ParentWindow<'_>; 3],
    quiet: &mut [QuietPlane; 3],
) -> Result<(), CodecError> {
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn compiled(
        token: Avx2,
        level: &Level,
        decoder: RansDecoder<'_>,
        planes: &mut [PlaneBuffers<'_>; 3],
        parents: &[ParentWindow<'_>; 3],
        quiet: &mut [QuietPlane; 3],
    ) -> Result<(), CodecError> {
        single::decode(level, decoder, planes, parents, quiet, Simd::Avx2(token), token)
    }
    // SAFETY: `token` shows that the processor has what this is compiled for.
    unsafe { compiled(token, level, decoder, planes, parents, quiet) }
}

/// [`encode::tokenise_band`] compiled for AVX2.
pub(super) fn tokenise_band(
    _: Avx2,
    level: &Level,
    tile: PredictedTile<'_>,
    band: Band,
    tokens: &mut Tokens,
) {
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn compiled(level: &Level, tile: PredictedTile<'_>, band: Band, tokens: &mut Tokens) {
        encode::tokenise_band(level, tile, band, tokens);
    }
    // SAFETY: the token shows that the processor has what this is compiled for.
    unsafe { compiled(level, tile, band, tokens) }
}

impl Search for Avx2 {
    #[inline(always)]
    fn find(self, distribution: &Distribution, slot: RansSlot) -> SlotSymbol {
        let (before, frequencies) = distribution.symbols();
        // SAFETY: `self`, the token, shows that the processor has AVX2, and the
        // 32 bytes that are loaded are those of `before`.
        let mask = unsafe {
            let before = _mm256_loadu_si256(before.as_ptr().cast());
            _mm256_movemask_epi8(_mm256_cmpgt_epi16(_mm256_set1_epi16(slot.number()), before))
        };
        // Each symbol has two bits of the mask, and the first begins before any slot.
        let symbol = (mask.count_ones() / 2) as usize - 1;
        // SAFETY: `before[0]` is -1, less than any slot, and a mask has 32 bits,
        // so `symbol` is 0 to 15.
        let (before, frequency) =
            unsafe { (*before.get_unchecked(symbol), *frequencies.get_unchecked(symbol)) };
        SlotSymbol { symbol, before, frequency }
    }
}
