//! Decodes one block of a band.

use super::context::{
    BlockPosition, DcContext, DecayingSum, MagnitudeBlock, Neighbours, ValueContexts, activity,
    activity_class, last_class, last_high_context, last_low_context,
};
use super::decode::PlaneBuffers;
use super::level::PlaneTables;
use super::rans::{RansDecoder, Search};
use super::token::{ABOVE, ContextSet, FIRST_ABOVE, FIRST_BELOW, MAX_ESCAPE_BITS, SMALL};
use crate::Block;
use std::array;

/// A block that is decoded together with those of other bands.
pub(super) struct Lane<'a> {
    pub(super) decoder: RansDecoder<'a>,
    contexts: ValueContexts,
    /// The block's coefficients in the direction of their predictions.
    values: Block,
    activity: u16,
    /// The last position.
    pub(super) last: usize,
    is_dc_negated: bool,
    /// Whether a coefficient was beyond 16 bits, or the last one of a block 0.
    pub(super) failed: bool,
}

/// The state that changes from value to value of a block.
#[derive(Clone, Copy)]
pub(super) struct ValueState<'a> {
    pub(super) decoder: RansDecoder<'a>,
    sum: DecayingSum,
}

impl<'a> Lane<'a> {
    pub(super) fn new(decoder: RansDecoder<'a>) -> Self {
        Self {
            decoder,
            contexts: ValueContexts::EMPTY,
            values: Block::ZERO,
            activity: 0,
            last: 0,
            is_dc_negated: false,
            failed: false,
        }
    }

    #[inline(always)]
    pub(super) fn state(&self) -> ValueState<'a> {
        ValueState { decoder: self.decoder, sum: DecayingSum::default() }
    }

    /// Decodes the block's last position.
    #[inline(always)]
    pub(super) fn decode_last(
        &mut self,
        tables: &PlaneTables,
        plane: &mut PlaneBuffers<'_>,
        reference: Option<&PlaneBuffers<'_>>,
        position: BlockPosition,
        search: impl Search,
    ) {
        let at = position.at;
        self.activity = activity(&plane.prediction[at]);
        let class = last_class(plane.last, position, reference.map(|reference| reference.last[at]));
        let context = last_high_context(class, activity_class(self.activity));
        let high = self.decoder.symbol(tables.distribution(ContextSet::LastHigh, context), search);
        let context = last_low_context(high, class);
        let low = self.decoder.symbol(tables.distribution(ContextSet::LastLow, context), search);
        self.last = (4 * high + low) & 63;
        plane.last[at] = self.last as u8;
    }

    /// Computes the contexts of the block's values. `dc_error` gives how far the DC
    /// coefficient of a block is above its prediction, in sixteenths of a step.
    #[inline(always)]
    pub(super) fn prepare(
        &mut self,
        tables: &PlaneTables,
        plane: &PlaneBuffers<'_>,
        reference: Option<&PlaneBuffers<'_>>,
        position: BlockPosition,
        dc_error: impl Fn(usize) -> i32,
    ) {
        let at = position.at;
        let (prediction, activity, last) = (&plane.prediction[at], self.activity, self.last);
        if last > 0 {
            let neighbours = Neighbours::new(|at| plane.magnitudes_of(at), position);
            let reference = reference.map_or(&MagnitudeBlock::ZERO, |plane| plane.magnitudes_of(at));
            self.contexts.prepare_ac(&tables.weights, prediction, activity, neighbours, reference, last);
        }
        let class = activity_class(activity);
        let dc = DcContext::new(&tables.dc_weights, prediction.0[0], dc_error, position, class);
        self.contexts.prepare_dc(&dc);
        self.is_dc_negated = dc.is_negated;
        self.values = Block::ZERO;
    }

    /// Decodes all values of the block.
    #[inline(always)]
    pub(super) fn decode_values(&mut self, tables: &PlaneTables, search: impl Search) {
        let mut state = self.state();
        (0..=self.last & 63).rev().for_each(|k| self.decode_value(tables, k, &mut state, search));
        self.decoder = state.decoder;
    }

    /// Decodes the value of position `k`.
    #[inline(always)]
    pub(super) fn decode_value(
        &mut self,
        tables: &PlaneTables,
        k: usize,
        state: &mut ValueState<'_>,
        search: impl Search,
    ) {
        let k = k & 63;
        let context = self.contexts.context(k, state.sum);
        let symbol = state.decoder.symbol(tables.value_distribution(context), search);
        let base = i32::from(self.contexts.base[k]);
        let value = if symbol < ABOVE {
            symbol as i32 - SMALL + base
        } else {
            let (after, value) = decode_escape(state.decoder, symbol, base);
            state.decoder = after;
            self.failed |= value.is_none();
            value.unwrap_or(0)
        };
        self.values.0[k] = value as i16;
        state.sum.add(value.unsigned_abs());
    }

    /// Stores the decoded block and its magnitudes.
    #[inline(always)]
    pub(super) fn store(&mut self, plane: &mut PlaneBuffers<'_>, at: usize) {
        // The last coefficient of a block is not 0, or there would be another way to code it.
        self.failed |= self.last > 0 && self.values.0[self.last & 63] == 0;
        let dc = std::mem::take(&mut self.values.0[0]);
        let (block, prediction) = (&mut plane.blocks[at], &plane.prediction[at]);
        plane.magnitudes[at] = MagnitudeBlock::from_block(&self.values);
        *block =
            Block(array::from_fn(|k| if prediction.0[k] < 0 { -self.values.0[k] } else { self.values.0[k] }));
        block.0[0] = if self.is_dc_negated { -dc } else { dc };
    }
}

/// The decoder after the remainder of an escape, and the escaped value plus
/// `base`, or `None` if that is beyond 16 bits.
#[cold]
#[inline(never)]
fn decode_escape(mut decoder: RansDecoder<'_>, symbol: usize, base: i32) -> (RansDecoder<'_>, Option<i32>) {
    let mut bits = 1;
    while bits <= MAX_ESCAPE_BITS && decoder.raw(1) == 1 {
        bits += 1;
    }
    if bits > MAX_ESCAPE_BITS {
        return (decoder, None);
    }
    let remainder = ((1 << bits) | decoder.raw(bits)) as i32 - 2;
    let value = base + if symbol == ABOVE { FIRST_ABOVE + remainder } else { FIRST_BELOW - remainder };
    (decoder, Some(value).filter(|value| value.abs() <= i32::from(i16::MAX)))
}
