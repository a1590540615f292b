//! Finds the blocks around which a parent has one value only.

use super::STRIP;
use super::predict::{SampleRows, Windows};
use origami_pyramid::Plane;

/// Sets each of `out`, row by row with `columns` blocks each, to whether all 64 samples of
/// the window that the block is predicted from are equal. Windows are those of
/// [`predict_with`](super::predict_with), with the same `origin` and edges.
///
/// # Panics
/// If `columns` is 0 or `out` does not hold whole rows.
pub(crate) fn flat_windows(
    parent: Plane<&[u8]>,
    origin: (usize, usize),
    columns: usize,
    out: &mut [bool],
) {
    assert!(out.len().is_multiple_of(columns), "blocks of another grid");
    Windows::new(parent, origin, columns).by_strip(out, |rows, out| {
        if differences(rows) == 0 {
            out.fill(true);
            return;
        }
        for (i, flat) in out.iter_mut().enumerate() {
            *flat = is_flat(rows, 4 * i);
        }
    });
}

/// Bits that differ between the samples of a strip's windows.
fn differences(rows: &SampleRows) -> u8 {
    let first = rows[0][0];
    let mut differences = 0;
    for row in rows {
        for sample in &row[..4 * STRIP + 4] {
            differences |= sample ^ first;
        }
    }
    differences
}

/// Whether the samples of the window that begins at column `left` are equal.
fn is_flat(rows: &SampleRows, left: usize) -> bool {
    let row_of = |row: &[u8]| row[left..].first_chunk().map_or(0, |samples| u64::from_ne_bytes(*samples));
    let first = u64::from(rows[0][left]) * 0x0101_0101_0101_0101;
    rows.iter().fold(0, |differences, row| differences | (row_of(row) ^ first)) == 0
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
            width in 1usize..150, height in 1usize..40, columns in 1usize..40, rows in 1usize..6,
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
