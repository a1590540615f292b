//! The entropy coder: a range asymmetric numeral system (rANS) with static
//! distributions, a 32-bit state and 16-bit words.
//!
//! Decoding a symbol of frequency `f` (4,096ths) whose predecessors' sum up to
//! `c` turns the state `x` into `f * (x >> 12) + (x & 4095) - c`; encoding is
//! the inverse, so an encoder starts with what a decoder reads last. A state
//! below 2^16 takes in another word as long as the band has one.

/// Bits of a probability.
const SCALE: u32 = 12;
/// States of at least this much need no word.
const FLOOR: u32 = 1 << 16;
/// What encoders start from, and decoders have to end at. Anything below
/// [`FLOOR`] would do; a small one costs little, one above the frequencies of
/// rare symbols is seldom hit by accident.
const START: u32 = 16;

/// One distribution of up to 16 symbols, in one cache line. A symbol's entries
/// stand one place further (the last one's in front), where the number of
/// symbols that begin up to a slot is the place of the slot's symbol.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Distribution {
    /// Sum of the frequencies of each symbol's predecessors, minus 1.
    before: [i16; 16],
    frequencies: [u16; 16],
}

impl Distribution {
    /// `None` if the frequencies do not sum to 4,096.
    pub(super) fn new(frequencies: &[u16; 16]) -> Option<Self> {
        let mut sum = 0;
        let mut before = [0; 16];
        for (before, &frequency) in before.iter_mut().zip(frequencies) {
            *before = i16::try_from(sum - 1).ok()?;
            sum += i32::from(frequency);
        }
        let mut frequencies = *frequencies;
        before.rotate_right(1);
        frequencies.rotate_right(1);
        (sum == 1 << SCALE).then_some(Self { before, frequencies })
    }

    /// A distribution of symbol 0 alone.
    pub(super) fn certain() -> Self {
        let mut distribution = Self { before: [4095; 16], frequencies: [0; 16] };
        (distribution.before[1], distribution.frequencies[1]) = (-1, 4096);
        distribution
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
        let place = (symbol + 1) % 16;
        let before = (distribution.before[place] + 1) as u32;
        self.0.push(before << 16 | u32::from(distribution.frequencies[place]));
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
    /// Number of entries of `before` that are below `slot`, 1 to 16.
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
pub(super) struct Decoder<'a> {
    state: u32,
    words: &'a [u16],
    /// The next of `words`.
    next: usize,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(state: u32, words: &'a [u16]) -> Self {
        Self { state, words, next: 0 }
    }

    /// Whether everything was read and nothing is left, as at the end of every
    /// band that an encoder wrote.
    pub(super) fn finished(&self) -> bool {
        self.state == START && self.next == self.words.len()
    }

    /// Takes `state`, and a word if that is low. Whether it is cannot be
    /// guessed, so it is calculated with and not branched on; that words are
    /// left can.
    #[inline(always)]
    fn refill(&mut self, state: u32) {
        let Some(&word) = self.words.get(self.next) else {
            self.state = state;
            return;
        };
        let take = u32::from(state < FLOOR);
        self.next += take as usize;
        self.state = state << (16 * take) | (u32::from(word) & take.wrapping_neg());
    }

    /// The next symbol.
    #[inline(always)]
    pub(super) fn symbol(&mut self, distribution: &Distribution, search: impl Search) -> usize {
        let slot = self.state & ((1 << SCALE) - 1);
        let count = search.count_below(&distribution.before, slot as i16);
        let place = count & 15;
        let offset = slot.wrapping_sub(i32::from(distribution.before[place]) as u32).wrapping_sub(1);
        let state = u32::from(distribution.frequencies[place]) * (self.state >> SCALE);
        self.refill(state.wrapping_add(offset));
        count.wrapping_sub(1)
    }

    /// The next `bits` raw bits, at most 16.
    pub(super) fn raw(&mut self, bits: u32) -> u32 {
        let value = self.state & ((1 << bits) - 1);
        self.refill(self.state >> bits);
        value
    }
}

/// The state at the head of a band, whose words are appended to `words`. `None`
/// if the band is empty.
pub(super) fn read_band(band: &[u8], words: &mut Vec<u16>) -> Option<u32> {
    if band.is_empty() {
        return None;
    }
    // Odd lengths have a state of three bytes, even ones of four.
    let (head, tail) = band.split_at(if band.len() <= 4 { band.len() } else { 4 - band.len() % 2 });
    words.extend(tail.chunks_exact(2).map(|word| u16::from_le_bytes([word[0], word[1]])));
    Some(head.iter().rev().fold(0, |state, &byte| state << 8 | u32::from(byte)))
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
            let state = read_band(&bytes, &mut words).expect("a band");
            let mut decoder = Decoder::new(state, &words);
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
    fn a_symbol_that_is_certain_takes_no_room() {
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
