//! Reads the blocks of progressive scans (T.81, annex G).

use super::bit_reader::BitReader;
use super::entropy::{BlockReader, EntropyError};
use super::symbols::Symbols;
use crate::Block;

/// Reads DC values without their `low` lower bits.
#[derive(Clone, Copy)]
pub(super) struct DcFirst<'a> {
    /// The table of each plane in the scan.
    pub tables: [Option<&'a Symbols>; 3],
    /// The DC value of each plane's previous block.
    pub dc: [i32; 3],
    pub low: u8,
}

impl BlockReader for DcFirst<'_> {
    fn read(&mut self, bits: &mut BitReader, plane: usize, block: &mut Block) -> Result<(), EntropyError> {
        bits.refill();
        let size = self.tables[plane].and_then(|table| table.take(bits)).ok_or(EntropyError::NO_CODE)?;
        if size > 15 {
            return Err(EntropyError::RANGE);
        }
        self.dc[plane] += bits.take_value(u32::from(size));
        block.0[0] = shifted(self.dc[plane], self.low)?;
        Ok(())
    }
}

/// Reads one more bit of DC values, which is followed by `low` others.
#[derive(Clone, Copy)]
pub(super) struct DcRefine {
    pub low: u8,
}

impl BlockReader for DcRefine {
    fn read(&mut self, bits: &mut BitReader, _: usize, block: &mut Block) -> Result<(), EntropyError> {
        bits.refill();
        block.0[0] |= (bits.take(1) as i16) << self.low;
        Ok(())
    }
}

/// State of a scan of AC coefficients.
#[derive(Clone, Copy)]
pub(super) struct AcScan<'a> {
    pub table: &'a Symbols,
    /// First and last coefficient.
    pub first: usize,
    pub last: usize,
    /// Number of lower bits that later scans contain.
    pub low: u8,
    /// Number of following blocks without new coefficients in this scan.
    pub ended: u32,
}

impl AcScan<'_> {
    /// The length of the run of ended blocks that symbol `run << 4` begins,
    /// including the current one.
    fn run_of_ends(bits: &mut BitReader, run: usize) -> u32 {
        let more = if run == 0 { 0 } else { bits.take(run as u32) };
        (1 << run) + more
    }

    /// Takes a symbol and splits it into a run of zeros and a size.
    fn symbol(&self, bits: &mut BitReader) -> Result<(usize, u32), EntropyError> {
        bits.refill();
        let symbol = self.table.take(bits).ok_or(EntropyError::NO_CODE)?;
        Ok((usize::from(symbol >> 4), u32::from(symbol & 15)))
    }
}

/// Reads AC coefficients without their lower bits.
#[derive(Clone, Copy)]
pub(super) struct AcFirst<'a>(pub AcScan<'a>);

impl BlockReader for AcFirst<'_> {
    fn read(&mut self, bits: &mut BitReader, _: usize, block: &mut Block) -> Result<(), EntropyError> {
        let scan = &mut self.0;
        if scan.ended > 0 {
            scan.ended -= 1;
            return Ok(());
        }
        let mut k = scan.first;
        while k <= scan.last {
            let (run, size) = scan.symbol(bits)?;
            if size == 0 && run < 15 {
                scan.ended = AcScan::run_of_ends(bits, run) - 1;
                break;
            }
            k += run;
            if k > scan.last {
                return Err(EntropyError::PAST_END);
            }
            block.0[k] = shifted(bits.take_value(size), scan.low)?;
            k += 1;
        }
        Ok(())
    }
}

/// Reads one more bit of AC coefficients, and the coefficients whose highest
/// bit it is.
#[derive(Clone, Copy)]
pub(super) struct AcRefine<'a>(pub AcScan<'a>);

impl BlockReader for AcRefine<'_> {
    fn read(&mut self, bits: &mut BitReader, _: usize, block: &mut Block) -> Result<(), EntropyError> {
        let scan = &mut self.0;
        let mut k = scan.first;
        while scan.ended == 0 && k <= scan.last {
            let (run, size) = scan.symbol(bits)?;
            let new = match size {
                0 if run < 15 => {
                    scan.ended = AcScan::run_of_ends(bits, run);
                    break;
                }
                0 => 0,
                1 if bits.take(1) == 1 => 1 << scan.low,
                1 => -1 << scan.low,
                _ => return Err(EntropyError::RANGE),
            };
            k = refine_run(bits, scan, block, k, run)?;
            if k > scan.last {
                return Err(EntropyError::PAST_END);
            }
            block.0[k] = new;
            k += 1;
        }
        if scan.ended > 0 {
            let mut remaining = block.nonzero() & !0 << k & !0 >> (63 - scan.last);
            while remaining != 0 {
                refine(bits, scan, &mut block.0[remaining.trailing_zeros() as usize])?;
                remaining &= remaining - 1;
            }
            scan.ended -= 1;
        }
        Ok(())
    }
}

/// Refines the nonzero coefficients from `first` on up to the first 0 after
/// `zeros` others, and returns that one's position, or that after the scan's
/// last coefficient.
fn refine_run(
    bits: &mut BitReader,
    scan: &AcScan,
    block: &mut Block,
    first: usize,
    mut zeros: usize,
) -> Result<usize, EntropyError> {
    for (k, value) in block.0.iter_mut().enumerate().take(scan.last + 1).skip(first) {
        if *value != 0 {
            refine(bits, scan, value)?;
        } else if zeros == 0 {
            return Ok(k);
        } else {
            zeros -= 1;
        }
    }
    Ok(scan.last + 1)
}

/// Reads one more bit of a nonzero coefficient.
fn refine(bits: &mut BitReader, scan: &AcScan, value: &mut i16) -> Result<(), EntropyError> {
    bits.refill();
    let more = (bits.take(1) as i16) << scan.low;
    let refined = if *value > 0 { value.checked_add(more) } else { value.checked_sub(more) };
    *value = refined.ok_or(EntropyError::RANGE)?;
    Ok(())
}

/// `value` with `low` zeros appended to its bits.
fn shifted(value: i32, low: u8) -> Result<i16, EntropyError> {
    i16::try_from(value << low).map_err(|_| EntropyError::RANGE)
}
