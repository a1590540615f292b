//! Undoes the prediction of samples from their neighbours to the left.

use super::samples::SampleEncoding;
use crate::source::tiff::directory::ByteOrder;

/// Adds to each sample of the rows of `row_bytes` in `bytes` the same sample of the
/// pixel before, modulo the range of samples. A pixel has `samples` of them, of 8 or 16
/// bits. (TIFF 6.0, section 14.)
pub(super) fn undo(bytes: &mut [u8], row_bytes: usize, samples: usize, encoding: SampleEncoding) {
    for row in bytes.chunks_mut(row_bytes) {
        match encoding.bits {
            16 => undo_16(row, samples, encoding.order),
            _ => undo_8(row, samples),
        }
    }
}

fn undo_8(row: &mut [u8], samples: usize) {
    for index in samples..row.len() {
        row[index] = row[index].wrapping_add(row[index - samples]);
    }
}

fn undo_16(row: &mut [u8], samples: usize, order: ByteOrder) {
    let row = row.as_chunks_mut::<2>().0;
    for index in samples..row.len() {
        let sum = order.short(row[index]).wrapping_add(order.short(row[index - samples]));
        row[index] = order.short_bytes(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_summed_sample_by_sample_and_wrap() {
        let mut bytes = [250, 1, 2, 10, 1, 255, 1, 0, 0, 5, 5, 5];
        undo(&mut bytes, 6, 3, SampleEncoding { bits: 8, order: ByteOrder::Little });
        assert_eq!(bytes, [250, 1, 2, 4, 2, 1, 1, 0, 0, 6, 5, 5]);
    }

    #[test]
    fn sums_of_16_bits_carry_in_the_order_of_the_file() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let rows: [u16; 6] = [0x00ff, 0x0001, 0xff00, 0x1234, 0xffff, 0x0002];
            let mut bytes: Vec<u8> = rows.iter().flat_map(|&sample| order.short_bytes(sample)).collect();
            undo(&mut bytes, 6, 1, SampleEncoding { bits: 16, order });
            let sums: Vec<u16> = bytes.chunks_exact(2).map(|pair| order.short([pair[0], pair[1]])).collect();
            assert_eq!(sums, [0x00ff, 0x0100, 0x0000, 0x1234, 0x1233, 0x1235], "{order:?}");
        }
    }
}
