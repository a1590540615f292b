//! The coder's loops compiled for AVX2, and its search with AVX2.
//!
//! All but the search is the same source as on other machines, vectorised by
//! the compiler.

#![expect(unsafe_code, reason = "functions for an instruction set are called after a check at run time")]

use super::decode::{self, BANDS, PlaneWork};
use super::encode::{self, PlaneViews};
use super::level::Level;
use super::rans::{Decoder, Distribution, Found, Search, Slot, Tokens};
use crate::CodecError;
use std::arch::x86_64::{_mm256_cmpgt_epi16, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi16};

/// Shows that the processor has AVX2 and the bit instructions that came with it.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn new() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        found.then_some(Self(()))
    }

    /// [`decode::decode`].
    pub(super) fn decode(
        self,
        level: &Level,
        bands: [Decoder<'_>; BANDS],
        count: usize,
        planes: &mut [PlaneWork<'_>; 3],
    ) -> Result<(), CodecError> {
        // SAFETY: `self` shows that the processor has what this is compiled for.
        unsafe { decode(level, bands, count, planes, self) }
    }

    /// [`encode::tokenise_band`].
    pub(super) fn tokenise_band(
        self,
        level: &Level,
        planes: PlaneViews<'_>,
        band: (usize, usize),
        tokens: &mut Tokens,
    ) {
        // SAFETY: `self` shows that the processor has what this is compiled for.
        unsafe { tokenise_band(level, planes, band, tokens) }
    }
}

impl Search for Avx2 {
    #[inline(always)]
    fn find(self, distribution: &Distribution, slot: Slot) -> Found {
        let (before, frequencies) = distribution.symbols();
        // SAFETY: `self` shows that the processor has AVX2, and the 32 bytes
        // that are loaded are those of `before`.
        let mask = unsafe {
            let before = _mm256_loadu_si256(before.as_ptr().cast());
            _mm256_movemask_epi8(_mm256_cmpgt_epi16(_mm256_set1_epi16(slot.number()), before))
        };
        // Two bits of the mask are one symbol, and one begins before all slots.
        let symbol = (mask.count_ones() / 2) as usize - 1;
        // SAFETY: `before[0]` is -1, less than any slot, and a mask has 32 bits,
        // so `symbol` is 0 to 15.
        let (before, frequency) =
            unsafe { (*before.get_unchecked(symbol), *frequencies.get_unchecked(symbol)) };
        Found { symbol, before, frequency }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn decode(
    level: &Level,
    bands: [Decoder<'_>; BANDS],
    count: usize,
    planes: &mut [PlaneWork<'_>; 3],
    search: Avx2,
) -> Result<(), CodecError> {
    decode::decode(level, bands, count, planes, search)
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn tokenise_band(level: &Level, planes: PlaneViews<'_>, band: (usize, usize), tokens: &mut Tokens) {
    encode::tokenise_band(level, planes, band, tokens);
}
