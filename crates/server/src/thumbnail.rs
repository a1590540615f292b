//! Shrinking by area: each pixel of the result is the mean of exactly the area
//! it covers.

use origami_pyramid::{Pyramid, Rgb};

/// The level a thumbnail is made from and the thumbnail's size in pixels.
///
/// It is the coarsest level whose longer side is at least `side`, so at most
/// `2 * side - 1` unless the slide itself is smaller, and then it is shown as it is.
pub fn plan(pyramid: &Pyramid, side: u32) -> (u32, (u32, u32)) {
    let size = |z| pyramid.level_size(z).unwrap_or(pyramid.size());
    let fits = |&z: &u32| size(z).0.max(size(z).1) >= side;
    let z = (0..pyramid.max_level()).find(fits).unwrap_or(pyramid.max_level());
    let (width, height) = size(z);
    let longer = width.max(height);
    if longer <= side {
        return (z, (width, height));
    }
    let scaled = |length: u32| {
        let rounded = (2 * u64::from(length) * u64::from(side) + u64::from(longer)) / (2 * u64::from(longer));
        (rounded as u32).max(1)
    };
    (z, (scaled(width), scaled(height)))
}

/// `source` at `width` x `height`, neither above the source's, rounded half up.
pub fn shrink(source: &Rgb, width: usize, height: usize) -> Rgb {
    let mut small = Rgb::filled(width, height, [0; 3]);
    let columns: Vec<Vec<(usize, u64)>> =
        (0..width).map(|x| covered(x, source.width(), width).collect()).collect();
    let area = source.width() as u64 * source.height() as u64;
    let mut sums = vec![0u64; 3 * width];
    for y in 0..height {
        sums.fill(0);
        for (row, down) in covered(y, source.height(), height) {
            let row = source.row(row);
            for (sum, column) in sums.chunks_exact_mut(3).zip(&columns) {
                for &(x, across) in column {
                    for (channel, sum) in sum.iter_mut().enumerate() {
                        *sum += down * across * u64::from(row[3 * x + channel]);
                    }
                }
            }
        }
        for (sample, sum) in small.row_mut(y).iter_mut().zip(&sums) {
            *sample = ((sum + area / 2) / area) as u8;
        }
    }
    small
}

/// The source samples under sample `index` of `to`, and how much of each, in
/// units in which a source sample is `to` long. The weights add up to `from`.
fn covered(index: usize, from: usize, to: usize) -> impl Iterator<Item = (usize, u64)> {
    let (start, end) = (index * from, (index + 1) * from);
    (start / to..end.div_ceil(to)).map(move |sample| {
        let overlap = end.min((sample + 1) * to) - start.max(sample * to);
        (sample, overlap as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarsest_level_that_is_large_enough_is_taken() {
        let pyramid = Pyramid::new(4000, 1000, 256).unwrap();
        assert_eq!(plan(&pyramid, 500), (9, (500, 125)));
        assert_eq!(plan(&pyramid, 501), (10, (501, 125)));
        assert_eq!(plan(&pyramid, 1024), (11, (1024, 256)));
    }

    #[test]
    fn small_slides_and_strips_keep_their_shape() {
        assert_eq!(plan(&Pyramid::new(1, 1, 256).unwrap(), 512), (0, (1, 1)));
        assert_eq!(plan(&Pyramid::new(300, 200, 256).unwrap(), 512), (9, (300, 200)));
        assert_eq!(plan(&Pyramid::new(1, 5000, 256).unwrap(), 512).1, (1, 512));
    }

    #[test]
    fn every_source_sample_counts_once() {
        for (from, to) in [(1, 1), (7, 7), (7, 3), (10, 4), (1023, 512), (1024, 512), (5, 1)] {
            let mut weights = vec![0; from];
            for index in 0..to {
                let mut sum = 0;
                for (sample, weight) in covered(index, from, to) {
                    weights[sample] += weight;
                    sum += weight;
                }
                assert_eq!(sum, from as u64);
            }
            assert!(weights.iter().all(|weight| *weight == to as u64), "{from} -> {to}");
        }
    }

    #[test]
    fn shrinking_averages_the_area() {
        let source = Rgb::from_vec((0..18).map(|i| 10 * i).collect(), 3, 2);
        assert_eq!(shrink(&source, 3, 2), source);
        // 3 columns into 2: the middle column is shared half and half.
        // Red of column c and row r is 30 c + 90 r; rows average to +45.
        let small = shrink(&source, 2, 1);
        let red = |x: usize| u32::from(small.data()[3 * x]);
        assert_eq!((red(0), red(1)), (55, 95));
    }

    #[test]
    fn a_plain_colour_stays_what_it_is() {
        let source = Rgb::filled(37, 91, [3, 128, 255]);
        assert_eq!(shrink(&source, 11, 13), Rgb::filled(11, 13, [3, 128, 255]));
    }
}
