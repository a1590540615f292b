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
    coder: Decoder,
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
    finished: bool,
    /// A coefficient was beyond 16 bits.
    failed: bool,
}

/// Decodes `bands`, 1 to 4 of them, whose words are in `words`.
///
/// # Errors
/// If a coefficient is beyond 16 bits, or a band does not end where its last
/// block does.
#[inline(always)]
pub(super) fn decode(
    level: &Level,
    bands: &[Decoder],
    words: &[u16],
    planes: &mut [PlaneWork<'_>; 3],
    search: impl Search,
) -> Result<(), CodecError> {
    let mut lanes: [Lane<'_>; 4] = std::array::from_fn(|i| {
        Lane::new(level, bands.get(i).copied().unwrap_or_default(), (i, bands.len()))
    });
    let mut active = bands.len();
    for lane in &mut lanes[..active] {
        lane.start_block(planes, words, search)?;
    }
    loop {
        lanes[..active].sort_unstable_by_key(|lane| lane.finished);
        active = lanes[..active].iter().filter(|lane| !lane.finished).count();
        match active {
            0 => return Ok(()),
            1 => lock_step(lanes.first_chunk_mut::<1>(), planes, words, search)?,
            2 => lock_step(lanes.first_chunk_mut::<2>(), planes, words, search)?,
            3 => lock_step(lanes.first_chunk_mut::<3>(), planes, words, search)?,
            _ => lock_step(Some(&mut lanes), planes, words, search)?,
        }
    }
}

/// Decodes until at least one of `lanes` is finished; none is when this begins.
#[inline(always)]
fn lock_step<const N: usize>(
    lanes: Option<&mut [Lane<'_>; N]>,
    planes: &mut [PlaneWork<'_>; 3],
    words: &[u16],
    search: impl Search,
) -> Result<(), CodecError> {
    let Some(lanes) = lanes else { return Ok(()) };
    let mut finished = false;
    while !finished {
        let rounds = lanes.iter().map(|lane| lane.k).min().unwrap_or(0);
        for _ in 0..rounds {
            for lane in lanes.iter_mut() {
                lane.step(words, search);
            }
        }
        for lane in lanes.iter_mut().filter(|lane| lane.k == 0) {
            lane.end_block(planes, words, search)?;
            lane.start_block(planes, words, search)?;
            finished |= lane.finished;
        }
    }
    Ok(())
}

impl<'a> Lane<'a> {
    fn new(level: &'a Level, coder: Decoder, band: (usize, usize)) -> Self {
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
            finished: false,
            failed: false,
        }
    }

    /// Goes to the first block of the band's next plane, or finishes the band.
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

    fn place(&self, columns: usize) -> Place {
        let above = self.at - self.first >= columns;
        Place { at: self.at, columns, left: self.column > 0, above }
    }

    /// Begins the next block that has AC coefficients and decodes those before.
    #[inline(always)]
    fn start_block(
        &mut self,
        planes: &mut [PlaneWork<'_>; 3],
        words: &[u16],
        search: impl Search,
    ) -> Result<(), CodecError> {
        loop {
            while self.at == self.end {
                self.next_plane(planes)?;
                if self.finished {
                    return Ok(());
                }
            }
            let plane = &planes[self.plane];
            let place = self.place(plane.columns);
            let reference = self.tables.reference.map(|reference| &planes[reference]);
            let prediction = &plane.prediction[self.at];
            let activity = context::activity(prediction);
            self.activity_class = activity_class(activity);

            let class = last_class(plane.last, place, reference.map(|reference| reference.last[self.at]));
            let context = last_high_context(class, self.activity_class);
            let high = self.coder.symbol(words, self.tables.distribution(Set::LastHigh, context), search);
            let context = last_low_context(high, class);
            let low = self.coder.symbol(words, self.tables.distribution(Set::LastLow, context), search);
            let last = (4 * high + low) & 63;
            if last > 0 {
                let reference = reference.map_or(&MagnitudeBlock::ZERO, |plane| &plane.magnitudes[self.at]);
                let neighbours = neighbours(plane.magnitudes, place);
                self.setup.prepare(&self.tables.weights, prediction, activity, neighbours, reference, last);
                self.values = Block::ZERO;
                self.run = Run::default();
            }
            self.k = last;
            planes[self.plane].last[self.at] = last as u8;
            if last > 0 {
                return Ok(());
            }
            planes[self.plane].blocks[self.at] = Block::ZERO;
            planes[self.plane].magnitudes[self.at] = MagnitudeBlock::ZERO;
            self.finish_block(planes, words, search)?;
        }
    }

    /// Decodes the next AC coefficient of the block.
    #[inline(always)]
    fn step(&mut self, words: &[u16], search: impl Search) {
        let k = self.k & 63;
        let context = self.setup.ac_context(k, self.run);
        let symbol = self.coder.symbol(words, self.tables.distribution(Set::Ac, context), search);
        let base = i32::from(self.setup.base[k]);
        let value =
            if symbol < ABOVE { symbol as i32 - SMALL + base } else { self.escaped(words, symbol, base) };
        self.values.0[k] = value as i16;
        self.run.follow(value.unsigned_abs());
        self.k -= 1;
    }

    /// What an escape stands for, plus `base`.
    #[cold]
    #[inline(never)]
    fn escaped(&mut self, words: &[u16], symbol: usize, base: i32) -> i32 {
        let mut bits = 1;
        while bits <= ESCAPE_BITS && self.coder.raw(words, 1) == 1 {
            bits += 1;
        }
        if bits > ESCAPE_BITS {
            self.failed = true;
            return 0;
        }
        let rest = ((1 << bits) | self.coder.raw(words, bits)) as i32 - 2;
        let value = base + if symbol == ABOVE { FIRST_ABOVE + rest } else { FIRST_BELOW - rest };
        self.failed |= value.abs() > i32::from(i16::MAX);
        if self.failed { 0 } else { value }
    }

    /// Writes the block's AC coefficients and decodes its DC.
    #[inline(always)]
    fn end_block(
        &mut self,
        planes: &mut [PlaneWork<'_>; 3],
        words: &[u16],
        search: impl Search,
    ) -> Result<(), CodecError> {
        let plane = &mut planes[self.plane];
        let (block, prediction) = (&mut plane.blocks[self.at], &plane.prediction[self.at]);
        for ((out, &value), &prediction) in block.0.iter_mut().zip(&self.values.0).zip(&prediction.0) {
            *out = if prediction < 0 { -value } else { value };
        }
        plane.magnitudes[self.at] = MagnitudeBlock::of(block);
        self.finish_block(planes, words, search)
    }

    /// Decodes the block's DC and goes on to the next.
    #[inline(always)]
    fn finish_block(
        &mut self,
        planes: &mut [PlaneWork<'_>; 3],
        words: &[u16],
        search: impl Search,
    ) -> Result<(), CodecError> {
        let plane = &mut planes[self.plane];
        let dc =
            context::dc_setup(plane.blocks, plane.prediction, self.place(plane.columns), self.activity_class);
        let symbol = self.coder.symbol(words, self.tables.distribution(Set::Dc, dc.context), search);
        // Both the value and its negative have to be good, so the base may be negated instead.
        let base = if dc.negated { -dc.base } else { dc.base };
        let value =
            if symbol < ABOVE { symbol as i32 - SMALL + base } else { self.escaped(words, symbol, base) };
        if self.failed {
            return Err(CodecError::Tile { what: "a coefficient is beyond 16 bits" });
        }
        plane.blocks[self.at].0[0] = if dc.negated { -value } else { value } as i16;
        self.at += 1;
        self.column = if self.column + 1 == plane.columns { 0 } else { self.column + 1 };
        Ok(())
    }
}

/// The block rows of a plane of `rows` rows that belong to band `band.0` of
/// `band.1`.
pub(super) fn band_rows(rows: usize, (band, bands): (usize, usize)) -> std::ops::Range<usize> {
    rows * band / bands..rows * (band + 1) / bands
}
