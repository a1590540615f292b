//! Trains models and chooses those that make the smallest pack.

use super::Models;
use super::candidate::{ModelCandidate, Sizes};
use super::decision::{Decision, ForAll, Second};
use super::draw::Candidates;
use super::sample::{TrainingSample, compared};
use super::training::train;
use super::tried::{Tried, TriedLevels};
use crate::encode::coefficients::{LevelGroup, SpooledTiles};
use crate::encode::depth::PredictionDepth;
use crate::pipeline::PackRun;
use crate::{PackEvent, PackSlideError};
use origami_codec::TileHeader;
use origami_pack::TableSpec;
use std::ops::RangeInclusive;

/// Bytes of tiles and models below which one model for all levels is tried: two models of
/// some 15 kB are much of a small pack.
const SMALL: u64 = 4_000_000;

/// The part of full resolution that a second model has to save besides its own bytes, in
/// thousandths: with it every tile is coded twice.
const MIN_SAVED: u64 = 3;

/// What a model is called that is trained on the levels that it is for, if these share it
/// with no others.
const OWN: &str = "a model of its own";

/// Chooses the models of a slide that was read.
pub(crate) struct ModelChooser<'a> {
    run: PackRun<'a>,
    tiles: SpooledTiles<'a>,
}

/// A model to train.
struct Training {
    /// What it is called.
    name: &'static str,
    /// The levels that it is trained on.
    levels: RangeInclusive<u32>,
}

impl<'a> ModelChooser<'a> {
    pub fn new(run: PackRun<'a>, tiles: SpooledTiles<'a>) -> Self {
        Self { run, tiles }
    }

    /// Trains models for the predicted levels of `depth`, of which there is at least one,
    /// and chooses the best of them.
    pub fn choose(&self, depth: PredictionDepth) -> Result<Models, PackSlideError> {
        let finest = self.tiles.plan.pyramid.max_level();
        let coarsest = finest + 1 - depth.predicted_levels();
        let own = Training { name: OWN, levels: finest..=finest };
        let coarser = match finest - coarsest {
            0 => Vec::new(),
            1 => vec![Training { name: OWN, levels: coarsest..=coarsest }],
            _ => vec![
                Training { name: "one model", levels: coarsest..=finest - 1 },
                Training { name: "that of L1", levels: finest - 1..=finest - 1 },
            ],
        };
        // Besides these, two of full resolution and one of all levels.
        (self.run.progress)(PackEvent::Training(coarser.len() as u64 + 3));
        let (full, coarser) = rayon::join(
            || self.try_levels(LevelGroup::FullResolution, &[own]),
            || match &coarser[..] {
                [] => Ok(None),
                trainings => self.try_levels(LevelGroup::Coarser, trainings).map(Some),
            },
        );
        let (full, coarser) = (full?, coarser?);
        let for_all = match &coarser {
            Some(coarser) => self.one_for_all(&full, coarser, coarsest..=finest)?,
            None => None,
        };
        (self.run.progress)(PackEvent::Trained);
        let first = for_all.as_ref().map_or(&full.best().model, |for_all| &for_all.model);
        let second = self.second(&full, first)?;
        (self.run.progress)(PackEvent::Trained);
        Ok(Decision { full, coarser, for_all, second }.models(self.tiles.plan.pyramid, depth)?)
    }

    /// Estimated bytes that level `z` takes more if it is stored than if it is coded with
    /// the model that was chosen for it; negative if it takes less.
    pub fn added_if_stored(&self, models: &Models, z: u32) -> Result<i64, PackSlideError> {
        let Some(models) = models.of(z) else { return Ok(0) };
        let compared = compared(&Candidates::new(self.tiles, z..=z)?)?;
        let sizes = Sizes::new(self.tiles, self.run.stop, &compared, &[&models.first.level])?;
        Ok(sizes.stored() as i64 - sizes.with(0) as i64)
    }

    /// Trains models for the levels of the first of `trainings`, and compares them and the
    /// built-in one.
    fn try_levels(
        &self,
        group: LevelGroup,
        trainings: &[Training],
    ) -> Result<TriedLevels<'a>, PackSlideError> {
        let header = self.tiles.plan.headers.header(group);
        let candidates = Candidates::new(self.tiles, trainings[0].levels.clone())?;
        let compared = compared(&candidates)?;
        let mut models = vec![ModelCandidate::built_in(header)];
        let mut is_mostly_light = false;
        for Training { name, levels } in trainings {
            let sample = TrainingSample::new(&candidates.of(levels.clone())?)?;
            if !sample.fitted.is_empty() {
                models.push(self.train(name, &sample, header)?);
            }
            is_mostly_light |= sample.is_mostly_light;
            (self.run.progress)(PackEvent::Trained);
        }
        let levels = models.iter().map(|model| model.level(header)).collect::<Result<Vec<_>, _>>()?;
        let levels: Vec<_> = levels.iter().collect();
        let sizes = Sizes::new(self.tiles, self.run.stop, &compared, &levels)?;
        let tried = models.into_iter().enumerate();
        let mut tried: Vec<Tried> =
            tried.map(|(number, model)| Tried { model, tile_bytes: sizes.with(number) }).collect();
        tried.sort_by_key(Tried::bytes);
        Ok(TriedLevels { header, candidates, is_mostly_light, compared, tried })
    }

    /// A model for all of `levels`, if the pack is small and smaller with it.
    fn one_for_all(
        &self,
        full: &TriedLevels<'_>,
        coarser: &TriedLevels<'_>,
        levels: RangeInclusive<u32>,
    ) -> Result<Option<ForAll>, PackSlideError> {
        let bytes_of_two = full.best().bytes() + coarser.best().bytes();
        if bytes_of_two > SMALL {
            return Ok(None);
        }
        let sample = TrainingSample::new(&Candidates::new(self.tiles, levels)?)?;
        if sample.fitted.is_empty() {
            return Ok(None);
        }
        let model = self.train("one model", &sample, full.header)?;
        let mut bytes = model.bytes();
        for tried in [full, coarser] {
            let level = model.level(tried.header)?;
            bytes += Sizes::new(self.tiles, self.run.stop, &tried.compared, &[&level])?.with(0);
        }
        let saved = bytes_of_two.checked_sub(bytes).filter(|&saved| saved > 0);
        Ok(saved.map(|saved| ForAll { model, bytes, saved }))
    }

    /// A second model of full resolution besides `first`, if that pays. It is trained on
    /// tiles as they come, so it is tried where most of these are light.
    fn second(
        &self,
        full: &TriedLevels<'_>,
        first: &ModelCandidate,
    ) -> Result<Option<Second>, PackSlideError> {
        if !full.is_mostly_light {
            return Ok(None);
        }
        let sample = TrainingSample::uniform(&full.candidates)?;
        let model = self.train("a second model", &sample, full.header)?;
        let levels = [first.level(full.header)?, model.level(full.header)?];
        let sizes = Sizes::new(self.tiles, self.run.stop, &full.compared, &levels.each_ref())?;
        let saved = sizes.with(0).saturating_sub(sizes.with_best()).saturating_sub(model.bytes());
        Ok((saved > sizes.with(0) / 1000 * MIN_SAVED).then_some(Second { model, saved }))
    }

    fn train(
        &self,
        name: &'static str,
        sample: &TrainingSample,
        header: &TileHeader,
    ) -> Result<ModelCandidate, PackSlideError> {
        let model = train(self.tiles, self.run.stop, sample, header.colour())?;
        Ok(ModelCandidate { name, table: TableSpec::Model(model) })
    }
}
