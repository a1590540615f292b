//! The rows of tables with one row for each level.

/// Splits `levels`, which are sorted from coarse to fine, into those that have a row
/// each and those that share a row, both from fine to coarse.
pub fn split<L>(levels: &[L], has_own_row: impl Fn(&L) -> bool) -> (Vec<&L>, Vec<&L>) {
    levels.iter().rev().partition(|level| has_own_row(level))
}

/// Level `z` by its Deep Zoom number and its distance from the finest: `12 (L0)`.
pub fn level_name(z: u32, finest: u32) -> String {
    format!("{z} (L{})", finest - z)
}
