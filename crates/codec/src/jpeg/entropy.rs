//! Reads entropy-coded segments: blocks in restart intervals between markers.

use super::bit_reader::{BitReader, has_ff};
use super::scan::ScanOrder;
use crate::error::malformed;
use crate::markers::skip_fill;
use crate::{Block, CodecError};
use std::ops::Range;

/// What is wrong with entropy-coded bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntropyError(pub &'static str);

impl EntropyError {
    pub const NO_CODE: Self = Self("bits that are no Huffman code");
    pub const PAST_END: Self = Self("coefficients past the end of a block");
    pub const RANGE: Self = Self("coefficient out of range");
    const CUT_SHORT: Self = Self("scan ends within a block");
    const TRAILING_BYTES: Self = Self("bytes after the last block of a scan");
}

/// Bits that fill up the last byte of entropy-coded data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// Ones only, or no bits, as encoders write.
    Ones,
    Other,
}

/// Reads a scan's part of a block. Every restart interval starts with a copy of
/// the reader that the scan began with, because intervals do not depend on each
/// other.
pub(super) trait BlockReader: Copy {
    /// Takes bits and writes into `block`, which belongs to `plane`.
    fn read(&mut self, bits: &mut BitReader, plane: usize, block: &mut Block) -> Result<(), EntropyError>;
}

/// Reads all blocks of `mcus` from `bytes`, which contain no marker and nothing
/// after these blocks but padding.
///
/// `offset` is that of `bytes` in the stream, for errors.
pub(super) fn read_interval(
    bytes: &[u8],
    offset: usize,
    order: &ScanOrder,
    mcus: Range<usize>,
    mut reader: impl BlockReader,
    blocks: &mut [Block],
) -> Result<Padding, CodecError> {
    let mut bits = BitReader::new(bytes);
    let result = order.visit(mcus, |plane, block| {
        reader.read(&mut bits, plane, &mut blocks[block])?;
        if bits.overrun() { Err(EntropyError::CUT_SHORT) } else { Ok(()) }
    });
    match result {
        Ok(()) if bits.at_end() => Ok(if bits.padded_with_ones() { Padding::Ones } else { Padding::Other }),
        result => malformed(offset + bits.offset(), result.err().unwrap_or(EntropyError::TRAILING_BYTES).0),
    }
}

/// A scan, and the blocks to read it to.
pub(super) struct Scan<'a> {
    pub jpeg: &'a [u8],
    /// Offset at which its entropy-coded bytes begin.
    pub start: usize,
    pub order: ScanOrder,
    pub restart_interval: u16,
    pub blocks: &'a mut [Block],
}

impl Scan<'_> {
    /// Reads all blocks and returns the offset of the marker after the scan.
    pub fn read(self, reader: impl BlockReader) -> Result<usize, CodecError> {
        let Self { jpeg, start: mut offset, order, restart_interval, blocks } = self;
        let mcus = order.mcus();
        let interval = if restart_interval == 0 { mcus } else { usize::from(restart_interval) };
        for (number, first) in (0..mcus).step_by(interval).enumerate() {
            if number > 0 {
                offset = after_restart(jpeg, offset, number - 1)?;
            }
            let end = next_marker(jpeg, offset);
            let part = first..mcus.min(first + interval);
            read_interval(&jpeg[offset..end], offset, &order, part, reader, blocks)?;
            offset = end;
        }
        Ok(offset)
    }
}

/// The offset after the restart marker at `offset`, which has to be number
/// `number`, counted from 0.
fn after_restart(jpeg: &[u8], offset: usize, number: usize) -> Result<usize, CodecError> {
    let offset = skip_fill(jpeg, offset);
    if jpeg.get(offset..offset + 2) == Some(&[0xff, 0xd0 | (number & 7) as u8]) {
        return Ok(offset + 2);
    }
    malformed(offset, "restart marker missing or out of order")
}

/// The offset of the first marker from `offset` on, which is a 0xff that is not
/// followed by 0, or the length of the stream.
fn next_marker(jpeg: &[u8], mut offset: usize) -> usize {
    loop {
        while let Some(next) = jpeg.get(offset..).and_then(|rest| rest.first_chunk())
            && !has_ff(u64::from_be_bytes(*next))
        {
            offset += 8;
        }
        match jpeg.get(offset..) {
            Some([0xff, 0, ..]) => offset += 2,
            Some([0xff, ..]) => return offset,
            Some([_, ..]) => offset += 1,
            _ => return jpeg.len(),
        }
    }
}
