//! The tokens of blocks, which the entropy coder codes and training counts.

use super::context::{
    BlockPosition, DcContext, DecayingSum, MagnitudeBlock, Magnitudes, Neighbours, Run, ValueContexts,
    WHOLE_RUN, activity, activity_class, bits_of, dc_error, last_class, last_high_context, last_low_context,
    run_context,
};
use super::level::PlaneTables;
use crate::Block;
use std::ops::Range;

/// The set that a context belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContextSet {
    /// [`VALUE_CONTEXTS`](super::context::VALUE_CONTEXTS), 16 symbols.
    Value,
    /// [`LAST_HIGH_CONTEXTS`](super::LAST_HIGH_CONTEXTS), 16 symbols.
    LastHigh,
    /// [`LAST_LOW_CONTEXTS`](super::LAST_LOW_CONTEXTS), 4 symbols.
    LastLow,
    /// [`RUN_CONTEXTS`](super::RUN_CONTEXTS), 16 symbols.
    Run,
}

/// Takes tokens in the order a decoder reads them.
pub(super) trait TokenSink {
    /// Takes one of the symbols of `context`, which is below the size of `set`.
    fn token(&mut self, set: ContextSet, context: usize, symbol: usize);
    /// Takes the `bits` low bits of `value`, 1 to 15 of them. All values are
    /// equally likely.
    fn raw(&mut self, value: u32, bits: u32);
}

/// One plane of a tile.
#[derive(Clone, Copy)]
pub(super) struct PlaneView<'a> {
    /// Its coefficients, row by row.
    pub(super) blocks: &'a [Block],
    /// Their predictions in sixteenths of a step, -32,767 to 32,767, after
    /// [`carry_errors`](super::context::carry_errors).
    pub(super) prediction: &'a [Block],
    /// The result of [`Magnitudes::measure`] for `blocks`.
    pub(super) magnitudes: &'a Magnitudes,
    /// The magnitudes of the reference plane, if there is one.
    pub(super) reference: Option<&'a Magnitudes>,
    /// The runs of blank blocks, from the first, also those of length 0: one wherever one can
    /// begin. None in tiles of several bands.
    pub(super) runs: &'a [Run],
    /// Number of blocks in a row.
    pub(super) columns: usize,
}

impl PlaneView<'_> {
    /// The blocks that are coded one by one, in order: those that are in no run.
    pub(super) fn coded_blocks(&self) -> impl Iterator<Item = usize> + use<'_> {
        let mut runs = self.runs.iter().peekable();
        (0..self.blocks.len()).filter(move |&at| {
            while runs.next_if(|run| run.at + run.length <= at).is_some() {}
            runs.peek().is_none_or(|run| at < run.at)
        })
    }

    /// Number of rows of blocks.
    #[inline(always)]
    pub(super) fn rows(&self) -> usize {
        self.blocks.len() / self.columns
    }
}

/// The smallest value with a symbol of its own is `-SMALL`, which is symbol 0.
pub(super) const SMALL: i32 = 6;
/// Symbols of the values above and below those with a symbol of their own.
pub(super) const ABOVE: usize = 14;
pub(super) const BELOW: usize = 15;
/// Smallest value of [`ABOVE`], and largest of [`BELOW`].
pub(super) const FIRST_ABOVE: i32 = 8;
pub(super) const FIRST_BELOW: i32 = -7;
/// Maximum number of low bits of an escaped value.
pub(super) const MAX_ESCAPE_BITS: u32 = 15;

/// Passes the tokens of the block rows `rows`, which are one band, to `sink`, with
/// the contexts that the weights of `tables` give. Blocks above `rows.start` are in
/// another band, so they affect no context.
///
/// The tokens of each block, row by row: its last position, the zigzag index of
/// the last AC coefficient that is not 0 (upper four bits, lower two); the AC
/// coefficients from there down to index 1; and DC. Where a run of blank blocks can
/// begin, its length comes before them, and the blocks of the run have no tokens.
///
/// # Panics
/// If the slices of `plane` differ in length or `rows` exceeds them.
#[inline(always)]
pub(super) fn tokenise(
    plane: &PlaneView<'_>,
    rows: Range<usize>,
    tables: &PlaneTables,
    sink: &mut impl TokenSink,
) {
    let mut contexts = ValueContexts::EMPTY;
    let mut runs = RunTokens { runs: plane.runs, was_cut: false };
    for row in rows.clone() {
        let (first, mut column) = (row * plane.columns, 0);
        while column < plane.columns {
            column += runs.next(first + column, sink);
            if column < plane.columns {
                let position = BlockPosition::in_row(first, column, plane.columns, row > rows.start);
                block_tokens(plane, position, tables, &mut contexts, sink);
                column += 1;
            }
        }
    }
}

/// The runs of a plane that are not coded yet.
struct RunTokens<'a> {
    runs: &'a [Run],
    /// Whether the run before them was shorter than it could have been.
    was_cut: bool,
}

impl RunTokens<'_> {
    /// The tokens of the runs that begin at block `at`, one after the other. Returns the
    /// number of their blocks.
    #[inline(always)]
    fn next(&mut self, at: usize, sink: &mut impl TokenSink) -> usize {
        let Some((&Run { length, limit, .. }, rest)) =
            self.runs.split_first().filter(|(run, _)| run.at == at)
        else {
            return 0;
        };
        let context = run_context(limit, self.was_cut);
        (self.runs, self.was_cut) = (rest, length < limit);
        if length == limit {
            sink.token(ContextSet::Run, context, WHOLE_RUN);
        } else {
            let bits = bits_of(length);
            sink.token(ContextSet::Run, context, bits);
            if bits > 1 {
                sink.raw((length & ((1 << (bits - 1)) - 1)) as u32, bits as u32 - 1);
            }
        }
        length
    }
}

/// The tokens of one block; `contexts` is scratch.
#[inline(always)]
fn block_tokens(
    plane: &PlaneView<'_>,
    position: BlockPosition,
    tables: &PlaneTables,
    contexts: &mut ValueContexts,
    sink: &mut impl TokenSink,
) {
    let at = position.at;
    let (block, prediction) = (&plane.blocks[at], &plane.prediction[at]);
    let activity = activity(prediction);
    let activity_class = activity_class(activity);
    let last = usize::from(plane.magnitudes.last[at]);
    last_tokens(plane, position, last, activity_class, sink);

    let mut sum = DecayingSum::default();
    if last > 0 {
        let reference = plane.reference.map_or(&MagnitudeBlock::ZERO, |plane| &plane.blocks[at]);
        let neighbours = Neighbours::new(|at| &plane.magnitudes.blocks[at], position);
        contexts.prepare_ac(&tables.weights, prediction, activity, neighbours, reference, last);
        for k in (1..=last).rev() {
            let coefficient = i32::from(block.0[k]);
            let towards = if prediction.0[k] < 0 { -coefficient } else { coefficient };
            value_token(contexts, k, towards, sum, sink);
            sum.add(coefficient.unsigned_abs());
        }
    }

    let error = |at: usize| dc_error(&plane.blocks[at], &plane.prediction[at]);
    let dc = DcContext::new(&tables.dc_weights, prediction.0[0], error, position, activity_class);
    contexts.prepare_dc(&dc);
    let coefficient = i32::from(block.0[0]);
    value_token(contexts, 0, if dc.is_negated { -coefficient } else { coefficient }, sum, sink);
}

/// The tokens of a block's last position, `last`.
#[inline(always)]
fn last_tokens(
    plane: &PlaneView<'_>,
    position: BlockPosition,
    last: usize,
    activity_class: usize,
    sink: &mut impl TokenSink,
) {
    let reference_last = plane.reference.map(|reference| reference.last[position.at]);
    let last_class = last_class(&plane.magnitudes.last, position, reference_last);
    sink.token(ContextSet::LastHigh, last_high_context(last_class, activity_class), last >> 2);
    sink.token(ContextSet::LastLow, last_low_context(last >> 2, last_class), last & 3);
}

/// The token of coefficient `k`, which is `towards` in the direction of its
/// prediction; `sum` is that of the magnitudes after it. Its difference from the
/// base has its own symbol if it is -6 to 7, and is otherwise an escape with the
/// remainder.
#[inline(always)]
fn value_token(
    contexts: &ValueContexts,
    k: usize,
    towards: i32,
    sum: DecayingSum,
    sink: &mut impl TokenSink,
) {
    let context = contexts.context(k, sum);
    let value = towards - i32::from(contexts.base[k]);
    if value >= FIRST_ABOVE {
        sink.token(ContextSet::Value, context, ABOVE);
        escape((value - FIRST_ABOVE) as u32, sink);
    } else if value <= FIRST_BELOW {
        sink.token(ContextSet::Value, context, BELOW);
        escape((FIRST_BELOW - value) as u32, sink);
    } else {
        sink.token(ContextSet::Value, context, (value + SMALL) as usize);
    }
}

/// Exponential Golomb code of order 1 of `remainder`: where `remainder + 2` has
/// `n` bits below its highest, `n - 1` ones, a zero and those `n` bits.
#[cold]
fn escape(remainder: u32, sink: &mut impl TokenSink) {
    let value = remainder + 2;
    let bits = value.ilog2();
    debug_assert!(bits <= MAX_ESCAPE_BITS);
    for _ in 1..bits {
        sink.raw(1, 1);
    }
    sink.raw(0, 1);
    sink.raw(value & ((1 << bits) - 1), bits);
}
