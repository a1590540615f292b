//! Shrinks an image by area, a row at a time: each pixel of the result is the mean of
//! exactly the area it covers.

use origami_pyramid::{Rect, Size};
use std::ops::Range;

/// Maximum length of a pixel of the result in units, so that the sum over an area fits:
/// 2^28 x 2^28 x 255 is just below 2^64.
const MAX_UNITS: u64 = 1 << 27;

/// One axis of a shrink, in units of which a source pixel is `unit` long.
struct Axis {
    unit: u64,
    /// Whether each pixel of the result is a pixel of the source.
    is_whole: bool,
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
        Self { unit: rounded_unit as u64, is_whole: step == 1 && unit == 1, edges: edges.collect() }
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

/// Takes rows of a part of a level one by one and makes those of the shrunk image.
pub(crate) struct Shrinker {
    across: Axis,
    down: Axis,
    /// The source columns under each column of the result.
    columns: Vec<Coverage>,
    /// The next source row, or the one that was added last if it is needed for more rows
    /// of the result.
    row: u32,
    /// Whether that one was added.
    is_added: bool,
    /// The row of the result that is being summed up, and its sums.
    y: usize,
    sums: Vec<u64>,
    /// The source row that was added last, shrunk across.
    reduced: Vec<u64>,
}

impl Shrinker {
    /// Shrinks `rect` of a slide of size `slide`, read from a level of size `level`, to
    /// size `to`.
    pub fn new(rect: Rect, slide: Size, level: Size, to: Size) -> Self {
        let across = Axis::new(rect.x, rect.width, slide.width, level.width, to.width);
        let down = Axis::new(rect.y, rect.height, slide.height, level.height, to.height);
        let samples = 3 * to.width as usize;
        Self {
            columns: across.coverages(),
            row: down.source().start,
            is_added: false,
            y: 0,
            sums: vec![0; samples],
            reduced: vec![0; samples],
            across,
            down,
        }
    }

    /// The columns of the level that the result is made from.
    pub fn columns(&self) -> Range<u32> {
        self.across.source()
    }

    /// Whether the result is a part of the level, pixel by pixel: then its rows may be
    /// copied, and [`Self::pass_row`] be called for each.
    pub fn is_copy(&self) -> bool {
        self.across.is_whole && self.down.is_whole
    }

    /// Goes on to the next source row and the next row of the result, which is the same.
    pub fn pass_row(&mut self) {
        debug_assert!(self.is_copy() && !self.is_added, "rows are copied or added");
        self.row += 1;
        self.y += 1;
    }

    /// The rows of the level that the result is made from.
    pub fn rows(&self) -> Range<u32> {
        self.down.source()
    }

    /// The row of the level to be added next; `None` after the last one.
    pub fn next_source_row(&self) -> Option<u32> {
        (self.row < self.rows().end).then_some(self.row)
    }

    /// Adds the next source row: RGB of all of [`Self::columns`]. Before that, all rows of
    /// the result are to be taken that those before it complete.
    pub fn add(&mut self, row: &[u8]) {
        debug_assert!(!self.is_added, "the row before has more to give");
        self.reduce(row);
        self.is_added = true;
    }

    /// Writes the next row of the result to the end of `out`. Returns whether there is
    /// one: otherwise it takes another source row, or the last one was written.
    pub fn take_row(&mut self, out: &mut Vec<u8>) -> bool {
        if self.y == self.height() {
            self.next_row_of_source();
            return false;
        }
        if self.is_added {
            let weight = self.down.overlap(self.y, self.row);
            for (sum, &reduced) in self.sums.iter_mut().zip(&self.reduced) {
                *sum += weight * reduced;
            }
            let end = self.down.edges[self.y].saturating_add(self.down.len(self.y));
            if end > (u64::from(self.row) + 1) * self.down.unit {
                self.next_row_of_source();
                // The last edge may have been rounded down to before the end of the last
                // row, which then is complete all the same.
                if self.next_source_row().is_some() {
                    return false;
                }
            }
        } else if self.next_source_row().is_some() {
            return false;
        }
        self.finish_row(out);
        true
    }

    /// Rows of the result.
    fn height(&self) -> usize {
        self.down.edges.len() - 1
    }

    /// Goes on to the next source row, if one was added.
    fn next_row_of_source(&mut self) {
        self.row += u32::from(self.is_added);
        self.is_added = false;
    }

    /// Shrinks a row across.
    fn reduce(&mut self, row: &[u8]) {
        if self.across.is_whole {
            for (reduced, &sample) in self.reduced.iter_mut().zip(row) {
                *reduced = u64::from(sample);
            }
            return;
        }
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
    fn finish_row(&mut self, out: &mut Vec<u8>) {
        let (start, height) = (out.len(), self.down.len(self.y));
        out.resize(start + self.sums.len(), 0);
        let pixels = out[start..].chunks_exact_mut(3).zip(self.sums.chunks_exact(3));
        for (x, (pixel, sums)) in pixels.enumerate() {
            let area = Area::new(height * self.across.len(x));
            for (sample, &sum) in pixel.iter_mut().zip(sums) {
                *sample = area.mean(sum);
            }
        }
        self.sums.fill(0);
        self.y += 1;
    }
}

/// The area of a pixel of the result, at most 2^54.
#[derive(Clone, Copy)]
struct Area {
    units: u64,
    inverse: f64,
}

impl Area {
    fn new(units: u64) -> Self {
        Self { units, inverse: 1.0 / units as f64 }
    }

    /// The mean of samples whose sum over the area is `sum`, rounded half up: exact, and
    /// several times as fast as dividing integers.
    fn mean(self, sum: u64) -> u8 {
        let sum = sum + self.units / 2;
        // It is below 256, so the estimate is at most one off.
        let estimate = (sum as f64 * self.inverse) as u64;
        let mean = match estimate * self.units {
            product if product > sum => estimate - 1,
            product if sum - product >= self.units => estimate + 1,
            _ => estimate,
        };
        mean as u8
    }
}

#[cfg(test)]
mod tests;
