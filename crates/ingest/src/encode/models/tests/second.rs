//! Tiles that are coded with the better of two models.

use crate::encode::coefficients::{
    CodedTile, Coding, CoefficientEncoder, CoefficientPlan, FamilyCoders, LevelHeaders, SpooledTiles,
};
use crate::encode::depth::PredictionDepth;
use crate::encode::models::candidate::ModelCandidate;
use crate::encode::models::sample::TrainingSample;
use crate::encode::models::training::train;
use crate::encode::models::{LevelModel, LevelModels, Models};
use crate::encode::{Content, TileEncoder, TilePixels};
use crate::options::Predicted;
use crate::spool::Spool;
use origami_codec::exact::TileCoder;
use origami_codec::{Coefficients, Colour};
use origami_pack::ModelChoice::{First, Second};
use origami_pack::TableSpec;
use origami_pyramid::{Point, Pyramid, Rgb, Size, Subsampling, TileId, mean};
use origami_quality::work::Stop;
use std::sync::atomic::AtomicBool;

const TILE: u32 = 64;

/// Columns of full resolution from this one on are smooth, the others are noise.
const SMOOTH: u32 = 4;

fn plan() -> CoefficientPlan<'static> {
    let pyramid = Pyramid::new(Size::square(8 * TILE), TILE).unwrap();
    let headers = LevelHeaders::of_quality(80, Subsampling::S420).unwrap();
    CoefficientPlan { pyramid, measure: false, headers, kept_tiles: None }
}

/// The slide's pixels at full resolution.
fn pixels(side: u32) -> Rgb {
    let mut out = Rgb::filled(side as usize, side as usize, [0; 3]);
    for y in 0..side {
        for (x, pixel) in (0..).zip(out.row_mut(y as usize).chunks_exact_mut(3)) {
            let noise = ((x * 7919) ^ (y * 104_729)).wrapping_mul(2_654_435_761) >> 26;
            let value = if x < SMOOTH * TILE { 80 + noise } else { 60 + (x * x / 300 + y) % 150 };
            pixel.copy_from_slice(&[value as u8, (value / 2 + 40) as u8, (250 - value) as u8]);
        }
    }
    out
}

/// All tiles of the slide, read.
fn spool(plan: &CoefficientPlan<'_>) -> Spool {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::new(&folder.path().join("made.origami"), plan.pyramid).unwrap();
    let mut encoder = CoefficientEncoder::new(plan).unwrap();
    let mut level = pixels(plan.pyramid.size().width);
    for z in (0..plan.pyramid.level_count()).rev() {
        let tiles: Vec<TilePixels<'_>> = plan
            .pyramid
            .tiles(z)
            .map(|id| TilePixels { id, pixels: &level, origin: Point::new(id.x * TILE, id.y * TILE) })
            .collect();
        encoder.encode(&tiles).unwrap().iter().for_each(|tile| spool.write(tile).unwrap());
        let mut halved = Rgb::filled(1, 1, [0; 3]);
        mean::halve(&level, &mut halved);
        level = halved;
    }
    spool
}

/// A model that is trained on these tiles.
fn model(tiles: SpooledTiles<'_>, fitted: Vec<TileId>, table: usize) -> LevelModel {
    let requested = AtomicBool::new(false);
    let sample = TrainingSample { fitted, counted: Vec::new(), is_mostly_light: false };
    let model = train(tiles, &Stop::new(&requested), &sample, Colour::Ycc).unwrap();
    let candidate = ModelCandidate { name: "made", table: TableSpec::Model(model) };
    let header = tiles.plan.header(tiles.plan.pyramid.max_level());
    LevelModel { table, level: candidate.level(header).unwrap() }
}

#[test]
fn each_tile_is_coded_with_the_model_that_takes_fewer_bytes() {
    let plan = plan();
    let spool = spool(&plan);
    let tiles = SpooledTiles { plan: &plan, spool: &spool };
    let finest = plan.pyramid.max_level();
    let (noise, smooth) = plan.pyramid.tiles(finest).partition(|id| id.x < SMOOTH);
    let models = Models {
        depth: PredictionDepth::new(&plan.pyramid, Predicted::Levels(1)),
        tables: Vec::new(),
        bytes: 0,
        reason: String::new(),
        pyramid: plan.pyramid,
        coarser: None,
        full_resolution: LevelModels { first: model(tiles, noise, 0), second: Some(model(tiles, smooth, 1)) },
    };
    let coders = FamilyCoders::new(plan.pyramid, &spool, Some(Coding { tiles, models: &models }));
    let families = plan.pyramid.families(finest);
    let coded: Vec<CodedTile> = families.flat_map(|family| coders.code(family).unwrap()).collect();
    let levels =
        [&models.full_resolution.first.level, &models.full_resolution.second.as_ref().unwrap().level];
    let mut coder = TileCoder::default();
    let mut chosen = [0, 0];
    for CodedTile { id, content, model } in coded.iter().filter(|tile| tile.id.z == finest) {
        let Content::Blob(bytes, _) = content else { panic!("{id} has no bytes") };
        let example = tiles.example(*id).unwrap();
        let sizes = levels.map(|level| {
            let mut out = Vec::new();
            coder.encode(level, &example.parent, example.origin, &example.tile, &mut out).unwrap();
            out.len()
        });
        assert_eq!((bytes.len(), *model == Second), (sizes[0].min(sizes[1]), sizes[1] < sizes[0]), "{id}");
        let mut decoded = Coefficients::zeros(*example.tile.frame());
        let level = levels[usize::from(*model == Second)];
        coder.decode(level, &example.parent, example.origin, bytes, &mut decoded).unwrap();
        assert!(decoded == example.tile, "{id}");
        chosen[usize::from(*model == Second)] += 1;
    }
    assert!(chosen.iter().all(|&count| count >= 16), "{chosen:?} of 64 tiles");
    // The stored levels are as they were read.
    for CodedTile { id, content, model } in coded.iter().filter(|tile| tile.id.z < finest) {
        assert_eq!((content, *model), (&spool.read(*id).unwrap(), First), "{id}");
    }
}
