//! Writes the bits of an entropy-coded segment.

use crate::markers::has_ff;

/// Number of bytes that are gathered before zeros are stuffed after those of 0xff.
const STAGE: usize = 2048;
/// More bytes than any block takes.
const BLOCK: usize = 512;

/// Writes bits, most significant first, with a 0 after every byte of 0xff.
pub(super) struct BitWriter<'a> {
    out: &'a mut [u8],
    len: usize,
    staged: [u8; STAGE + BLOCK],
    filled: usize,
    /// The last `count` bits, fewer than 8, in the upper bits; zeros below.
    window: u64,
    count: u32,
}

/// The output was too short.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl<'a> BitWriter<'a> {
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0, staged: [0; STAGE + BLOCK], filled: 0, window: 0, count: 0 }
    }

    /// Appends the lower `len` bits of `bits`, at most 56; those above are 0.
    #[inline(always)]
    pub fn put(&mut self, bits: u64, len: u32) {
        self.count += len;
        self.window |= bits << (63 & 64u32.wrapping_sub(self.count));
        self.staged[self.filled..self.filled + 8].copy_from_slice(&self.window.to_be_bytes());
        self.filled += (self.count / 8) as usize;
        self.window <<= self.count & 0x38;
        self.count &= 7;
    }

    /// Has to be called after every block.
    #[inline(always)]
    pub fn end_block(&mut self) -> Result<(), Full> {
        if self.filled >= STAGE { self.stuff() } else { Ok(()) }
    }

    /// Pads the last byte with ones and returns the number of bytes written.
    pub fn finish(mut self) -> Result<usize, Full> {
        let padding = self.count.wrapping_neg() & 7;
        self.put((1 << padding) - 1, padding);
        self.stuff()?;
        Ok(self.len)
    }

    /// Moves the staged bytes to the output, stuffing zeros.
    #[inline(never)]
    fn stuff(&mut self) -> Result<(), Full> {
        let mut staged = &self.staged[..self.filled];
        self.filled = 0;
        loop {
            let free = &mut self.out[self.len..];
            if let (Some(from), Some(to)) = (staged.first_chunk::<8>(), free.first_chunk_mut::<8>())
                && !has_ff(u64::from_be_bytes(*from))
            {
                *to = *from;
                self.len += 8;
                staged = &staged[8..];
                continue;
            }
            let Some((&byte, rest)) = staged.split_first() else { return Ok(()) };
            let bytes: &[u8] = if byte == 0xff { &[0xff, 0] } else { &[byte] };
            free.get_mut(..bytes.len()).ok_or(Full)?.copy_from_slice(bytes);
            self.len += bytes.len();
            staged = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bit_reader::BitReader;
    use super::*;
    use proptest::prelude::*;

    /// Writes `values`, pairs of bits and their number, as if each were a block.
    fn write(values: &[(u64, u32)], out: &mut [u8]) -> Result<usize, Full> {
        let mut writer = BitWriter::new(out);
        for &(bits, len) in values {
            writer.put(bits, len);
            writer.end_block()?;
        }
        writer.finish()
    }

    /// Reads `len` bits; a reader takes at most 16 at a time.
    fn read(reader: &mut BitReader, len: u32) -> u64 {
        let (mut bits, mut remaining) = (0u64, len);
        while remaining > 0 {
            let part = remaining.min(16);
            reader.refill();
            bits = bits << part | u64::from(reader.take(part));
            remaining -= part;
        }
        bits
    }

    proptest! {
        #[test]
        fn bits_read_back_and_fit_exactly(
            values in prop::collection::vec((any::<u64>(), 1u32..57), 0..2000), ones in any::<bool>()
        ) {
            let values: Vec<(u64, u32)> = values
                .into_iter()
                .map(|(bits, len)| (if ones { (1 << len) - 1 } else { bits & ((1 << len) - 1) }, len))
                .collect();
            let mut out = vec![0; 30_000];
            let len = write(&values, &mut out).expect("it fits");
            let mut reader = BitReader::new(&out[..len]);
            for &(bits, len) in &values {
                prop_assert_eq!(read(&mut reader, len), bits);
            }
            prop_assert!(reader.at_end() && reader.padded_with_ones());
            let mut exact = vec![0; len];
            prop_assert_eq!(write(&values, &mut exact), Ok(len));
            prop_assert_eq!(&exact[..], &out[..len]);
            if len > 0 {
                prop_assert_eq!(write(&values, &mut exact[..len - 1]), Err(Full));
            }
        }
    }
}
