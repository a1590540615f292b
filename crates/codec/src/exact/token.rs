//! The tokens of blocks, which the entropy coder codes and training counts.

use super::context::{
    BlockPosition, DcContext, DecayingSum, MagnitudeBlock, Magnitudes, Neighbours, ValueContexts, Weights,
    activity, activity_class, last_class, last_high_context, last_low_context,
};
use crate::Block;
use std::ops::Range;

/// The set that a context belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContextSet {
    /// [`AC_CONTEXTS`](super::AC_CONTEXTS), 16 symbols.
    Ac,
    /// [`DC_CONTEXTS`](super::DC_CONTEXTS), 16 symbols.
    Dc,
    /// [`LAST_HIGH_CONTEXTS`](super::LAST_HIGH_CONTEXTS), 16 symbols.
    LastHigh,
    /// [`LAST_LOW_CONTEXTS`](super::LAST_LOW_CONTEXTS), 4 symbols.
    LastLow,
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
    /// Number of blocks in a row.
    pub(super) columns: usize,
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

/// Passes the tokens of the block rows `rows`, which are one band, to `sink`.
/// Blocks above `rows.start` are in another band, so they affect no context.
///
/// The tokens of each block, row by row: its last position, the zigzag index of
/// the last AC coefficient that is not 0 (upper four bits, lower two); the AC
/// coefficients from there down to index 1; and DC.
///
/// # Panics
/// If the slices of `plane` differ in length or `rows` exceeds them.
#[inline(always)]
pub(super) fn tokenise(
    plane: &PlaneView<'_>,
    rows: Range<usize>,
    weights: &Weights,
    sink: &mut impl TokenSink,
) {
    let first = rows.start * plane.columns;
    let mut contexts = ValueContexts::EMPTY;
    for at in first..rows.end * plane.columns {
        let position = BlockPosition::in_band(at, plane.columns, first);
        let activity = activity(&plane.prediction[at]);
        let activity_class = activity_class(activity);
        let last = usize::from(plane.magnitudes.last[at]);
        last_tokens(plane, position, last, activity_class, sink);
        if last > 0 {
            let reference = plane.reference.map_or(&MagnitudeBlock::ZERO, |plane| &plane.blocks[at]);
            let neighbours = Neighbours::new(&plane.magnitudes.blocks, position);
            let prediction = &plane.prediction[at];
            contexts.prepare_ac(weights, prediction, activity, neighbours, reference, last);
            ac_tokens(&plane.blocks[at], prediction, last, &contexts, sink);
        }
        dc_token(plane, position, activity_class, sink);
    }
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

/// The tokens of the AC coefficients of `block` from position `last` down.
#[inline(always)]
fn ac_tokens(
    block: &Block,
    prediction: &Block,
    last: usize,
    contexts: &ValueContexts,
    sink: &mut impl TokenSink,
) {
    let mut sum = DecayingSum::default();
    for k in (1..=last).rev() {
        let coefficient = i32::from(block.0[k]);
        let towards = if prediction.0[k] < 0 { -coefficient } else { coefficient };
        let value = towards - i32::from(contexts.base[k]);
        value_token(ContextSet::Ac, contexts.context(k, sum), value, sink);
        sum.add(coefficient.unsigned_abs());
    }
}

/// The token of a block's DC coefficient.
#[inline(always)]
fn dc_token(
    plane: &PlaneView<'_>,
    position: BlockPosition,
    activity_class: usize,
    sink: &mut impl TokenSink,
) {
    let dc = DcContext::new(plane.blocks, plane.prediction, position, activity_class);
    let above = i32::from(plane.blocks[position.at].0[0]) - dc.base;
    value_token(ContextSet::Dc, dc.context, if dc.negated { -above } else { above }, sink);
}

/// The token of a value: its own symbol for -6 to 7, otherwise an escape with
/// the remainder.
#[inline(always)]
fn value_token(set: ContextSet, context: usize, value: i32, sink: &mut impl TokenSink) {
    if value >= FIRST_ABOVE {
        sink.token(set, context, ABOVE);
        escape((value - FIRST_ABOVE) as u32, sink);
    } else if value <= FIRST_BELOW {
        sink.token(set, context, BELOW);
        escape((FIRST_BELOW - value) as u32, sink);
    } else {
        sink.token(set, context, (value + SMALL) as usize);
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
