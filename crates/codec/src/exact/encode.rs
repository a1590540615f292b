//! A band's tokens with their probabilities.

use super::context::Magnitudes;
use super::decode::band_rows;
use super::level::{Level, PlaneTables};
use super::rans::Tokens;
use super::token::{PlaneView, Set, TokenSink, tokenise};
use crate::{Block, Coefficients};

/// A tile and what its planes are coded with.
#[derive(Clone, Copy)]
pub(super) struct PlaneViews<'a> {
    pub(super) tile: &'a Coefficients,
    /// Errors are carried already.
    pub(super) predictions: &'a [Vec<Block>; 3],
    pub(super) magnitudes: &'a [Magnitudes; 3],
}

/// Makes `tokens` those of band `band.0` of `band.1`.
#[inline(always)]
pub(super) fn tokenise_band(
    level: &Level,
    planes: PlaneViews<'_>,
    band: (usize, usize),
    tokens: &mut Tokens,
) {
    tokens.clear();
    for &plane in &level.order {
        let tables = &level.planes[plane];
        let (columns, rows) = planes.tile.frame().blocks(plane);
        let view = PlaneView {
            blocks: planes.tile.plane(plane),
            prediction: &planes.predictions[plane],
            magnitudes: &planes.magnitudes[plane],
            reference: tables.reference.map(|reference| &planes.magnitudes[reference]),
            columns,
        };
        tokenise(&view, band_rows(rows, band), &tables.weights, &mut BandSink { tables, tokens });
    }
}

/// Looks up the probabilities of tokens.
struct BandSink<'a> {
    tables: &'a PlaneTables,
    tokens: &'a mut Tokens,
}

impl TokenSink for BandSink<'_> {
    #[inline(always)]
    fn token(&mut self, set: Set, context: usize, symbol: usize) {
        self.tokens.symbol(self.tables.distribution(set, context), symbol);
    }

    fn raw(&mut self, value: u32, bits: u32) {
        self.tokens.raw(value, bits);
    }
}
