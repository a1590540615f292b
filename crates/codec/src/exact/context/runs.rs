//! Runs of blank blocks, which are coded with one symbol instead of three for each block.
//!
//! A block is *blank* if it has no AC coefficients and the DC coefficient of the block to
//! its left, or of the one above it at the beginning of a row. Where all samples around a
//! block's place in the parent are equal, and the blocks next to it are blank too, it nearly
//! always is.

use super::{BlockPosition, dc_error};
use crate::exact::single::ParentWindow;
use crate::{Block, dct};

/// Stands in [`QuietPlane`] for the DC coefficient of blocks that end a run.
const NO_RUN: i16 = i16::MIN;

/// The largest magnitude of a DC coefficient in a run, which is that of any JPEG with 8 bits a
/// sample: sixteen times as much fits in 16 bits.
const MAX_DC: u16 = 2_047;

/// The symbol of a run that is as long as it can be.
pub const WHOLE_RUN: usize = 15;

/// What decides where the runs of a plane can be.
#[derive(Default)]
pub struct QuietPlane {
    /// Whether the samples of each block's window in the parent are equal.
    flat: Vec<bool>,
    /// The DC coefficient of each block without AC coefficients; [`NO_RUN`] of others.
    dc: Vec<i16>,
    /// How far the DC coefficient of each block is above its prediction, in sixteenths of a
    /// step; 0 of blocks in runs. Only decoders use it.
    errors: Vec<i32>,
    /// Whether each block is in a run. Only decoders use it.
    in_run: Vec<bool>,
}

/// The longest run that can begin at a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLimit {
    /// Its number of blocks, at least 1 and at most the rest of the row.
    pub blocks: usize,
    /// The DC coefficient of all its blocks.
    pub dc: i16,
}

/// A run that an encoder found: the first `length` of `limit` blocks are blank, and the
/// next is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Index of its first block.
    pub at: usize,
    pub length: usize,
    pub limit: usize,
}

impl QuietPlane {
    /// Becomes that of a plane of `count` blocks, `columns` a row. What is recorded of blocks
    /// stays that of another tile, but a block is only looked at after it was recorded.
    pub fn measure(&mut self, parent: ParentWindow<'_>, columns: usize, count: usize) {
        self.flat.resize(count, false);
        self.dc.resize(count, NO_RUN);
        dct::flat_windows(parent.samples, parent.origin, columns, &mut self.flat);
    }

    /// Makes room for the blocks of a plane of `count` blocks that is to be decoded.
    pub fn reserve(&mut self, count: usize) {
        self.errors.resize(count, 0);
        self.in_run.resize(count, false);
    }

    /// Records the decoded block `at`, whose last position is `last`.
    #[inline(always)]
    pub fn set(&mut self, at: usize, block: &Block, prediction: &Block, last: u8) {
        self.dc[at] = flat_dc(block, last);
        self.errors[at] = dc_error(block, prediction);
        self.in_run[at] = false;
    }

    /// Records the decoded blocks of a run of `length` that begins at block `at`.
    #[inline(always)]
    pub fn set_run(&mut self, at: usize, length: usize, dc: i16) {
        self.dc[at..at + length].fill(dc);
        self.errors[at..at + length].fill(0);
        self.in_run[at..at + length].fill(true);
    }

    /// How far the DC coefficient of the decoded block `at` is above its prediction, in
    /// sixteenths of a step.
    #[inline(always)]
    pub fn error(&self, at: usize) -> i32 {
        self.errors[at]
    }

    /// Whether the decoded block `at` would be blank in a run of blocks with this DC
    /// coefficient.
    #[inline(always)]
    pub fn is_blank(&self, at: usize, dc: i16) -> bool {
        self.dc[at] == dc
    }

    /// Whether the decoded block `at` is in a run.
    #[inline(always)]
    pub fn is_in_run(&self, at: usize) -> bool {
        self.in_run[at]
    }

    /// The longest run that can begin at `position`. `None` if none can: the first block of
    /// a plane is in no run.
    #[inline(always)]
    pub fn limit(&self, position: BlockPosition) -> Option<RunLimit> {
        let BlockPosition { at, columns, has_left, has_above, .. } = position;
        let before = if has_left { at.checked_sub(1)? } else { at.checked_sub(columns)? };
        let dc = Some(self.dc[before]).filter(|&dc| dc != NO_RUN)?;
        let rest = columns - at % columns;
        let flat = self.flat[at..at + rest].iter();
        let blocks = if has_above {
            let above = &self.dc[at - columns..at - columns + rest];
            flat.zip(above).take_while(|&(&flat, &above)| flat && above == dc).count()
        } else {
            flat.take_while(|&&flat| flat).count()
        };
        (blocks > 0).then_some(RunLimit { blocks, dc })
    }

    /// Finds the runs of a plane with these `blocks`, whose last positions are `last`.
    pub fn find_runs(&mut self, blocks: &[Block], last: &[u8], columns: usize, runs: &mut Vec<Run>) {
        for (at, (block, &last)) in blocks.iter().zip(last).enumerate() {
            self.dc[at] = flat_dc(block, last);
        }
        runs.clear();
        let mut at = 0;
        while at < blocks.len() {
            let first = at - at % columns;
            let position = BlockPosition::in_row(first, at - first, columns, first > 0);
            let Some(limit) = self.limit(position) else {
                at += 1;
                continue;
            };
            let places = &self.dc[at..at + limit.blocks];
            let length = places.iter().take_while(|&&dc| dc == limit.dc).count();
            runs.push(Run { at, length, limit: limit.blocks });
            at += length + usize::from(length < limit.blocks);
        }
    }
}

/// The DC coefficient of a block without AC coefficients, or [`NO_RUN`].
#[inline(always)]
fn flat_dc(block: &Block, last: u8) -> i16 {
    let dc = block.0[0];
    if last == 0 && dc.unsigned_abs() <= MAX_DC { dc } else { NO_RUN }
}

/// The prediction that a block of a run counts as having had: its own coefficients, so that
/// it has no error.
#[inline(always)]
pub fn run_prediction(dc: i16) -> Block {
    Block::flat(16 * dc)
}

/// The context of a run of at most `limit` blocks; `was_cut` is whether the run before it in
/// the plane was shorter than it could have been.
#[inline(always)]
pub fn run_context(limit: usize, was_cut: bool) -> usize {
    2 * bits_of(limit).min(7) + usize::from(was_cut)
}

/// The number of bits of a length: 0 of 0, 1 of 1, 2 of 2 and 3, and so on.
#[inline(always)]
pub fn bits_of(length: usize) -> usize {
    (usize::BITS - length.leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The runs of a plane by the words of the specification.
    fn slow(flat: &[bool], dc: &[Option<i16>], columns: usize) -> Vec<Run> {
        let mut runs = Vec::new();
        for row in 0..dc.len() / columns {
            let mut column = 0;
            while column < columns {
                let at = row * columns + column;
                let before = if column > 0 { Some(at - 1) } else { at.checked_sub(columns) };
                let Some(value) = before.and_then(|before| dc[before]) else {
                    column += 1;
                    continue;
                };
                let can_be = |at: usize| flat[at] && (row == 0 || dc[at - columns] == Some(value));
                let limit = (at..(row + 1) * columns).take_while(|&at| can_be(at)).count();
                let length = (at..at + limit).take_while(|&at| dc[at] == Some(value)).count();
                if limit > 0 {
                    runs.push(Run { at, length, limit });
                }
                column += if length < limit || limit == 0 { length + 1 } else { length };
            }
        }
        runs
    }

    proptest! {
        #[test]
        fn runs_are_those_of_the_specification(
            columns in 1usize..12,
            rows in 1usize..8,
            flat in prop::collection::vec(prop::bool::weighted(0.9), 96),
            dc in prop::collection::vec(prop_oneof![
                18 => Just(7), 2 => -2i16..3, 1 => Just(2_047), 1 => Just(2_048), 1 => Just(-2_047), 1 => Just(-2_048),
            ], 96),
            ac in prop::collection::vec(prop::bool::weighted(0.1), 96),
        ) {
            let count = columns * rows;
            let blocks: Vec<Block> = dc[..count].iter().map(|&dc| Block::flat(dc)).collect();
            let last: Vec<u8> = ac[..count].iter().map(|&ac| u8::from(ac)).collect();
            let values: Vec<Option<i16>> =
                (0..count).map(|at| Some(dc[at]).filter(|&dc| !ac[at] && dc.unsigned_abs() < 2_048)).collect();
            let mut quiet = QuietPlane { flat: flat[..count].to_vec(), ..QuietPlane::default() };
            quiet.dc.resize(count, NO_RUN);
            let mut runs = Vec::new();
            quiet.find_runs(&blocks, &last, columns, &mut runs);
            prop_assert_eq!(runs, slow(&flat, &values, columns));
        }
    }
}
