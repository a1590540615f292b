//! Blocks as tokens: what the entropy coder codes and the trainer counts.

use super::context::{
    self, BlockPosition, FadingSum, MagnitudeBlock, Magnitudes, Setup, Weights, activity_class, last_class,
    last_high_context, last_low_context, neighbours,
};
use crate::Block;
use std::ops::Range;

/// Which contexts a token belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// [`super::AC_CONTEXTS`], 16 symbols.
    Ac,
    /// [`super::DC_CONTEXTS`], 16 symbols.
    Dc,
    /// [`super::LAST_HIGH_CONTEXTS`], 16 symbols.
    LastHigh,
    /// [`super::LAST_LOW_CONTEXTS`], 4 symbols.
    LastLow,
}

/// Takes tokens in the order a decoder reads them.
pub(crate) trait TokenSink {
    /// One of the symbols of `context`, which is below the size of `set`.
    fn token(&mut self, set: Set, context: usize, symbol: usize);
    /// The `bits` low bits of `value`, 1 to 15 of them, all values being alike.
    fn raw(&mut self, value: u32, bits: u32);
}

/// One plane of a tile.
#[derive(Clone, Copy)]
pub(crate) struct PlaneView<'a> {
    /// Its coefficients, row by row.
    pub(crate) blocks: &'a [Block],
    /// Their predictions in sixteenths of a step, -32,767 to 32,767, after
    /// [`context::carry_errors`].
    pub(crate) prediction: &'a [Block],
    /// What [`Magnitudes::measure`] makes of `blocks`.
    pub(crate) magnitudes: &'a Magnitudes,
    /// The same of the reference plane, if there is one.
    pub(crate) reference: Option<&'a Magnitudes>,
    /// Blocks in a row.
    pub(crate) columns: usize,
}

/// The lowest value with a token of its own is `-SMALL`, which is symbol 0.
pub(crate) const SMALL: i32 = 6;
/// Symbols of the values above and below those with a token of their own.
pub(crate) const ABOVE: usize = 14;
pub(crate) const BELOW: usize = 15;
/// Smallest value of [`ABOVE`], and largest of [`BELOW`].
pub(crate) const FIRST_ABOVE: i32 = 8;
pub(crate) const FIRST_BELOW: i32 = -7;
/// Most low bits an escaped value may have.
pub(crate) const ESCAPE_BITS: u32 = 15;

/// Hands the tokens of the block rows `rows` to `sink`: those of one band, for
/// blocks above `rows.start` are not looked at.
///
/// For each block, row by row: the position of its last AC coefficient that
/// is not 0 (upper four bits, lower two), the AC coefficients from there
/// down to position 1, and DC.
///
/// # Panics
/// If the slices of `plane` are not of one length or `rows` reaches beyond.
#[inline(always)]
pub(crate) fn tokenise(
    plane: &PlaneView<'_>,
    rows: Range<usize>,
    weights: &Weights,
    sink: &mut impl TokenSink,
) {
    let columns = plane.columns;
    let first = rows.start * columns;
    let mut setup = Setup::EMPTY;
    for at in first..rows.end * columns {
        let place =
            BlockPosition { at, columns, left: !at.is_multiple_of(columns), above: at >= first + columns };
        let (block, prediction) = (&plane.blocks[at], &plane.prediction[at]);
        let activity = context::activity(prediction);
        let activity_class = activity_class(activity);

        let last = usize::from(plane.magnitudes.last[at]);
        let reference_last = plane.reference.map(|reference| reference.last[at]);
        let last_class = last_class(&plane.magnitudes.last, place, reference_last);
        sink.token(Set::LastHigh, last_high_context(last_class, activity_class), last >> 2);
        sink.token(Set::LastLow, last_low_context(last >> 2, last_class), last & 3);

        if last > 0 {
            let reference = plane.reference.map_or(&MagnitudeBlock::ZERO, |plane| &plane.blocks[at]);
            let neighbours = neighbours(&plane.magnitudes.blocks, place);
            setup.prepare(weights, prediction, activity, neighbours, reference, last);
            let mut run = FadingSum::default();
            for k in (1..=last).rev() {
                let coefficient = i32::from(block.0[k]);
                let towards = if prediction.0[k] < 0 { -coefficient } else { coefficient };
                value_token(Set::Ac, setup.context(k, run), towards - i32::from(setup.base[k]), sink);
                run.follow(coefficient.unsigned_abs());
            }
        }

        let dc = context::dc_setup(plane.blocks, plane.prediction, place, activity_class);
        let above = i32::from(block.0[0]) - dc.base;
        value_token(Set::Dc, dc.context, if dc.negated { -above } else { above }, sink);
    }
}

/// A value as one token, and those beyond -6 to 7 as an escape with what is
/// left of them.
#[inline(always)]
fn value_token(set: Set, context: usize, value: i32, sink: &mut impl TokenSink) {
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

/// Exponential Golomb code of order 1: of `rest + 2`, which has `n` bits below
/// its highest, `n - 1` ones, a zero and those `n` bits.
#[cold]
fn escape(rest: u32, sink: &mut impl TokenSink) {
    let value = rest + 2;
    let bits = value.ilog2();
    debug_assert!(bits <= ESCAPE_BITS);
    for _ in 1..bits {
        sink.raw(1, 1);
    }
    sink.raw(0, 1);
    sink.raw(value & ((1 << bits) - 1), bits);
}
