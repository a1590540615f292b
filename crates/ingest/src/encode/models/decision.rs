//! The models that were chosen for a pack.

use super::candidate::ModelCandidate;
use super::tried::{TriedLevels, kilobytes};
use super::{LevelModel, LevelModels, Models};
use crate::encode::depth::PredictionDepth;
use origami_codec::{CodecError, TileHeader};
use origami_pack::TableSpec;
use origami_pyramid::Pyramid;

/// What was tried, and what was chosen.
pub(super) struct Decision<'a> {
    pub full: TriedLevels<'a>,
    /// The other predicted levels, if there are any.
    pub coarser: Option<TriedLevels<'a>>,
    /// Instead of the best of each.
    pub for_all: Option<ForAll>,
    pub second: Option<Second>,
}

/// A model for all levels.
pub(super) struct ForAll {
    pub model: ModelCandidate,
    /// The bytes of all tiles and of the model.
    pub bytes: u64,
    /// By how much these are fewer than those of two models.
    pub saved: u64,
}

/// A second model of full resolution.
pub(super) struct Second {
    pub model: ModelCandidate,
    /// Bytes that it saves, less its own.
    pub saved: u64,
}

impl Decision<'_> {
    /// The models for packs of `depth`.
    pub fn models(self, pyramid: Pyramid, depth: PredictionDepth) -> Result<Models, CodecError> {
        let mut tables = Vec::new();
        let coarser = self.coarser.as_ref().map(|levels| self.level_models(levels, None, &mut tables));
        let coarser = coarser.transpose()?;
        let full_resolution = self.level_models(&self.full, self.second.as_ref(), &mut tables)?;
        let (bytes, reason) = (self.bytes(), self.reason());
        Ok(Models { depth, tables, bytes, reason, pyramid, coarser, full_resolution })
    }

    fn level_models(
        &self,
        levels: &TriedLevels<'_>,
        second: Option<&Second>,
        tables: &mut Vec<TableSpec>,
    ) -> Result<LevelModels, CodecError> {
        let first = self.for_all.as_ref().map_or(&levels.best().model, |for_all| &for_all.model);
        let first = add(first, levels.header, tables)?;
        let second = second.map(|second| add(&second.model, levels.header, tables)).transpose()?;
        Ok(LevelModels { first, second })
    }

    /// Estimated bytes of all tiles that are coded, and of the models.
    fn bytes(&self) -> u64 {
        let coarser = self.coarser.as_ref().map_or(0, |levels| levels.best().bytes());
        let of_two = self.full.best().bytes() + coarser;
        let first = self.for_all.as_ref().map_or(of_two, |for_all| for_all.bytes);
        first - self.second.as_ref().map_or(0, |second| second.saved)
    }

    fn reason(&self) -> String {
        let mut parts = Vec::new();
        if let Some(for_all) = &self.for_all {
            parts.push(format!("all levels: one model (two +{})", kilobytes(for_all.saved)));
        } else {
            parts.push(format!("L0: {}", self.full.describe()));
            parts
                .extend(self.coarser.as_ref().map(|levels| format!("coarser levels: {}", levels.describe())));
        }
        let second = self.second.as_ref();
        parts.extend(second.map(|second| format!("a second one of L0 saves {}", kilobytes(second.saved))));
        parts.join("; ")
    }
}

/// Adds `model` to `tables`, unless it is there already.
fn add(
    model: &ModelCandidate,
    header: &TileHeader,
    tables: &mut Vec<TableSpec>,
) -> Result<LevelModel, CodecError> {
    let level = model.level(header)?;
    let table = tables.iter().position(|table| is_same(table, &model.table));
    let table = table.unwrap_or_else(|| {
        tables.push(model.table.clone());
        tables.len() - 1
    });
    Ok(LevelModel { table, level })
}

fn is_same(a: &TableSpec, b: &TableSpec) -> bool {
    match (a, b) {
        (TableSpec::Model(a), TableSpec::Model(b)) => a == b,
        (TableSpec::BuiltIn(a), TableSpec::BuiltIn(b)) => a == b,
        _ => false,
    }
}
