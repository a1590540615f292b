//! Decides about a pack: before it is read, what its tiles are, and then, how they are
//! predicted.

use super::TileEncoder;
use super::coefficients::{
    Coding, CoefficientEncoder, CoefficientPlan, FamilyCoders, LevelGroup, SpooledTiles,
};
use super::depth::{AutoDepth, PredictionDepth};
use super::luma::{LumaEncoder, residual_header};
use super::models::{ModelChooser, Models};
use super::parameters::TileParameters;
use crate::PackSlideError;
use crate::options::Predicted;
use crate::pipeline::PackRun;
use crate::spool::Spool;
use origami_codec::{CodecError, SharedHeader};
use origami_pack::{EncodingSettings, LevelSpec, Mode, PackSpec, TableSpec};
use origami_pyramid::{Family, Pyramid, Subsampling};

/// Levels that luma mode predicts by default. It predicts no more: chroma of all of them
/// comes from one level.
pub(crate) const LUMA_LEVELS: u32 = 2;

/// The geometry of a pack and what its tiles are.
pub(crate) struct PackPlan<'a> {
    pub run: PackRun<'a>,
    pub pyramid: Pyramid,
    subsampling: Subsampling,
    /// How the tiles are encoded, for the pack's metadata.
    settings: EncodingSettings,
    coding: TileCoding<'a>,
}

enum TileCoding<'a> {
    Luma { residuals: SharedHeader, depth: PredictionDepth },
    Coefficients(Box<CoefficientPlan<'a>>),
}

/// How the tiles of a slide that was read are predicted.
pub(crate) struct Prediction {
    depth: PredictionDepth,
    /// The models that coefficients are coded with; `None` if none are coded.
    models: Option<Models>,
    /// What was chosen of the depth and why; empty if it was not chosen.
    reason: String,
}

impl<'a> PackPlan<'a> {
    /// Inspects the source.
    pub fn new(run: PackRun<'a>) -> Result<Self, PackSlideError> {
        let options = run.options;
        let parameters = TileParameters::choose(run)?;
        let (settings, subsampling) = (parameters.settings(options), parameters.subsampling());
        let TileParameters { kept_tiles, headers, tile_size, .. } = parameters;
        let size = run.source.info().size;
        let pyramid = Pyramid::new(size, tile_size).ok_or(PackSlideError::TooLarge(size))?;
        let coding = if options.mode == Mode::Luma {
            let wanted = match options.predicted {
                Predicted::Auto => Predicted::Levels(LUMA_LEVELS),
                wanted => wanted,
            };
            let residuals = residual_header(options.residual_quality)?;
            TileCoding::Luma { residuals, depth: PredictionDepth::new(&pyramid, wanted) }
        } else {
            let measure = options.measure;
            let wanted = if options.mode == Mode::Stored { Predicted::Levels(0) } else { options.predicted };
            let is_predicted = PredictionDepth::new(&pyramid, wanted).is_predicted(pyramid.max_level());
            let headers = if is_predicted { headers } else { headers.for_stored_tiles() };
            TileCoding::Coefficients(Box::new(CoefficientPlan { pyramid, measure, headers, kept_tiles }))
        };
        Ok(Self { run, pyramid, subsampling, settings, coding })
    }

    /// An encoder for one thread.
    pub fn encoder(&self) -> Result<Box<dyn TileEncoder + '_>, CodecError> {
        Ok(match &self.coding {
            TileCoding::Luma { depth, .. } => {
                Box::new(LumaEncoder::new(self.run.options, self.pyramid, *depth)?)
            }
            TileCoding::Coefficients(plan) => Box::new(CoefficientEncoder::new(plan)?),
        })
    }

    /// The level of the roots of the families by which the source is read.
    pub fn root_level(&self) -> u32 {
        let levels = self.pyramid.family_levels(self.pyramid.max_level());
        *levels.expect("full resolution is a level").start()
    }

    /// The families by which the source is read, row by row.
    pub fn families(&self) -> impl Iterator<Item = Family> + use<> {
        self.pyramid.families(self.pyramid.max_level())
    }

    /// Decides how the tiles in `spool` are predicted, and trains models on them. Runs on
    /// the threads of the current pool.
    pub fn predict(&self, spool: &Spool) -> Result<Prediction, PackSlideError> {
        let stored = PredictionDepth::new(&self.pyramid, Predicted::Levels(0));
        let (plan, wanted) = match &self.coding {
            TileCoding::Luma { depth, .. } => return Ok(Prediction::without_models(*depth)),
            TileCoding::Coefficients(_) if self.run.options.mode == Mode::Stored => {
                return Ok(Prediction::without_models(stored));
            }
            TileCoding::Coefficients(plan) => (plan, self.run.options.predicted),
        };
        let depth = PredictionDepth::new(&self.pyramid, wanted);
        if depth.predicted_levels() == 0 {
            return Ok(Prediction::without_models(depth));
        }
        let chooser = ModelChooser::new(self.run, SpooledTiles { plan, spool });
        let mut models = chooser.choose(depth)?;
        let mut prediction = Prediction { depth, models: None, reason: String::new() };
        if wanted == Predicted::Auto {
            let bytes = models.bytes + spool.level_bytes(0)?;
            let auto = AutoDepth::choose(&self.pyramid, bytes, |z| chooser.added_if_stored(&models, z))?;
            (prediction.depth, prediction.reason) = (auto.depth, auto.to_string());
            models.depth = auto.depth;
        }
        prediction.models = Some(models);
        Ok(prediction)
    }

    /// What makes the final tiles of those in `spool`.
    pub fn coders<'b>(&'b self, prediction: &'b Prediction, spool: &'b Spool) -> FamilyCoders<'b> {
        let coding = match (&self.coding, &prediction.models) {
            (TileCoding::Coefficients(plan), Some(models)) => {
                Some(Coding { tiles: SpooledTiles { plan, spool }, models })
            }
            _ => None,
        };
        FamilyCoders::new(self.pyramid, spool, coding)
    }

    /// What the metadata say of the encoding.
    pub fn settings(&self, prediction: &Prediction) -> EncodingSettings {
        EncodingSettings {
            depth: prediction.reason.clone(),
            models: prediction.models.as_ref().map_or_else(String::new, |models| models.reason.clone()),
            ..self.settings.clone()
        }
    }

    /// The specification of the pack for its writer.
    pub fn spec(&self, prediction: &Prediction) -> PackSpec {
        let chroma_level = match self.coding {
            TileCoding::Luma { depth, .. } => depth.finest_stored(),
            TileCoding::Coefficients(_) => None,
        };
        let levels = (0..self.pyramid.level_count()).map(|z| self.level_spec(z, prediction)).collect();
        let Self { pyramid, subsampling, .. } = *self;
        PackSpec { pyramid, subsampling, chroma_level, levels, tables: self.tables(prediction) }
    }

    fn tables(&self, prediction: &Prediction) -> Vec<TableSpec> {
        match &self.coding {
            TileCoding::Luma { depth, .. } if depth.predicted_levels() == 0 => Vec::new(),
            TileCoding::Luma { residuals, .. } => vec![TableSpec::Residuals(residuals.clone())],
            TileCoding::Coefficients(plan) => {
                let headers = plan.headers.distinct().into_iter();
                let headers = headers.map(|header| TableSpec::Tiles(Box::new(header.clone())));
                let models = prediction.models.iter().flat_map(|models| models.tables.iter().cloned());
                headers.chain(models).collect()
            }
        }
    }

    fn level_spec(&self, z: u32, prediction: &Prediction) -> LevelSpec {
        let parent = prediction.depth.parent(z);
        match &self.coding {
            TileCoding::Luma { .. } => LevelSpec {
                mode: if parent.is_some() { Mode::Luma } else { Mode::Stored },
                quality: self.settings.quality,
                parent,
                header: None,
                table: parent.map(|_| 0),
                second_model: None,
            },
            TileCoding::Coefficients(plan) => {
                let (headers, group) = (&plan.headers, LevelGroup::of(&self.pyramid, z));
                let models = prediction.models.as_ref().and_then(|models| models.of(z));
                let second = models.and_then(|models| models.second.as_ref());
                let models_begin = headers.distinct().len();
                LevelSpec {
                    mode: if parent.is_some() { Mode::Exact } else { Mode::Stored },
                    quality: headers.quality(group),
                    parent,
                    header: Some(headers.index(group) as u8),
                    table: models.map(|models| (models_begin + models.first.table) as u32),
                    second_model: second.map(|second| (models_begin + second.table) as u32),
                }
            }
        }
    }
}

impl Prediction {
    fn without_models(depth: PredictionDepth) -> Self {
        Self { depth, models: None, reason: String::new() }
    }
}
