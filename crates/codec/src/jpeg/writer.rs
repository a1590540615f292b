//! Blocks of a baseline scan, written (T.81, F.1.2).

use super::bit_writer::BitWriter;
use super::huffman::HuffmanTable;
use crate::Block;

/// A code in the upper 24 bits and its length in the lower 8; 0 is no code.
type Entry = u32;

fn entry(bits: u32, len: u32) -> Entry {
    bits << 8 | len
}

/// AC coefficients from -32 to 31 are written by one look-up.
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
            for value in (-SMALL..SMALL).filter(|&value| value != 0) {
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
    ///
    /// Codes are put two at a time, which takes half as many shifts of the
    /// writer's window.
    #[inline(always)]
    pub fn write_block(&self, block: &Block, dc: &mut i16, out: &mut BitWriter) -> bool {
        let (size, bits) = size_and_bits(i32::from(block.0[0]) - i32::from(*dc));
        *dc = block.0[0];
        let mut rest = Rest { codes: self, block, left: block.nonzero() & !1, before: 0, missing: 0 };
        let mut waiting = rest.code(self.dc[size as usize], size, bits);
        while rest.left != 0 {
            let (zeros, code) = rest.next();
            if zeros == 0 && code.len <= PAIRED {
                out.put(waiting.bits << code.len | code.bits, waiting.len + code.len);
            } else {
                out.put(waiting.bits, waiting.len);
                rest.put_zeros(zeros, out);
                out.put(code.bits, code.len);
            }
            waiting = CodeWithValue { bits: 0, len: 0 };
            if rest.left != 0 {
                let (zeros, code) = rest.next();
                rest.put_zeros(zeros, out);
                waiting = code;
            }
        }
        let end =
            if rest.before == 63 { CodeWithValue { bits: 0, len: 0 } } else { rest.code(self.ac[0], 0, 0) };
        out.put(waiting.bits << end.len | end.bits, waiting.len + end.len);
        rest.missing >> 31 == 0
    }
}

/// Longest code that is put together with the one before: that is of at most
/// 32 bits, and the writer takes 56.
const PAIRED: u32 = 24;

/// A code with the bits of its value.
#[derive(Clone, Copy)]
struct CodeWithValue {
    bits: u64,
    len: u32,
}

/// What is still to be written of a block.
struct Rest<'a> {
    codes: &'a PlaneCodes,
    block: &'a Block,
    /// Bit n says that coefficient n is not 0 and was not taken.
    left: u64,
    /// The last one taken.
    before: u32,
    /// Its top bit says that there was no code for something.
    missing: u32,
}

impl Rest<'_> {
    #[inline(always)]
    fn code(&mut self, entry: Entry, size: u32, bits: u32) -> CodeWithValue {
        self.missing |= entry.wrapping_sub(1);
        CodeWithValue { bits: u64::from(entry >> 8 << size | bits), len: (entry & 0xff) + size }
    }

    /// Takes the next coefficient: how many times 16 zeros come first, and its code.
    #[inline(always)]
    fn next(&mut self) -> (usize, CodeWithValue) {
        let at = self.left.trailing_zeros();
        self.left &= self.left - 1;
        let run = (at - self.before - 1) as usize;
        self.before = at;
        let value = i32::from(self.block.0[at as usize & 63]);
        let small = (value + SMALL) as usize;
        let code = if small < 2 * SMALL as usize {
            self.code(self.codes.small[(run & 15) << 6 | small], 0, 0)
        } else {
            let (size, bits) = size_and_bits(value);
            let entry = if size < 16 { self.codes.ac[(run & 15) << 4 | size as usize] } else { 0 };
            self.code(entry, size, bits)
        };
        (run / 16, code)
    }

    /// Writes `count` times 16 zeros.
    #[inline(always)]
    fn put_zeros(&mut self, count: usize, out: &mut BitWriter) {
        for _ in 0..count {
            let zeros = self.code(self.codes.ac[0xf0], 0, 0);
            out.put(zeros.bits, zeros.len);
        }
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
