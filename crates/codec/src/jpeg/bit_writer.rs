//! Bits of an entropy-coded segment, written.

use super::bit_reader::has_ff;

/// Bytes that are gathered before zeros are stuffed after the 0xff in them.
const STAGE: usize = 2048;
/// Most bytes a block can take, by far.
const BLOCK: usize = 512;

/// Writes bits, most significant first, with a 0 after every byte of 0xff.
pub(super) struct BitWriter<'a> {
    out: &'a mut [u8],
    len: usize,
    staged: [u8; STAGE + BLOCK],
    filled: usize,
    /// The last `count` bits, fewer than 8, on top; zeros below.
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

    /// To be called between blocks.
    #[inline(always)]
    pub fn end_block(&mut self) -> Result<(), Full> {
        if self.filled >= STAGE { self.stuff() } else { Ok(()) }
    }

    /// Fills the last byte with ones and returns the bytes written.
    pub fn finish(mut self) -> Result<usize, Full> {
        let padding = self.count.wrapping_neg() & 7;
        self.put((1 << padding) - 1, padding);
        self.stuff()?;
        Ok(self.len)
    }

    /// Moves what is staged to the output.
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

    proptest! {
        #[test]
        fn bits_come_back_and_fit_exactly(
            values in prop::collection::vec((any::<u64>(), 1u32..57), 0..2000), ones in any::<bool>()
        ) {
            let values: Vec<(u64, u32)> = values
                .into_iter()
                .map(|(bits, len)| (if ones { (1 << len) - 1 } else { bits & ((1 << len) - 1) }, len))
                .collect();
            let write = |out: &mut [u8]| {
                let mut writer = BitWriter::new(out);
                for &(bits, len) in &values {
                    writer.put(bits, len);
                    writer.end_block()?;
                }
                writer.finish()
            };
            let mut out = vec![0; 30_000];
            let len = write(&mut out).expect("it fits");
            let mut reader = BitReader::new(&out[..len]);
            for &(bits, len) in &values {
                // A reader takes 16 at a time.
                let (mut found, mut left) = (0, len);
                while left > 0 {
                    let part = left.min(16);
                    reader.refill();
                    found = found << part | u64::from(reader.take(part));
                    left -= part;
                }
                prop_assert_eq!(found, bits);
            }
            prop_assert!(reader.at_end() && reader.padded_with_ones());
            let mut exact = vec![0; len];
            prop_assert_eq!(write(&mut exact), Ok(len));
            prop_assert_eq!(&exact[..], &out[..len]);
            if len > 0 {
                prop_assert_eq!(write(&mut exact[..len - 1]), Err(Full));
            }
        }
    }
}
