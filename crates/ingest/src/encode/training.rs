//! The models of a pack, trained on a sample of its families.

use super::coefficient_plan::CoefficientPlan;
use super::coefficients::{CoefficientEncoder, Planes, Tile, parent};
use crate::source::Source;
use crate::{Event, Options, PackSlideError};
use origami_codec::exact::{self, Model, Sample, TileCoder};
use origami_pyramid::{Family, Pyramid, Rgb, TileId};
use origami_quality::sample_rank;
use origami_quality::work::Stop;
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
    source: &dyn Source,
    pyramid: Pyramid,
    options: &Options,
    plan: &CoefficientPlan<'_>,
    stop: &Stop<'_>,
    progress: &(dyn Fn(Event) + Sync),
) -> Result<[(Model, exact::Level); 2], PackSlideError> {
    let mut families: Vec<Family> = pyramid.families().collect();
    let total = families.len();
    families
        .sort_by_key(|family| (sample_rank(TileId { z: 0, x: family.x, y: family.y }), family.y, family.x));
    families.truncate(CANDIDATES);
    progress(Event::Training { families: families.len() as u64 });
    let mut candidates = families
        .into_par_iter()
        .map(|family| {
            stop.check()?;
            let candidate = candidate(source, pyramid, options, plan, family)?;
            progress(Event::Trained);
            Ok(candidate)
        })
        .collect::<Result<Vec<_>, PackSlideError>>()?;
    let seen = candidates.len();
    draw(&mut candidates);
    let share = total as f64 / seen as f64;
    let models = [0, 1].into_par_iter().map(|level| model(&candidates, level, share, pyramid, options, plan));
    let mut models = models.collect::<Result<Vec<_>, PackSlideError>>()?.into_iter();
    Ok([0; 2].map(|_| models.next().expect("two models")))
}

/// Reads a family and makes everything training looks at.
fn candidate(
    source: &dyn Source,
    pyramid: Pyramid,
    options: &Options,
    plan: &CoefficientPlan<'_>,
    family: Family,
) -> Result<Candidate, PackSlideError> {
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    source.read(pyramid.family_rect(family, 0).expect("a family of this pyramid"), &mut pixels)?;
    let mut encoder = CoefficientEncoder::new(options, pyramid, plan)?;
    let ([roots, middle, fine], _) = encoder.coefficients(family, &pixels)?;
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
    pyramid: Pyramid,
    options: &Options,
    plan: &CoefficientPlan<'_>,
) -> Result<(Model, exact::Level), PackSlideError> {
    let encoder = CoefficientEncoder::new(options, pyramid, plan)?;
    let samples: Vec<Sample<'_>> = candidates
        .iter()
        .flat_map(|candidate| candidate.tiles[level].iter().map(move |tile| (tile, candidate)))
        // Kept verbatim, tiles are not coded, and may be of another subsampling.
        .filter(|(tile, _)| !tile.is_verbatim())
        .map(|(tile, candidate)| Sample {
            tile: &tile.coefficients,
            parent: parent(&candidate.parents[level], tile.id).view(),
            origin: encoder.window(tile.id),
        })
        .collect();
    let header = &plan.header;
    let tables = header.quantisation();
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
    let (built_in, trained) = (
        coded(exact::generic(planes, header.colour(), header.subsampling()))?,
        coded(exact::train(&samples, tables, header.colour()))?,
    );
    let saved = (built_in.0 as f64 - trained.0 as f64) * share;
    let (_, model, level) = if saved > trained.1.to_bytes().len() as f64 { trained } else { built_in };
    Ok((model, level))
}
