//! Decoded rows of samples, as they are stored.

use crate::source::tiff::directory::ByteOrder;

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SampleEncoding {
    /// 1, 2, 4, 8 or 16. Those below 8 share bytes, the first in the highest bits.
    pub bits: u8,
    pub order: ByteOrder,
}

/// Where a sample of every pixel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SamplePlace {
    /// The plane that has it: a chunk of its own.
    pub plane: usize,
    /// Its number among the samples of the first pixel of a row.
    pub first: usize,
    /// How many samples later it is in the next pixel.
    pub step: usize,
}

/// The decoded rows of one chunk, reused between chunks.
#[derive(Debug, Default)]
pub(super) struct PlaneRows {
    pub bytes: Vec<u8>,
    /// Bytes from one row to the next; 0 if the file leaves the chunk out.
    pub row_bytes: usize,
}

impl SampleEncoding {
    /// The largest sample.
    pub fn max(self) -> u16 {
        u16::MAX >> (16 - self.bits)
    }
}

impl PlaneRows {
    /// Forgets the rows: the file leaves the chunk out.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.row_bytes = 0;
    }

    /// Row `y`; empty if the file leaves the chunk out.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.bytes[y * self.row_bytes..][..self.row_bytes]
    }

    /// Puts the sample at `place` of each pixel of row `y` into `out`; 0 where the file
    /// leaves the chunk out.
    pub fn gather<'a>(
        &self,
        y: usize,
        encoding: SampleEncoding,
        place: SamplePlace,
        out: impl Iterator<Item = &'a mut u16>,
    ) {
        let SamplePlace { first, step, .. } = place;
        let row = self.row(y);
        if row.is_empty() {
            return out.for_each(|out| *out = 0);
        }
        match encoding.bits {
            8 => {
                for (out, &byte) in out.zip(row.iter().skip(first).step_by(step)) {
                    *out = byte.into();
                }
            }
            16 => {
                let samples = row.as_chunks::<2>().0.iter().skip(first).step_by(step);
                for (out, &bytes) in out.zip(samples) {
                    *out = encoding.order.short(bytes);
                }
            }
            bits => {
                for (out, index) in out.zip((first..).step_by(step)) {
                    *out = packed(row, bits, index);
                }
            }
        }
    }
}

/// Sample `index` of a row of samples of 1, 2 or 4 `bits`.
fn packed(row: &[u8], bits: u8, index: usize) -> u16 {
    let bit = index * usize::from(bits);
    let shift = 8 - usize::from(bits) - bit % 8;
    u16::from(row[bit / 8] >> shift & (0xff >> (8 - bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The samples of one row.
    fn gathered(
        bytes: &[u8],
        bits: u8,
        order: ByteOrder,
        first: usize,
        step: usize,
        count: usize,
    ) -> Vec<u16> {
        let rows = PlaneRows { bytes: bytes.to_vec(), row_bytes: bytes.len() };
        let mut out = vec![9; count];
        let place = SamplePlace { plane: 0, first, step };
        rows.gather(0, SampleEncoding { bits, order }, place, out.iter_mut());
        out
    }

    #[test]
    fn samples_of_every_size_are_found_among_their_neighbours() {
        let little = ByteOrder::Little;
        assert_eq!(gathered(&[0b1011_0010, 0b1000_0000], 1, little, 0, 1, 9), [1, 0, 1, 1, 0, 0, 1, 0, 1]);
        assert_eq!(gathered(&[0b1101_1000], 2, little, 1, 2, 2), [1, 0]);
        assert_eq!(gathered(&[0x12, 0x34, 0x50], 4, little, 2, 3, 1), [3]);
        assert_eq!(gathered(&[1, 2, 3, 4, 5, 6], 8, little, 2, 3, 2), [3, 6]);
        assert_eq!(gathered(&[1, 2, 3, 4], 16, little, 1, 2, 1), [0x0403]);
        assert_eq!(gathered(&[1, 2, 3, 4], 16, ByteOrder::Big, 0, 1, 2), [0x0102, 0x0304]);
    }

    #[test]
    fn a_chunk_that_is_left_out_has_samples_of_0() {
        let mut rows = PlaneRows { bytes: vec![1, 2], row_bytes: 2 };
        rows.clear();
        let mut out = [9; 2];
        let place = SamplePlace { plane: 0, first: 0, step: 1 };
        rows.gather(5, SampleEncoding { bits: 8, order: ByteOrder::Big }, place, out.iter_mut());
        assert_eq!(out, [0, 0]);
    }

    #[test]
    fn the_largest_sample_has_all_its_bits_set() {
        let largest = [1, 2, 4, 8, 16].map(|bits| SampleEncoding { bits, order: ByteOrder::Big }.max());
        assert_eq!(largest, [1, 3, 15, 255, 65_535]);
    }
}
