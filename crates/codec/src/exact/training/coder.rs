//! Prepares samples for coding with the coder's own steps.

use super::Sample;
use crate::Quantisation;
use crate::exact::encode::PredictedTile;
use crate::exact::token::PlaneView;
use crate::exact::{Level, Model, TileCoder};

/// Predicts samples with a model, as [`TileCoder::encode`] does.
pub(super) struct SampleCoder {
    model: Model,
    coder: TileCoder,
    /// The level of the last sample; most have the same steps.
    level: Option<SampleLevel>,
}

/// The level of samples with these steps.
struct SampleLevel {
    quantisation: Quantisation,
    level: Level,
}

/// A sample that is ready to be coded.
pub(super) struct PreparedSample<'a> {
    pub(super) level: &'a Level,
    /// The number of bands in which it is coded.
    pub(super) band_count: usize,
    tile: PredictedTile<'a>,
}

impl SampleCoder {
    pub(super) fn new(model: Model) -> Self {
        Self { model, coder: TileCoder::default(), level: None }
    }

    pub(super) fn model(&self) -> &Model {
        &self.model
    }

    /// Predicts `sample`, with errors carried, and measures its magnitudes.
    ///
    /// # Panics
    /// If its planes differ from those of its parent or of the model, or a step is 0.
    pub(super) fn prepare<'a>(&'a mut self, sample: &Sample<'a>) -> PreparedSample<'a> {
        let Sample { tile, ref parent, origin, quantisation } = *sample;
        let known = self.level.take().filter(|known| known.quantisation == *quantisation);
        let SampleLevel { level, .. } = self.level.insert(known.unwrap_or_else(|| {
            SampleLevel {
                quantisation: *quantisation,
                level: Level::new(self.model.clone(), quantisation, self.model.planes.len())
                    .expect("steps are at least 1, and the model is good"),
            }
        }));
        self.coder.prepare(level, parent, origin, tile).expect("samples have the model's planes");
        PreparedSample {
            level,
            band_count: self.coder.band_count(tile.frame()),
            tile: self.coder.prepared(tile),
        }
    }
}

impl<'a> PreparedSample<'a> {
    /// The plane with this number.
    pub(super) fn plane(&self, number: usize) -> PlaneView<'a> {
        self.tile.plane(number, &self.level.planes[number])
    }

    /// The plane that plane `number` refers to, if there is one.
    pub(super) fn reference(&self, number: usize) -> Option<PlaneView<'a>> {
        self.level.planes[number].reference.map(|reference| self.plane(reference))
    }
}
