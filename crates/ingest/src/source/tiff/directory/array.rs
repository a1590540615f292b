//! Arrays of integers that stay in the file.

use origami_pack::Storage;

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The lowest first: files that begin with `II`.
    Little,
    /// The highest first: files that begin with `MM`.
    Big,
}

/// An array of integers in a file, none of which should be negative.
#[derive(Clone, Copy, Debug)]
pub struct UintArray {
    order: ByteOrder,
    /// Bytes of an element, at most 8.
    element: usize,
    /// Elements may be negative, which none that is read may be.
    is_signed: bool,
    /// Where the first element is.
    offset: u64,
    count: u64,
}

impl ByteOrder {
    /// The 16-bit number of these bytes.
    pub fn short(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    /// The bytes of a 16-bit number.
    pub fn short_bytes(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    /// The number of at most 8 `bytes`.
    pub fn number(self, bytes: &[u8]) -> u64 {
        let mut word = [0; 8];
        match self {
            Self::Little => {
                word[..bytes.len()].copy_from_slice(bytes);
                u64::from_le_bytes(word)
            }
            Self::Big => {
                word[8 - bytes.len()..].copy_from_slice(bytes);
                u64::from_be_bytes(word)
            }
        }
    }
}

impl UintArray {
    /// The array of `count` elements of the TIFF data type `kind` at `offset`; `None` if
    /// that is no integer. Some writers use the signed types for sizes.
    pub fn new(order: ByteOrder, kind: u16, count: u64, offset: u64) -> Option<Self> {
        let element = match kind {
            1 | 6 => 1,
            3 | 8 => 2,
            4 | 9 | 13 => 4,
            16..=18 => 8,
            _ => return None,
        };
        Some(Self { order, element, is_signed: matches!(kind, 6 | 8 | 9 | 17), offset, count })
    }

    /// The number that the bytes of an element are, unless it is negative.
    fn number(self, bytes: &[u8]) -> Option<u64> {
        let number = self.order.number(bytes);
        let is_negative = self.is_signed && number >> (8 * self.element - 1) == 1;
        (!is_negative).then_some(number)
    }

    /// Number of elements.
    pub fn count(self) -> u64 {
        self.count
    }

    /// Element `index`; `None` if there is none, it is negative, or it cannot be read.
    pub fn get(self, file: &dyn Storage, index: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..self.element];
        file.read_at(self.at(index, 1)?, bytes).ok()?;
        self.number(bytes)
    }

    /// Puts the elements from `first` on into `out`, which should be some thousand long:
    /// they are read at once. `None` if there are not so many, one is
    /// negative, or they cannot be read.
    pub fn read(self, file: &dyn Storage, first: u64, out: &mut [u64]) -> Option<()> {
        let mut bytes = vec![0; out.len() * self.element];
        file.read_at(self.at(first, out.len() as u64)?, &mut bytes).ok()?;
        for (out, bytes) in out.iter_mut().zip(bytes.chunks_exact(self.element)) {
            *out = self.number(bytes)?;
        }
        Some(())
    }

    /// The offset of `count` elements from `first` on, if they exist.
    fn at(self, first: u64, count: u64) -> Option<u64> {
        if first.checked_add(count)? > self.count {
            return None;
        }
        self.offset.checked_add(first.checked_mul(self.element as u64)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pack::MemoryStorage;

    #[test]
    fn elements_of_every_size_and_order_are_read_one_by_one_and_at_once() {
        for (kind, size) in [(1, 1), (3, 2), (4, 4), (9, 4), (13, 4), (16, 8), (18, 8)] {
            for order in [ByteOrder::Little, ByteOrder::Big] {
                let mut bytes = vec![0xee; 3];
                for value in [1u64, 0x7f, 0x80] {
                    let number = value.to_le_bytes();
                    let mut element = number[..size].to_vec();
                    if order == ByteOrder::Big {
                        element.reverse();
                    }
                    bytes.extend(element);
                }
                let file = MemoryStorage::new(&bytes[..]);
                let array = UintArray::new(order, kind, 3, 3).unwrap();
                assert_eq!([0, 1, 2].map(|index| array.get(&file, index)), [Some(1), Some(0x7f), Some(0x80)]);
                assert_eq!(array.get(&file, 3), None);
                let mut out = [0; 2];
                array.read(&file, 1, &mut out).unwrap();
                assert_eq!(out, [0x7f, 0x80]);
                assert_eq!(array.read(&file, 2, &mut out), None);
                assert_eq!(array.read(&file, u64::MAX, &mut out), None);
            }
        }
        assert!(UintArray::new(ByteOrder::Little, 11, 1, 0).is_none(), "floats");
    }

    #[test]
    fn negative_elements_are_none() {
        let file = MemoryStorage::new([5, 0xff]);
        let array = UintArray::new(ByteOrder::Little, 6, 2, 0).unwrap();
        assert_eq!([array.get(&file, 0), array.get(&file, 1)], [Some(5), None]);
        assert_eq!(array.read(&file, 0, &mut [0; 2]), None);
    }
}
