//! The models that coefficients are coded with: trained on the slide's own tiles, or
//! built in, whichever makes the smallest pack.

mod candidate;
mod choice;
mod decision;
mod draw;
mod sample;
#[cfg(test)]
mod tests;
mod training;
mod tried;

pub(crate) use choice::ModelChooser;

use super::coefficients::LevelGroup;
use super::depth::PredictionDepth;
use origami_codec::exact;
use origami_pack::TableSpec;
use origami_pyramid::Pyramid;

/// A model that tiles of some levels are coded with.
pub(crate) struct LevelModel {
    /// Index in [`Models::tables`].
    pub table: usize,
    /// The tables that code tiles.
    pub level: exact::Level,
}

/// The models of a level.
pub(crate) struct LevelModels {
    pub first: LevelModel,
    /// The model of tiles that it codes in fewer bytes than the first.
    pub second: Option<LevelModel>,
}

/// The models of all predicted levels.
pub(crate) struct Models {
    pub depth: PredictionDepth,
    /// As the pack stores them.
    pub tables: Vec<TableSpec>,
    /// Estimated bytes of all tiles that are coded, and of the models.
    pub bytes: u64,
    /// What was chosen, and what else would have taken how much.
    pub reason: String,
    pyramid: Pyramid,
    /// Of all levels but full resolution, if more than that is predicted.
    coarser: Option<LevelModels>,
    full_resolution: LevelModels,
}

impl Models {
    /// The models of level `z`; `None` if it is stored.
    pub fn of(&self, z: u32) -> Option<&LevelModels> {
        if !self.depth.is_predicted(z) {
            return None;
        }
        match LevelGroup::of(&self.pyramid, z) {
            LevelGroup::Coarser => self.coarser.as_ref(),
            LevelGroup::FullResolution => Some(&self.full_resolution),
        }
    }
}
