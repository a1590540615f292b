//! Models that may become those of a pack, and what each would take.

use super::draw::{Candidate, Drawn};
use crate::PackSlideError;
use crate::encode::coefficients::SpooledTiles;
use origami_codec::exact::{self, BuiltIn, TileCoder};
use origami_codec::{CodecError, TileHeader};
use origami_pack::TableSpec;
use origami_quality::work::Stop;
use rayon::prelude::*;

/// Bytes that a built-in model takes in a pack: its number.
const BUILT_IN_BYTES: u64 = 4;

/// A model that tiles may be coded with.
pub(super) struct ModelCandidate {
    /// What it is, for people.
    pub name: &'static str,
    pub table: TableSpec,
}

impl ModelCandidate {
    /// The built-in model for tiles with `header`.
    pub fn built_in(header: &TileHeader) -> Self {
        Self { name: "the built-in model", table: TableSpec::BuiltIn(BuiltIn::of(header.colour())) }
    }

    /// Bytes that it takes in a pack itself.
    pub fn bytes(&self) -> u64 {
        match &self.table {
            TableSpec::Model(model) => model.to_bytes().len() as u64,
            _ => BUILT_IN_BYTES,
        }
    }

    /// The tables that code tiles with `header`.
    pub fn level(&self, header: &TileHeader) -> Result<exact::Level, CodecError> {
        let model = match &self.table {
            TableSpec::Model(model) => model.clone(),
            TableSpec::BuiltIn(built_in) => built_in.model(header.planes()),
            TableSpec::Residuals(_) | TableSpec::Tiles(_) => unreachable!("candidates are models"),
        };
        exact::Level::new(model, header.quantisation(), header.planes())
    }
}

/// The bytes of some tiles with each of several models.
pub(super) struct Sizes<'a> {
    drawn: &'a [Drawn],
    /// Those of each tile, by model.
    bytes: Vec<Vec<u64>>,
}

impl<'a> Sizes<'a> {
    /// Codes the tiles `drawn` with each of `levels`, on the threads of the current pool.
    pub fn new(
        tiles: SpooledTiles<'_>,
        stop: &Stop<'_>,
        drawn: &'a [Drawn],
        levels: &[&exact::Level],
    ) -> Result<Self, PackSlideError> {
        let new_coder = || (TileCoder::default(), Vec::new());
        let sizes = drawn.par_iter().map_init(new_coder, |(coder, out), drawn| {
            stop.check()?;
            let example = tiles.example(drawn.candidate.id)?;
            let sizes = levels.iter().map(|level| {
                out.clear();
                coder.encode(level, &example.parent, example.origin, &example.tile, out)?;
                Ok(out.len() as u64)
            });
            sizes.collect()
        });
        Ok(Self { drawn, bytes: sizes.collect::<Result<_, PackSlideError>>()? })
    }

    /// Estimated bytes of all tiles that those drawn stand for, if they are stored.
    pub fn stored(&self) -> u64 {
        self.sum(|candidate, _| candidate.stored)
    }

    /// The same, each coded with the model with this number.
    pub fn with(&self, model: usize) -> u64 {
        self.sum(|_, bytes| bytes[model])
    }

    /// The same, each coded with the model that is best for it.
    pub fn with_best(&self) -> u64 {
        self.sum(|_, bytes| bytes.iter().copied().min().unwrap_or(0))
    }

    fn sum(&self, of_tile: impl Fn(Candidate, &[u64]) -> u64) -> u64 {
        let tiles = self.drawn.iter().zip(&self.bytes);
        let bytes = tiles.map(|(drawn, bytes)| drawn.stands_for * of_tile(drawn.candidate, bytes) as f64);
        bytes.sum::<f64>().round() as u64
    }
}
