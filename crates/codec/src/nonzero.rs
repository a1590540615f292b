//! Which coefficients of a block are not 0.

use crate::Block;

impl Block {
    /// Bit n says that coefficient n is not 0.
    #[must_use]
    #[inline(always)]
    pub fn nonzero(&self) -> u64 {
        #[cfg(target_arch = "x86_64")]
        return sse2::nonzero(self);
        #[cfg(not(target_arch = "x86_64"))]
        return nonzero(self);
    }
}

/// [`Block::nonzero`] without vectors.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn nonzero(block: &Block) -> u64 {
    block.0.iter().rev().fold(0, |mask, &value| mask << 1 | u64::from(value != 0))
}

/// Every x86-64 processor has SSE2, so this needs no token.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "loads of vectors")]
mod sse2 {
    use crate::Block;
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_load_si128, _mm_movemask_epi8, _mm_packs_epi16, _mm_setzero_si128,
    };

    #[inline(always)]
    pub fn nonzero(block: &Block) -> u64 {
        let vectors = (&raw const block.0).cast::<__m128i>();
        let zeros = |number: usize| {
            // SAFETY: SSE2 is part of x86-64. A block is eight vectors long and
            // aligned to 64 bytes, and `number` is at most 3.
            unsafe {
                let low = _mm_load_si128(vectors.add(2 * number));
                let high = _mm_load_si128(vectors.add(2 * number + 1));
                // Saturation keeps what is not 0 from becoming 0.
                let bytes = _mm_packs_epi16(low, high);
                _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) as u64 & 0xffff
            }
        };
        !(zeros(0) | zeros(1) << 16 | zeros(2) << 32 | zeros(3) << 48)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn vectors_find_what_a_loop_finds(
            values in prop::collection::vec(prop_oneof![3 => Just(0i16), 1 => any::<i16>(), 1 => Just(256)], 64)
        ) {
            let block = Block(values.try_into().expect("64 values"));
            prop_assert_eq!(block.nonzero(), nonzero(&block));
            prop_assert!((0..64).all(|at| (block.nonzero() >> at & 1 == 1) == (block.0[at] != 0)));
        }
    }
}
