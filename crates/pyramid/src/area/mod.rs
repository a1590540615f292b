//! Means of pixels over areas that begin and end within pixels: rows are weighted by the
//! part of their height that is in the area and summed up, then the same is done across.
//!
//! Lengths are in whole units, of which a pixel has at most [`MAX_LENGTH`], so that every
//! number is exact.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;

/// Maximum length of an area on an axis, in units: areas are then at most 2^40, and sums of
/// samples over them below 2^48. A length that covers more pixels than that cannot be so short; up
/// to 2^24 the sums are exact all the same, and only a near tie may be rounded up.
pub const MAX_LENGTH: u64 = 1 << 20;

/// The pixels that a row of means is made of: those under each of them, with their weights.
#[derive(Clone, Copy, Debug)]
pub struct Coverages<'a> {
    /// Number of pixels under each mean, at least 1.
    pub taps: usize,
    /// The first of them.
    pub starts: &'a [usize],
    /// The weights of all of them, in units; those of each mean after those of the one
    /// before.
    pub weights: &'a [u32],
    /// One over the width of each mean's area in units.
    pub inverse_widths: &'a [f64],
}

/// Adds the samples of `row`, each times `weight`, to `sums`.
#[inline(always)]
pub(crate) fn add_row(row: &[u8], weight: u32, sums: &mut [u32]) {
    for (sum, &sample) in sums.iter_mut().zip(row) {
        *sum += weight * u32::from(sample);
    }
}

/// Writes a row of mean pixels to `out`, rounded half up, from `sums` of rows whose weights
/// together are `height`.
#[inline(always)]
pub(crate) fn mean_row(sums: &[u32], coverages: Coverages<'_>, height: f64, out: &mut [u8]) {
    let Coverages { taps, starts, weights, inverse_widths } = coverages;
    let pixels = out.as_chunks_mut::<3>().0.iter_mut().zip(starts).zip(inverse_widths);
    for (((pixel, &start), &inverse), weights) in pixels.zip(weights.chunks_exact(taps)) {
        let mut totals = [0; 3];
        for (samples, &weight) in sums[3 * start..].as_chunks::<3>().0.iter().zip(weights) {
            for (total, &sample) in totals.iter_mut().zip(samples) {
                *total += u64::from(weight) * u64::from(sample);
            }
        }
        let inverse = inverse * (1.0 / height);
        *pixel = totals.map(|total| mean(total, inverse));
    }
}

/// What is added to a product with the inverse of an area before its fraction is cut off: a
/// half, for rounding, and a little more than the error of the product, which is below
/// 2^-43. A sum that is not yet half a sample further on lacks 2^-41 at least, because
/// areas are at most 2^40.
const ROUNDING: f64 = 0.5 + 1.0 / (1u64 << 42) as f64;

/// `total` times `inverse`, which is one over its area, rounded half up.
#[inline(always)]
fn mean(total: u64, inverse: f64) -> u8 {
    (exact(total) * inverse + ROUNDING) as i32 as u8
}

/// The numbers from here on to its double differ by one bit of their fractions each.
const OFFSET: f64 = (1u64 << 52) as f64;

/// A number below 2^52 in floating point. As the fraction of 2^52 plus itself it needs no
/// conversion, which vectors of 64 bits lack.
#[inline(always)]
fn exact(number: u64) -> f64 {
    f64::from_bits(OFFSET.to_bits() | number) - OFFSET
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_the_rounded_quotients() {
        let lengths = (1..30).chain([1000, 1021, (1 << 20) - 3, (1 << 20) - 1, 1 << 20]);
        let areas = lengths.clone().flat_map(|width| lengths.clone().map(move |height| (width, height)));
        for (width, height) in areas {
            let area: u64 = width * height;
            let inverse = (1.0 / width as f64) * (1.0 / height as f64);
            for whole in [0, 1, 2, 127, 128, 254, 255] {
                // Sums around those where the mean goes up by one, and around the exact ones.
                for middle in [whole * area, whole * area + area / 2] {
                    for total in u64::saturating_sub(middle, 2)..=(middle + 2).min(255 * area) {
                        let rounded = (2 * total + area) / (2 * area);
                        assert_eq!(u64::from(mean(total, inverse)), rounded, "{total} / {area}");
                    }
                }
            }
        }
    }
}
