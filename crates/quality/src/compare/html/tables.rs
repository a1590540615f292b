//! Formats the tables of the page, fine levels first.

use crate::compare::{Comparison, LevelBytes, LevelQuality, identity};
use origami_units::size::megabytes;

/// Level `z` by its Deep Zoom number and its distance from the finest: `12 (L0)`.
pub(super) fn level_name(levels: &[LevelBytes], z: u32) -> String {
    let finest = levels.last().map_or(z, |level| level.z);
    format!("{z} (L{})", finest.saturating_sub(z))
}

/// The sizes of the levels, and how much of them is glass.
pub(super) struct BytesTable {
    pub levels: Vec<BytesRow>,
    /// All levels together.
    pub total: [String; 9],
    pub tiles: u64,
    pub glass: u64,
    pub pack_glass: String,
    pub served_glass: String,
    pub identity: Option<String>,
}

impl BytesTable {
    pub(super) fn new(comparison: &Comparison) -> Self {
        let (levels, totals) = (&comparison.levels, &comparison.totals);
        let counts = &totals.counts;
        let longest =
            levels.iter().map(|level| level.counts.pack.max(level.counts.served)).max().unwrap_or(0);
        Self {
            levels: levels.iter().rev().map(|level| BytesRow::new(level, levels, longest)).collect(),
            total: counts.cells(totals.plain),
            tiles: counts.tiles,
            glass: counts.glass,
            pack_glass: megabytes(counts.pack_glass),
            served_glass: megabytes(counts.served_glass),
            identity: identity(counts),
        }
    }
}

/// The size of one level.
pub(super) struct BytesRow {
    pub name: String,
    pub mode: &'static str,
    pub cells: [String; 9],
    /// Length of the bar for its bytes in the pack, in percent of the longest bar.
    pub pack_percent: String,
    /// The same for its served bytes.
    pub served_percent: String,
}

impl BytesRow {
    /// The row of `level`, one of `levels`; the longest bar stands for `longest` bytes.
    fn new(level: &LevelBytes, levels: &[LevelBytes], longest: u64) -> Self {
        Self {
            name: level_name(levels, level.z),
            mode: level.mode,
            cells: level.counts.cells(level.plain),
            pack_percent: percent(level.counts.pack, longest),
            served_percent: percent(level.counts.served, longest),
        }
    }
}

fn percent(bytes: u64, longest: u64) -> String {
    format!("{:.1}", 100.0 * bytes as f64 / longest.max(1) as f64)
}

/// The quality of one level.
pub(super) struct QualityRow {
    pub name: String,
    pub tiles: u64,
    /// Number of byte-identical tiles, where that is known.
    pub identical: String,
    pub served: [String; 4],
    pub plain: [String; 4],
}

impl QualityRow {
    /// The row of `level`, one of `levels`.
    pub(super) fn new(level: &LevelQuality, levels: &[LevelBytes]) -> Self {
        Self {
            name: level_name(levels, level.z),
            tiles: level.tiles,
            identical: level.identical.map_or("-".into(), |tiles| tiles.to_string()),
            served: level.served.cells(),
            plain: level.plain.cells(),
        }
    }
}
