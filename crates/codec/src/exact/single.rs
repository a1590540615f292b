//! Decodes tiles of one band, most of whose blocks are blank.
//!
//! Blocks in runs are not predicted at all, so only the strips of the others are.

use super::context::{BlockPosition, QuietPlane, RunLimit, WHOLE_RUN, carry_errors, run_context};
use super::decode::PlaneBuffers;
use super::lane::Lane;
use super::level::{Level, PlaneTables};
use super::rans::{RansDecoder, Search};
use super::token::ContextSet;
use crate::dct::{self, STRIP};
use crate::{Block, CodecError, Frame, PaddedPlanes};
use origami_pyramid::simd::Simd;
use origami_pyramid::{Plane, Samples};
use std::slice;

/// The part of a parent's plane that a tile's plane is predicted from.
#[derive(Clone, Copy)]
pub(super) struct ParentWindow<'a> {
    pub(super) samples: Plane<&'a [u8]>,
    /// The sample at which the tile begins.
    pub(super) origin: (usize, usize),
}

impl<'a> ParentWindow<'a> {
    /// The part of `parent` for `plane` of a tile with this frame that begins at sample
    /// `origin` of the parent's first plane.
    pub(super) fn new(
        parent: &'a PaddedPlanes<impl Samples>,
        origin: (usize, usize),
        frame: &Frame,
        plane: usize,
    ) -> Self {
        let (across, down) = frame.scale(plane);
        let samples = parent.samples(plane);
        // Windows that begin even further outside have the same content.
        let (x, y) = (origin.0 / across, origin.1 / down);
        Self { samples, origin: (x.min(samples.width() + 2), y.min(samples.height() + 2)) }
    }
}

/// Decodes the planes of a tile of one band. `parents` and `quiet` have an element for each
/// plane; `quiet` says which windows are flat.
///
/// # Errors
/// If a coefficient is out of range, or the band does not end where its last block does.
#[inline(always)]
pub(super) fn decode(
    level: &Level,
    decoder: RansDecoder<'_>,
    planes: &mut [PlaneBuffers<'_>; 3],
    parents: &[ParentWindow<'_>; 3],
    quiet: &mut [QuietPlane; 3],
    simd: Simd,
    search: impl Search,
) -> Result<(), CodecError> {
    let mut lane = Lane::new(decoder);
    for &number in &level.order {
        let tables = &level.planes[number];
        let mut plane = std::mem::take(&mut planes[number]);
        let mut own_quiet = std::mem::take(&mut quiet[number]);
        let reference = tables
            .reference
            .map(|reference| Reference { plane: &planes[reference], quiet: &quiet[reference] });
        let strips = Strips { tables, parent: parents[number], simd, blocks: [Block::ZERO; STRIP], at: None };
        own_quiet.reserve(plane.blocks.len());
        let mut decoder = PlaneDecoder {
            tables,
            reference,
            strips,
            quiet: &mut own_quiet,
            was_cut: false,
            has_wrong_run: false,
        };
        decoder.decode(&mut plane, &mut lane, search);
        let has_wrong_run = decoder.has_wrong_run;
        planes[number] = plane;
        quiet[number] = own_quiet;
        if has_wrong_run {
            return Err(CodecError::Tile("a run of blank blocks has a wrong length"));
        }
        if lane.failed {
            return Err(CodecError::Tile("a coefficient is out of range"));
        }
    }
    if lane.decoder.finished() {
        Ok(())
    } else {
        Err(CodecError::Tile("a band does not end where it should"))
    }
}

/// Predicts the blocks of a plane a strip at a time, where one is needed.
struct Strips<'a> {
    tables: &'a PlaneTables,
    parent: ParentWindow<'a>,
    simd: Simd,
    /// The predictions of the strip that was predicted last.
    blocks: [Block; STRIP],
    /// Index of its first block.
    at: Option<usize>,
}

impl Strips<'_> {
    /// The prediction of a block, without carried errors.
    #[inline(always)]
    fn block(&mut self, row: usize, column: usize, columns: usize) -> &Block {
        let first = column / STRIP * STRIP;
        if self.at != Some(row * columns + first) {
            self.predict(row, first, (columns - first).min(STRIP));
            self.at = Some(row * columns + first);
        }
        &self.blocks[column % STRIP]
    }

    /// Predicts `count` blocks from column `first` of `row`.
    #[inline(never)]
    fn predict(&mut self, row: usize, first: usize, count: usize) {
        let PlaneTables { matrix, scales, .. } = self.tables;
        let ParentWindow { samples, origin: (x, y) } = self.parent;
        let origin = (x + 4 * first, y + 4 * row);
        dct::predict_with(self.simd, matrix, scales, samples, origin, count, &mut self.blocks[..count]);
    }
}

/// A plane that was decoded before and that another one refers to.
#[derive(Clone, Copy)]
struct Reference<'a, 'b> {
    plane: &'a PlaneBuffers<'b>,
    quiet: &'a QuietPlane,
}

/// Decodes one plane of a tile.
struct PlaneDecoder<'a, 'b> {
    tables: &'a PlaneTables,
    reference: Option<Reference<'a, 'b>>,
    strips: Strips<'a>,
    quiet: &'a mut QuietPlane,
    /// Whether the last run was shorter than it could have been.
    was_cut: bool,
    /// Whether a run was longer than it could have been, or a blank block followed it.
    has_wrong_run: bool,
}

impl PlaneDecoder<'_, '_> {
    #[inline(always)]
    fn decode(&mut self, plane: &mut PlaneBuffers<'_>, lane: &mut Lane<'_>, search: impl Search) {
        let columns = plane.columns;
        for row in 0..plane.blocks.len() / columns {
            let mut column = 0;
            while column < columns {
                let position = BlockPosition::in_row(row * columns, column, columns, row > 0);
                let limit = self.quiet.limit(position);
                if let Some(limit) = limit {
                    column += self.decode_run(plane, position.at, limit, lane, search);
                    if !self.was_cut {
                        continue;
                    }
                }
                self.decode_block(plane, row, column, lane, search);
                let at = row * columns + column;
                self.has_wrong_run |= limit.is_some_and(|limit| self.quiet.is_blank(at, limit.dc));
                column += 1;
            }
        }
    }

    /// Decodes a run and returns its length.
    #[inline(always)]
    fn decode_run(
        &mut self,
        plane: &mut PlaneBuffers<'_>,
        at: usize,
        limit: RunLimit,
        lane: &mut Lane<'_>,
        search: impl Search,
    ) -> usize {
        let context = run_context(limit.blocks, self.was_cut);
        let symbol = lane.decoder.symbol(self.tables.distribution(ContextSet::Run, context), search);
        let length = match symbol {
            WHOLE_RUN => limit.blocks,
            0 | 1 => symbol,
            _ => 1 << (symbol - 1) | lane.decoder.raw(symbol as u32 - 1) as usize,
        };
        self.has_wrong_run |= symbol != WHOLE_RUN && length >= limit.blocks;
        let length = length.min(limit.blocks);
        self.was_cut = length < limit.blocks;
        plane.blocks[at..at + length].fill(Block::flat(limit.dc));
        plane.last[at..at + length].fill(0);
        self.quiet.set_run(at, length, limit.dc);
        length
    }

    /// Predicts and decodes a block that is in no run.
    #[inline(always)]
    fn decode_block(
        &mut self,
        plane: &mut PlaneBuffers<'_>,
        row: usize,
        column: usize,
        lane: &mut Lane<'_>,
        search: impl Search,
    ) {
        let (tables, reference, columns) = (self.tables, self.reference, plane.columns);
        let at = row * columns + column;
        plane.prediction[at] = *self.strips.block(row, column, columns);
        // Blocks in runs have no errors to carry.
        if let (Some(reference), Some(carry)) = (reference, &tables.carry)
            && !reference.quiet.is_in_run(at)
        {
            let reference = reference.plane;
            let out = slice::from_mut(&mut plane.prediction[at]);
            carry_errors(carry, &reference.blocks[at..=at], &reference.prediction[at..=at], out);
        }
        let position = BlockPosition::in_row(row * columns, column, columns, row > 0);
        let reference = reference.map(|reference| reference.plane);
        lane.decode_last(tables, plane, reference, position, search);
        lane.prepare(tables, plane, reference, position, |at| self.quiet.error(at));
        lane.decode_values(tables, search);
        lane.store(plane, at);
        self.quiet.set(at, &plane.blocks[at], &plane.prediction[at], plane.last[at]);
    }
}
