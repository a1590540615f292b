//! Blocks of sequential scans (T.81, F.2.2).

use super::bit_reader::BitReader;
use super::lookup::{Coefficient, Kind, Lookup};
use crate::Block;

/// The tables of one plane's blocks.
#[derive(Clone, Copy)]
pub(super) struct PlaneTables<'a> {
    pub dc: &'a Lookup,
    pub ac: &'a Lookup,
}

/// What is wrong with bits that begin no code.
pub(super) const NO_CODE: &str = "bits that are no Huffman code";
/// What is wrong with coefficients past the last one.
pub(super) const PAST_BLOCK: &str = "coefficients past the end of a block";
/// What is wrong with bits past the last one.
pub(super) const CUT_SHORT: &str = "scan ends within a block";
/// What is wrong with a DC value that is no `i16`.
pub(super) const DC_RANGE: &str = "DC value out of range";

/// Reads all coefficients of `block`. `dc` is the plane's DC value before.
#[inline(always)]
pub(super) fn read_block(
    bits: &mut BitReader,
    tables: PlaneTables,
    dc: &mut i16,
    block: &mut Block,
) -> Result<(), &'static str> {
    *block = Block::ZERO;
    *dc = read_dc(bits, tables.dc, *dc)?;
    block.0[0] = *dc;
    let mut at = 1;
    while at < 64 {
        let Some(Coefficient { run, value }) = tables.ac.take(bits, Kind::Ac) else {
            return Err(NO_CODE);
        };
        at += run;
        let Some(coefficient) = block.0.get_mut(at) else {
            if at < Coefficient::END_OF_BLOCK {
                return Err(PAST_BLOCK);
            }
            break;
        };
        *coefficient = value;
        at += 1;
    }
    if bits.overrun() { Err(CUT_SHORT) } else { Ok(()) }
}

/// Reads a DC difference and adds it to `dc`.
#[inline(always)]
pub(super) fn read_dc(bits: &mut BitReader, table: &Lookup, dc: i16) -> Result<i16, &'static str> {
    let difference = table.take(bits, Kind::Dc).ok_or(NO_CODE)?.value;
    dc.checked_add(difference).ok_or(DC_RANGE)
}
