//! What a sample of tiles comes to.

use crate::difference::Difference;
use origami_pack::QualityReport;

/// What was measured of one served tile.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// How far it is from the slide's pixels.
    pub difference: Difference,
    /// Bytes of the JPEG that is served.
    pub wire_bytes: usize,
    /// Bytes of the tile as plain JPEG.
    pub plain_bytes: usize,
}

/// The report of level `z` over a sample of tiles, `None` if it is empty.
#[must_use]
pub fn report(z: u32, sample: &[Measured]) -> Option<QualityReport> {
    let sorted = |value: fn(&Measured) -> f64| {
        let mut values: Vec<f64> = sample.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (psnr, delta_e) = (sorted(|tile| tile.difference.psnr_y), sorted(|tile| tile.difference.delta_e));
    let wire = sorted(|tile| tile.wire_bytes as f64 / tile.plain_bytes as f64);
    let total = |value: fn(&Measured) -> usize| sample.iter().map(value).sum::<usize>() as f64;
    Some(QualityReport {
        z,
        tiles: sample.len() as u64,
        psnr_y_p1: percentile(&psnr, 1.0)?,
        psnr_y_median: percentile(&psnr, 50.0)?,
        delta_e_median: percentile(&delta_e, 50.0)?,
        delta_e_p99: percentile(&delta_e, 99.0)?,
        wire_ratio: total(|tile| tile.wire_bytes) / total(|tile| tile.plain_bytes),
        wire_ratio_p99: percentile(&wire, 99.0)?,
    })
}

/// The nearest-rank percentile of sorted values.
pub(crate) fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&values, 1.0), Some(2.0));
        assert_eq!(percentile(&values, 50.0), Some(100.0));
        assert_eq!(percentile(&values[..3], 1.0), Some(1.0));
        assert_eq!(percentile(&[], 50.0), None);
    }
}
