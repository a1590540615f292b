//! Trains the models of a pack on a sample of its families.

use super::FamilyPixels;
use super::coefficients::{
    CoefficientEncoder, CoefficientPlan, CoefficientTile, LevelGroup, TileForm, TrainedModel,
};
use crate::pipeline::PackRun;
use crate::{PackEvent, PackSlideError};
use origami_codec::exact::{self, BuiltIn, Model, Sample, TileCoder};
use origami_codec::{CodecError, PaddedPlanes, TileHeader};
use origami_pack::TableSpec;
use origami_pyramid::{Family, TileId};
use origami_quality::sample_rank;
use rayon::prelude::*;
use std::sync::Arc;

/// Number of families that are read before some are drawn.
const CANDIDATES: usize = 64;
/// Number of blocks of full resolution that are enough to train on: 128 tiles of
/// 256 px in 4:2:0.
const MAX_BLOCKS: usize = 128 * 1536;

/// Bytes that a built-in model takes in a pack: its number.
const BUILT_IN_BYTES: usize = size_of::<u32>();

/// The planes of a tile, shared by the examples that are predicted from it.
type SharedPlanes = Arc<PaddedPlanes<Vec<u8>>>;

/// A predicted tile to train on, and the planes of its parent.
struct Example {
    tile: CoefficientTile,
    parent: SharedPlanes,
}

/// A family's training data.
#[derive(Default)]
struct TrainingFamily {
    /// Tiles of the coarser predicted levels.
    coarser: Vec<Example>,
    /// Tiles of full resolution.
    full_resolution: Vec<Example>,
    /// Number of blocks of full resolution.
    blocks: usize,
    /// Number of coefficients of full resolution that are not 0: a measure of how
    /// much there is to code.
    weight: u64,
}

impl TrainingFamily {
    /// Reads a family and makes its examples.
    fn read(run: PackRun<'_>, plan: &CoefficientPlan<'_>, family: Family) -> Result<Self, PackSlideError> {
        let mut pixels = FamilyPixels::default();
        pixels.read(run.source, &plan.pyramid, family)?;
        let mut encoder = CoefficientEncoder::new(plan)?;
        let mut training = Self::default();
        pixels.visit(&plan.pyramid, plan.depth, family, None, |pixels, parent: Option<&SharedPlanes>| {
            let tile = encoder.coefficients(pixels);
            let planes =
                plan.depth.is_parent(tile.id.z).then(|| Arc::new(plan.planes(tile.id.z, &tile.coefficients)));
            if let Some(parent) = parent {
                let examples = match plan.group(tile.id.z) {
                    LevelGroup::Coarser => &mut training.coarser,
                    LevelGroup::FullResolution => &mut training.full_resolution,
                };
                examples.push(Example { tile, parent: Arc::clone(parent) });
            }
            Ok(planes)
        })?;
        for block in training.full_resolution.iter().flat_map(|example| example.tile.coefficients.blocks()) {
            training.blocks += 1;
            training.weight += block.0.iter().filter(|&&value| value != 0).count() as u64;
        }
        Ok(training)
    }

    fn examples(&self, levels: LevelGroup) -> &[Example] {
        match levels {
            LevelGroup::Coarser => &self.coarser,
            LevelGroup::FullResolution => &self.full_resolution,
        }
    }
}

/// The models of [`CoefficientPlan::models`]: trained on families drawn by how much
/// there is to code in them, or built-in ones where these take fewer bytes in all.
pub(super) fn models(
    run: PackRun<'_>,
    plan: &CoefficientPlan<'_>,
) -> Result<Vec<TrainedModel>, PackSlideError> {
    let mut families: Vec<Family> = plan.pyramid.families(plan.pyramid.max_level()).collect();
    let total = families.len();
    families.sort_by_key(|family| {
        let TileId { x, y, .. } = family.root;
        (sample_rank(TileId { z: 0, x, y }), y, x)
    });
    families.truncate(CANDIDATES);
    let read = families.len();
    (run.progress)(PackEvent::Training(read as u64));
    let candidates = families
        .into_par_iter()
        .map(|family| {
            run.stop.check()?;
            let candidate = TrainingFamily::read(run, plan, family)?;
            (run.progress)(PackEvent::Trained);
            Ok(candidate)
        })
        .collect::<Result<Vec<_>, PackSlideError>>()?;
    let training = TrainingSet { families: draw(candidates), plan, share: total as f64 / read as f64 };
    let levels: &[LevelGroup] = match plan.depth.predicted_levels() {
        1 => &[LevelGroup::FullResolution],
        _ => &[LevelGroup::Coarser, LevelGroup::FullResolution],
    };
    levels.par_iter().map(|&levels| training.model(levels)).collect()
}

/// Draws candidates with a probability that grows with their weight, until there are
/// enough blocks: marks are spaced evenly on the line of all weights, and candidates
/// whose part of the line has a mark are drawn.
fn draw(mut candidates: Vec<TrainingFamily>) -> Vec<TrainingFamily> {
    let blocks: usize = candidates.iter().map(|candidate| candidate.blocks).sum();
    if blocks <= MAX_BLOCKS {
        return candidates;
    }
    let marks = (MAX_BLOCKS * candidates.len()).div_ceil(blocks) as u64;
    let total = candidates.iter().map(|candidate| candidate.weight).sum::<u64>().max(1);
    let mut passed = 0;
    candidates.retain(|candidate| {
        let before = passed * marks / total;
        passed += candidate.weight;
        passed * marks / total > before
    });
    candidates
}

/// The families that models are trained on.
struct TrainingSet<'a> {
    families: Vec<TrainingFamily>,
    plan: &'a CoefficientPlan<'a>,
    /// How many times more families the slide has than candidates were read.
    share: f64,
}

impl TrainingSet<'_> {
    /// The model of these levels.
    fn model(&self, levels: LevelGroup) -> Result<TrainedModel, PackSlideError> {
        let header = self.plan.headers.header(levels);
        let samples = self.samples(levels);
        let built_in = BuiltIn::of(header.colour());
        let built_in_size = coded_size(built_in.model(header.planes()), &samples, header)?;
        let trained = exact::train(&samples, header.colour());
        let trained_size = coded_size(trained.clone(), &samples, header)?;
        let saved = (built_in_size.bytes as f64 - trained_size.bytes as f64) * self.share;
        let cost = trained.to_bytes().len() as f64 - BUILT_IN_BYTES as f64;
        Ok(if saved > cost {
            TrainedModel { table: TableSpec::Model(trained), level: trained_size.level }
        } else {
            TrainedModel { table: TableSpec::BuiltIn(built_in), level: built_in_size.level }
        })
    }

    /// The examples of these levels. Tiles stored verbatim are left out: they are not
    /// coded, and may have another subsampling.
    fn samples(&self, levels: LevelGroup) -> Vec<Sample<'_>> {
        let examples = self.families.iter().flat_map(|family| family.examples(levels));
        examples
            .filter(|example| !matches!(example.tile.form, TileForm::Verbatim(_)))
            .map(|Example { tile, parent }| Sample {
                tile: &tile.coefficients,
                parent: parent.view(),
                origin: self.plan.origin_in_parent(tile.id),
                quantisation: self.plan.headers.header(levels).quantisation(),
            })
            .collect()
    }
}

/// The size of a sample coded with a model, and the model's tables.
struct CodedSize {
    bytes: u64,
    level: exact::Level,
}

fn coded_size(model: Model, samples: &[Sample<'_>], header: &TileHeader) -> Result<CodedSize, CodecError> {
    let level = exact::Level::new(model, header.quantisation(), header.planes())?;
    let (mut coder, mut out) = (TileCoder::default(), Vec::new());
    let mut bytes = 0;
    for sample in samples {
        out.clear();
        coder.encode(&level, &sample.parent, sample.origin, sample.tile, &mut out)?;
        bytes += out.len() as u64;
    }
    Ok(CodedSize { bytes, level })
}
