//! Says how fine quantisation tables are, as a JPEG quality.

use super::quality_tables;
use crate::Colour;

/// The quality, 1 to 100, whose standard luma steps are nearest to `steps`, which are
/// those of luma, gray or a plane of RGB in zigzag order: the sum of the squared
/// differences of all steps is the smallest, and of two such qualities this is the
/// higher one. For the steps of [`quality_tables`] it is their quality; for those of
/// other programs it is an estimate for people.
///
/// # Examples
/// ```
/// use origami_codec::Colour;
/// use origami_codec::dct::{nearest_quality, quality_tables};
///
/// assert_eq!(nearest_quality(&quality_tables(30, Colour::Ycc)[0]), 30);
/// assert_eq!(nearest_quality(&[1; 64]), 100);
/// ```
#[must_use]
pub fn nearest_quality(steps: &[u16; 64]) -> u8 {
    // The first of equal distances is taken.
    let finest_first = (1..=100).rev();
    finest_first.min_by_key(|&quality| distance(steps, quality)).expect("there are qualities")
}

/// The sum of the squared differences between `steps` and the luma steps of `quality`.
fn distance(steps: &[u16; 64], quality: u8) -> u64 {
    let [luma, ..] = quality_tables(quality, Colour::Gray);
    steps.iter().zip(&luma).map(|(&step, &standard)| u64::from(step.abs_diff(standard)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_every_quality_have_that_quality() {
        for quality in 1..=100 {
            for colour in [Colour::Ycc, Colour::Rgb, Colour::Gray] {
                let [luma, ..] = quality_tables(quality, colour);
                assert_eq!(nearest_quality(&luma), quality, "{colour:?}");
            }
        }
    }

    #[test]
    fn other_tables_have_the_quality_next_to_them() {
        for quality in [20, 50, 80, 95] {
            let [mut luma, ..] = quality_tables(quality, Colour::Ycc);
            luma[40] += 1;
            luma[3] = luma[3].saturating_sub(1).max(1);
            assert_eq!(nearest_quality(&luma), quality);
        }
        // Steps between those of 50 and 52.
        let [finer, coarser] = [52, 50].map(|quality| quality_tables(quality, Colour::Ycc)[0]);
        let between = std::array::from_fn(|k| (finer[k] + coarser[k]) / 2);
        assert_eq!(nearest_quality(&between), 51);
    }

    #[test]
    fn steps_beyond_all_qualities_have_the_quality_at_the_end() {
        assert_eq!(nearest_quality(&[u16::MAX; 64]), 1);
        assert_eq!(nearest_quality(&[0; 64]), 100);
    }
}
