//! Tokens back to blocks, several bands in lock step: while one waits for its
//! table look-ups the others get on.

use super::context::{
    self, MagnitudeBlock, Magnitudes, Place, Run, Setup, activity_class, carry_errors, last_class,
    last_high_context, last_low_context, neighbours,
};
use super::level::{Level, PlaneTables};
use super::rans::{Decoder, Search};
use super::token::{ABOVE, ESCAPE_BITS, FIRST_ABOVE, FIRST_BELOW, SMALL, Set};
use crate::{Block, CodecError};
use std::ops::Range;

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

impl<'a> PlaneWork<'a> {
    pub(super) fn new(
        blocks: &'a mut [Block],
        prediction: &'a mut [Block],
        magnitudes: &'a mut Magnitudes,
        columns: usize,
    ) -> Self {
        let Magnitudes { blocks: magnitudes, last } = magnitudes;
        Self { blocks, prediction, magnitudes, last, columns }
    }
}

/// One band on its way.
struct Lane<'a> {
    level: &'a Level,
    tables: &'a PlaneTables,
    coder: Decoder<'a>,
    /// Number of the band, and of all bands.
    band: (usize, usize),
    /// The plane, and its position in their order plus 1.
    plane: usize,
    position: usize,
    /// The block on its way, its column, the band's first block of this plane
    /// and the one after its last.
    at: usize,
    column: usize,
    first: usize,
    end: usize,
    activity_class: usize,
    setup: Setup,
    run: Run,
    /// The AC coefficient that comes next; 0 if none is left.
    k: usize,
    /// The block's AC coefficients in the direction of their predictions.
    values: Block,
    /// Whether the block's last position is known, but not yet its DC.
    started: bool,
    finished: bool,
    /// A coefficient was beyond 16 bits.
    failed: bool,
}

/// Decodes `bands`, 1 to 4 of them.
///
/// # Errors
/// If a coefficient is beyond 16 bits, or a band does not end where its last
/// block does.
#[inline(always)]
pub(super) fn decode(
    level: &Level,
    bands: &[Decoder<'_>],
    planes: &mut [PlaneWork<'_>; 3],
    search: impl Search,
) -> Result<(), CodecError> {
    let mut lanes: [Lane<'_>; 4] = std::array::from_fn(|i| {
        Lane::new(level, bands.get(i).copied().unwrap_or_default(), (i, bands.len()))
    });
    let mut active = bands.len();
    while active > 0 {
        let lanes = &mut lanes[..active];
        let rounds = lanes.iter().map(|lane| lane.k).min().unwrap_or(0);
        if let [a, b, c, d] = lanes {
            // The usual case, worth not being a loop.
            for _ in 0..rounds {
                a.step(search);
                b.step(search);
                c.step(search);
                d.step(search);
            }
        } else {
            for _ in 0..rounds {
                for lane in lanes.iter_mut() {
                    lane.step(search);
                }
            }
        }
        let mut finished = false;
        for lane in lanes.iter_mut().filter(|lane| lane.k == 0) {
            lane.next_block(planes, search)?;
            finished |= lane.finished;
        }
        if finished {
            lanes.sort_unstable_by_key(|lane| lane.finished);
            active = lanes.iter().filter(|lane| !lane.finished).count();
        }
    }
    Ok(())
}

impl<'a> Lane<'a> {
    fn new(level: &'a Level, coder: Decoder<'a>, band: (usize, usize)) -> Self {
        Self {
            level,
            tables: &level.planes[0],
            coder,
            band,
            plane: 0,
            position: 0,
            at: 0,
            column: 0,
            first: 0,
            end: 0,
            activity_class: 0,
            setup: Setup::EMPTY,
            run: Run::default(),
            k: 0,
            values: Block::ZERO,
            started: false,
            finished: false,
            failed: false,
        }
    }

    /// Decodes the next AC coefficient of the block.
    #[inline(always)]
    fn step(&mut self, search: impl Search) {
        let k = self.k & 63;
        let context = self.setup.ac_context(k, self.run);
        let symbol = self.coder.symbol(self.tables.distribution(Set::Ac, context), search);
        let value = self.value(symbol, i32::from(self.setup.base[k]));
        self.values.0[k] = value as i16;
        self.run.follow(value.unsigned_abs());
        self.k -= 1;
    }

    /// The value of a symbol, plus `base`.
    #[inline(always)]
    fn value(&mut self, symbol: usize, base: i32) -> i32 {
        if symbol < ABOVE { symbol as i32 - SMALL + base } else { self.escaped(symbol, base) }
    }

    #[cold]
    #[inline(never)]
    fn escaped(&mut self, symbol: usize, base: i32) -> i32 {
        let mut bits = 1;
        while bits <= ESCAPE_BITS && self.coder.raw(1) == 1 {
            bits += 1;
        }
        if bits > ESCAPE_BITS {
            self.failed = true;
            return 0;
        }
        let rest = ((1 << bits) | self.coder.raw(bits)) as i32 - 2;
        let value = base + if symbol == ABOVE { FIRST_ABOVE + rest } else { FIRST_BELOW - rest };
        self.failed |= value.abs() > i32::from(i16::MAX);
        if self.failed { 0 } else { value }
    }

    /// Ends the block whose AC coefficients are all decoded, if there is one,
    /// and goes on to the next with some.
    #[inline(always)]
    fn next_block(&mut self, planes: &mut [PlaneWork<'_>; 3], search: impl Search) -> Result<(), CodecError> {
        loop {
            if self.started {
                self.end_block(planes, search)?;
            }
            while self.at == self.end {
                self.next_plane(planes)?;
                if self.finished {
                    return Ok(());
                }
            }
            self.k = self.start_block(planes, search);
            if self.k > 0 {
                return Ok(());
            }
        }
    }

    /// Decodes the block's last position, returns it and makes AC contexts ready.
    #[inline(always)]
    fn start_block(&mut self, planes: &mut [PlaneWork<'_>; 3], search: impl Search) -> usize {
        let plane = &planes[self.plane];
        let place = self.place(plane.columns);
        let reference = self.tables.reference.map(|reference| &planes[reference]);
        let prediction = &plane.prediction[self.at];
        let activity = context::activity(prediction);
        self.activity_class = activity_class(activity);

        let class = last_class(plane.last, place, reference.map(|reference| reference.last[self.at]));
        let context = last_high_context(class, self.activity_class);
        let high = self.coder.symbol(self.tables.distribution(Set::LastHigh, context), search);
        let context = last_low_context(high, class);
        let low = self.coder.symbol(self.tables.distribution(Set::LastLow, context), search);
        let last = (4 * high + low) & 63;
        if last > 0 {
            let reference = reference.map_or(&MagnitudeBlock::ZERO, |plane| &plane.magnitudes[self.at]);
            let neighbours = neighbours(plane.magnitudes, place);
            self.setup.prepare(&self.tables.weights, prediction, activity, neighbours, reference, last);
        }
        self.run = Run::default();
        self.values = Block::ZERO;
        self.started = true;
        planes[self.plane].last[self.at] = last as u8;
        last
    }

    /// Writes the block's AC coefficients, decodes its DC and goes to the next
    /// place.
    #[inline(always)]
    fn end_block(&mut self, planes: &mut [PlaneWork<'_>; 3], search: impl Search) -> Result<(), CodecError> {
        let plane = &mut planes[self.plane];
        let (block, prediction) = (&mut plane.blocks[self.at], &plane.prediction[self.at]);
        for ((out, &value), &prediction) in block.0.iter_mut().zip(&self.values.0).zip(&prediction.0) {
            *out = if prediction < 0 { -value } else { value };
        }
        // DC is still 0 here.
        plane.magnitudes[self.at] = MagnitudeBlock::of(block);

        let place = self.place(plane.columns);
        let dc = context::dc_setup(plane.blocks, plane.prediction, place, self.activity_class);
        let symbol = self.coder.symbol(self.tables.distribution(Set::Dc, dc.context), search);
        // What was coded is `dc.base` minus DC, or the other way round.
        let value = self.value(symbol, if dc.negated { -dc.base } else { dc.base });
        if self.failed {
            return Err(CodecError::Tile { what: "a coefficient is beyond 16 bits" });
        }
        plane.blocks[self.at].0[0] = if dc.negated { -value } else { value } as i16;
        self.started = false;
        self.at += 1;
        self.column = if self.column + 1 == plane.columns { 0 } else { self.column + 1 };
        Ok(())
    }

    #[inline(always)]
    fn place(&self, columns: usize) -> Place {
        let above = self.at - self.first >= columns;
        Place { at: self.at, columns, left: self.column > 0, above }
    }

    /// Goes to the first block of the band's next plane, or finishes the band.
    #[inline(never)]
    fn next_plane(&mut self, planes: &mut [PlaneWork<'_>; 3]) -> Result<(), CodecError> {
        let Some(&plane) = self.level.order.get(self.position) else {
            self.finished = true;
            let good = self.coder.finished();
            return if good {
                Ok(())
            } else {
                Err(CodecError::Tile { what: "a band does not end where it should" })
            };
        };
        self.position += 1;
        self.plane = plane;
        self.tables = &self.level.planes[plane];
        let columns = planes[plane].columns;
        let rows = band_rows(planes[plane].blocks.len() / columns, self.band);
        (self.first, self.end) = (rows.start * columns, rows.end * columns);
        (self.at, self.column) = (self.first, 0);
        if let (Some(reference), Some(carry)) = (self.tables.reference, &self.tables.carry) {
            let own = self.first..self.end;
            let prediction = std::mem::take(&mut planes[plane].prediction);
            let from = &planes[reference];
            carry_errors(
                carry,
                &from.blocks[own.clone()],
                &from.prediction[own.clone()],
                &mut prediction[own],
            );
            planes[plane].prediction = prediction;
        }
        Ok(())
    }
}

/// The block rows of a plane of `rows` rows that belong to band `band.0` of
/// `band.1`.
pub(super) fn band_rows(rows: usize, (band, bands): (usize, usize)) -> Range<usize> {
    rows * band / bands..rows * (band + 1) / bands
}
