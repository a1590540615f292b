//! Counts the symbols that code a plane in a baseline scan (T.81, F.1.2).

use super::writer::{NoCode, size_and_bits};
use crate::Block;

/// Sizes of the largest DC difference and AC coefficient that baseline JPEG of 8 bits has
/// (T.81, F.1.2.1.1 and F.1.2.2.1). No table has codes for larger ones.
pub(super) const MAX_DC_SIZE: u32 = 11;
pub(super) const MAX_AC_SIZE: u32 = 10;

/// How often each symbol occurs.
#[derive(Clone, Debug)]
pub(super) struct SymbolCounts {
    pub dc: [u64; 256],
    pub ac: [u64; 256],
}

impl SymbolCounts {
    /// No symbols yet.
    pub const NONE: Self = Self { dc: [0; 256], ac: [0; 256] };

    /// Counts the symbols that [`PlaneCodes::write_block`](super::writer::PlaneCodes::write_block)
    /// writes. `dc` is the DC value of the plane's previous block. Fails at a coefficient that
    /// baseline JPEG does not have; only some symbols are counted then.
    #[inline(always)]
    pub fn add(&mut self, block: &Block, dc: &mut i16) -> Result<(), NoCode> {
        let (size, _) = size_and_bits(i32::from(block.0[0]) - i32::from(*dc));
        *dc = block.0[0];
        if size > MAX_DC_SIZE {
            return Err(NoCode);
        }
        self.dc[size as usize] += 1;
        let mut remaining = block.nonzero() & !1;
        let mut previous = 0;
        while remaining != 0 {
            let k = remaining.trailing_zeros();
            remaining &= remaining - 1;
            let run = k - previous - 1;
            previous = k;
            let (size, _) = size_and_bits(i32::from(block.0[k as usize & 63]));
            if size > MAX_AC_SIZE {
                return Err(NoCode);
            }
            self.ac[0xf0] += u64::from(run / 16);
            self.ac[((run & 15) << 4 | size) as usize] += 1;
        }
        self.ac[0] += u64::from(previous != 63);
        Ok(())
    }
}
