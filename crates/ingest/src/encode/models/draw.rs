//! Draws tiles from all that wait to be coded, without a list of them in memory.

use crate::PackSlideError;
use crate::encode::coefficients::SpooledTiles;
use crate::spool::Form;
use origami_pack::Identity;
use origami_pyramid::TileId;
use std::ops::RangeInclusive;

/// A tile that waits to be coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub id: TileId,
    /// Number of its coefficients that are not 0: how much there is to code.
    pub weight: u64,
    /// Number of its blocks.
    pub blocks: u64,
    /// Bytes that it takes if it is not predicted.
    pub stored: u64,
}

/// A tile that was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Drawn {
    pub candidate: Candidate,
    /// Number of tiles that it stands for: sums over all tiles are estimated by sums over
    /// those that are drawn, each times this.
    pub stands_for: f64,
}

/// The tiles of some levels that wait to be coded.
#[derive(Clone)]
pub(super) struct Candidates<'a> {
    tiles: SpooledTiles<'a>,
    levels: RangeInclusive<u32>,
    pub totals: Totals,
}

/// Sums over candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub tiles: u64,
    pub weight: u64,
    pub blocks: u64,
}

impl Totals {
    pub fn add(&mut self, candidate: Candidate) {
        self.tiles += 1;
        self.weight += candidate.weight;
        self.blocks += candidate.blocks;
    }
}

impl<'a> Candidates<'a> {
    pub fn new(tiles: SpooledTiles<'a>, levels: RangeInclusive<u32>) -> Result<Self, PackSlideError> {
        let mut candidates = Self { tiles, levels, totals: Totals::default() };
        let mut totals = Totals::default();
        candidates.visit(|candidate| totals.add(candidate))?;
        candidates.totals = totals;
        Ok(candidates)
    }

    /// Those of `levels`, which may be the same.
    pub fn of(&self, levels: RangeInclusive<u32>) -> Result<Self, PackSlideError> {
        if levels == self.levels { Ok(self.clone()) } else { Self::new(self.tiles, levels) }
    }

    /// Calls `visit` with each tile, levels from coarse to fine, row by row. Tiles of one
    /// colour and those stored as complete JPEGs are left out: they are not coded.
    pub fn visit(&self, mut visit: impl FnMut(Candidate)) -> Result<(), PackSlideError> {
        for z in self.levels.clone() {
            for record in self.tiles.spool.records(z) {
                let (id, record) = record?;
                if let Form::Blob(Identity::Bytes | Identity::Coefficients) = record.form {
                    let blocks = self.tiles.plan.frame(id).block_count() as u64;
                    visit(Candidate { id, weight: record.weight.into(), blocks, stored: record.len.into() });
                }
            }
        }
        Ok(())
    }

    /// Draws tiles: each takes `length` of a line that is divided into `marks` equal parts
    /// with a mark each, and those that have a mark are drawn. So a tile is drawn with a
    /// probability that is proportional to its length, and always the same tiles are.
    ///
    /// Marks are anywhere in their parts: evenly spaced ones could all be in a few columns of
    /// the slide.
    pub fn draw(&self, marks: u64, length: impl Fn(Candidate) -> u64) -> Result<Vec<Drawn>, PackSlideError> {
        let mut total = 0;
        self.visit(|candidate| total += length(candidate))?;
        let line = Line { total, marks };
        let (mut drawn, mut end, mut mark) = (Vec::new(), 0, 0);
        self.visit(|candidate| {
            let (length, before) = (length(candidate), mark);
            end += u128::from(length);
            while mark < marks && line.position(mark) < end {
                mark += 1;
            }
            if mark > before {
                let stands_for = (mark - before) as f64 * total as f64 / (marks as f64 * length as f64);
                drawn.push(Drawn { candidate, stands_for });
            }
        })?;
        Ok(drawn)
    }

    /// Every tile.
    pub fn all(&self) -> Result<Vec<Drawn>, PackSlideError> {
        self.draw(self.totals.tiles, |_| 1)
    }
}

/// A line with marks.
struct Line {
    total: u64,
    marks: u64,
}

impl Line {
    /// Where mark number `mark` is: in its part by the multiples of the golden ratio.
    fn position(&self, mark: u64) -> u128 {
        let in_part = mark.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
        let place = u128::from(mark) << 16 | u128::from(in_part);
        place * u128::from(self.total) / (u128::from(self.marks) << 16)
    }
}
