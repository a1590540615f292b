//! Decodes single Huffman symbols.

use super::bit_reader::BitReader;
use super::huffman::HuffmanTable;

/// Number of bits of the lookup for short codes.
const BITS: u32 = 8;

/// Decodes symbols one by one.
#[derive(Clone, Debug)]
pub(super) struct Symbols {
    /// By the next [`BITS`] bits.
    short: [ShortCode; 1 << BITS],
    /// For codes of 1 to 16 bits: the smallest 16-bit value above all codes of at
    /// most that length, each shifted left to 16 bits.
    limits: [u32; 16],
    /// For codes of 1 to 16 bits: the index of a code's symbol minus its bits.
    offsets: [i32; 16],
    symbols: [u8; 256],
}

/// A code of at most [`BITS`] bits.
#[derive(Clone, Copy, Debug)]
struct ShortCode {
    /// 0 where no code matches or it is longer.
    len: u8,
    symbol: u8,
}

impl Symbols {
    pub fn new(table: &HuffmanTable) -> Self {
        let none = ShortCode { len: 0, symbol: 0 };
        let mut decoder =
            Self { short: [none; 1 << BITS], limits: [0; 16], offsets: [0; 16], symbols: [0; 256] };
        for (number, code) in table.codes().enumerate() {
            let row = code.len as usize - 1;
            decoder.symbols[number] = code.symbol;
            // The same for all codes of this length, because both numbers and bits are consecutive.
            decoder.offsets[row] = number as i32 - code.bits as i32;
            decoder.limits[row..].fill((code.bits + 1) << (16 - code.len));
            if code.len <= BITS {
                let first = (code.bits << (BITS - code.len)) as usize;
                decoder.short[first..first + (1 << (BITS - code.len))]
                    .fill(ShortCode { len: code.len as u8, symbol: code.symbol });
            }
        }
        decoder
    }

    /// Takes a symbol after [`BitReader::refill`]. `None` if the next bits are no
    /// code.
    #[inline(always)]
    pub fn take(&self, bits: &mut BitReader) -> Option<u8> {
        let ShortCode { len, symbol } = self.short[bits.peek(BITS) as usize];
        if len == 0 {
            return self.take_long(bits);
        }
        bits.skip(u32::from(len));
        Some(symbol)
    }

    fn take_long(&self, bits: &mut BitReader) -> Option<u8> {
        let next = bits.peek(16);
        let len = self.limits.iter().position(|&limit| next < limit)?;
        let number = (next >> (15 - len)) as i32 + self.offsets[len];
        bits.skip(len as u32 + 1);
        Some(self.symbols[number as usize & 255])
    }
}
