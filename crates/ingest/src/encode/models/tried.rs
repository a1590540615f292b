//! What the tiles of some levels take with each model that was tried.

use super::candidate::ModelCandidate;
use super::draw::{Candidates, Drawn};
use origami_codec::TileHeader;

/// Levels that share a header, and the models that were tried for them.
pub(super) struct TriedLevels<'a> {
    pub header: &'a TileHeader,
    pub candidates: Candidates<'a>,
    /// Whether most tiles are light.
    pub is_mostly_light: bool,
    /// The tiles with which models are compared.
    pub compared: Vec<Drawn>,
    /// The models, that with the fewest bytes first; at least one.
    pub tried: Vec<Tried>,
}

/// A model, and estimated bytes of all tiles of its levels that are coded with it.
pub(super) struct Tried {
    pub model: ModelCandidate,
    pub tile_bytes: u64,
}

impl Tried {
    /// The bytes of the tiles and of the model.
    pub fn bytes(&self) -> u64 {
        self.tile_bytes + self.model.bytes()
    }
}

impl TriedLevels<'_> {
    /// The model with the fewest bytes.
    pub fn best(&self) -> &Tried {
        &self.tried[0]
    }

    /// What was chosen for these levels, and what the others would take: `a model of its
    /// own (the built-in model +9.9 kB)`.
    pub fn describe(&self) -> String {
        let best = self.best();
        let others = self.tried[1..].iter().map(|tried| {
            let more = tried.bytes() - best.bytes();
            format!("{} +{}", tried.model.name, kilobytes(more))
        });
        let others: Vec<String> = others.collect();
        match others.is_empty() {
            true => best.model.name.into(),
            false => format!("{} ({})", best.model.name, others.join(", ")),
        }
    }
}

/// A number of bytes for people.
pub(super) fn kilobytes(bytes: u64) -> String {
    format!("{:.1} kB", bytes as f64 / 1e3)
}
