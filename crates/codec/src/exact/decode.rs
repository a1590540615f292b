//! Tokens back to blocks, several bands in lock step: while one waits for its
//! table look-ups the others get on.

use super::context::{
    self, BlockPosition, FadingSum, MagnitudeBlock, Setup, activity_class, carry_errors, last_class,
    last_high_context, last_low_context, neighbours,
};
use super::level::{Level, PlaneTables};
use super::rans::{RansDecoder, Search};
use super::token::{ABOVE, ESCAPE_BITS, FIRST_ABOVE, FIRST_BELOW, SMALL, Set};
use crate::{Block, CodecError};
use std::array;
use std::ops::Range;

/// Most bands of a tile.
pub(super) const BANDS: usize = 4;

/// A plane that is being decoded.
#[derive(Default)]
pub(super) struct PlaneWork<'a> {
    pub(super) blocks: &'a mut [Block],
    pub(super) prediction: &'a mut [Block],
    pub(super) magnitudes: &'a mut [MagnitudeBlock],
    pub(super) last: &'a mut [u8],
    /// Blocks in a row.
    pub(super) columns: usize,
}

/// Decodes the first `count` of `bands`, 1 to 4.
///
/// # Errors
/// If a coefficient is beyond 16 bits, or a band does not end where its last
/// block does.
#[inline(always)]
pub(super) fn decode(
    level: &Level,
    bands: [RansDecoder<'_>; BANDS],
    count: usize,
    planes: &mut [PlaneWork<'_>; 3],
    search: impl Search,
) -> Result<(), CodecError> {
    let mut lanes = bands.map(Lane::new);
    for &plane in &level.order {
        let tables = &level.planes[plane];
        let mut work = std::mem::take(&mut planes[plane]);
        let reference = tables.reference.map(|reference| &planes[reference]);
        if let (Some(reference), Some(carry)) = (reference, &tables.carry) {
            carry_errors(carry, reference.blocks, reference.prediction, work.prediction);
        }
        decode_plane(tables, &mut work, reference, &mut lanes, count, search);
        planes[plane] = work;
        if lanes.iter().any(|lane| lane.failed) {
            return Err(CodecError::Tile("a coefficient is beyond 16 bits"));
        }
    }
    if lanes[..count].iter().all(|lane| lane.coder.finished()) {
        Ok(())
    } else {
        Err(CodecError::Tile("a band does not end where it should"))
    }
}

/// Decodes a plane row by row, the rows of all bands at the same time.
#[inline(always)]
fn decode_plane(
    tables: &PlaneTables,
    plane: &mut PlaneWork<'_>,
    reference: Option<&PlaneWork<'_>>,
    lanes: &mut [Lane<'_>; BANDS],
    count: usize,
    search: impl Search,
) {
    let rows = plane.blocks.len() / plane.columns;
    let rows: [Range<usize>; BANDS] =
        array::from_fn(|band| if band < count { band_rows(rows, (band, count)) } else { 0..0 });
    for row in 0..rows.iter().map(Range::len).max().unwrap_or(0) {
        let first = rows.each_ref().map(|rows| (rows.start + row) * plane.columns);
        if rows.iter().all(|rows| row < rows.len()) {
            decode_row(tables, plane, reference, lanes, first, row > 0, search);
            continue;
        }
        // One band alone, or some have a row more than others.
        for (band, lane) in lanes.iter_mut().enumerate().filter(|(band, _)| row < rows[*band].len()) {
            let lane = array::from_mut(lane);
            decode_row(tables, plane, reference, lane, [first[band]], row > 0, search);
        }
    }
}

/// One of the blocks that are decoded together.
struct Lane<'a> {
    coder: RansDecoder<'a>,
    setup: Setup,
    /// The block's coefficients in the direction of their predictions.
    values: Block,
    activity: u16,
    last: usize,
    dc_negated: bool,
    /// A coefficient was beyond 16 bits.
    failed: bool,
}

/// Decodes as many rows as there are lanes, which begin with the blocks
/// `first` and have one above or not.
#[inline(always)]
fn decode_row<const N: usize>(
    tables: &PlaneTables,
    plane: &mut PlaneWork<'_>,
    reference: Option<&PlaneWork<'_>>,
    lanes: &mut [Lane<'_>; N],
    first: [usize; N],
    above: bool,
    search: impl Search,
) {
    for column in 0..plane.columns {
        let places = first.map(|first| BlockPosition {
            at: first + column,
            columns: plane.columns,
            left: column > 0,
            above,
        });
        for (lane, place) in lanes.iter_mut().zip(places) {
            lane.begin(tables, plane, reference, place, search);
        }
        for (lane, place) in lanes.iter_mut().zip(places) {
            lane.prepare(tables, plane, reference, place);
        }
        decode_values(tables, lanes, search);
        for (lane, place) in lanes.iter_mut().zip(places) {
            lane.end(plane, place.at);
        }
    }
}

/// Decodes the values of all lanes' blocks. Position by position, lanes join as
/// soon as their block has the position.
#[inline(always)]
fn decode_values<const N: usize>(tables: &PlaneTables, lanes: &mut [Lane<'_>; N], search: impl Search) {
    if N != BANDS {
        for lane in lanes {
            let mut flow = lane.flow();
            (0..=lane.last & 63).rev().for_each(|k| lane.step(tables, k, &mut flow, search));
            lane.coder = flow.coder;
        }
        return;
    }
    // By last position, the farthest first, without a branch that could only be guessed.
    let mut order: [usize; BANDS] = array::from_fn(|i| BANDS * lanes[i % N].last + i);
    for (a, b) in [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)] {
        (order[a], order[b]) = (order[a].max(order[b]), order[a].min(order[b]));
    }
    let Ok([a, b, c, d]) = lanes.get_disjoint_mut(order.map(|key| key % BANDS)) else { return };
    // States by value, so that they are kept in registers.
    let (mut one, mut two, mut three, mut four) = (a.flow(), b.flow(), c.flow(), d.flow());
    let mut k = a.last & 63;
    while k > b.last {
        a.step(tables, k, &mut one, search);
        k -= 1;
    }
    while k > c.last {
        a.step(tables, k, &mut one, search);
        b.step(tables, k, &mut two, search);
        k -= 1;
    }
    while k > d.last {
        a.step(tables, k, &mut one, search);
        b.step(tables, k, &mut two, search);
        c.step(tables, k, &mut three, search);
        k -= 1;
    }
    for k in (0..k + 1).rev() {
        a.step(tables, k, &mut one, search);
        b.step(tables, k, &mut two, search);
        c.step(tables, k, &mut three, search);
        d.step(tables, k, &mut four, search);
    }
    (a.coder, b.coder, c.coder, d.coder) = (one.coder, two.coder, three.coder, four.coder);
}

/// What changes from value to value of a block.
#[derive(Clone, Copy)]
struct Flow<'a> {
    coder: RansDecoder<'a>,
    run: FadingSum,
}

impl<'a> Lane<'a> {
    fn new(coder: RansDecoder<'a>) -> Self {
        Self {
            coder,
            setup: Setup::EMPTY,
            values: Block::ZERO,
            activity: 0,
            last: 0,
            dc_negated: false,
            failed: false,
        }
    }

    #[inline(always)]
    fn flow(&self) -> Flow<'a> {
        Flow { coder: self.coder, run: FadingSum::default() }
    }

    /// Decodes the block's last position.
    #[inline(always)]
    fn begin(
        &mut self,
        tables: &PlaneTables,
        plane: &mut PlaneWork<'_>,
        reference: Option<&PlaneWork<'_>>,
        place: BlockPosition,
        search: impl Search,
    ) {
        self.activity = context::activity(&plane.prediction[place.at]);
        let class = last_class(plane.last, place, reference.map(|reference| reference.last[place.at]));
        let context = last_high_context(class, activity_class(self.activity));
        let high = self.coder.symbol(tables.distribution(Set::LastHigh, context), search);
        let context = last_low_context(high, class);
        let low = self.coder.symbol(tables.distribution(Set::LastLow, context), search);
        self.last = (4 * high + low) & 63;
        plane.last[place.at] = self.last as u8;
    }

    /// Makes the contexts of the block's values ready.
    #[inline(always)]
    fn prepare(
        &mut self,
        tables: &PlaneTables,
        plane: &PlaneWork<'_>,
        reference: Option<&PlaneWork<'_>>,
        place: BlockPosition,
    ) {
        let (prediction, activity, last) = (&plane.prediction[place.at], self.activity, self.last);
        if last > 0 {
            let neighbours = neighbours(plane.magnitudes, place);
            let reference = reference.map_or(&MagnitudeBlock::ZERO, |plane| &plane.magnitudes[place.at]);
            self.setup.prepare(&tables.weights, prediction, activity, neighbours, reference, last);
        }
        let dc = context::dc_setup(plane.blocks, plane.prediction, place, activity_class(activity));
        self.setup.prepare_dc(&dc);
        self.dc_negated = dc.negated;
        self.values = Block::ZERO;
    }

    /// Decodes the value of position `k`.
    #[inline(always)]
    fn step(&mut self, tables: &PlaneTables, k: usize, flow: &mut Flow<'_>, search: impl Search) {
        let k = k & 63;
        let symbol = flow.coder.symbol(tables.of_value(self.setup.context(k, flow.run)), search);
        let base = i32::from(self.setup.base[k]);
        let value = if symbol < ABOVE {
            symbol as i32 - SMALL + base
        } else {
            let (after, value) = escaped(flow.coder, symbol, base);
            flow.coder = after;
            self.failed |= value.is_none();
            value.unwrap_or(0)
        };
        self.values.0[k] = value as i16;
        flow.run.follow(value.unsigned_abs());
    }

    /// Writes the block.
    #[inline(always)]
    fn end(&mut self, plane: &mut PlaneWork<'_>, at: usize) {
        let dc = std::mem::take(&mut self.values.0[0]);
        let (block, prediction) = (&mut plane.blocks[at], &plane.prediction[at]);
        plane.magnitudes[at] = MagnitudeBlock::of(&self.values);
        *block =
            Block(array::from_fn(|k| if prediction.0[k] < 0 { -self.values.0[k] } else { self.values.0[k] }));
        block.0[0] = if self.dc_negated { -dc } else { dc };
    }
}

/// The value of an escape, plus `base`; `None` if it is beyond 16 bits.
#[cold]
#[inline(never)]
fn escaped(mut coder: RansDecoder<'_>, symbol: usize, base: i32) -> (RansDecoder<'_>, Option<i32>) {
    let mut bits = 1;
    while bits <= ESCAPE_BITS && coder.raw(1) == 1 {
        bits += 1;
    }
    if bits > ESCAPE_BITS {
        return (coder, None);
    }
    let rest = ((1 << bits) | coder.raw(bits)) as i32 - 2;
    let value = base + if symbol == ABOVE { FIRST_ABOVE + rest } else { FIRST_BELOW - rest };
    (coder, Some(value).filter(|value| value.abs() <= i32::from(i16::MAX)))
}

/// The block rows of a plane of `rows` rows that belong to band `band.0` of
/// `band.1`.
pub(super) fn band_rows(rows: usize, (band, bands): (usize, usize)) -> Range<usize> {
    rows * band / bands..rows * (band + 1) / bands
}
