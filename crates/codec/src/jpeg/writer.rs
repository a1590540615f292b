//! Writes the blocks of a baseline scan (T.81, F.1.2).

use super::bit_writer::BitWriter;
use super::huffman::HuffmanTable;
use super::symbol_counts::{MAX_AC_SIZE, MAX_DC_SIZE};
use crate::Block;

/// A code in the upper 24 bits and its length in the lower 8; 0 if there is none.
type Entry = u32;

fn entry(bits: u32, len: u32) -> Entry {
    bits << 8 | len
}

/// AC coefficients from -32 to 31 are written by a single lookup.
const SMALL: i32 = 32;

/// The codes for one plane.
#[derive(Clone, Debug)]
pub(super) struct PlaneCodes {
    /// The codes of DC differences by their size.
    dc: [Entry; 17],
    /// The codes of AC coefficients by symbol.
    ac: [Entry; 256],
    /// The codes of small AC coefficients with the value's bits, by
    /// `run * 64 + value + 32`.
    small: Box<[Entry; 16 * 2 * SMALL as usize]>,
    /// The bits of a block without AC coefficients whose DC value is that of the block
    /// before, as most blocks of a slide's glass are. `None` if there are no codes for it.
    blank: Option<CodeWithValue>,
}

impl PlaneCodes {
    pub fn new(dc: &HuffmanTable, ac: &HuffmanTable) -> Self {
        let mut codes =
            Self { dc: [0; 17], ac: [0; 256], small: Box::new([0; 16 * 2 * SMALL as usize]), blank: None };
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
        let (dc, end) = (codes.dc[0], codes.ac[0]);
        codes.blank = (dc != 0 && end != 0).then(|| CodeWithValue {
            bits: u64::from(dc >> 8) << (end & 0xff) | u64::from(end >> 8),
            len: (dc & 0xff) + (end & 0xff),
        });
        codes
    }

    /// Whether every block that baseline JPEG of 8 bits can have can be written.
    pub fn is_complete(&self) -> bool {
        let has_sizes = |run: usize| (1..=MAX_AC_SIZE as usize).all(|size| self.ac[run << 4 | size] != 0);
        self.dc[..=MAX_DC_SIZE as usize].iter().all(|&code| code != 0)
            && [0, 0xf0].into_iter().all(|symbol: usize| self.ac[symbol] != 0)
            && (0..16).all(has_sizes)
    }

    /// Maximum number of bits of a block.
    pub fn block_bound(&self) -> usize {
        max_len(&self.dc[..16]) + 64 * max_len(&self.ac)
    }

    /// Writes `block`. `dc` is the DC value of the plane's previous block. If
    /// there is no code for a coefficient, the bits written are meaningless.
    ///
    /// Codes are put two at a time, which halves the number of shifts of the
    /// writer's window.
    #[inline(always)]
    pub fn write_block(&self, block: &Block, dc: &mut i16, out: &mut BitWriter) -> Result<(), NoCode> {
        let remaining = block.nonzero() & !1;
        if remaining == 0
            && block.0[0] == *dc
            && let Some(blank) = self.blank
        {
            out.put(blank.bits, blank.len);
            return Ok(());
        }
        let (size, bits) = size_and_bits(i32::from(block.0[0]) - i32::from(*dc));
        *dc = block.0[0];
        let mut coder = BlockCoder { codes: self, block, remaining, previous: 0, missing: 0 };
        let mut pending = coder.code(self.dc[size as usize], size, bits);
        while coder.remaining != 0 {
            let (zeros, code) = coder.next();
            if zeros == 0 && code.len <= PAIRED {
                out.put(pending.bits << code.len | code.bits, pending.len + code.len);
            } else {
                out.put(pending.bits, pending.len);
                coder.put_zeros(zeros, out);
                out.put(code.bits, code.len);
            }
            pending = CodeWithValue::EMPTY;
            if coder.remaining != 0 {
                let (zeros, code) = coder.next();
                coder.put_zeros(zeros, out);
                pending = code;
            }
        }
        let end = if coder.previous == 63 { CodeWithValue::EMPTY } else { coder.code(self.ac[0], 0, 0) };
        out.put(pending.bits << end.len | end.bits, pending.len + end.len);
        if coder.missing >> 31 == 0 { Ok(()) } else { Err(NoCode) }
    }
}

/// The tables have no code for a coefficient.
#[derive(Debug)]
pub(super) struct NoCode;

/// Maximum number of bits of a code and its value. `codes` is indexed by symbol.
fn max_len(codes: &[Entry]) -> usize {
    let used = codes.iter().enumerate().filter(|(_, code)| **code != 0);
    used.map(|(symbol, code)| (code & 0xff) as usize + (symbol & 15)).max().unwrap_or(0)
}

/// Maximum length of a code that is put together with the one before. That one
/// has at most 32 bits, and the writer takes 56.
const PAIRED: u32 = 24;

/// A code with the bits of its value.
#[derive(Clone, Copy, Debug)]
struct CodeWithValue {
    bits: u64,
    len: u32,
}

impl CodeWithValue {
    /// No bits at all.
    const EMPTY: Self = Self { bits: 0, len: 0 };
}

/// Looks up the codes of a block's coefficients one after another.
struct BlockCoder<'a> {
    codes: &'a PlaneCodes,
    block: &'a Block,
    /// Bit n is set if coefficient n is nonzero and not yet coded.
    remaining: u64,
    /// Index of the coefficient coded last.
    previous: u32,
    /// The top bit is set if a code was missing.
    missing: u32,
}

impl BlockCoder<'_> {
    /// The code of `entry` followed by the `size` bits of its value.
    #[inline(always)]
    fn code(&mut self, entry: Entry, size: u32, bits: u32) -> CodeWithValue {
        self.missing |= entry.wrapping_sub(1);
        CodeWithValue { bits: u64::from(entry >> 8 << size | bits), len: (entry & 0xff) + size }
    }

    /// Codes the next coefficient. Returns how many times the code for 16 zeros
    /// has to come first, and the coefficient's own code.
    #[inline(always)]
    fn next(&mut self) -> (usize, CodeWithValue) {
        let k = self.remaining.trailing_zeros();
        self.remaining &= self.remaining - 1;
        let run = (k - self.previous - 1) as usize;
        self.previous = k;
        let value = i32::from(self.block.0[k as usize & 63]);
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

    /// Writes the code for 16 zeros `count` times.
    #[inline(always)]
    fn put_zeros(&mut self, count: usize, out: &mut BitWriter) {
        for _ in 0..count {
            let zeros = self.code(self.codes.ac[0xf0], 0, 0);
            out.put(zeros.bits, zeros.len);
        }
    }
}

/// The size of a value, which is the number of bits of its absolute value, and
/// the bits that encode it (T.81, F.1.2.1). The size of the difference of two
/// `i16` is 0 to 16.
#[inline(always)]
pub(super) fn size_and_bits(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = (value - i32::from(value < 0)) as u32;
    (size, bits & ((1 << size) - 1))
}
