//! Entropy-coded segments: blocks in restart intervals between markers.

use super::bit_reader::{BitReader, has_ff};
use super::scan::ScanOrder;
use crate::error::broken;
use crate::markers::skip_fill;
use crate::{Block, CodecError};
use std::ops::Range;

/// What is wrong with bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntropyError(pub &'static str);

impl EntropyError {
    pub const NO_CODE: Self = Self("bits that are no Huffman code");
    pub const PAST_END: Self = Self("coefficients past the end of a block");
    pub const RANGE: Self = Self("coefficient out of range");
    const CUT_SHORT: Self = Self("scan ends within a block");
    const LEFT_OVER: Self = Self("bytes after the last block of a scan");
}

/// Reads what a scan holds of a block. Every restart interval has its own copy
/// of the one that the scan began with, as nothing is known there of what came
/// before.
pub(super) trait BlockReader: Copy {
    /// Takes bits and writes into `block`, which belongs to `plane`.
    fn read(&mut self, bits: &mut BitReader, plane: usize, block: &mut Block) -> Result<(), EntropyError>;
}

/// Reads all blocks of `mcus` from `bytes`, in which there is no marker, and
/// wants no more than that there. Whether the last byte is filled up with ones.
///
/// `offset` is that of `bytes` in the stream, for errors.
pub(super) fn read_interval(
    bytes: &[u8],
    offset: usize,
    order: &ScanOrder,
    mcus: Range<usize>,
    mut reader: impl BlockReader,
    blocks: &mut [Block],
) -> Result<bool, CodecError> {
    let mut bits = BitReader::new(bytes);
    let result = order.visit(mcus, |plane, block| {
        reader.read(&mut bits, plane, &mut blocks[block])?;
        if bits.overrun() { Err(EntropyError::CUT_SHORT) } else { Ok(()) }
    });
    match result {
        Ok(()) if bits.at_end() => Ok(bits.padded_with_ones()),
        result => broken(offset + bits.offset(), result.err().unwrap_or(EntropyError::LEFT_OVER).0),
    }
}

/// One scan and where its coefficients go.
pub(super) struct Scan<'a> {
    pub jpeg: &'a [u8],
    /// Where its entropy-coded bytes begin.
    pub start: usize,
    pub order: ScanOrder,
    pub restart_interval: u16,
    pub blocks: &'a mut [Block],
}

impl Scan<'_> {
    /// Reads all blocks and returns where the scan ends: the offset of the
    /// marker after it.
    pub fn read(self, reader: impl BlockReader) -> Result<usize, CodecError> {
        let Self { jpeg, start: mut at, order, restart_interval, blocks } = self;
        let mcus = order.mcus();
        let interval = if restart_interval == 0 { mcus } else { usize::from(restart_interval) };
        for (number, first) in (0..mcus).step_by(interval).enumerate() {
            if number > 0 {
                at = after_restart(jpeg, at, number - 1)?;
            }
            let end = next_marker(jpeg, at);
            let part = first..mcus.min(first + interval);
            read_interval(&jpeg[at..end], at, &order, part, reader, blocks)?;
            at = end;
        }
        Ok(at)
    }
}

/// The offset after the restart marker at `at`, which has to be the one after
/// `before` others.
fn after_restart(jpeg: &[u8], at: usize, before: usize) -> Result<usize, CodecError> {
    let at = skip_fill(jpeg, at);
    if jpeg.get(at..at + 2) == Some(&[0xff, 0xd0 | (before & 7) as u8]) {
        return Ok(at + 2);
    }
    broken(at, "restart marker missing or out of order")
}

/// The offset of the first 0xff from `at` on that no 0 follows, or the end.
fn next_marker(jpeg: &[u8], mut at: usize) -> usize {
    loop {
        while let Some(next) = jpeg.get(at..).and_then(|rest| rest.first_chunk())
            && !has_ff(u64::from_be_bytes(*next))
        {
            at += 8;
        }
        match jpeg.get(at..) {
            Some([0xff, 0, ..]) => at += 2,
            Some([0xff, ..]) => return at,
            Some([_, ..]) => at += 1,
            _ => return jpeg.len(),
        }
    }
}
