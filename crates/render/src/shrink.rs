//! Shrinking by area, a row at a time: each pixel of the result is the mean of
//! exactly the area it covers.

use origami_pyramid::{Rect, Rgb, Size};
use std::ops::Range;

/// Most units that a pixel of the result may be long, so that the sum over an
/// area of them fits: 2^28 x 2^28 x 255 is just below 2^64.
const LONGEST: u64 = 1 << 27;

/// One axis of a shrink, in units of which a source pixel is `unit` long.
struct Axis {
    unit: u64,
    /// Where the pixels of the result begin, and where the last one ends.
    edges: Vec<u64>,
}

impl Axis {
    /// From `length` pixels at `start` of the `slide` pixels of full resolution,
    /// which a level has as `level` pixels, to `to` pixels.
    ///
    /// Edges are exact fractions of a source pixel; only where their numbers
    /// would be too large are they rounded down, to less than a hundred
    /// thousandth of a pixel of the result.
    fn new(start: u32, length: u32, slide: u32, level: u32, to: u32) -> Self {
        let [start, length, slide, level, to] = [start, length, slide, level, to].map(u128::from);
        // In units of 1 / (slide * to) of a source pixel.
        let (first, step, unit) = (start * level * to, length * level, slide * to);
        let divisor = gcd(gcd(first, step), unit).max(1);
        let (first, step, unit) = (first / divisor, step / divisor, unit / divisor);
        let longest = u128::from(LONGEST);
        let shorter = match step.max(unit) {
            length if length > longest => (longest * unit / length).max(1),
            _ => unit,
        };
        let edge = |number: u128| ((first + number * step) * shorter / unit) as u64;
        Self { unit: shorter as u64, edges: (0..=to).map(edge).collect() }
    }

    /// The source pixels that count.
    fn source(&self) -> Range<u32> {
        let (first, last) = (self.edges[0], self.edges[self.edges.len() - 1]);
        (first / self.unit) as u32..last.div_ceil(self.unit).max(first / self.unit + 1) as u32
    }

    /// Units of pixel `index` of the result, at least 1.
    fn len(&self, index: usize) -> u64 {
        (self.edges[index + 1] - self.edges[index]).max(1)
    }

    /// Units of source pixel `source` that lie in pixel `index` of the result.
    fn overlap(&self, index: usize, source: u32) -> u64 {
        let start = u64::from(source) * self.unit;
        let (from, to) = (self.edges[index], self.edges[index].saturating_add(self.len(index)));
        to.min(start + self.unit).saturating_sub(from.max(start))
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Takes the rows of a level's part one by one and gives the shrunk picture.
pub(crate) struct Shrinker {
    across: Axis,
    down: Axis,
    /// Of each column of the result: the source columns under it, counted from
    /// the first that counts, and the weight of each.
    columns: Vec<(usize, Vec<u64>)>,
    out: Rgb,
    /// The source row that comes next.
    row: u32,
    /// The row of the result that is being summed up, and its sums.
    y: usize,
    sums: Vec<u64>,
    /// One source row, shrunk across.
    reduced: Vec<u64>,
}

impl Shrinker {
    /// From `rect` of a slide of size `slide`, read from a level of size `level`,
    /// to size `to`.
    pub fn new(rect: Rect, slide: Size, level: Size, to: Size) -> Self {
        let across = Axis::new(rect.x, rect.width, slide.width, level.width, to.width);
        let down = Axis::new(rect.y, rect.height, slide.height, level.height, to.height);
        let first = across.source().start;
        let (width, height) = (to.width as usize, to.height as usize);
        let columns = (0..width).map(|index| {
            let start = (across.edges[index] / across.unit) as u32;
            let end = (across.edges[index] + across.len(index)).div_ceil(across.unit) as u32;
            let weights = (start..end).map(|source| across.overlap(index, source)).collect();
            ((start - first) as usize, weights)
        });
        Self {
            columns: columns.collect(),
            row: down.source().start,
            y: 0,
            sums: vec![0; 3 * width],
            reduced: vec![0; 3 * width],
            out: Rgb::filled(width, height, [0; 3]),
            across,
            down,
        }
    }

    /// The columns of the level that count.
    pub fn columns(&self) -> Range<u32> {
        self.across.source()
    }

    /// The rows of the level that count, which are to be added in order.
    pub fn rows(&self) -> Range<u32> {
        self.down.source()
    }

    /// Adds the next row: RGB of all columns that count.
    pub fn add(&mut self, row: &[u8]) {
        self.reduce(row);
        while self.y < self.out.height() {
            let weight = self.down.overlap(self.y, self.row);
            for (sum, &reduced) in self.sums.iter_mut().zip(&self.reduced) {
                *sum += weight * reduced;
            }
            let end = self.down.edges[self.y].saturating_add(self.down.len(self.y));
            if end > (u64::from(self.row) + 1) * self.down.unit {
                break;
            }
            self.emit();
        }
        self.row += 1;
    }

    /// Shrinks a row across.
    fn reduce(&mut self, row: &[u8]) {
        for (sum, (first, weights)) in self.reduced.chunks_exact_mut(3).zip(&self.columns) {
            sum.fill(0);
            for (pixel, &weight) in row[3 * first..].chunks_exact(3).zip(weights) {
                for (sum, &sample) in sum.iter_mut().zip(pixel) {
                    *sum += weight * u64::from(sample);
                }
            }
        }
    }

    /// Finishes a row of the result.
    fn emit(&mut self) {
        let height = self.down.len(self.y);
        let row = self.out.row_mut(self.y).chunks_exact_mut(3).zip(self.sums.chunks_exact_mut(3));
        for (x, (pixel, sums)) in row.enumerate() {
            let area = height * self.across.len(x);
            for (sample, sum) in pixel.iter_mut().zip(sums) {
                *sample = ((*sum + area / 2) / area) as u8;
                *sum = 0;
            }
        }
        self.y += 1;
    }

    /// The shrunk picture.
    pub fn finish(mut self) -> Rgb {
        // The last edge may have been rounded down to before the last row's end.
        while self.y < self.out.height() {
            self.emit();
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(source: &Rgb) -> Size {
        Size::new(source.width() as u32, source.height() as u32)
    }

    fn shrunk(source: &Rgb, rect: Rect, slide: Size, to: Size) -> Rgb {
        let mut shrinker = Shrinker::new(rect, slide, size(source), to);
        let columns = shrinker.columns();
        for y in shrinker.rows() {
            let row = source.row(y as usize);
            shrinker.add(&row[3 * columns.start as usize..3 * columns.end as usize]);
        }
        shrinker.finish()
    }

    fn whole(source: &Rgb, width: u32, height: u32) -> Rgb {
        let slide = size(source);
        shrunk(source, Rect::whole(slide), slide, Size::new(width, height))
    }

    /// The mean over an area in floating point, from the definition.
    fn mean(source: &Rgb, rect: Rect, slide: Size, to: Size, at: (u32, u32), c: usize) -> f64 {
        let across = source.width() as f64 / f64::from(slide.width);
        let down = source.height() as f64 / f64::from(slide.height);
        let span = |start: u32, length: u32, to: u32, index: u32, scale: f64| {
            let edge = |index: u32| {
                (f64::from(start) + f64::from(length) * f64::from(index) / f64::from(to)) * scale
            };
            (edge(index), edge(index + 1))
        };
        let (x0, x1) = span(rect.x, rect.width, to.width, at.0, across);
        let (y0, y1) = span(rect.y, rect.height, to.height, at.1, down);
        let mut sum = 0.0;
        for y in 0..source.height() {
            for x in 0..source.width() {
                let overlap =
                    |a: f64, b: f64, at: usize| (b.min(at as f64 + 1.0) - a.max(at as f64)).max(0.0);
                sum += overlap(x0, x1, x) * overlap(y0, y1, y) * f64::from(source.row(y)[3 * x + c]);
            }
        }
        sum / ((x1 - x0) * (y1 - y0))
    }

    #[test]
    fn shrinking_averages_the_area() {
        let source = Rgb::from_vec((0..18).map(|i| 10 * i).collect(), 3, 2);
        assert_eq!(whole(&source, 3, 2), source);
        // 3 columns into 2: the middle column is shared half and half.
        // Red of column c and row r is 30 c + 90 r; rows average to +45.
        let small = whole(&source, 2, 1);
        assert_eq!((small.data()[0], small.data()[3]), (55, 95));
    }

    #[test]
    fn a_plain_colour_stays_what_it_is_however_large_the_numbers() {
        let source = Rgb::filled(37, 91, [3, 128, 255]);
        assert_eq!(whole(&source, 11, 13), Rgb::filled(11, 13, [3, 128, 255]));
        let slide = Size::new(4_000_000_007, 4_000_000_009);
        for (x, length) in [(0, slide.width), (1_234_567_891, 999_999_937), (4_000_000_000, 7)] {
            let rect = Rect { x, y: x, width: length, height: length };
            for (width, height) in [(1, 1), (7, 3), (997, 5)] {
                let found = shrunk(&source, rect, slide, Size::new(width, height));
                assert_eq!(found, Rgb::filled(width as usize, height as usize, [3, 128, 255]), "{rect:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_pixel_is_the_mean_of_what_it_covers(
            level in (1u32..40, 1u32..40),
            more in (0u32..3, 0u32..3),
            shift in 0u32..3,
            corners in (0u32..1000, 0u32..1000, 0u32..1000, 0u32..1000),
            (to_width, to_height) in (1u32..50, 1u32..50),
            seed: u32,
        ) {
            // A level `shift` above full resolution, whose odd sides were rounded up.
            let slide = Size::new(
                (level.0 << shift).saturating_sub(more.0.min((1 << shift) - 1)).max(1),
                (level.1 << shift).saturating_sub(more.1.min((1 << shift) - 1)).max(1),
            );
            let span = |a: u32, b: u32, side: u32| {
                let (a, b) = (a % side, b % side);
                (a.min(b), a.abs_diff(b) + 1)
            };
            let (x, width) = span(corners.0, corners.1, slide.width);
            let (y, height) = span(corners.2, corners.3, slide.height);
            let rect = Rect { x, y, width, height };
            let samples = (0..3 * level.0 * level.1).map(|n| (n.wrapping_mul(2_654_435_761) ^ seed) as u8);
            let source = Rgb::from_vec(samples.collect(), level.0 as usize, level.1 as usize);
            let to = Size::new(to_width, to_height);
            let found = shrunk(&source, rect, slide, to);
            for at in (0..to.height).flat_map(|y| (0..to.width).map(move |x| (x, y))) {
                for c in 0..3 {
                    let exact = mean(&source, rect, slide, to, at, c);
                    let sample = f64::from(found.row(at.1 as usize)[3 * at.0 as usize + c]);
                    prop_assert!((sample - exact).abs() <= 0.501, "{sample} for {exact} at {at:?} of {rect:?}");
                }
            }
        }
    }
}
