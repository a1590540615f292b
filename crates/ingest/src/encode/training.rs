//! The models of a pack, trained on a sample of its families.

use super::FamilyPixels;
use super::coefficients::{CoefficientEncoder, CoefficientPlan, CoefficientTile, TrainedModel};
use crate::pipeline::PackRun;
use crate::{PackEvent, PackSlideError};
use origami_codec::PaddedPlanes;
use origami_codec::exact::{self, BuiltIn, Model, Sample, TileCoder};
use origami_pack::TableSpec;
use origami_pyramid::{Family, TileId};
use origami_quality::sample_rank;
use rayon::prelude::*;
use std::sync::Arc;

/// Families looked at before some are chosen.
const CANDIDATES: usize = 64;
/// Most blocks of full resolution to train on: 128 tiles of 256 px in 4:2:0.
const BLOCKS: usize = 128 * 1536;

/// Bytes that a built-in model takes in a pack: its number.
const BUILT_IN_BYTES: usize = size_of::<u32>();

/// What the tiles under a tile are predicted from, for all of them.
type SharedPlanes = Arc<PaddedPlanes<Vec<u8>>>;

/// A tile to learn from, and what it is predicted from.
struct Example {
    tile: CoefficientTile,
    parent: SharedPlanes,
}

/// What there is to learn of a family.
struct TrainingFamily {
    /// Tiles of the coarser predicted levels, and those of full resolution.
    examples: [Vec<Example>; 2],
    /// Coefficients of full resolution that are not 0: what there is to learn.
    weight: u64,
    blocks: usize,
}

/// The models of [`CoefficientPlan::models`]: trained on families drawn by how much
/// there is to code in them, or the built-in ones where that takes fewer bytes.
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
    (run.progress)(PackEvent::Training(families.len() as u64));
    let mut candidates = families
        .into_par_iter()
        .map(|family| {
            run.stop.check()?;
            let candidate = candidate(run, plan, family)?;
            (run.progress)(PackEvent::Trained);
            Ok(candidate)
        })
        .collect::<Result<Vec<_>, PackSlideError>>()?;
    let seen = candidates.len();
    draw(&mut candidates);
    let share = total as f64 / seen as f64;
    // Only full resolution is predicted if one level is.
    let first = usize::from(plan.depth.predicted() == 1);
    (first..2).into_par_iter().map(|levels| model(&candidates, levels, share, plan)).collect()
}

/// Reads a family and makes everything training looks at.
fn candidate(
    run: PackRun<'_>,
    plan: &CoefficientPlan<'_>,
    family: Family,
) -> Result<TrainingFamily, PackSlideError> {
    let mut pixels = FamilyPixels::default();
    pixels.read(run.source, &plan.pyramid, family)?;
    let mut encoder = CoefficientEncoder::new(plan)?;
    let mut examples: [Vec<Example>; 2] = Default::default();
    pixels.visit(&plan.pyramid, plan.depth, family, None, |pixels, parent: Option<&SharedPlanes>| {
        let tile = encoder.coefficients(pixels);
        let planes = plan.depth.is_parent(tile.id.z).then(|| Arc::new(plan.planes(&tile.coefficients)));
        if let Some(parent) = parent {
            let finest = tile.id.z == plan.pyramid.max_level();
            examples[usize::from(finest)].push(Example { tile, parent: Arc::clone(parent) });
        }
        Ok(planes)
    })?;
    let blocks = || examples[1].iter().flat_map(|example| example.tile.coefficients.blocks());
    let weight = blocks().map(|block| block.0.iter().filter(|&&value| value != 0).count() as u64).sum();
    let blocks = blocks().count();
    Ok(TrainingFamily { examples, weight, blocks })
}

/// Leaves candidates drawn with a chance that grows with their weight, until
/// there are enough blocks: evenly spaced marks on the line of all weights.
fn draw(candidates: &mut Vec<TrainingFamily>) {
    let blocks: usize = candidates.iter().map(|candidate| candidate.blocks).sum();
    if blocks <= BLOCKS {
        return;
    }
    let marks = (BLOCKS * candidates.len()).div_ceil(blocks) as u64;
    let total = candidates.iter().map(|candidate| candidate.weight).sum::<u64>().max(1);
    let mut passed = 0;
    candidates.retain(|candidate| {
        let before = passed * marks / total;
        passed += candidate.weight;
        passed * marks / total > before
    });
}

/// The model of the coarser predicted levels (`levels` 0) or of full resolution
/// (1). `share` is how many times more there is to code in the whole slide than in
/// what the candidates were drawn from.
fn model(
    candidates: &[TrainingFamily],
    levels: usize,
    share: f64,
    plan: &CoefficientPlan<'_>,
) -> Result<TrainedModel, PackSlideError> {
    let header = &plan.header;
    let tables = header.quantisation();
    let samples: Vec<Sample<'_>> = candidates
        .iter()
        .flat_map(|candidate| &candidate.examples[levels])
        // Kept verbatim, tiles are not coded, and may be of another subsampling.
        .filter(|example| !example.tile.is_verbatim())
        .map(|Example { tile, parent }| Sample {
            tile: &tile.coefficients,
            parent: parent.view(),
            origin: plan.window(tile.id),
            quantisation: tables,
        })
        .collect();
    let planes = header.planes();
    let coded = |model: &Model| -> Result<(u64, exact::Level), PackSlideError> {
        let level = exact::Level::new(model.clone(), tables, planes)?;
        let (mut coder, mut out) = (TileCoder::default(), Vec::new());
        let mut bytes = 0;
        for sample in &samples {
            out.clear();
            coder.encode(&level, &sample.parent, sample.origin, sample.tile, &mut out)?;
            bytes += out.len() as u64;
        }
        Ok((bytes, level))
    };
    let built_in = BuiltIn::of(header.colour());
    let (built_in_bytes, built_in_level) = coded(&built_in.model(planes))?;
    let trained = exact::train(&samples, header.colour());
    let (trained_bytes, trained_level) = coded(&trained)?;
    let saved = (built_in_bytes as f64 - trained_bytes as f64) * share;
    let costs = trained.to_bytes().len() as f64 - BUILT_IN_BYTES as f64;
    Ok(if saved > costs {
        TrainedModel { table: TableSpec::Model(trained), level: trained_level }
    } else {
        TrainedModel { table: TableSpec::BuiltIn(built_in), level: built_in_level }
    })
}
