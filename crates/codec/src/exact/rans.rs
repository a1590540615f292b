//! The entropy coder: a range asymmetric numeral system (rANS) with static
//! distributions, a 32-bit state and 16-bit words.
//!
//! Decoding a symbol of frequency `f` (4,096ths) whose predecessors' sum up to
//! `c` turns the state `x` into `f * (x >> 12) + (x & 4095) - c`; encoding is
//! the inverse, so an encoder starts with what a decoder reads last. A state
//! below 2^16 takes in another word as long as the band has one.

use crate::CodecError;

/// Bits of a probability.
const SCALE: u32 = 12;
/// States of at least this much need no word.
const FLOOR: u32 = 1 << 16;
/// What encoders start from, and decoders have to end at. Anything below
/// [`FLOOR`] would do; a small one costs little, one above the frequencies of
/// rare symbols is seldom hit by accident.
const START: u32 = 16;

/// One distribution of up to 16 symbols, in one cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Distribution {
    /// Sum of the frequencies of each symbol's predecessors, minus 1.
    before: [i16; 16],
    frequencies: [u16; 16],
}

impl Distribution {
    /// Every slot is symbol 0.
    pub(super) const CERTAIN: Self = Self {
        before: [
            -1, 4095, 4095, 4095, 4095, 4095, 4095, 4095, 4095, 4095, 4095, 4095, 4095, 4095, 4095, 4095,
        ],
        frequencies: [4096, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    };

    /// `None` if the frequencies do not sum to 4,096.
    pub(super) fn new(frequencies: &[u16; 16]) -> Option<Self> {
        let mut sum = 0;
        let mut before = [0; 16];
        for (before, &frequency) in before.iter_mut().zip(frequencies) {
            *before = i16::try_from(sum - 1).ok()?;
            sum += i32::from(frequency);
        }
        (sum == 1 << SCALE).then_some(Self { before, frequencies: *frequencies })
    }
}

/// A band's tokens with their probabilities, in decoding order.
#[derive(Default)]
pub(super) struct Tokens(Vec<u32>);

/// Marks raw bits; their number is from bit 16 on, their value below.
const RAW: u32 = 1 << 31;

impl Tokens {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    #[inline(always)]
    pub(super) fn symbol(&mut self, distribution: &Distribution, symbol: usize) {
        let before = (distribution.before[symbol] + 1) as u32;
        self.0.push(before << 16 | u32::from(distribution.frequencies[symbol]));
    }

    pub(super) fn raw(&mut self, value: u32, bits: u32) {
        self.0.push(RAW | bits << 16 | value);
    }

    /// Appends the band's bytes to `out`; `words` is scratch.
    pub(super) fn encode(&self, words: &mut Vec<u16>, out: &mut Vec<u8>) {
        words.clear();
        let mut state = START;
        for &token in self.0.iter().rev() {
            if token & RAW != 0 {
                let bits = (token & !RAW) >> 16;
                if state >> (32 - bits) != 0 {
                    words.push(state as u16);
                    state >>= 16;
                }
                state = state << bits | (token & 0xffff);
            } else {
                let (before, frequency) = (token >> 16, token & 0xffff);
                if state >> (32 - SCALE) >= frequency {
                    words.push(state as u16);
                    state >>= 16;
                }
                state = ((state / frequency) << SCALE) + before + state % frequency;
            }
        }
        let length = 4 - state.leading_zeros() as usize / 8;
        out.extend_from_slice(&state.to_le_bytes()[..length]);
        out.extend(words.iter().rev().flat_map(|word| word.to_le_bytes()));
    }
}

/// Finds the symbol that a slot belongs to. The choice of instructions is the
/// caller's; all find the same.
pub(super) trait Search: Copy {
    /// Number of entries of `before`, ascending from -1, that are below `slot`.
    fn count_below(self, before: &[i16; 16], slot: i16) -> usize;
}

/// [`Search`] on any machine.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Search for Portable {
    #[inline(always)]
    fn count_below(self, before: &[i16; 16], slot: i16) -> usize {
        before.iter().map(|&before| i16::from(before < slot)).sum::<i16>() as usize
    }
}

/// A band that is being decoded.
#[derive(Clone, Copy, Default)]
pub(super) struct Decoder {
    state: u32,
    /// The next word, among those of all bands.
    next: usize,
    end: usize,
}

impl Decoder {
    /// Reads the state of a band and appends its words to `words`.
    pub(super) fn new(band: &[u8], words: &mut Vec<u16>) -> Result<Self, CodecError> {
        if band.is_empty() {
            return Err(CodecError::Tile { what: "a band is empty" });
        }
        // Odd lengths have a state of three bytes, even ones of four.
        let (head, tail) = band.split_at(if band.len() <= 4 { band.len() } else { 4 - band.len() % 2 });
        let state = head.iter().rev().fold(0, |state, &byte| state << 8 | u32::from(byte));
        let next = words.len();
        words.extend(tail.chunks_exact(2).map(|word| u16::from_le_bytes([word[0], word[1]])));
        Ok(Self { state, next, end: words.len() })
    }

    /// Whether everything was read and nothing is left, as at the end of every
    /// band that an encoder wrote.
    pub(super) fn finished(&self) -> bool {
        self.state == START && self.next == self.end
    }

    #[inline(always)]
    fn refill(&mut self, words: &[u16], state: u32) {
        let take = u32::from(state < FLOOR) & u32::from(self.next < self.end);
        let word = u32::from(words.get(self.next).copied().unwrap_or(0));
        self.next += take as usize;
        self.state = state << (16 * take) | (word & take.wrapping_neg());
    }

    /// The next symbol.
    #[inline(always)]
    pub(super) fn symbol(
        &mut self,
        words: &[u16],
        distribution: &Distribution,
        search: impl Search,
    ) -> usize {
        let slot = self.state & ((1 << SCALE) - 1);
        // `before` begins with -1, so at least one is below.
        let symbol = search.count_below(&distribution.before, slot as i16).wrapping_sub(1) & 15;
        let offset = slot.wrapping_sub((distribution.before[symbol] + 1) as u32);
        let state = u32::from(distribution.frequencies[symbol]) * (self.state >> SCALE);
        self.refill(words, state.wrapping_add(offset));
        symbol
    }

    /// The next `bits` raw bits, at most 16.
    pub(super) fn raw(&mut self, words: &[u16], bits: u32) -> u32 {
        let value = self.state & ((1 << bits) - 1);
        self.refill(words, self.state >> bits);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn distribution(weights: [u16; 16]) -> Distribution {
        let total: u32 = weights.iter().map(|&weight| u32::from(weight) + 1).sum();
        let mut frequencies = weights.map(|weight| ((u32::from(weight) + 1) * 4080 / total + 1) as u16);
        frequencies[3] += 4096 - frequencies.iter().sum::<u16>();
        Distribution::new(&frequencies).expect("a sum of 4,096")
    }

    proptest! {
        #[test]
        fn symbols_and_raw_bits_come_back_and_use_up_the_band(
            weights: [u16; 16],
            tokens in prop::collection::vec((0usize..16, 0u32..16, any::<u16>()), 0..300),
        ) {
            let distribution = distribution(weights);
            let mut coded = Tokens::default();
            for &(symbol, bits, value) in &tokens {
                coded.symbol(&distribution, symbol);
                if bits > 0 {
                    coded.raw(u32::from(value) & ((1 << bits) - 1), bits);
                }
            }
            let mut bytes = Vec::new();
            coded.encode(&mut Vec::new(), &mut bytes);
            let mut words = Vec::new();
            let mut decoder = Decoder::new(&bytes, &mut words).expect("a band");
            for &(symbol, bits, value) in &tokens {
                prop_assert_eq!(decoder.symbol(&words, &distribution, Portable), symbol);
                if bits > 0 {
                    prop_assert_eq!(decoder.raw(&words, bits), u32::from(value) & ((1 << bits) - 1));
                }
            }
            prop_assert!(decoder.finished());
        }
    }

    #[test]
    fn a_symbol_that_is_certain_takes_no_room() {
        let mut tokens = Tokens::default();
        (0..1000).for_each(|_| tokens.symbol(&Distribution::CERTAIN, 0));
        let mut bytes = Vec::new();
        tokens.encode(&mut Vec::new(), &mut bytes);
        assert_eq!(bytes, [16]);
    }

    #[test]
    fn frequencies_that_do_not_sum_to_4096_are_refused() {
        let mut frequencies = [256; 16];
        assert!(Distribution::new(&frequencies).is_some());
        frequencies[15] = 255;
        assert!(Distribution::new(&frequencies).is_none());
        assert!(Distribution::new(&[65_535; 16]).is_none());
    }
}
