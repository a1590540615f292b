//! Summarises a measured sample of tiles as a level's quality report.

use crate::difference::Difference;
use origami_pack::QualityReport;

/// The measurements of one served tile.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Its difference from the slide's pixels.
    pub difference: Difference,
    /// Length of the served JPEG in bytes.
    pub wire_bytes: usize,
    /// Length of the tile as plain JPEG in bytes.
    pub plain_bytes: usize,
}

/// The report on level `z` for a sample of its tiles; `None` if the sample is empty.
#[must_use]
pub fn report(z: u32, sample: &[Measured]) -> Option<QualityReport> {
    let tiles = sample.iter();
    let psnr_y = tiles.clone().map(|tile| tile.difference.psnr_y);
    let [psnr_y_p1, psnr_y_median] = percentiles(psnr_y, [1.0, 50.0])?;
    let delta_e = tiles.clone().map(|tile| tile.difference.delta_e);
    let [delta_e_median, delta_e_p99] = percentiles(delta_e, [50.0, 99.0])?;
    let ratio = tiles.clone().map(|tile| tile.wire_bytes as f64 / tile.plain_bytes as f64);
    let [wire_ratio_p99] = percentiles(ratio, [99.0])?;
    let wire: usize = tiles.clone().map(|tile| tile.wire_bytes).sum();
    let plain: usize = tiles.map(|tile| tile.plain_bytes).sum();
    Some(QualityReport {
        z,
        tiles: sample.len() as u64,
        psnr_y_p1,
        psnr_y_median,
        delta_e_median,
        delta_e_p99,
        wire_ratio: wire as f64 / plain as f64,
        wire_ratio_p99,
    })
}

/// Nearest-rank percentiles; `None` without values.
pub(crate) fn percentiles<const N: usize>(
    values: impl Iterator<Item = f64>,
    percents: [f64; N],
) -> Option<[f64; N]> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| percents.map(|percent| nearest_rank(&sorted, percent)))
}

/// The smallest value that `percent` of the values do not exceed. There must be values.
fn nearest_rank(sorted: &[f64], percent: f64) -> f64 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        assert_eq!(percentiles((1..=200).map(f64::from), [1.0, 50.0]), Some([2.0, 100.0]));
        assert_eq!(percentiles((1..=3).map(f64::from), [1.0]), Some([1.0]));
        assert_eq!(percentiles([].into_iter(), [50.0]), None);
    }
}
