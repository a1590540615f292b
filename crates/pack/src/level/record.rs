//! A level's record in the levels section.

use crate::fields::{u16_at, u32_at, u64_at};
use origami_pyramid::{Grid, Pyramid, Size};

pub(crate) const RECORD_LEN: usize = 32;
/// Stands for the number of a table where there is none.
pub(crate) const NO_TABLE: u16 = u16::MAX;

/// The fields of a record as they are in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LevelRecord {
    pub size: Size,
    pub grid: Grid,
    pub first_entry: u64,
    pub mode: u8,
    pub quality: u8,
    pub parent: u8,
    /// Number of the tile header in the tables, plus 1; 0 for none.
    pub header: u8,
    pub table: u16,
    /// Number of the second model in the tables.
    pub second_model: u16,
}

impl LevelRecord {
    pub fn read(bytes: &[u8]) -> Self {
        let [width, height, columns, rows] = [0, 4, 8, 12].map(|at| u32_at(bytes, at));
        Self {
            size: Size::new(width, height),
            grid: Grid { columns, rows },
            first_entry: u64_at(bytes, 16),
            mode: bytes[24],
            quality: bytes[25],
            parent: bytes[26],
            header: bytes[27],
            table: u16_at(bytes, 28),
            second_model: u16_at(bytes, 30),
        }
    }

    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let mut out = [0; RECORD_LEN];
        let Self { size, grid, .. } = self;
        let geometry = [size.width, size.height, grid.columns, grid.rows];
        out[..16].copy_from_slice(geometry.map(u32::to_le_bytes).as_flattened());
        out[16..24].copy_from_slice(&self.first_entry.to_le_bytes());
        out[24..28].copy_from_slice(&[self.mode, self.quality, self.parent, self.header]);
        let tables = [self.table, self.second_model];
        out[28..].copy_from_slice(tables.map(u16::to_le_bytes).as_flattened());
        out
    }
}

/// Number of the first index entry of each level.
pub(crate) fn first_entries(pyramid: &Pyramid) -> Vec<u64> {
    let mut firsts = Vec::new();
    let mut next = 0;
    for grid in (0..pyramid.level_count()).filter_map(|z| pyramid.grid(z)) {
        firsts.push(next);
        next += grid.count();
    }
    firsts
}
