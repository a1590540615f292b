//! Blocks of sequential scans (T.81, F.2.2).

use super::bit_reader::BitReader;
use super::entropy::{BlockReader, EntropyError};
use super::lookup::{Coefficient, Lookup, SymbolKind};
use crate::Block;

/// Reads whole blocks.
#[derive(Clone, Copy)]
pub(super) struct Sequential<'a> {
    /// DC and AC table of each plane.
    pub tables: [(&'a Lookup, &'a Lookup); 3],
    /// The DC value before, by plane.
    pub dc: [i16; 3],
}

impl BlockReader for Sequential<'_> {
    #[inline(always)]
    fn read(&mut self, bits: &mut BitReader, plane: usize, block: &mut Block) -> Result<(), EntropyError> {
        let (dc_table, ac_table) = self.tables[plane];
        let dc = &mut self.dc[plane];
        *block = Block::ZERO;
        let difference = dc_table.take(bits, SymbolKind::Dc).ok_or(EntropyError::NO_CODE)?.value;
        *dc = dc.checked_add(difference).ok_or(EntropyError::RANGE)?;
        block.0[0] = *dc;
        let mut at = 1;
        while at < 64 {
            let Coefficient { run, value } =
                ac_table.take(bits, SymbolKind::Ac).ok_or(EntropyError::NO_CODE)?;
            at += run;
            let Some(coefficient) = block.0.get_mut(at) else {
                if at < Coefficient::END_OF_BLOCK {
                    return Err(EntropyError::PAST_END);
                }
                break;
            };
            *coefficient = value;
            at += 1;
        }
        Ok(())
    }
}
