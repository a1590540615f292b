//! Shrinks an image by area, a row at a time: each pixel of the result is the mean of
//! exactly the area it covers.

use origami_pyramid::{Rect, Rgb, Size};
use std::ops::Range;

/// Maximum length of a pixel of the result in units, so that the sum over an area fits:
/// 2^28 x 2^28 x 255 is just below 2^64.
const MAX_UNITS: u64 = 1 << 27;

/// One axis of a shrink, in units of which a source pixel is `unit` long.
struct Axis {
    unit: u64,
    /// Where the pixels of the result begin, and where the last one ends.
    edges: Vec<u64>,
}

impl Axis {
    /// The axis that maps `length` pixels at `start` to `to` pixels. `length` and `start`
    /// count pixels of full resolution, which has `slide` of them where the source level
    /// has `level`.
    ///
    /// Edges are exact fractions of a source pixel. Only if their numbers would be too
    /// large are they rounded down, by less than a hundred thousandth of a pixel of the
    /// result.
    fn new(start: u32, length: u32, slide: u32, level: u32, to: u32) -> Self {
        let [start, length, slide, level, to] = [start, length, slide, level, to].map(u128::from);
        // In units of 1 / (slide * to) of a source pixel.
        let (first, step, unit) = (start * level * to, length * level, slide * to);
        let divisor = gcd(gcd(first, step), unit).max(1);
        let (first, step, unit) = (first / divisor, step / divisor, unit / divisor);
        let max_units = u128::from(MAX_UNITS);
        let rounded_unit = match step.max(unit) {
            length if length > max_units => (max_units * unit / length).max(1),
            _ => unit,
        };
        let edges = (0..=to).map(|number| ((first + number * step) * rounded_unit / unit) as u64);
        Self { unit: rounded_unit as u64, edges: edges.collect() }
    }

    /// The source pixels that the result is made from.
    fn source(&self) -> Range<u32> {
        let (first, last) = (self.edges[0], self.edges[self.edges.len() - 1]);
        (first / self.unit) as u32..last.div_ceil(self.unit).max(first / self.unit + 1) as u32
    }

    /// Length of pixel `index` of the result in units, at least 1.
    fn len(&self, index: usize) -> u64 {
        (self.edges[index + 1] - self.edges[index]).max(1)
    }

    /// Units of source pixel `source` that are in pixel `index` of the result.
    fn overlap(&self, index: usize, source: u32) -> u64 {
        let start = u64::from(source) * self.unit;
        let (from, to) = (self.edges[index], self.edges[index].saturating_add(self.len(index)));
        to.min(start + self.unit).saturating_sub(from.max(start))
    }

    /// The source pixels under each pixel of the result.
    fn coverages(&self) -> Vec<Coverage> {
        let first = self.source().start;
        let coverage = (0..self.edges.len() - 1).map(|index| {
            let start = (self.edges[index] / self.unit) as u32;
            let end = (self.edges[index] + self.len(index)).div_ceil(self.unit) as u32;
            let weights = (start..end).map(|source| self.overlap(index, source)).collect();
            Coverage { start: (start - first) as usize, weights }
        });
        coverage.collect()
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The source pixels under one pixel of the result.
struct Coverage {
    /// Number of the first, counted from the first that the whole result is made from.
    start: usize,
    /// Units of each that are in the pixel of the result.
    weights: Vec<u64>,
}

/// Takes rows of a part of a level one by one and makes the shrunk image.
pub(crate) struct Shrinker {
    across: Axis,
    down: Axis,
    /// The source columns under each column of the result.
    columns: Vec<Coverage>,
    out: Rgb,
    /// The next source row.
    row: u32,
    /// The row of the result that is being summed up, and its sums.
    y: usize,
    sums: Vec<u64>,
    /// One source row, shrunk across.
    reduced: Vec<u64>,
}

impl Shrinker {
    /// Shrinks `rect` of a slide of size `slide`, read from a level of size `level`, to
    /// size `to`.
    pub fn new(rect: Rect, slide: Size, level: Size, to: Size) -> Self {
        let across = Axis::new(rect.x, rect.width, slide.width, level.width, to.width);
        let down = Axis::new(rect.y, rect.height, slide.height, level.height, to.height);
        let (width, height) = (to.width as usize, to.height as usize);
        Self {
            columns: across.coverages(),
            row: down.source().start,
            y: 0,
            sums: vec![0; 3 * width],
            reduced: vec![0; 3 * width],
            out: Rgb::filled(width, height, [0; 3]),
            across,
            down,
        }
    }

    /// The columns of the level that the result is made from.
    pub fn columns(&self) -> Range<u32> {
        self.across.source()
    }

    /// The rows of the level that the result is made from. They are to be added in order.
    pub fn rows(&self) -> Range<u32> {
        self.down.source()
    }

    /// Adds the next row: RGB of all of [`Self::columns`].
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
            self.finish_row();
        }
        self.row += 1;
    }

    /// Shrinks a row across.
    fn reduce(&mut self, row: &[u8]) {
        for (sums, Coverage { start, weights }) in self.reduced.chunks_exact_mut(3).zip(&self.columns) {
            sums.fill(0);
            for (pixel, &weight) in row[3 * start..].chunks_exact(3).zip(weights) {
                for (sum, &sample) in sums.iter_mut().zip(pixel) {
                    *sum += weight * u64::from(sample);
                }
            }
        }
    }

    /// Writes the current row of the result, and begins the next.
    fn finish_row(&mut self) {
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

    /// The shrunk image.
    pub fn finish(mut self) -> Rgb {
        // The last edge may have been rounded down to before the end of the last row.
        while self.y < self.out.height() {
            self.finish_row();
        }
        self.out
    }
}

#[cfg(test)]
mod tests;
