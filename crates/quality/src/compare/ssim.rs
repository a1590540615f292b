//! Structural similarity.

use origami_pyramid::Plane;

/// Side of a window in samples.
const WINDOW: usize = 8;
/// Distance of neighbouring windows in samples.
const STEP: usize = 4;
/// `(0.01 * 255)^2` and `(0.03 * 255)^2`, which keep dark and flat windows from
/// dividing by next to nothing.
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

/// Mean SSIM of two planes of one size, at most 1 (Wang, Bovik, Sheikh and
/// Simoncelli, 2004) over square windows of 8x8 samples, all weighing the same,
/// at every fourth sample across and down. The last window of a row or column
/// ends at the edge; sides below 8 are one window.
///
/// # Panics
/// If the sizes differ.
pub(super) fn ssim(a: &Plane<Vec<u8>>, b: &Plane<Vec<u8>>) -> f64 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    let (mut sum, mut count) = (0.0, 0.0);
    for y in starts(a.height()) {
        for x in starts(a.width()) {
            let (width, height) = (a.width().min(WINDOW), a.height().min(WINDOW));
            sum += of_windows(&a.window(x, y, width, height), &b.window(x, y, width, height));
            count += 1.0;
        }
    }
    sum / count
}

fn starts(side: usize) -> impl Iterator<Item = usize> {
    let last = side.saturating_sub(WINDOW);
    (0..last).step_by(STEP).chain([last])
}

fn of_windows(a: &Plane<&[u8]>, b: &Plane<&[u8]>) -> f64 {
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
    let mean = |sum: u32| f64::from(sum) / n;
    let (mean_a, mean_b) = (mean(sum_a), mean(sum_b));
    let variances = mean(sum_aa) - mean_a * mean_a + mean(sum_bb) - mean_b * mean_b;
    let covariance = mean(sum_ab) - mean_a * mean_b;
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

    /// The formula in its usual three factors, with moments taken about the
    /// mean, over the windows written out.
    fn slow(a: &Plane<Vec<u8>>, b: &Plane<Vec<u8>>, across: &[usize], down: &[usize]) -> f64 {
        let mut values = Vec::new();
        for &top in down {
            for &left in across {
                let pick = |plane: &Plane<Vec<u8>>| -> Vec<f64> {
                    let rows = top..(top + 8).min(plane.height());
                    let columns = left..(left + 8).min(plane.width());
                    rows.flat_map(|y| columns.clone().map(move |x| (x, y)))
                        .map(|(x, y)| f64::from(plane.row(y)[x]))
                        .collect()
                };
                let (a, b) = (pick(a), pick(b));
                let n = a.len() as f64;
                let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
                let moment = |p: &[f64], mp: f64, q: &[f64], mq: f64| {
                    p.iter().zip(q).map(|(p, q)| (p - mp) * (q - mq)).sum::<f64>() / n
                };
                let deviation_a = moment(&a, mean_a, &a, mean_a).sqrt();
                let deviation_b = moment(&b, mean_b, &b, mean_b).sqrt();
                let (c1, c2) = ((0.01f64 * 255.0).powi(2), (0.03f64 * 255.0).powi(2));
                let luminance = (2.0 * mean_a * mean_b + c1) / (mean_a.powi(2) + mean_b.powi(2) + c1);
                let contrast =
                    (2.0 * deviation_a * deviation_b + c2) / (deviation_a.powi(2) + deviation_b.powi(2) + c2);
                let structure =
                    (moment(&a, mean_a, &b, mean_b) + c2 / 2.0) / (deviation_a * deviation_b + c2 / 2.0);
                values.push(luminance * contrast * structure);
            }
        }
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn it_is_the_textbook_formula_at_every_kind_of_size() {
        let noise = |x: usize, y: usize| (((x * 7919 + y * 104_729) * 2_654_435_761) >> 13) as u8;
        let sizes: [(usize, usize, &[usize], &[usize]); 4] = [
            (16, 12, &[0, 4, 8], &[0, 4]),
            (18, 9, &[0, 4, 8, 10], &[0, 1]),
            (8, 5, &[0], &[0]),
            (1, 1, &[0], &[0]),
        ];
        for (width, height, across, down) in sizes {
            let a = plane(width, height, |x, y| noise(x, y) / 2 + 40);
            let b = plane(width, height, |x, y| (noise(x, y) / 2 + 40).saturating_add(noise(y, x) / 9));
            let (ours, theirs) = (ssim(&a, &b), slow(&a, &b, across, down));
            assert!((ours - theirs).abs() < 1e-9, "{width}x{height}: {ours} for {theirs}");
            assert!(width == 1 || ours < 0.999, "{width}x{height}: {ours}");
            assert_eq!(ssim(&a, &a), 1.0);
        }
    }

    #[test]
    fn flat_planes_differ_by_their_means_alone() {
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
