//! Measures how close a tile is to the slide's own pixels.

use super::decibels;
use super::ssim::ssim;
use crate::difference::{difference, luma};
use crate::report::percentiles;
use origami_pyramid::Rgb;
use serde::Serialize;
use ssimulacra2::{ColorPrimaries, Rgb as LinearisableRgb, TransferCharacteristic};

/// The measures of one tile against the source's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fidelity {
    /// PSNR of luma in dB, at most 99, which is that of identical tiles.
    pub psnr_y: f64,
    /// Mean SSIM of luma, 1 for identical tiles: windows of 8x8 px, every 4 px.
    pub ssim: f64,
    /// SSIMULACRA 2: 100 for identical tiles; 90 is hard to tell apart, 70 is
    /// high, 50 medium quality. `None` for tiles with a side below 8 px.
    pub ssimulacra2: Option<f64>,
    /// Mean CIEDE2000 of every fifth pixel of every fifth row, 0 for identical
    /// tiles; 1 is just visible in a flat colour.
    pub delta_e: f64,
}

impl Fidelity {
    /// Measures `image` against `source`, which has the same size.
    pub(super) fn measure(image: &Rgb, source: &Rgb) -> Self {
        let difference = difference(image, source);
        let identical = image == source;
        Self {
            psnr_y: difference.psnr_y,
            ssim: if identical { 1.0 } else { ssim(&luma(image), &luma(source)) },
            ssimulacra2: ssimulacra2(image, source),
            delta_e: difference.delta_e,
        }
    }
}

/// SSIMULACRA 2; `None` if a side is below the 8 px that it needs.
fn ssimulacra2(image: &Rgb, source: &Rgb) -> Option<f64> {
    if image.width().min(image.height()) < 8 {
        return None;
    }
    ssimulacra2::compute_frame_ssimulacra2(to_library_image(source), to_library_image(image)).ok()
}

fn to_library_image(image: &Rgb) -> LinearisableRgb {
    let pixels = image.data().as_chunks::<3>().0.iter();
    let pixels = pixels.map(|pixel| pixel.map(|sample| f32::from(sample) / 255.0)).collect();
    let (curve, primaries) = (TransferCharacteristic::SRGB, ColorPrimaries::BT709);
    LinearisableRgb::new(pixels, image.width(), image.height(), curve, primaries)
        .expect("as many pixels as the size says")
}

/// Percentiles of a measure of which small values are bad.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Low {
    /// 1 % of the tiles are at or below this.
    pub p1: f64,
    /// 5 % of the tiles are at or below this.
    pub p5: f64,
    /// Half of the tiles are at or below this.
    pub median: f64,
}

impl Low {
    /// Nearest-rank percentiles; `None` without values.
    fn from_values(values: impl Iterator<Item = f64>) -> Option<Self> {
        let [p1, p5, median] = percentiles(values, [1.0, 5.0, 50.0])?;
        Some(Self { p1, p5, median })
    }
}

/// Percentiles of a measure of which large values are bad.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct High {
    /// 1 % of the tiles are above this.
    pub p99: f64,
    /// 5 % of the tiles are above this.
    pub p95: f64,
    /// Half of the tiles are at or below this.
    pub median: f64,
}

impl High {
    /// Nearest-rank percentiles; `None` without values.
    fn from_values(values: impl Iterator<Item = f64>) -> Option<Self> {
        let [p99, p95, median] = percentiles(values, [99.0, 95.0, 50.0])?;
        Some(Self { p99, p95, median })
    }
}

/// The measures of many tiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FidelitySummary {
    /// PSNR of luma in dB.
    pub psnr_y: Low,
    /// Mean SSIM of luma.
    pub ssim: Low,
    /// SSIMULACRA 2 of the tiles for which it is defined; `None` if there are none.
    pub ssimulacra2: Option<Low>,
    /// Mean CIEDE2000.
    pub delta_e: High,
}

impl FidelitySummary {
    /// The percentiles of the tiles' measures; `None` without tiles.
    pub(super) fn new(tiles: impl Iterator<Item = Fidelity> + Clone) -> Option<Self> {
        Some(Self {
            psnr_y: Low::from_values(tiles.clone().map(|tile| tile.psnr_y))?,
            ssim: Low::from_values(tiles.clone().map(|tile| tile.ssim))?,
            ssimulacra2: Low::from_values(tiles.clone().filter_map(|tile| tile.ssimulacra2)),
            delta_e: High::from_values(tiles.map(|tile| tile.delta_e))?,
        })
    }

    /// The cells of a table row: the percentiles of each measure, the worst first.
    #[must_use]
    pub fn cells(&self) -> [String; 4] {
        let Self { psnr_y, ssim, ssimulacra2, delta_e } = self;
        [
            [psnr_y.p1, psnr_y.p5, psnr_y.median].map(decibels).join(" / "),
            format!("{:.4} / {:.4} / {:.4}", ssim.p1, ssim.p5, ssim.median),
            ssimulacra2
                .map_or("-".into(), |Low { p1, p5, median }| format!("{p1:.1} / {p5:.1} / {median:.1}")),
            format!("{:.2} / {:.2} / {:.2}", delta_e.p99, delta_e.p95, delta_e.median),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64x48 px of stripes, with `shift` added to every sample.
    fn stripes(shift: u8) -> Rgb {
        let pixels = (0..64 * 48).map(|i| [(i % 200) as u8, (i / 7 % 180) as u8, (i / 64 * 3) as u8]);
        Rgb::from_vec(pixels.flatten().map(|sample| sample + shift).collect(), 64, 48)
    }

    #[test]
    fn identical_tiles_are_perfect_by_every_measure() {
        let perfect = Fidelity { psnr_y: 99.0, ssim: 1.0, ssimulacra2: Some(100.0), delta_e: 0.0 };
        assert_eq!(Fidelity::measure(&stripes(0), &stripes(0)), perfect);
    }

    #[test]
    fn a_known_distortion_has_the_values_of_the_formulas() {
        let fidelity = Fidelity::measure(&stripes(4), &stripes(0));
        // Adding 4 to R, G and B adds 4 to luma.
        let psnr = 10.0 * (255.0f64 * 255.0 / 16.0).log10();
        assert!((fidelity.psnr_y - psnr).abs() < 1e-9, "{fidelity:?}");
        assert!(fidelity.ssim < 1.0 && fidelity.ssim > 0.9, "{fidelity:?}");
        assert!(fidelity.ssimulacra2.is_some_and(|score| score < 99.0 && score > 50.0), "{fidelity:?}");
        assert!(fidelity.delta_e > 0.5 && fidelity.delta_e < 4.0, "{fidelity:?}");
    }

    #[test]
    fn tiles_too_small_for_ssimulacra_2_have_the_other_measures() {
        let (a, b) = (Rgb::filled(7, 300, [90; 3]), Rgb::filled(7, 300, [91; 3]));
        let fidelity = Fidelity::measure(&a, &b);
        assert_eq!(fidelity.ssimulacra2, None);
        assert!((fidelity.psnr_y - 48.1308).abs() < 0.001);
        let summary = FidelitySummary::new([fidelity].into_iter()).unwrap();
        assert_eq!((summary.ssimulacra2, summary.psnr_y.p1), (None, fidelity.psnr_y));
    }

    #[test]
    fn the_worst_tiles_are_at_the_low_end_except_for_colour() {
        let tiles = (1..=200).map(f64::from).map(|n| Fidelity {
            psnr_y: n,
            ssim: n / 200.0,
            ssimulacra2: Some(n / 2.0),
            delta_e: n / 10.0,
        });
        let summary = FidelitySummary::new(tiles).unwrap();
        assert_eq!(summary.psnr_y, Low { p1: 2.0, p5: 10.0, median: 100.0 });
        assert_eq!(summary.ssimulacra2, Some(Low { p1: 1.0, p5: 5.0, median: 50.0 }));
        assert_eq!(summary.delta_e, High { p99: 19.8, p95: 19.0, median: 10.0 });
        assert_eq!(FidelitySummary::new(std::iter::empty()), None);
    }
}
