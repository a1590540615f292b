//! The models of a pack, trained on a sample of its families.

use super::coefficients::{CoefficientEncoder, CoefficientPlan, Planes, Tile};
use super::parent;
use crate::pipeline::Run;
use crate::{Event, PackSlideError};
use origami_codec::exact::{self, Model, Sample, TileCoder};
use origami_pyramid::{Family, Rgb, TileId};
use origami_quality::sample_rank;
use rayon::prelude::*;

/// Families looked at before some are chosen.
const CANDIDATES: usize = 64;
/// Most blocks of full resolution to train on: 128 tiles of 256 px in 4:2:0.
const BLOCKS: usize = 128 * 1536;

/// A family's coefficients and the planes they are predicted from.
struct Candidate {
    /// L1 and L0.
    tiles: [Vec<Tile>; 2],
    /// The root, and L1.
    parents: [Vec<(TileId, Planes)>; 2],
    /// Coefficients of L0 that are not 0: what there is to learn.
    weight: u64,
    blocks: usize,
}

/// Models for L1 and L0: trained on families drawn by how much there is to
/// code in them, or the built-in ones where that takes fewer bytes.
pub(super) fn models(
    run: Run<'_>,
    plan: &CoefficientPlan<'_>,
) -> Result<[(Model, exact::Level); 2], PackSlideError> {
    let mut families: Vec<Family> = plan.pyramid.families().collect();
    let total = families.len();
    families
        .sort_by_key(|family| (sample_rank(TileId { z: 0, x: family.x, y: family.y }), family.y, family.x));
    families.truncate(CANDIDATES);
    (run.progress)(Event::Training(families.len() as u64));
    let mut candidates = families
        .into_par_iter()
        .map(|family| {
            run.stop.check()?;
            let candidate = candidate(run, plan, family)?;
            (run.progress)(Event::Trained);
            Ok(candidate)
        })
        .collect::<Result<Vec<_>, PackSlideError>>()?;
    let seen = candidates.len();
    draw(&mut candidates);
    let share = total as f64 / seen as f64;
    let model = |level| model(&candidates, level, share, plan);
    let (l1, l0) = rayon::join(|| model(0), || model(1));
    Ok([l1?, l0?])
}

/// Reads a family and makes everything training looks at.
fn candidate(run: Run<'_>, plan: &CoefficientPlan<'_>, family: Family) -> Result<Candidate, PackSlideError> {
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    run.source.read(plan.pyramid.family_rect(family, 0).expect("a family of this pyramid"), &mut pixels)?;
    let mut encoder = CoefficientEncoder::new(plan)?;
    let ([roots, middle, fine], _) = encoder.coefficients(family, &pixels);
    let planes =
        |tiles: &[Tile]| tiles.iter().map(|tile| (tile.id, encoder.planes(&tile.coefficients))).collect();
    let blocks = || fine.iter().flat_map(|tile| tile.coefficients.blocks());
    let weight = blocks().map(|block| block.0.iter().filter(|&&value| value != 0).count() as u64).sum();
    let blocks = blocks().count();
    let parents = [planes(&roots), planes(&middle)];
    Ok(Candidate { tiles: [middle, fine], parents, weight, blocks })
}

/// Leaves candidates drawn with a chance that grows with their weight, until
/// there are enough blocks: evenly spaced marks on the line of all weights.
fn draw(candidates: &mut Vec<Candidate>) {
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

/// The model of L1 (`level` 0) or L0 (1). `share` is how many times more there
/// is to code in the whole slide than in what the candidates were drawn from.
fn model(
    candidates: &[Candidate],
    level: usize,
    share: f64,
    plan: &CoefficientPlan<'_>,
) -> Result<(Model, exact::Level), PackSlideError> {
    let encoder = CoefficientEncoder::new(plan)?;
    let header = &plan.header;
    let tables = header.quantisation();
    let samples: Vec<Sample<'_>> = candidates
        .iter()
        .flat_map(|candidate| candidate.tiles[level].iter().map(move |tile| (tile, candidate)))
        // Kept verbatim, tiles are not coded, and may be of another subsampling.
        .filter(|(tile, _)| !tile.is_verbatim())
        .map(|(tile, candidate)| Sample {
            tile: &tile.coefficients,
            parent: parent(&candidate.parents[level], tile.id).view(),
            origin: encoder.window(tile.id),
            quantisation: tables,
        })
        .collect();
    let planes = header.frame(8, 8).map_or(0, |frame| frame.planes());
    let coded = |model: Model| -> Result<(u64, Model, exact::Level), PackSlideError> {
        let level = exact::Level::new(model.clone(), tables, planes)?;
        let (mut coder, mut out) = (TileCoder::default(), Vec::new());
        let mut bytes = 0;
        for sample in &samples {
            out.clear();
            coder.encode(&level, &sample.parent, sample.origin, sample.tile, &mut out)?;
            bytes += out.len() as u64;
        }
        Ok((bytes, model, level))
    };
    let (built_in, trained) =
        (coded(exact::generic(planes, header.colour()))?, coded(exact::train(&samples, header.colour()))?);
    let saved = (built_in.0 as f64 - trained.0 as f64) * share;
    let (_, model, level) = if saved > trained.1.to_bytes().len() as f64 { trained } else { built_in };
    Ok((model, level))
}
