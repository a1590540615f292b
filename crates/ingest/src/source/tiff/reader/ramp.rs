//! Maps samples to 8 bits.

use super::samples::SampleEncoding;
use crate::source::ValueRange;

/// The 8-bit level of each sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ramp(Vec<u8>);

/// Whether large samples are bright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Upright,
    Inverted,
}

impl Ramp {
    /// The levels of all samples in a range, or 255 less those.
    pub fn new(encoding: SampleEncoding, range: ValueRange, direction: Direction) -> Self {
        let mut levels = range.levels(encoding.max());
        if direction == Direction::Inverted {
            levels.iter_mut().for_each(|level| *level = 255 - *level);
        }
        Self(levels)
    }

    /// The level of a sample.
    ///
    /// # Panics
    /// If the sample has more bits than the ramp is for.
    #[inline]
    pub fn level(&self, sample: u16) -> u8 {
        self.0[usize::from(sample)]
    }

    /// Whether samples are 8-bit levels already.
    pub fn is_identity(&self) -> bool {
        self.0.len() == 256 && self.0.iter().enumerate().all(|(sample, &level)| sample == usize::from(level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tiff::directory::ByteOrder;

    fn encoding(bits: u8) -> SampleEncoding {
        SampleEncoding { bits, order: ByteOrder::Little }
    }

    fn full(bits: u8) -> Ramp {
        let encoding = encoding(bits);
        Ramp::new(encoding, ValueRange::full(encoding.max()), Direction::Upright)
    }

    #[test]
    fn all_samples_of_any_size_take_all_levels() {
        assert_eq!([0, 1].map(|sample| full(1).level(sample)), [0, 255]);
        assert_eq!([0, 1, 2, 3].map(|sample| full(2).level(sample)), [0, 85, 170, 255]);
        assert!(full(8).is_identity());
        let deep = full(16);
        for sample in 0..=u16::MAX {
            let nearest = (u32::from(sample) * 255 + 32_767) / 65_535;
            assert_eq!(u32::from(deep.level(sample)), nearest, "{sample}");
        }
    }

    #[test]
    fn samples_beyond_a_range_are_black_or_white() {
        let range = ValueRange { low: 100.0, high: 1600.0 };
        let ramp = Ramp::new(encoding(16), range, Direction::Upright);
        assert_eq!([0, 100, 850, 1600, 65_535].map(|sample| ramp.level(sample)), [0, 0, 128, 255, 255]);
        let inverted = Ramp::new(encoding(16), range, Direction::Inverted);
        assert_eq!([0, 100, 850, 1600, 65_535].map(|sample| inverted.level(sample)), [255, 255, 127, 0, 0]);
    }
}
