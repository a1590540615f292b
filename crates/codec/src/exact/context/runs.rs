//! Runs of blank blocks, which are coded with one symbol instead of three for each block.
//!
//! A block is *blank* if it has no AC coefficients and the DC coefficient of the block to
//! its left, or of the one above it at the beginning of a row. Where all samples around a
//! block's place in the parent are equal, and the blocks next to it are blank too, it nearly
//! always is.

use super::{BlockPosition, dc_error};
use crate::exact::single::ParentWindow;
use crate::{Block, dct};

/// Stands in [`QuietPlane`] for the DC coefficient of blocks that have AC coefficients.
const HAS_AC: i32 = i32::MAX;

/// The symbol of a run that is as long as it can be.
pub const WHOLE_RUN: usize = 15;

/// What decides where the runs of a plane can be.
#[derive(Default)]
pub struct QuietPlane {
    /// Whether the samples of each block's window in the parent are equal.
    flat: Vec<bool>,
    /// The DC coefficient of each block without AC coefficients.
    dc: Vec<i32>,
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
    /// Becomes that of a plane of `count` blocks, `columns` a row, none of which is recorded
    /// yet.
    pub fn measure(&mut self, parent: ParentWindow<'_>, columns: usize, count: usize) {
        self.flat.resize(count, false);
        self.dc.resize(count, HAS_AC);
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
        self.dc[at..at + length].fill(dc.into());
        self.errors[at..at + length].fill(0);
        self.in_run[at..at + length].fill(true);
    }

    /// How far the DC coefficient of the decoded block `at` is above its prediction, in
    /// sixteenths of a step.
    #[inline(always)]
    pub fn error(&self, at: usize) -> i32 {
        self.errors[at]
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
        let dc = i16::try_from(self.dc[before]).ok()?;
        let rest = columns - at % columns;
        let flat = self.flat[at..at + rest].iter();
        let blocks = if has_above {
            let above = &self.dc[at - columns..at - columns + rest];
            flat.zip(above).take_while(|&(&flat, &above)| flat && above == i32::from(dc)).count()
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
            let length = places.iter().take_while(|&&dc| dc == i32::from(limit.dc)).count();
            runs.push(Run { at, length, limit: limit.blocks });
            at += length + usize::from(length < limit.blocks);
        }
    }
}

/// The DC coefficient of a block without AC coefficients, or [`HAS_AC`].
#[inline(always)]
fn flat_dc(block: &Block, last: u8) -> i32 {
    if last == 0 { i32::from(block.0[0]) } else { HAS_AC }
}

/// The prediction that a block of a run counts as having had: its own coefficients, so that
/// it has no error. The number of sixteenths is limited to 16 bits.
#[inline(always)]
pub fn run_prediction(dc: i16) -> Block {
    Block::flat(dc.saturating_mul(16).max(-i16::MAX))
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
