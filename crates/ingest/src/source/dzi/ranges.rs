//! The ranges in which the samples of tiles are shown.

use crate::source::{ValueRange, levels};
use origami_pack::ShownRange;

/// The ranges in which the samples of an image are shown, the same for all tiles, or
/// their edges would show.
pub(super) struct Ranges {
    /// That of samples of 8 bits; `None` leaves them as they are.
    pub eight_bits: Option<ValueRange>,
    /// That of samples of 16 bits.
    pub sixteen_bits: ValueRange,
    /// What is said of them, unless all samples are as in their files.
    pub shown: Option<ShownRange>,
}

impl Ranges {
    /// The requested range for all samples. Without one, samples of 16 bits have that of
    /// as many bits as the `largest` of those that were looked at uses.
    pub fn new(requested: Option<ValueRange>, largest: Option<u16>) -> Self {
        let bits = if largest.is_some() { 16 } else { 8 };
        if let Some(range) = requested {
            let shown = Some(levels::requested(bits, range));
            return Self { eight_bits: Some(range), sixteen_bits: range, shown };
        }
        let shown = largest.map(|largest| levels::of_samples(bits, largest));
        let found = shown.as_ref().map(|shown| ValueRange { low: shown.low, high: shown.high });
        let sixteen_bits = found.unwrap_or(ValueRange::full(u16::MAX));
        Self { eight_bits: None, sixteen_bits, shown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requested_range_is_that_of_all_samples() {
        let requested = ValueRange { low: 10.0, high: 90.0 };
        for (largest, bits) in [(None, 8), (Some(800), 16)] {
            let ranges = Ranges::new(Some(requested), largest);
            assert_eq!((ranges.eight_bits, ranges.sixteen_bits), (Some(requested), requested));
            let shown = ranges.shown.unwrap();
            assert_eq!((shown.bits, shown.low, shown.high), (bits, 10.0, 90.0));
        }
    }

    #[test]
    fn twelve_bits_are_not_black() {
        for (largest, high) in [(Some(3000), 4095.0), (Some(u16::MAX), 65_535.0), (None, 65_535.0)] {
            let ranges = Ranges::new(None, largest);
            assert_eq!((ranges.eight_bits, ranges.sixteen_bits.high), (None, high));
            assert_eq!(ranges.shown.map(|shown| shown.high), largest.map(|_| high));
        }
    }
}
