//! Decodes the tokens of several bands in lockstep: while one waits for its
//! table look-ups, the others make progress.

use super::bands::{Band, MAX_BANDS};
use super::context::{BlockPosition, MagnitudeBlock, carry_errors, dc_error};
use super::lane::Lane;
use super::level::{Level, PlaneTables};
use super::rans::{RansDecoder, Search};
use crate::{Block, CodecError};
use std::array;
use std::ops::Range;

/// The memory of a plane that is being decoded, one element for each block.
#[derive(Default)]
pub(super) struct PlaneBuffers<'a> {
    /// The decoded coefficients.
    pub(super) blocks: &'a mut [Block],
    pub(super) prediction: &'a mut [Block],
    pub(super) magnitudes: &'a mut [MagnitudeBlock],
    /// Last positions.
    pub(super) last: &'a mut [u8],
    /// Number of blocks in a row.
    pub(super) columns: usize,
}

impl PlaneBuffers<'_> {
    /// The magnitudes of block `at`. Those of blocks without AC coefficients may be unwritten.
    #[inline(always)]
    pub(super) fn magnitudes_of(&self, at: usize) -> &MagnitudeBlock {
        if self.last[at] == 0 { &MagnitudeBlock::ZERO } else { &self.magnitudes[at] }
    }
}

/// Decodes the planes of a tile of several bands from these.
///
/// # Errors
/// If a coefficient is out of range, or a band does not end where its last
/// block does.
#[inline(always)]
pub(super) fn decode(
    level: &Level,
    decoders: [RansDecoder<'_>; MAX_BANDS],
    planes: &mut [PlaneBuffers<'_>; 3],
    search: impl Search,
) -> Result<(), CodecError> {
    let mut lanes = decoders.map(Lane::new);
    for &number in &level.order {
        let tables = &level.planes[number];
        let mut plane = std::mem::take(&mut planes[number]);
        let reference = tables.reference.map(|reference| &planes[reference]);
        if let (Some(reference), Some(carry)) = (reference, &tables.carry) {
            carry_errors(carry, reference.blocks, reference.prediction, plane.prediction);
        }
        decode_plane(tables, &mut plane, reference, &mut lanes, search);
        planes[number] = plane;
        if lanes.iter().any(|lane| lane.failed) {
            return Err(CodecError::Tile("a coefficient is out of range"));
        }
    }
    if lanes.iter().all(|lane| lane.decoder.finished()) {
        Ok(())
    } else {
        Err(CodecError::Tile("a band does not end where it should"))
    }
}

/// Decodes a plane row by row, the rows of all bands at the same time.
#[inline(always)]
fn decode_plane(
    tables: &PlaneTables,
    plane: &mut PlaneBuffers<'_>,
    reference: Option<&PlaneBuffers<'_>>,
    lanes: &mut [Lane<'_>; MAX_BANDS],
    search: impl Search,
) {
    let rows = plane.blocks.len() / plane.columns;
    let rows: [Range<usize>; MAX_BANDS] = array::from_fn(|index| Band { index, count: MAX_BANDS }.rows(rows));
    for row in 0..rows.iter().map(Range::len).max().unwrap_or(0) {
        let first = rows.each_ref().map(|rows| (rows.start + row) * plane.columns);
        if rows.iter().all(|rows| row < rows.len()) {
            let starts = RowStarts { first, has_above: row > 0 };
            decode_rows(tables, plane, reference, lanes, starts, search);
            continue;
        }
        // The bands that have a row more than others.
        for (band, lane) in lanes.iter_mut().enumerate().filter(|(band, _)| row < rows[*band].len()) {
            let starts = RowStarts { first: [first[band]], has_above: row > 0 };
            decode_rows(tables, plane, reference, array::from_mut(lane), starts, search);
        }
    }
}

/// Where the block rows begin that are decoded together.
#[derive(Clone, Copy)]
struct RowStarts<const N: usize> {
    /// The first block of each.
    first: [usize; N],
    /// Whether there are rows above them in their bands.
    has_above: bool,
}

/// Decodes one row for each lane, all at the same time.
#[inline(always)]
fn decode_rows<const N: usize>(
    tables: &PlaneTables,
    plane: &mut PlaneBuffers<'_>,
    reference: Option<&PlaneBuffers<'_>>,
    lanes: &mut [Lane<'_>; N],
    starts: RowStarts<N>,
    search: impl Search,
) {
    for column in 0..plane.columns {
        let positions =
            starts.first.map(|first| BlockPosition::in_row(first, column, plane.columns, starts.has_above));
        for (lane, position) in lanes.iter_mut().zip(positions) {
            lane.decode_last(tables, plane, reference, position, search);
        }
        for (lane, position) in lanes.iter_mut().zip(positions) {
            let error = |at: usize| dc_error(&plane.blocks[at], &plane.prediction[at]);
            lane.prepare(tables, plane, reference, position, error);
        }
        decode_values(tables, lanes, search);
        for (lane, position) in lanes.iter_mut().zip(positions) {
            lane.store(plane, position.at);
        }
    }
}

/// Decodes the values of all lanes' blocks, from the last position down. A lane
/// joins at the last position of its block.
#[inline(always)]
fn decode_values<const N: usize>(tables: &PlaneTables, lanes: &mut [Lane<'_>; N], search: impl Search) {
    if N != MAX_BANDS {
        lanes.iter_mut().for_each(|lane| lane.decode_values(tables, search));
        return;
    }
    let order = by_last_position(lanes);
    let Ok([a, b, c, d]) = lanes.get_disjoint_mut(order) else { return };
    // States by value, so that they stay in registers.
    let (mut one, mut two, mut three, mut four) = (a.state(), b.state(), c.state(), d.state());
    let mut k = a.last & 63;
    while k > b.last {
        a.decode_value(tables, k, &mut one, search);
        k -= 1;
    }
    while k > c.last {
        a.decode_value(tables, k, &mut one, search);
        b.decode_value(tables, k, &mut two, search);
        k -= 1;
    }
    while k > d.last {
        a.decode_value(tables, k, &mut one, search);
        b.decode_value(tables, k, &mut two, search);
        c.decode_value(tables, k, &mut three, search);
        k -= 1;
    }
    for k in (0..k + 1).rev() {
        a.decode_value(tables, k, &mut one, search);
        b.decode_value(tables, k, &mut two, search);
        c.decode_value(tables, k, &mut three, search);
        d.decode_value(tables, k, &mut four, search);
    }
    (a.decoder, b.decoder, c.decoder, d.decoder) = (one.decoder, two.decoder, three.decoder, four.decoder);
}

/// The indices of the lanes by last position, the largest first. Sorted without
/// branches, which would be unpredictable.
#[inline(always)]
fn by_last_position<const N: usize>(lanes: &[Lane<'_>; N]) -> [usize; MAX_BANDS] {
    let mut order: [usize; MAX_BANDS] = array::from_fn(|i| MAX_BANDS * lanes[i % N].last + i);
    for (a, b) in [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)] {
        (order[a], order[b]) = (order[a].max(order[b]), order[a].min(order[b]));
    }
    order.map(|key| key % MAX_BANDS)
}
