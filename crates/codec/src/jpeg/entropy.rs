//! Reads entropy-coded segments: blocks in restart intervals between markers.

use super::bit_reader::BitReader;
use super::scan::ScanOrder;
use crate::error::malformed;
use crate::kept::Kept;
use crate::markers::{end_of_bits, lone_marker_at, restart_at, skip_fill};
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
    pub const TRAILING_BYTES: Self = Self("bytes after the last block of a scan");
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

/// Where the bits of an interval end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IntervalEnd {
    /// Number of bytes with bits of its blocks. The others are filler.
    pub len: usize,
    /// What fills up the last of these bytes; not known if filler follows.
    pub padding: Padding,
}

/// Reads all blocks of `mcus` from `bytes`, which contain no marker and nothing
/// after these blocks but padding and filler.
///
/// `offset` is that of `bytes` in the stream, for errors.
pub(super) fn read_interval(
    bytes: &[u8],
    offset: usize,
    order: &ScanOrder,
    mcus: Range<usize>,
    mut reader: impl BlockReader,
    blocks: &mut [Block],
) -> Result<IntervalEnd, CodecError> {
    let mut bits = BitReader::new(bytes);
    let result = order.visit(mcus, |plane, block| {
        reader.read(&mut bits, plane, &mut blocks[block])?;
        if bits.overrun() { Err(EntropyError::CUT_SHORT) } else { Ok(()) }
    });
    if let Err(EntropyError(what)) = result {
        return malformed(offset + bits.offset(), what);
    }
    if bits.at_end() {
        let padding = if bits.padded_with_ones() { Padding::Ones } else { Padding::Other };
        return Ok(IntervalEnd { len: bytes.len(), padding });
    }
    let len = bits.bytes_taken();
    let (taken, rest) = bytes.split_at(len);
    if is_filler(taken, rest, &bits, order, reader) {
        return Ok(IntervalEnd { len, padding: Padding::Other });
    }
    malformed(offset + len, EntropyError::TRAILING_BYTES.0)
}

/// Whether `rest`, the bytes of an interval after those that were `taken` for its
/// blocks, is filler rather than more blocks, which would mean that the size of the
/// picture or of the intervals is wrong: zeros, or bytes that no MCU can be read from,
/// after a byte that is padded as encoders do.
///
/// `bits` and `reader` are in the state after the last block.
#[cold]
#[inline(never)]
fn is_filler(
    taken: &[u8],
    rest: &[u8],
    bits: &BitReader<'_>,
    order: &ScanOrder,
    reader: impl BlockReader,
) -> bool {
    if rest.iter().all(|&byte| byte == 0) {
        return !may_be_cut_short(taken, bits);
    }
    bits.byte_padded_with_ones() && !holds_mcu(bits.clone(), order, reader)
}

/// Whether the last blocks may have been read from the zeros that follow data which was
/// cut short. A single zero byte without padding, which would be ones, can end the data
/// of a plain area.
fn may_be_cut_short(taken: &[u8], bits: &BitReader<'_>) -> bool {
    match taken {
        // This zero belongs to the 0xff.
        [.., 0xff, 0] => false,
        [.., 0xff, 0, 0] => !bits.at_byte(),
        [.., 0, 0] => true,
        [.., 0] => !bits.at_byte(),
        _ => false,
    }
}

/// Whether a whole MCU can be read.
fn holds_mcu(mut bits: BitReader<'_>, order: &ScanOrder, mut reader: impl BlockReader) -> bool {
    let mut block = Block::ZERO;
    let result = order.visit(0..1, |plane, _| {
        reader.read(&mut bits, plane, &mut block)?;
        if bits.overrun() { Err(EntropyError::CUT_SHORT) } else { Ok(()) }
    });
    result.is_ok()
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
    /// Reads all blocks and returns the offset of the marker after the scan. Bytes
    /// between the intervals are not `kept`.
    pub fn read(self, reader: impl BlockReader, kept: &mut Kept<'_>) -> Result<usize, CodecError> {
        let Self { jpeg, start: mut offset, order, restart_interval, blocks } = self;
        let mcus = order.mcus();
        let interval = if restart_interval == 0 { mcus } else { usize::from(restart_interval) };
        for (number, first) in (0..mcus).step_by(interval).enumerate() {
            if number > 0 {
                let marker = restart(jpeg, offset, number - 1)?;
                kept.keep(marker..marker + 2);
                offset = marker + 2;
            }
            let end = end_of_bits(jpeg, offset);
            let part = first..mcus.min(first + interval);
            let IntervalEnd { len, .. } =
                read_interval(&jpeg[offset..end], offset, &order, part, reader, blocks)?;
            kept.keep(offset..offset + len);
            offset = end;
        }
        if lone_marker_at(jpeg, skip_fill(jpeg, offset)) {
            return malformed(offset, "the scan goes on after its last block");
        }
        Ok(offset)
    }
}

/// The offset of the restart marker at `offset` or after the fill bytes there. It
/// has to be number `number`, counted from 0.
fn restart(jpeg: &[u8], offset: usize, number: usize) -> Result<usize, CodecError> {
    let offset = skip_fill(jpeg, offset);
    if restart_at(jpeg, offset) == Some((number & 7) as u8) {
        return Ok(offset);
    }
    malformed(offset, "restart marker missing or out of order")
}
