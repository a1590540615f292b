//! Huffman symbols on their own.

use super::bit_reader::BitReader;
use super::huffman::HuffmanTable;

/// Bits of the look-up for short codes.
const BITS: u32 = 8;

/// Decodes symbols one by one.
#[derive(Clone, Debug)]
pub(super) struct Symbols {
    /// By the next [`BITS`] bits: the code's length and the symbol; length 0
    /// for longer codes and for none.
    short: [(u8, u8); 1 << BITS],
    /// For 1 to 16 bits: the first 16 bits that are beyond all codes of at most
    /// that length.
    limits: [u32; 16],
    /// For 1 to 16 bits: the number of a code's symbol minus its bits.
    offsets: [i32; 16],
    symbols: [u8; 256],
}

impl Symbols {
    pub fn new(table: &HuffmanTable) -> Self {
        let mut found =
            Self { short: [(0, 0); 1 << BITS], limits: [0; 16], offsets: [0; 16], symbols: [0; 256] };
        for (number, code) in table.codes().enumerate() {
            let at = code.len as usize - 1;
            found.symbols[number] = code.symbol;
            // The same for all codes of this length, whose numbers follow one another like their bits.
            found.offsets[at] = number as i32 - code.bits as i32;
            found.limits[at..].fill((code.bits + 1) << (16 - code.len));
            if code.len <= BITS {
                let first = (code.bits << (BITS - code.len)) as usize;
                found.short[first..first + (1 << (BITS - code.len))].fill((code.len as u8, code.symbol));
            }
        }
        found
    }

    /// Takes a symbol after [`BitReader::refill`]. `None` if no code begins so.
    #[inline(always)]
    pub fn take(&self, bits: &mut BitReader) -> Option<u8> {
        let (len, symbol) = self.short[bits.peek(BITS) as usize];
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
