//! Computes the structural similarity (SSIM) of two planes.

use origami_pyramid::Plane;

/// Side of a window in samples.
const WINDOW: usize = 8;
/// Distance between neighbouring windows in samples.
const STEP: usize = 4;
/// `(0.01 * 255)^2`, which keeps the quotient of dark windows stable.
const C1: f64 = 6.5025;
/// `(0.03 * 255)^2`, which keeps the quotient of flat windows stable.
const C2: f64 = 58.5225;

/// Mean SSIM of two planes of the same size, at most 1 (Wang, Bovik, Sheikh and
/// Simoncelli, 2004), over square windows of 8x8 samples with equal weights, one at
/// every fourth sample across and down. The last window of a row or column ends at the
/// edge; sides below 8 are one window.
///
/// # Panics
/// If the sizes differ.
pub(super) fn ssim(a: &Plane<Vec<u8>>, b: &Plane<Vec<u8>>) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let (mut sum, mut count) = (0.0, 0.0);
    for y in starts(a.height()) {
        for x in starts(a.width()) {
            let (width, height) = (a.width().min(WINDOW), a.height().min(WINDOW));
            sum += window_ssim(&a.window(x, y, width, height), &b.window(x, y, width, height));
            count += 1.0;
        }
    }
    sum / count
}

/// Where the windows along a side of this many samples start.
fn starts(side: usize) -> impl Iterator<Item = usize> {
    let last = side.saturating_sub(WINDOW);
    (0..last).step_by(STEP).chain([last])
}

/// SSIM of a pair of windows.
fn window_ssim(a: &Plane<&[u8]>, b: &Plane<&[u8]>) -> f64 {
    let [mut sum_a, mut sum_b, mut sum_aa, mut sum_bb, mut sum_ab] = [0u32; 5];
    for (a, b) in a.rows().zip(b.rows()) {
        for (&a, &b) in a.iter().zip(b) {
            let (a, b) = (u32::from(a), u32::from(b));
            sum_a += a;
            sum_b += b;
            sum_aa += a * a;
            sum_bb += b * b;
            sum_ab += a * b;
        }
    }
    let n = (a.width() * a.height()) as f64;
    let [mean_a, mean_b, mean_aa, mean_bb, mean_ab] =
        [sum_a, sum_b, sum_aa, sum_bb, sum_ab].map(|sum| f64::from(sum) / n);
    let variances = mean_aa - mean_a * mean_a + mean_bb - mean_b * mean_b;
    let covariance = mean_ab - mean_a * mean_b;
    (2.0 * mean_a * mean_b + C1) * (2.0 * covariance + C2)
        / ((mean_a * mean_a + mean_b * mean_b + C1) * (variances + C2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(width: usize, height: usize, sample: impl Fn(usize, usize) -> u8) -> Plane<Vec<u8>> {
        let mut plane = Plane::zeros(width, height);
        for y in 0..height {
            for x in 0..width {
                plane.row_mut(y)[x] = sample(x, y);
            }
        }
        plane
    }

    /// The samples of the window at `(left, top)`.
    fn window_samples(plane: &Plane<Vec<u8>>, left: usize, top: usize) -> Vec<f64> {
        let (right, bottom) = ((left + 8).min(plane.width()), (top + 8).min(plane.height()));
        (top..bottom).flat_map(|y| plane.row(y)[left..right].iter().copied().map(f64::from)).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn covariance(p: &[f64], q: &[f64]) -> f64 {
        let (mean_p, mean_q) = (mean(p), mean(q));
        p.iter().zip(q).map(|(p, q)| (p - mean_p) * (q - mean_q)).sum::<f64>() / p.len() as f64
    }

    /// The formula in its usual three factors, with moments taken about the mean.
    fn textbook_ssim(a: &[f64], b: &[f64]) -> f64 {
        let (mean_a, mean_b) = (mean(a), mean(b));
        let (deviation_a, deviation_b) = (covariance(a, a).sqrt(), covariance(b, b).sqrt());
        let (c1, c2) = ((0.01f64 * 255.0).powi(2), (0.03f64 * 255.0).powi(2));
        let luminance = (2.0 * mean_a * mean_b + c1) / (mean_a.powi(2) + mean_b.powi(2) + c1);
        let contrast =
            (2.0 * deviation_a * deviation_b + c2) / (deviation_a.powi(2) + deviation_b.powi(2) + c2);
        let structure = (covariance(a, b) + c2 / 2.0) / (deviation_a * deviation_b + c2 / 2.0);
        luminance * contrast * structure
    }

    /// The mean over windows at these columns and rows.
    fn slow(a: &Plane<Vec<u8>>, b: &Plane<Vec<u8>>, columns: &[usize], rows: &[usize]) -> f64 {
        let mut values = Vec::new();
        for &top in rows {
            for &left in columns {
                values.push(textbook_ssim(&window_samples(a, left, top), &window_samples(b, left, top)));
            }
        }
        mean(&values)
    }

    fn noise(x: usize, y: usize) -> u8 {
        (((x * 7919 + y * 104_729) * 2_654_435_761) >> 13) as u8
    }

    #[test]
    fn it_is_the_textbook_formula_for_every_kind_of_size() {
        let sizes: [(usize, usize, &[usize], &[usize]); 4] = [
            (16, 12, &[0, 4, 8], &[0, 4]),
            (18, 9, &[0, 4, 8, 10], &[0, 1]),
            (8, 5, &[0], &[0]),
            (1, 1, &[0], &[0]),
        ];
        for (width, height, columns, rows) in sizes {
            let a = plane(width, height, |x, y| noise(x, y) / 2 + 40);
            let b = plane(width, height, |x, y| (noise(x, y) / 2 + 40).saturating_add(noise(y, x) / 9));
            let (fast, expected) = (ssim(&a, &b), slow(&a, &b, columns, rows));
            assert!((fast - expected).abs() < 1e-9, "{width}x{height}: {fast}, expected {expected}");
            assert!(width == 1 || fast < 0.999, "{width}x{height}: {fast}");
            assert_eq!(ssim(&a, &a), 1.0);
        }
    }

    #[test]
    fn flat_planes_differ_only_by_their_means() {
        let (a, b) = (plane(32, 32, |_, _| 100), plane(32, 32, |_, _| 150));
        let expected = (2.0 * 100.0 * 150.0 + 6.5025) / (100.0f64.powi(2) + 150.0f64.powi(2) + 6.5025);
        assert!((ssim(&a, &b) - expected).abs() < 1e-12);
    }

    #[test]
    fn a_negative_is_dissimilar() {
        let a = plane(64, 64, |x, y| if (x / 2 + y / 2) % 2 == 0 { 20 } else { 235 });
        let b = plane(64, 64, |x, y| 255 - a.row(y)[x]);
        assert!(ssim(&a, &b) < -0.9);
    }
}
