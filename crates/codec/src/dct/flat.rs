//! Finds the blocks around which a parent has one value only.

use origami_pyramid::Plane;

/// Columns of blocks of the widest tile, 1,024 px.
pub(crate) const MAX_COLUMNS: usize = 128;
/// Samples of a row that the windows of such a tile cover, and some more that are read with
/// them.
const WIDTH: usize = 4 * MAX_COLUMNS + 16;

/// Sets each of `out`, row by row with `columns` blocks each (at most 128), to whether all 64
/// samples of the window that the block is predicted from are equal. Windows are those of
/// [`predict_with`](super::predict_with), with the same `origin` and edges.
///
/// # Panics
/// If `columns` is 0 or above 128, or `out` does not hold whole rows.
pub(crate) fn flat_windows(parent: Plane<&[u8]>, origin: (usize, usize), columns: usize, out: &mut [bool]) {
    assert!(out.len().is_multiple_of(columns) && columns <= MAX_COLUMNS, "blocks of another grid");
    let mut rows = Rows { parent, origin, width: 4 * columns + 5, y: 0 };
    let (mut last, mut next) = ([0; WIDTH], [0; WIDTH]);
    rows.next(&mut last);
    let mut upper = Differences::of_four(&mut rows, &mut last, &mut next);
    for line in out.chunks_exact_mut(columns) {
        let lower = Differences::of_four(&mut rows, &mut last, &mut next);
        for (i, flat) in line.iter_mut().enumerate() {
            *flat = upper.at(i, Edge::Linked) | lower.at(i, Edge::Last) == 0;
        }
        upper = lower;
    }
}

/// The rows of samples of the windows, from the top.
struct Rows<'a> {
    parent: Plane<&'a [u8]>,
    origin: (usize, usize),
    /// Number of samples that are used of each.
    width: usize,
    /// Number of the next row.
    y: usize,
}

impl Rows<'_> {
    /// Copies the next row, repeating the samples at the plane's edges.
    fn next(&mut self, out: &mut Line) {
        let y = (self.origin.1 + self.y).saturating_sub(2).min(self.parent.height() - 1);
        self.y += 1;
        let row = self.parent.row(y);
        // The first sample that is copied, and how many there are before the plane's edge.
        let left = self.origin.0.saturating_sub(2).min(row.len() - 1);
        let before = 2usize.saturating_sub(self.origin.0);
        let inside = (row.len() - left).min(self.width - before);
        out[..before].fill(row[0]);
        out[before..before + inside].copy_from_slice(&row[left..left + inside]);
        out[before + inside..self.width].fill(row[row.len() - 1]);
    }
}

/// A row of samples, or of bits that differ.
type Line = [u8; WIDTH];

/// The bits that differ between neighbours in four rows of samples.
struct Differences {
    /// Between each sample and the next, in any of the rows.
    across: Line,
    /// Between each sample and the one below, in the first three rows.
    down: Line,
    /// Between each sample of the fourth row and the one below.
    link: Line,
}

/// Which part of a window four rows are.
#[derive(Clone, Copy)]
enum Edge {
    /// The upper one, which the lower one has to equal.
    Linked,
    /// The lower one.
    Last,
}

impl Differences {
    /// Those of the next four rows, of which `row` is the first. Replaces that with the one
    /// after them; `below` is scratch.
    fn of_four(rows: &mut Rows<'_>, row: &mut Line, below: &mut Line) -> Self {
        let mut differences = Self { across: [0; WIDTH], down: [0; WIDTH], link: [0; WIDTH] };
        let Self { across, down, link } = &mut differences;
        for i in 0..4 {
            rows.next(below);
            let (here, next) = (&row[..rows.width - 1], &row[1..rows.width]);
            for ((bits, a), b) in across.iter_mut().zip(here).zip(next) {
                *bits |= a ^ b;
            }
            let vertical = if i < 3 { &mut *down } else { &mut *link };
            for ((bits, a), b) in vertical.iter_mut().zip(here).zip(&*below) {
                *bits |= a ^ b;
            }
            std::mem::swap(row, below);
        }
        differences
    }

    /// The bits that differ between the samples of the four rows in the window of the block
    /// in column `column`, and with `Linked` between its last row and the next.
    fn at(&self, column: usize, edge: Edge) -> u64 {
        let left = 4 * column;
        let across = self.across[left..].first_chunk().map_or(0, |bits| u64::from_le_bytes(*bits));
        let down = self.down[left] | if matches!(edge, Edge::Linked) { self.link[left] } else { 0 };
        // Eight samples have seven neighbours.
        across << 8 | u64::from(down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Compares all samples one by one.
    fn slow(parent: Plane<&[u8]>, origin: (usize, usize), at: (usize, usize)) -> bool {
        let sample = |x: usize, y: usize| {
            let x = (origin.0 + 4 * at.0 + x).saturating_sub(2).min(parent.width() - 1);
            let y = (origin.1 + 4 * at.1 + y).saturating_sub(2).min(parent.height() - 1);
            parent.row(y)[x]
        };
        (0..64).all(|i| sample(i % 8, i / 8) == sample(0, 0))
    }

    proptest! {
        #[test]
        fn flat_windows_are_those_whose_samples_are_equal(
            width in 1usize..150, height in 1usize..40, columns in prop_oneof![1usize..40, Just(128)], rows in 1usize..6,
            origin in (0usize..160, 0usize..45), specks in prop::collection::vec((0usize..6000, any::<u8>()), 0..5),
        ) {
            let mut samples = vec![200; width * height];
            for (at, value) in specks {
                let at = at % samples.len();
                samples[at] = value;
            }
            let parent = Plane::new(&samples[..], width, height, width);
            let mut out = vec![false; columns * rows];
            flat_windows(parent, origin, columns, &mut out);
            for (i, flat) in out.into_iter().enumerate() {
                prop_assert_eq!(flat, slow(parent, origin, (i % columns, i / columns)), "block {}", i);
            }
        }
    }
}
