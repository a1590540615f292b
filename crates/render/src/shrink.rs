//! Shrinks an image by area, a row at a time: each pixel of the result is the mean of
//! exactly the area it covers.

use origami_pyramid::area::{Coverages, MAX_LENGTH};
use origami_pyramid::{Rect, Size, kernels};
use std::ops::Range;

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
        let max_length = u128::from(MAX_LENGTH);
        let rounded_unit = match step.max(unit) {
            length if length > max_length => (max_length * unit / length).max(1),
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
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The source pixels under the pixels of a row of the result, as [`Coverages`] has them.
#[derive(Default)]
struct Columns {
    taps: usize,
    starts: Vec<usize>,
    weights: Vec<u32>,
    inverse_widths: Vec<f64>,
}

impl Columns {
    fn new(axis: &Axis) -> Self {
        let (source, pixels) = (axis.source(), 0..axis.edges.len() - 1);
        let first = |index: usize| axis.edges[index] / axis.unit;
        let end = |index: usize| (axis.edges[index] + axis.len(index)).div_ceil(axis.unit);
        let taps = pixels.clone().map(|index| end(index) - first(index)).max().unwrap_or(1) as u32;
        // All have as many taps, so those at the end begin earlier, with weights of 0.
        let starts = pixels.clone().map(|index| (first(index) as u32).min(source.end - taps));
        let weights = pixels.clone().zip(starts.clone()).flat_map(|(index, start)| {
            (start..start + taps).map(move |pixel| axis.overlap(index, pixel) as u32)
        });
        Self {
            taps: taps as usize,
            weights: weights.collect(),
            starts: starts.map(|start| (start - source.start) as usize).collect(),
            inverse_widths: pixels.map(|index| 1.0 / axis.len(index) as f64).collect(),
        }
    }

    fn coverages(&self) -> Coverages<'_> {
        let Self { taps, starts, weights, inverse_widths } = self;
        Coverages { taps: *taps, starts, weights, inverse_widths }
    }
}

/// Takes rows of a part of a level one by one and makes those of the shrunk image.
pub(crate) struct Shrinker {
    across: Axis,
    down: Axis,
    /// The source columns under each column of the result.
    columns: Columns,
    /// The next source row, or the one that was added last if it is needed for more rows
    /// of the result.
    row: u32,
    /// Whether that one was added.
    is_added: bool,
    /// The source row that was added last.
    added: Vec<u8>,
    /// The row of the result that is being summed up, and its sums, as wide as the source,
    /// with one more at the end.
    y: usize,
    sums: Vec<u32>,
}

impl Shrinker {
    /// Shrinks `rect` of a slide of size `slide`, read from a level of size `level`, to
    /// size `to`.
    pub fn new(rect: Rect, slide: Size, level: Size, to: Size) -> Self {
        let across = Axis::new(rect.x, rect.width, slide.width, level.width, to.width);
        let down = Axis::new(rect.y, rect.height, slide.height, level.height, to.height);
        let is_copy = across.is_whole && down.is_whole;
        Self {
            columns: if is_copy { Columns::default() } else { Columns::new(&across) },
            row: down.source().start,
            is_added: false,
            added: Vec::new(),
            y: 0,
            sums: if is_copy { Vec::new() } else { vec![0; 3 * across.source().len() + 1] },
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

    /// Adds the next source row, which `copy` writes: RGB of all of [`Self::columns`]. Before
    /// that, all rows of the result are to be taken that those before it complete. Nothing
    /// is added to copies.
    pub fn add(&mut self, copy: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(!self.is_copy() && !self.is_added, "the row before has more to give");
        self.added.clear();
        copy(&mut self.added);
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
            let weight = self.down.overlap(self.y, self.row) as u32;
            kernels::get().add_row(&self.added, weight, &mut self.sums[..self.added.len()]);
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

    /// Writes the current row of the result, and begins the next.
    fn finish_row(&mut self, out: &mut Vec<u8>) {
        let (start, coverages) = (out.len(), self.columns.coverages());
        out.resize(start + 3 * coverages.starts.len(), 0);
        let height = self.down.len(self.y) as f64;
        kernels::get().mean_row(&self.sums, coverages, height, &mut out[start..]);
        self.sums.fill(0);
        self.y += 1;
    }
}

#[cfg(test)]
mod tests;
