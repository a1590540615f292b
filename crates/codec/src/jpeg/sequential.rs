//! Reads the blocks of sequential scans (T.81, F.2.2).

use super::bit_reader::BitReader;
use super::entropy::{BlockReader, EntropyError};
use super::lookup::{Coefficient, Lookup, PlaneLookups, SymbolKind};
use crate::Block;

/// Reads whole blocks.
#[derive(Clone, Copy)]
pub(super) struct Sequential<'a> {
    tables: [LookupRefs<'a>; 3],
    /// The DC value of each plane's previous block.
    dc: [i16; 3],
}

/// The lookups of one plane, borrowed from their [`Arc`](std::sync::Arc)s, which
/// spares every block that indirection.
#[derive(Clone, Copy)]
struct LookupRefs<'a> {
    dc: &'a Lookup,
    ac: &'a Lookup,
}

impl<'a> Sequential<'a> {
    /// A reader at the start of a scan. `lookups` are those of each plane.
    pub fn new(lookups: [&'a PlaneLookups; 3]) -> Self {
        Self { tables: lookups.map(|plane| LookupRefs { dc: &plane.dc, ac: &plane.ac }), dc: [0; 3] }
    }
}

impl BlockReader for Sequential<'_> {
    #[inline(always)]
    fn read(&mut self, bits: &mut BitReader, plane: usize, block: &mut Block) -> Result<(), EntropyError> {
        let tables = self.tables[plane];
        let dc = &mut self.dc[plane];
        *block = Block::ZERO;
        let difference = tables.dc.take(bits, SymbolKind::Dc).ok_or(EntropyError::NO_CODE)?.value;
        *dc = dc.checked_add(difference).ok_or(EntropyError::RANGE)?;
        block.0[0] = *dc;
        let mut k = 1;
        while k < 64 {
            let Coefficient { run, value } =
                tables.ac.take(bits, SymbolKind::Ac).ok_or(EntropyError::NO_CODE)?;
            k += run;
            let Some(coefficient) = block.0.get_mut(k) else {
                if k < Coefficient::END_OF_BLOCK {
                    return Err(EntropyError::PAST_END);
                }
                break;
            };
            *coefficient = value;
            k += 1;
        }
        Ok(())
    }
}
