//! Reads the bits of an entropy-coded segment.

use crate::markers::has_ff;

/// Reads bits, most significant first, from bytes in which a 0 follows every
/// 0xff. Past the end it gives zeros; [`Self::overrun`] reports that.
#[derive(Clone)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Offset of the byte that is read next.
    offset: usize,
    /// Bits not taken yet, the next one in the highest bit. The bits below the
    /// first `count` are 0 or bits of the byte at `offset`, already in place, so
    /// that or-ing that byte in again changes nothing.
    window: u64,
    count: u32,
    /// The number of these `count` bits that are past the end of `bytes`.
    beyond: u32,
}

impl<'a> BitReader<'a> {
    /// Minimum number of bits available after [`Self::refill`].
    const MIN_BITS: u32 = 32;

    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0, window: 0, count: 0, beyond: 0 }
    }

    /// Makes at least [`Self::MIN_BITS`] bits available.
    #[inline(always)]
    pub fn refill(&mut self) {
        if self.count >= Self::MIN_BITS {
            return;
        }
        if let Some(next) = self.bytes.get(self.offset..self.offset + 8) {
            let next = u64::from_be_bytes(next.try_into().expect("eight bytes"));
            if !has_ff(next) {
                self.window |= next >> self.count;
                self.offset += (63 - self.count as usize) >> 3;
                self.count |= 56;
                return;
            }
        }
        self.refill_bytewise();
    }

    #[cold]
    #[inline(never)]
    fn refill_bytewise(&mut self) {
        while self.count <= 56 {
            let byte = match self.bytes.get(self.offset..) {
                Some([0xff, 0, ..]) => {
                    self.offset += 2;
                    0xff
                }
                // A 0xff without its 0 is a marker, which ends the bits.
                None | Some([] | [0xff, ..]) => {
                    self.beyond += 8;
                    0
                }
                Some([byte, ..]) => {
                    self.offset += 1;
                    *byte
                }
            };
            self.window |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `n` bits, 1 to 32, without taking them.
    #[inline(always)]
    pub fn peek(&self, n: u32) -> u32 {
        (self.window >> (64 - n)) as u32
    }

    /// Skips `n` bits, no more than have been available since [`Self::refill`].
    #[inline(always)]
    pub fn skip(&mut self, n: u32) {
        self.window <<= n;
        self.count -= n;
    }

    /// Takes `n` bits, 1 to 16, after [`Self::refill`].
    #[inline(always)]
    pub fn take(&mut self, n: u32) -> u32 {
        let bits = self.peek(n);
        self.skip(n);
        bits
    }

    /// Takes the `size` bits, 0 to 15, of a coefficient or difference whose
    /// absolute value has `size` bits (T.81, F.2.2.1).
    #[inline(always)]
    pub fn take_value(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let bits = self.take(size) as i32;
        if bits >> (size - 1) == 0 { bits - (1 << size) + 1 } else { bits }
    }

    /// Whether bits past the end were taken.
    #[inline(always)]
    pub fn overrun(&self) -> bool {
        self.count < self.beyond
    }

    /// Whether all bits were read except for less than a byte of padding.
    pub fn at_end(&self) -> bool {
        self.offset == self.bytes.len() && !self.overrun() && self.count - self.beyond < 8
    }

    /// Whether all remaining bits are ones.
    pub fn padded_with_ones(&self) -> bool {
        let remaining = self.count.saturating_sub(self.beyond).min(63);
        self.window >> (63 - remaining) >> 1 == (1 << remaining) - 1
    }

    /// Number of bytes of which bits were taken, unless that was past the end.
    pub fn bytes_taken(&self) -> usize {
        let mut offset = self.offset;
        for _ in 0..self.count.saturating_sub(self.beyond) / 8 {
            offset -= if self.bytes[..offset].ends_with(&[0xff, 0]) { 2 } else { 1 };
        }
        offset
    }

    /// Whether all bits of the byte taken last were taken.
    pub fn at_byte(&self) -> bool {
        self.count.saturating_sub(self.beyond).is_multiple_of(8)
    }

    /// Whether the bits that remain of the byte taken last are ones.
    pub fn byte_padded_with_ones(&self) -> bool {
        let remaining = self.count.saturating_sub(self.beyond) % 8;
        self.window >> (63 - remaining) >> 1 == (1 << remaining) - 1
    }

    /// Offset of the byte that is read next.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn padding_of_ones_is_distinguished_from_other_padding() {
        for (byte, ones) in [(0b1010_1111, true), (0b1010_1011, false), (0b1010_0000, false)] {
            let bytes = [byte];
            let mut bits = BitReader::new(&bytes);
            bits.refill();
            assert_eq!(bits.take(4), 0b1010);
            assert!(bits.at_end());
            assert_eq!(bits.padded_with_ones(), ones);
            assert_eq!((bits.byte_padded_with_ones(), bits.at_byte()), (ones, false));
            bits.skip(4);
            assert!(bits.at_end() && bits.padded_with_ones(), "no bits remain");
            bits.skip(1);
            assert!(bits.overrun() && !bits.at_end());
        }
    }

    proptest! {
        #[test]
        fn stuffed_zeros_are_skipped(
            bytes in prop::collection::vec(prop_oneof![Just(0xffu8), any::<u8>()], 0..60),
            takes in prop::collection::vec(1u32..17, 0..80),
        ) {
            let stuffed: Vec<u8> =
                bytes.iter().flat_map(|&b| if b == 0xff { vec![b, 0] } else { vec![b] }).collect();
            let mut reader = BitReader::new(&stuffed);
            let mut at = 0;
            for n in takes {
                let expected = (at..at + n as usize).fold(0, |value, bit| {
                    let byte = bytes.get(bit / 8).copied().unwrap_or(0);
                    value << 1 | u32::from(byte >> (7 - bit % 8) & 1)
                });
                at += n as usize;
                reader.refill();
                prop_assert_eq!(reader.take(n), expected);
                prop_assert_eq!(reader.overrun(), at > 8 * bytes.len());
                if !reader.overrun() {
                    let taken = &bytes[..at.div_ceil(8)];
                    let stuffed = taken.len() + taken.iter().filter(|&&byte| byte == 0xff).count();
                    prop_assert_eq!(reader.bytes_taken(), stuffed);
                }
            }
            prop_assert_eq!(reader.at_end(), at <= 8 * bytes.len() && 8 * bytes.len() - at < 8 && reader.offset() == stuffed.len());
        }
    }
}
