//! Finds the nonzero coefficients of a block.

use crate::Block;

impl Block {
    /// A mask of the nonzero coefficients: bit n is set if coefficient n is not 0.
    ///
    /// # Examples
    /// ```
    /// use origami_codec::Block;
    ///
    /// let mut block = Block::ZERO;
    /// block.0[0] = -7;
    /// block.0[5] = 1;
    /// assert_eq!(block.nonzero(), 0b10_0001);
    /// ```
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
        !(zeros(block, 0) | zeros(block, 1) << 16 | zeros(block, 2) << 32 | zeros(block, 3) << 48)
    }

    /// Bit n of the lower 16 is set if coefficient `16 * quarter + n` is 0.
    #[inline(always)]
    fn zeros(block: &Block, quarter: usize) -> u64 {
        let values = &block.0.as_chunks::<16>().0[quarter];
        // SAFETY: SSE2 is part of x86-64. 16 coefficients are two vectors long, and each
        // quarter of a block, which is aligned to 64 bytes, is aligned to 32.
        unsafe {
            let vectors = values.as_ptr().cast::<__m128i>();
            let low = _mm_load_si128(vectors);
            let high = _mm_load_si128(vectors.add(1));
            // Packing saturates, so a nonzero value never becomes 0.
            let bytes = _mm_packs_epi16(low, high);
            _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) as u64 & 0xffff
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn vectors_and_a_loop_find_the_same_coefficients(
            values in prop::collection::vec(prop_oneof![3 => Just(0i16), 1 => any::<i16>(), 1 => Just(256)], 64)
        ) {
            let block = Block(values.try_into().expect("64 values"));
            prop_assert_eq!(block.nonzero(), nonzero(&block));
            prop_assert!((0..64).all(|k| (block.nonzero() >> k & 1 == 1) == (block.0[k] != 0)));
        }
    }
}
