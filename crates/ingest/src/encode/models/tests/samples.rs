//! Samples of slides whose tiles are made up.

use crate::encode::coefficients::{CoefficientPlan, LevelHeaders, SpooledTiles};
use crate::encode::models::draw::{Candidate, Candidates, Drawn, Totals};
use crate::encode::models::sample::{TrainingSample, compared};
use crate::encode::{Content, EncodedTile};
use crate::spool::Spool;
use origami_pack::Identity;
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
use std::collections::HashSet;

/// Blocks of a tile of 64 px.
const BLOCKS: u64 = 96;

/// A plan for square slides of 64 times `side` px, whose finest level has that many tiles
/// across and down.
fn plan(side: u32) -> CoefficientPlan<'static> {
    let pyramid = Pyramid::new(Size::square(64 * side), 64).unwrap();
    let headers = LevelHeaders::of_quality(80, Subsampling::S420).unwrap();
    CoefficientPlan { pyramid, measure: false, headers, kept_tiles: None }
}

/// A spool of tiles of this weight, and of one of each kind that is not coded at the
/// beginning of each row.
fn spool(plan: &CoefficientPlan<'_>, weight: impl Fn(TileId) -> u32) -> Spool {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::new(&folder.path().join("made.origami"), plan.pyramid).unwrap();
    for id in (0..plan.pyramid.level_count()).flat_map(|z| plan.pyramid.tiles(z)) {
        let weight = weight(id);
        let content = match id.x {
            0 => Content::Constant([3, 0, 0]),
            1 => Content::Blob(vec![1; 900], Identity::Verbatim),
            2 => Content::Blob(vec![1; weight as usize], Identity::Coefficients),
            _ => Content::Blob(vec![1; weight as usize], Identity::Bytes),
        };
        spool.write(&EncodedTile { id, content, weight, jpeg_bytes: 0, measured: None }).unwrap();
    }
    spool
}

/// Columns from this one on are light.
const GLASS: u32 = 48;

fn weight(id: TileId) -> u32 {
    if id.x < GLASS { 950 + (id.x * 7 + id.y * 13) % 100 } else { 90 + (id.x * 5 + id.y) % 20 }
}

fn is_glass(id: &TileId) -> bool {
    id.x >= GLASS
}

fn of_finest<'a>(plan: &'a CoefficientPlan<'a>, spool: &'a Spool) -> Candidates<'a> {
    let finest = plan.pyramid.max_level();
    Candidates::new(SpooledTiles { plan, spool }, finest..=finest).unwrap()
}

#[test]
fn tiles_that_are_not_coded_are_no_candidates() {
    let plan = plan(64);
    let spool = spool(&plan, weight);
    let candidates = of_finest(&plan, &spool);
    let mut visited = Vec::new();
    candidates.visit(|candidate| visited.push(candidate)).unwrap();
    let ids = plan.pyramid.tiles(plan.pyramid.max_level()).filter(|id| id.x >= 2);
    let expected: Vec<Candidate> = ids
        .map(|id| {
            let weight = weight(id).into();
            Candidate { id, weight, blocks: BLOCKS, stored: weight }
        })
        .collect();
    assert_eq!(visited, expected);
    let weight = expected.iter().map(|candidate| candidate.weight).sum();
    assert_eq!(candidates.totals, Totals { tiles: 62 * 64, weight, blocks: 62 * 64 * BLOCKS });
}

#[test]
fn the_tiles_of_all_levels_are_on_one_line() {
    let plan = plan(64);
    let spool = spool(&plan, |_| 100);
    let finest = plan.pyramid.max_level();
    let candidates = Candidates::new(SpooledTiles { plan: &plan, spool: &spool }, 1..=finest).unwrap();
    let drawn = candidates.draw(100, |candidate| candidate.weight).unwrap();
    // A level has about a quarter of the tiles of the next.
    let of_level = |z| drawn.iter().filter(|drawn| drawn.candidate.id.z == z).count();
    let counts = [0, 1, 2].map(|below| of_level(finest - below));
    assert!((74..80).contains(&counts[0]) && (16..21).contains(&counts[1]) && counts[2] > 2, "{counts:?}");
    assert_eq!(drawn.len(), 100);
}

#[test]
fn tiles_are_drawn_in_proportion_to_their_weight() {
    let plan = plan(64);
    let spool = spool(&plan, weight);
    let candidates = of_finest(&plan, &spool);
    let drawn = candidates.draw(1000, |candidate| candidate.weight).unwrap();
    let glass = drawn.iter().filter(|drawn| is_glass(&drawn.candidate.id)).count();
    let glass_weight: u64 = (0..64)
        .flat_map(|y| (GLASS..64).map(move |x| (x, y)))
        .map(|(x, y)| u64::from(weight(TileId { z: plan.pyramid.max_level(), x, y })))
        .sum();
    let expected = 1000.0 * glass_weight as f64 / candidates.totals.weight as f64;
    assert!((glass as f64 - expected).abs() < 3.0, "{glass} of glass, where {expected:.1} were expected");
    assert!((990..=1000).contains(&drawn.len()), "{}", drawn.len());
    // They come from everywhere.
    let rows: HashSet<u32> = drawn.iter().map(|drawn| drawn.candidate.id.y).collect();
    assert_eq!(rows.len(), 64);
    assert_eq!(candidates.draw(1000, |candidate| candidate.weight).unwrap(), drawn, "the same every time");
    assert_eq!(candidates.draw(1000, |_| 0).unwrap(), [], "nothing has a length");
    assert_eq!(candidates.draw(0, |_| 1).unwrap(), [], "there are no marks");
}

#[test]
fn both_parts_of_a_training_sample_together_are_representative() {
    let plan = plan(64);
    let spool = spool(&plan, weight);
    let candidates = of_finest(&plan, &spool);
    let sample = TrainingSample::new(&candidates).unwrap();
    // Of 96 blocks each.
    assert!((1900..=2048).contains(&sample.fitted.len()), "{}", sample.fitted.len());
    let glass_fitted = sample.fitted.iter().filter(|id| is_glass(id)).count();
    assert!(glass_fitted < 100, "{glass_fitted} light tiles are fitted");
    assert!(sample.counted.iter().all(is_glass), "heavy tiles are in the other part");
    let (glass, tissue) = (16 * 64, 46 * 64);
    let of_glass = (glass_fitted + sample.counted.len()) as f64 / f64::from(glass);
    let of_tissue = (sample.fitted.len() - glass_fitted) as f64 / f64::from(tissue);
    assert!((of_glass / of_tissue - 1.0).abs() < 0.02, "{of_glass:.3} of glass, {of_tissue:.3} of tissue");
    let all: HashSet<&TileId> = sample.fitted.iter().chain(&sample.counted).collect();
    assert_eq!(all.len(), sample.fitted.len() + sample.counted.len(), "no tile is counted twice");
    assert!(!sample.is_mostly_light);
}

#[test]
fn a_slide_of_glass_with_little_tissue_is_mostly_light() {
    let plan = plan(64);
    let spool = spool(&plan, |id| if id.x < 8 { 1000 } else { 10 });
    let sample = TrainingSample::new(&of_finest(&plan, &spool)).unwrap();
    assert!(sample.is_mostly_light);
    // Limited in blocks, so more of these tiles of 64 px than of those of 256 px.
    assert!((769..=16 * 768).contains(&sample.counted.len()), "{}", sample.counted.len());
    let uniform = TrainingSample::uniform(&of_finest(&plan, &spool)).unwrap();
    let tissue = uniform.fitted.iter().filter(|id| id.x < 8).count() as f64 / uniform.fitted.len() as f64;
    assert!((tissue - 6.0 / 62.0).abs() < 0.02, "{tissue:.3} of the tiles are tissue");
}

#[test]
fn a_small_slide_is_trained_on_and_compared_as_a_whole() {
    let plan = plan(12);
    let spool = spool(&plan, weight);
    let candidates = of_finest(&plan, &spool);
    let sample = TrainingSample::new(&candidates).unwrap();
    let expected: Vec<TileId> = plan.pyramid.tiles(plan.pyramid.max_level()).filter(|id| id.x >= 2).collect();
    assert_eq!((sample.fitted, sample.counted), (expected.clone(), Vec::new()));
    let compared = compared(&candidates).unwrap();
    assert!(compared.iter().map(|drawn| drawn.candidate.id).eq(expected));
    assert!(compared.iter().all(|drawn| drawn.stands_for == 1.0));
}

#[test]
fn a_level_without_coded_tiles_has_nothing_to_train_on() {
    let plan = plan(2);
    let spool = spool(&plan, weight);
    let sample = TrainingSample::new(&of_finest(&plan, &spool)).unwrap();
    assert!(sample.fitted.is_empty() && sample.counted.is_empty() && !sample.is_mostly_light);
    assert_eq!(compared(&of_finest(&plan, &spool)).unwrap(), []);
}

#[test]
fn sums_over_all_tiles_are_estimated_by_those_that_are_compared() {
    let plan = plan(80);
    let spool = spool(&plan, weight);
    let candidates = of_finest(&plan, &spool);
    let compared = compared(&candidates).unwrap();
    assert!(compared.len() <= 4096 && compared.len() > 3000, "{}", compared.len());
    let estimate = |value: fn(&Drawn) -> f64| -> f64 {
        compared.iter().map(|drawn| drawn.stands_for * value(drawn)).sum()
    };
    let Totals { tiles, weight, .. } = candidates.totals;
    let weight_ratio = estimate(|drawn| drawn.candidate.weight as f64) / weight as f64;
    assert!((weight_ratio - 1.0).abs() < 0.02, "{weight_ratio:.3} of the weight");
    let tile_ratio = estimate(|_| 1.0) / tiles as f64;
    assert!((tile_ratio - 1.0).abs() < 0.05, "{tile_ratio:.3} of the tiles");
}
