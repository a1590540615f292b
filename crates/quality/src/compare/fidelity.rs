//! How close a tile comes to the pixels it stands for.

use super::decibels;
use super::ssim::ssim;
use crate::difference::{difference, luma};
use crate::report::percentiles;
use origami_pyramid::Rgb;
use serde::Serialize;
use ssimulacra2::{ColorPrimaries, Rgb as LinearisableRgb, TransferCharacteristic};

/// One tile against the source's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fidelity {
    /// PSNR of luma in dB, at most 99, which identical tiles have.
    pub psnr_y: f64,
    /// Mean SSIM of luma, 1 for identical tiles: windows of 8x8 px, every 4 px.
    pub ssim: f64,
    /// SSIMULACRA 2: 100 for identical tiles; 90 is hard to tell apart, 70 is
    /// high, 50 medium quality. `None` for tiles with a side below 8 px.
    pub ssimulacra2: Option<f64>,
    /// Mean CIEDE2000 of every second pixel of every second row, 0 for identical
    /// tiles; 1 can just be seen in a flat colour.
    pub delta_e: f64,
}

impl Fidelity {
    /// Measures `image` against `source`, both of one size.
    pub(super) fn of(image: &Rgb, source: &Rgb) -> Self {
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
    let [source, image] = [source, image].map(|image| {
        let pixels = image.data().as_chunks::<3>().0.iter();
        let pixels = pixels.map(|pixel| pixel.map(|sample| f32::from(sample) / 255.0)).collect();
        let (curve, primaries) = (TransferCharacteristic::SRGB, ColorPrimaries::BT709);
        LinearisableRgb::new(pixels, image.width(), image.height(), curve, primaries)
            .expect("as many pixels as the size says")
    });
    ssimulacra2::compute_frame_ssimulacra2(source, image).ok()
}

/// How a metric is spread where small values are the bad ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Low {
    /// A hundredth of the tiles is at or below this.
    pub p1: f64,
    /// A twentieth of the tiles is at or below this.
    pub p5: f64,
    /// Half of the tiles is at or below this.
    pub median: f64,
}

/// How a metric is spread where large values are the bad ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct High {
    /// A hundredth of the tiles is above this.
    pub p99: f64,
    /// A twentieth of the tiles is above this.
    pub p95: f64,
    /// Half of the tiles is at or below this.
    pub median: f64,
}

/// Many tiles together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FidelitySummary {
    /// PSNR of luma in dB.
    pub psnr_y: Low,
    /// Mean SSIM of luma.
    pub ssim: Low,
    /// SSIMULACRA 2 of the tiles that have it; `None` if none has.
    pub ssimulacra2: Option<Low>,
    /// Mean CIEDE2000.
    pub delta_e: High,
}

impl FidelitySummary {
    /// Nearest-rank percentiles; `None` without tiles.
    pub(super) fn of(tiles: &[Fidelity]) -> Option<Self> {
        let low = |value: fn(&Fidelity) -> Option<f64>| {
            let [p1, p5, median] = percentiles(tiles.iter().filter_map(value), [1.0, 5.0, 50.0])?;
            Some(Low { p1, p5, median })
        };
        let [p99, p95, median] = percentiles(tiles.iter().map(|tile| tile.delta_e), [99.0, 95.0, 50.0])?;
        Some(Self {
            psnr_y: low(|tile| Some(tile.psnr_y))?,
            ssim: low(|tile| Some(tile.ssim))?,
            ssimulacra2: low(|tile| tile.ssimulacra2),
            delta_e: High { p99, p95, median },
        })
    }

    /// For people: the percentiles of each measure, the worst first.
    #[must_use]
    pub fn shown(&self) -> [String; 4] {
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

    fn stripes(shift: u8) -> Rgb {
        let pixel = |i: usize| [(i % 200) as u8, (i / 7 % 180) as u8, (i / 64 * 3) as u8];
        let data = (0..64 * 48).flat_map(|i| pixel(i).map(|sample| sample + shift)).collect();
        Rgb::from_vec(data, 64, 48)
    }

    #[test]
    fn identical_tiles_are_perfect_by_every_measure() {
        let perfect = Fidelity { psnr_y: 99.0, ssim: 1.0, ssimulacra2: Some(100.0), delta_e: 0.0 };
        assert_eq!(Fidelity::of(&stripes(0), &stripes(0)), perfect);
    }

    #[test]
    fn a_known_distortion_has_the_values_of_the_formulas() {
        let found = Fidelity::of(&stripes(4), &stripes(0));
        // Adding 4 to R, G and B adds 4 to luma.
        let psnr = 10.0 * (255.0f64 * 255.0 / 16.0).log10();
        assert!((found.psnr_y - psnr).abs() < 1e-9, "{found:?}");
        assert!(found.ssim < 1.0 && found.ssim > 0.9, "{found:?}");
        assert!(found.ssimulacra2.is_some_and(|score| score < 99.0 && score > 50.0), "{found:?}");
        assert!(found.delta_e > 0.5 && found.delta_e < 4.0, "{found:?}");
    }

    #[test]
    fn tiles_too_small_for_ssimulacra_2_have_the_other_numbers() {
        let (a, b) = (Rgb::filled(7, 300, [90; 3]), Rgb::filled(7, 300, [91; 3]));
        let found = Fidelity::of(&a, &b);
        assert_eq!(found.ssimulacra2, None);
        assert!((found.psnr_y - 48.1308).abs() < 0.001);
        let summary = FidelitySummary::of(&[found]).unwrap();
        assert_eq!((summary.ssimulacra2, summary.psnr_y.p1), (None, found.psnr_y));
    }

    #[test]
    fn the_worst_tiles_are_at_the_low_end_but_for_colour() {
        let tile = |n: u32| {
            let n = f64::from(n);
            Fidelity { psnr_y: n, ssim: n / 200.0, ssimulacra2: Some(n / 2.0), delta_e: n / 10.0 }
        };
        let summary = FidelitySummary::of(&(1..=200).map(tile).collect::<Vec<_>>()).unwrap();
        assert_eq!(summary.psnr_y, Low { p1: 2.0, p5: 10.0, median: 100.0 });
        assert_eq!(summary.ssimulacra2, Some(Low { p1: 1.0, p5: 5.0, median: 50.0 }));
        assert_eq!(summary.delta_e, High { p99: 19.8, p95: 19.0, median: 10.0 });
        assert_eq!(FidelitySummary::of(&[]), None);
    }
}
