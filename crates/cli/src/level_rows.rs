//! The rows of tables with one row for each level.

use origami_pack::LevelReport;
use origami_quality::compare::LevelBytes;

/// A level in a table.
pub trait TableLevel {
    /// Its Deep Zoom number.
    fn z(&self) -> u32;

    /// Its number of tiles.
    fn tiles(&self) -> u64;
}

impl TableLevel for LevelReport {
    fn z(&self) -> u32 {
        self.z
    }

    fn tiles(&self) -> u64 {
        self.tiles
    }
}

impl TableLevel for LevelBytes {
    fn z(&self) -> u32 {
        self.z
    }

    fn tiles(&self) -> u64 {
        self.counts.tiles
    }
}

/// The levels of a table, both from fine to coarse.
pub struct LevelRows<'a, L> {
    /// The finest level and those with more than one tile, which have a row each.
    pub separate: Vec<&'a L>,
    /// All others, which share a row.
    pub together: Vec<&'a L>,
    finest: u32,
}

impl<'a, L: TableLevel> LevelRows<'a, L> {
    /// The rows of `levels`, which are sorted from coarse to fine.
    pub fn new(levels: &'a [L]) -> Self {
        let finest = levels.last().map_or(0, TableLevel::z);
        let (separate, together): (Vec<&L>, Vec<&L>) =
            levels.iter().rev().partition(|level| level.tiles() > 1 || level.z() == finest);
        Self { separate, together, finest }
    }

    /// The name of the row of a level.
    pub fn name(&self, level: &L) -> String {
        level_name(level.z(), self.finest)
    }

    /// The name of the row that levels share, if there are any.
    pub fn shared_name(&self) -> Option<String> {
        let (finest, coarsest) = (self.together.first()?, self.together.last()?);
        Some(format!("{}-{}", coarsest.z(), finest.z()))
    }
}

/// Level `z` by its Deep Zoom number and its distance from the finest: `12 (L0)`.
pub fn level_name(z: u32, finest: u32) -> String {
    format!("{z} (L{})", finest - z)
}
