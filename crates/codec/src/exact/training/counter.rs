//! Counts the symbols of tiles.

use super::Sample;
use super::coder::SampleCoder;
use super::symbols::SymbolCounts;
use crate::exact::Model;
use crate::exact::bands::Band;
use crate::exact::token::tokenise;

/// Counts the symbols of tiles, coded with what a [`Training`](super::Training) has
/// fitted; that has an example. It keeps nothing of the tiles and takes 3 MB.
pub struct SymbolCounter {
    coder: SampleCoder,
    /// By plane number.
    planes: Vec<SymbolCounts>,
}

impl SymbolCounter {
    /// A counter for `model`, whose distributions do not matter.
    pub(super) fn new(model: Model) -> Self {
        let planes = model.planes.iter().map(|_| SymbolCounts::default()).collect();
        Self { coder: SampleCoder::new(model), planes }
    }

    /// A counter for the same model that has counted nothing.
    pub(super) fn empty(&self) -> Self {
        Self::new(self.model().clone())
    }

    pub(super) fn model(&self) -> &Model {
        self.coder.model()
    }

    pub(super) fn planes(&self) -> &[SymbolCounts] {
        &self.planes
    }

    /// Counts the symbols of one more tile.
    ///
    /// # Panics
    /// If its planes differ from those of its parent or of the training's colour, or a
    /// step is 0.
    pub fn count(&mut self, sample: &Sample<'_>) {
        let prepared = self.coder.prepare(sample);
        for (number, counts) in self.planes.iter_mut().enumerate() {
            let (plane, tables) = (prepared.plane(number), &prepared.level.planes[number]);
            for band in Band::all(prepared.band_count) {
                tokenise(&plane, band.rows(plane.rows()), tables, counts);
            }
        }
    }

    /// Adds what `other` has counted.
    ///
    /// # Panics
    /// If it is the counter of another training.
    pub fn merge(&mut self, other: &Self) {
        assert!(self.model() == other.model(), "counts of another training");
        for (counts, other) in self.planes.iter_mut().zip(&other.planes) {
            counts.merge(other);
        }
    }
}
