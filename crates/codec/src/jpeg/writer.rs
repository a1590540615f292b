//! Blocks of a baseline scan, written (T.81, F.1.2).

use super::bit_writer::BitWriter;
use super::huffman::HuffmanTable;
use crate::Block;

/// A code in the upper 24 bits and its length in the lower 8; 0 is no code.
type Entry = u32;

fn entry(bits: u32, len: u32) -> Entry {
    bits << 8 | len
}

/// AC coefficients of less than this are written by one look-up.
const SMALL: i32 = 32;

/// One plane's tables as an encoder wants them.
#[derive(Clone, Debug)]
pub(super) struct PlaneCodes {
    /// By size of a DC difference.
    dc: [Entry; 17],
    /// By symbol.
    ac: [Entry; 256],
    /// By run * 64 + value + 32: the code with the value's bits.
    small: Box<[Entry; 16 * 2 * SMALL as usize]>,
}

impl PlaneCodes {
    pub fn new(dc: &HuffmanTable, ac: &HuffmanTable) -> Self {
        let mut codes = Self { dc: [0; 17], ac: [0; 256], small: Box::new([0; 16 * 2 * SMALL as usize]) };
        for code in dc.codes() {
            if let Some(slot) = codes.dc[..16].get_mut(usize::from(code.symbol)) {
                *slot = entry(code.bits, code.len);
            }
        }
        for code in ac.codes() {
            codes.ac[usize::from(code.symbol)] = entry(code.bits, code.len);
        }
        for run in 0..16 {
            for value in (1 - SMALL..SMALL).filter(|&value| value != 0) {
                let (size, bits) = size_and_bits(value);
                let code = codes.ac[run << 4 | size as usize];
                if code != 0 {
                    codes.small[run << 6 | (value + SMALL) as usize] =
                        entry(code >> 8 << size | bits, (code & 0xff) + size);
                }
            }
        }
        codes
    }

    /// Most bits a block can take.
    pub fn block_bound(&self) -> usize {
        let longest = |codes: &[Entry]| {
            let sized = codes.iter().enumerate().filter(|(_, code)| **code != 0);
            sized.map(|(symbol, code)| (code & 0xff) as usize + (symbol & 15)).max().unwrap_or(0)
        };
        longest(&self.dc[..16]) + 64 * longest(&self.ac)
    }

    /// Writes `block`. `dc` is the plane's DC value before. `false` if the
    /// tables lack a code for it; what was written is then without meaning.
    #[inline(always)]
    pub fn write_block(&self, block: &Block, dc: &mut i16, out: &mut BitWriter) -> bool {
        let (size, bits) = size_and_bits(i32::from(block.0[0]) - i32::from(*dc));
        *dc = block.0[0];
        let code = self.dc[size as usize];
        out.put(code >> 8 << size | bits, (code & 0xff) + size);
        let mut complete = code != 0;

        let mut left = block.nonzero() & !1;
        let mut before = 0;
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            let mut run = (at - before - 1) as usize;
            before = at;
            while run >= 16 {
                out.put(self.ac[0xf0] >> 8, self.ac[0xf0] & 0xff);
                complete &= self.ac[0xf0] != 0;
                run -= 16;
            }
            let value = i32::from(block.0[at as usize & 63]);
            if (1 - SMALL..SMALL).contains(&value) {
                let code = self.small[(run << 6 | (value + SMALL) as usize) & (16 * 2 * SMALL as usize - 1)];
                complete &= code != 0;
                out.put(code >> 8, code & 0xff);
            } else {
                let (size, bits) = size_and_bits(value);
                let code = if size < 16 { self.ac[run << 4 | size as usize] } else { 0 };
                complete &= code != 0;
                out.put(code >> 8 << size | bits, (code & 0xff) + size);
            }
        }
        if before != 63 {
            out.put(self.ac[0] >> 8, self.ac[0] & 0xff);
            complete &= self.ac[0] != 0;
        }
        complete
    }
}

/// Number of bits of a value's absolute, and those that say the value
/// (T.81, F.1.2.1). Size 0 to 16 for a difference of two `i16`.
#[inline(always)]
fn size_and_bits(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = (value - i32::from(value < 0)) as u32;
    (size, bits & ((1 << size) - 1))
}
