//! The tokens of a band with their frequencies.

use super::bands::Band;
use super::context::{Magnitudes, Run};
use super::level::{Level, PlaneTables};
use super::rans::Tokens;
use super::token::{ContextSet, PlaneView, TokenSink, tokenise};
use crate::{Block, Coefficients};

/// A tile with the predictions and magnitudes of its planes.
#[derive(Clone, Copy)]
pub(super) struct PredictedTile<'a> {
    pub(super) coefficients: &'a Coefficients,
    /// Of each plane, with errors carried.
    pub(super) predictions: &'a [Vec<Block>; 3],
    /// Of each plane.
    pub(super) magnitudes: &'a [Magnitudes; 3],
    /// The runs of blank blocks of each plane.
    pub(super) runs: &'a [Vec<Run>; 3],
}

impl<'a> PredictedTile<'a> {
    /// The plane with this number, which is coded with `tables`.
    #[inline(always)]
    pub(super) fn plane(self, number: usize, tables: &PlaneTables) -> PlaneView<'a> {
        PlaneView {
            blocks: self.coefficients.plane(number),
            prediction: &self.predictions[number],
            magnitudes: &self.magnitudes[number],
            reference: tables.reference.map(|reference| &self.magnitudes[reference]),
            runs: &self.runs[number],
            columns: self.coefficients.frame().blocks(number).0,
        }
    }
}

/// Replaces `tokens` with those of `band`.
#[inline(always)]
pub(super) fn tokenise_band(level: &Level, tile: PredictedTile<'_>, band: Band, tokens: &mut Tokens) {
    tokens.clear();
    for &number in &level.order {
        let tables = &level.planes[number];
        let plane = tile.plane(number, tables);
        tokenise(&plane, band.rows(plane.rows()), tables, &mut BandSink { tables, tokens });
    }
}

/// Looks up the frequencies of tokens.
struct BandSink<'a> {
    tables: &'a PlaneTables,
    tokens: &'a mut Tokens,
}

impl TokenSink for BandSink<'_> {
    #[inline(always)]
    fn token(&mut self, set: ContextSet, context: usize, symbol: usize) {
        self.tokens.symbol(self.tables.distribution(set, context), symbol);
    }

    fn raw(&mut self, value: u32, bits: u32) {
        self.tokens.raw(value, bits);
    }
}
