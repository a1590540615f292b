//! The entropy coder: a range asymmetric numeral system (rANS) with static
//! distributions, a 32-bit state and 16-bit words.
//!
//! Decoding a symbol of frequency `f` (4,096ths), where the frequencies of the
//! symbols before it sum to `c`, turns the state `x` into
//! `f * (x >> 12) + (x & 4095) - c`. Encoding is the inverse, so an encoder
//! starts with the symbol that a decoder reads last. A state below 2^16 takes in
//! another word as long as the band has one.

/// Bits of a frequency. The frequencies of a distribution sum to `1 << SCALE`.
const SCALE: u32 = 12;
/// States below this take in a word.
const FLOOR: u32 = 1 << 16;
/// The state that encoders start from and decoders have to end at. Any value
/// below [`FLOOR`] would work: a small one costs few bits, and one above the
/// frequencies of rare symbols is seldom reached by accident.
const START: u32 = 16;

/// One distribution of up to 16 symbols, in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Distribution {
    /// For each symbol the sum of the frequencies of the symbols before it,
    /// minus 1; so the first is -1.
    before: [i16; 16],
    frequencies: [u16; 16],
}

impl Distribution {
    /// The distribution with these frequencies. `None` if they do not sum to
    /// 4,096.
    pub(super) fn new(frequencies: &[u16; 16]) -> Option<Self> {
        let mut sum = 0;
        let mut before = [0; 16];
        for (before, &frequency) in before.iter_mut().zip(frequencies) {
            *before = i16::try_from(sum - 1).ok()?;
            sum += i32::from(frequency);
        }
        (sum == 1 << SCALE).then_some(Self { before, frequencies: *frequencies })
    }

    /// For each symbol the sum of the frequencies of the symbols before it, minus
    /// 1 (so the first is always -1), and its own frequency.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn symbols(&self) -> (&[i16; 16], &[u16; 16]) {
        (&self.before, &self.frequencies)
    }

    /// The distribution in which symbol 0 is certain.
    pub(super) fn certain() -> Self {
        let mut distribution = Self { before: [4095; 16], frequencies: [0; 16] };
        (distribution.before[0], distribution.frequencies[0]) = (-1, 1 << SCALE);
        distribution
    }
}

/// The tokens of a band with their frequencies, in decoding order.
#[derive(Default)]
pub(super) struct Tokens(Vec<u32>);

/// Marks a token of raw bits: their number is in the bits from 16 on, their
/// value in the 16 bits below.
const RAW: u32 = 1 << 31;

impl Tokens {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends a symbol coded with `distribution`.
    #[inline(always)]
    pub(super) fn symbol(&mut self, distribution: &Distribution, symbol: usize) {
        let before = (distribution.before[symbol] + 1) as u32;
        self.0.push(before << 16 | u32::from(distribution.frequencies[symbol]));
    }

    /// Appends the `bits` raw bits of `value`, 1 to 15.
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

/// The lower bits of a state, 0 to 4,095, which determine the symbol.
#[derive(Clone, Copy)]
pub(super) struct RansSlot(u16);

impl RansSlot {
    #[inline(always)]
    fn from_state(state: u32) -> Self {
        Self(state as u16 & ((1 << SCALE) - 1))
    }

    #[inline(always)]
    pub(super) fn number(self) -> i16 {
        self.0 as i16
    }
}

/// The symbol that a slot belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SlotSymbol {
    pub(super) symbol: usize,
    /// Sum of the frequencies of the symbols before, minus 1.
    pub(super) before: i16,
    pub(super) frequency: u16,
}

/// Finds the symbol of a slot. Implementations differ in the instructions they
/// use, not in their results.
pub(super) trait Search: Copy {
    /// The last symbol that begins at or before `slot`.
    fn find(self, distribution: &Distribution, slot: RansSlot) -> SlotSymbol;
}

/// A [`Search`] for any machine.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Search for Portable {
    #[inline(always)]
    fn find(self, distribution: &Distribution, slot: RansSlot) -> SlotSymbol {
        let begun: i16 = distribution.before.iter().map(|&before| i16::from(before < slot.number())).sum();
        let symbol = (begun as usize).wrapping_sub(1) & 15;
        SlotSymbol {
            symbol,
            before: distribution.before[symbol],
            frequency: distribution.frequencies[symbol],
        }
    }
}

/// Decodes a band.
#[derive(Clone, Copy, Default)]
pub(super) struct RansDecoder<'a> {
    state: u32,
    /// Little-endian.
    words: &'a [[u8; 2]],
    /// Index of the next word.
    next: usize,
}

impl<'a> RansDecoder<'a> {
    /// A decoder at the beginning of `band`. `None` if it is empty.
    pub(super) fn new(band: &'a [u8]) -> Option<Self> {
        if band.is_empty() {
            return None;
        }
        // The state has three bytes if the length is odd, four if it is even.
        let (head, tail) = band.split_at(if band.len() <= 4 { band.len() } else { 4 - band.len() % 2 });
        let state = head.iter().rev().fold(0, |state, &byte| state << 8 | u32::from(byte));
        Some(Self { state, words: tail.as_chunks().0, next: 0 })
    }

    /// Whether the state is that of an encoder's start and no word remains, as at
    /// the end of every band that an encoder wrote.
    pub(super) fn finished(&self) -> bool {
        self.state == START && self.next == self.words.len()
    }

    /// Sets the state to `state`, with another word taken in if it is low. That
    /// cannot be predicted, so it is not a branch; whether any word remains can.
    #[inline(always)]
    fn refill(&mut self, state: u32) {
        let Some(&word) = self.words.get(self.next) else {
            self.state = state;
            return;
        };
        let low = state < FLOOR;
        let filled = state << 16 | u32::from(u16::from_le_bytes(word));
        self.next += usize::from(low);
        self.state = std::hint::select_unpredictable(low, filled, state);
    }

    /// Decodes the next symbol.
    #[inline(always)]
    pub(super) fn symbol(&mut self, distribution: &Distribution, search: impl Search) -> usize {
        let slot = RansSlot::from_state(self.state);
        let SlotSymbol { symbol, before, frequency } = search.find(distribution, slot);
        let offset = i32::from(slot.number()) - i32::from(before) - 1;
        let state = u32::from(frequency) * (self.state >> SCALE);
        self.refill(state.wrapping_add(offset as u32));
        symbol
    }

    /// Decodes the next `bits` raw bits, at most 16.
    pub(super) fn raw(&mut self, bits: u32) -> u32 {
        let value = self.state & ((1 << bits) - 1);
        self.refill(self.state >> bits);
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
        fn symbols_and_raw_bits_round_trip_and_use_up_the_band(
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
            let mut decoder = RansDecoder::new(&bytes).expect("a band");
            for &(symbol, bits, value) in &tokens {
                prop_assert_eq!(decoder.symbol(&distribution, Portable), symbol);
                if bits > 0 {
                    prop_assert_eq!(decoder.raw(bits), u32::from(value) & ((1 << bits) - 1));
                }
            }
            prop_assert!(decoder.finished());
        }
    }

    #[test]
    fn a_certain_symbol_takes_no_space() {
        let mut tokens = Tokens::default();
        (0..1000).for_each(|_| tokens.symbol(&Distribution::certain(), 0));
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
