//! Packs in which any number of levels is predicted: every way to a tile gives
//! the same bytes.

use crate::common::coefficients::CoefficientPlan;
use crate::common::forge::Parts;
use crate::common::slow::expected;
use crate::common::{Plan, QUALITY, Via, all_tiles, encode};
use crate::families::check_families;
use origami_codec::exact::BuiltIn;
use origami_codec::{Colour, TileHeader, dct};
use origami_pack::{LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter, TableSpec, Unpublished};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
use origami_render::{Families, Models, ParentCache, Pools, Rebuilder, Uncached, decode};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Numbers of levels to predict; the last stands for all but level 0.
const DEPTHS: [u32; 5] = [0, 1, 2, 3, u32::MAX];

const SUBSAMPLINGS: [Subsampling; 4] =
    [Subsampling::S420, Subsampling::S422, Subsampling::S444, Subsampling::Gray];

/// Sizes of slides with families that are cut, and with few levels.
const SIZES: [(u32, u32); 5] = [(131, 67), (17, 1), (3, 3), (2, 1), (1, 1)];

fn opened(write: impl FnOnce(&Path) -> PathBuf) -> (tempfile::TempDir, Pack) {
    let folder = tempfile::tempdir().unwrap();
    let pack = Via::Map.open(&write(&folder.path().join("plan.origami"))).unwrap();
    (folder, pack)
}

fn is_deep(pack: &Pack, levels: u32) -> bool {
    let top = pack.pyramid().max_level();
    let stored = top - levels.min(top);
    (0..).zip(pack.levels()).all(|(z, level)| level.is_predicted() == (z > stored))
}

/// Fails unless every tile of `pack` is the JPEG that `jpeg` says, alone and
/// with others, whoever keeps parents.
fn check(pack: &Pack, jpeg: impl Fn(TileId) -> Vec<u8>) {
    let pools = Pools::new(128 << 20);
    let cache = ParentCache::new(64 << 20, Arc::clone(&pools));
    let parents = cache.of(pack);
    let families = Families::new(Arc::clone(&pools), Models::new(8 << 20));
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    for z in 0..=pack.pyramid().max_level() {
        let grid = pack.pyramid().grid(z).unwrap();
        for y in 0..grid.rows {
            let row = families.row(pack, z, y, 0..=grid.columns - 1, &Uncached).unwrap();
            assert_eq!(row.len(), grid.columns as usize);
            for (id, tile) in row {
                let expected = jpeg(id);
                assert!(*tile == *expected, "{id} in its row");
                assert!(*rebuilder.tile(pack, id, &Uncached).unwrap() == *expected, "{id}");
                let kept = rebuilder.tile(pack, id, &parents).unwrap();
                assert!(*kept == *expected, "{id} with parents that are kept");
            }
        }
    }
    let stats = cache.stats();
    assert_eq!(stats.decodes + stats.left, stats.entries, "each parent is made once");
    check_families(pack);
    assert!(decode(pack, |_| {}).is_empty());
}

/// What a tile of a luma pack has to be served as, from the slow kernels.
fn slow_jpeg(pack: &Pack, id: TileId) -> Vec<u8> {
    let entry = pack.entry(id).unwrap();
    match pack.stored_len(id, entry) {
        Some(_) => pack.blob(entry).unwrap().expect("a stored tile"),
        None => encode(&mut expected(pack, id), QUALITY),
    }
}

#[test]
fn luma_packs_of_every_depth_are_what_the_slow_reconstruction_encodes_to() {
    for depth in DEPTHS {
        for subsampling in SUBSAMPLINGS {
            let plan = Plan { subsampling, ..Plan::luma(131, 67) }.predicting(depth);
            let (_folder, pack) = opened(|path| plan.write(path));
            assert!(is_deep(&pack, depth), "{plan:?}");
            check(&pack, |id| slow_jpeg(&pack, id));
        }
        for (width, height) in SIZES {
            let (_folder, pack) = opened(|path| Plan::luma(width, height).predicting(depth).write(path));
            check(&pack, |id| slow_jpeg(&pack, id));
        }
    }
}

#[test]
fn stored_levels_between_luma_levels_are_no_trouble() {
    let (luma, stored) = (Mode::Luma, Mode::Stored);
    for modes in [vec![luma, stored, luma], vec![stored, luma, luma, stored, luma], vec![luma, stored]] {
        let plan = Plan { modes, ..Plan::luma(131, 67) };
        let (_folder, pack) = opened(|path| plan.write(path));
        check(&pack, |id| slow_jpeg(&pack, id));
    }
}

#[test]
fn exact_packs_of_every_depth_serve_the_same_bytes() {
    let alike = SUBSAMPLINGS.map(|subsampling| CoefficientPlan::new(131, 67, subsampling));
    let small = SIZES.map(|(width, height)| CoefficientPlan::new(width, height, Subsampling::S420));
    for plan in alike.into_iter().chain(small).chain([CoefficientPlan::rgb(131, 67)]) {
        for depth in DEPTHS {
            let plan = plan.clone().predicting(depth);
            let (_folder, pack) = opened(|path| plan.write(path));
            assert!(is_deep(&pack, depth), "{plan:?}");
            check(&pack, |id| plan.jpeg(id));
        }
    }
}

#[test]
fn a_line_of_parents_may_be_longer_than_a_cache_has_places() {
    let long = |plan: Plan| Plan { tile: 1024, ..plan }.predicting(u32::MAX);
    let luma = long(Plan::luma(1 << 17, 1));
    let exact = CoefficientPlan::new(1 << 17, 1, Subsampling::S420);
    let exact = CoefficientPlan { plan: long(exact.plan), ..exact };
    for (_folder, pack) in [opened(|path| luma.write(path)), opened(|path| exact.write(path))] {
        let pools = Pools::new(0);
        let cache = ParentCache::new(0, Arc::clone(&pools));
        let mut rebuilder = Rebuilder::new(pools).unwrap();
        // With buffers of its own: the cache keeps some of the others'.
        let mut uncached = Rebuilder::new(Pools::new(0)).unwrap();
        for id in pack.pyramid().tiles(17).step_by(19) {
            let alone = uncached.tile(&pack, id, &Uncached).unwrap().to_vec();
            assert!(alone == *rebuilder.tile(&pack, id, &cache.of(&pack)).unwrap(), "{id}");
        }
        assert!(decode(&pack, |_| {}).is_empty());
    }
}

#[test]
fn what_is_wrong_with_a_parent_of_all_tiles_is_told_once() {
    let luma = Plan::luma(131, 67).predicting(u32::MAX).bytes();
    let exact = CoefficientPlan::sample().predicting(u32::MAX).bytes();
    let folder = tempfile::tempdir().unwrap();
    for (name, honest) in [("luma", luma), ("exact", exact)] {
        let mut parts = Parts::of(&honest);
        let id = TileId { z: 0, x: 0, y: 0 };
        let cut = parts.blob(id)[..1].to_vec();
        parts.set_blob(id, &cut);
        let path = folder.path().join(format!("{name}.origami"));
        std::fs::write(&path, parts.build()).unwrap();
        let problems = decode(&Via::Map.open(&path).unwrap(), |_| {});
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].to_string().contains("tile 0/0/0"), "{}", problems[0]);
    }
}

/// A pack whose levels 3 to 6 are exact and coded with one model; level 6 has
/// other quantisation tables.
fn one_model(path: &Path) -> PathBuf {
    let header = |quality| {
        let steps = dct::quality_tables(quality, Colour::Ycc);
        let header = TileHeader::new(&steps, Subsampling::S420, Colour::Ycc);
        TableSpec::Tiles(Box::new(header.unwrap()))
    };
    let pyramid = Pyramid::new(Size::square(64), 16).unwrap();
    let level = |z: u32| {
        let (header, parent) = (u8::from(z == 6), z.checked_sub(1).filter(|_| z > 2));
        let mode = if parent.is_some() { Mode::Exact } else { Mode::Stored };
        LevelSpec { mode, quality: 85, parent, header: Some(header), table: parent.map(|_| 2) }
    };
    let spec = PackSpec {
        pyramid,
        subsampling: Subsampling::S420,
        chroma_level: None,
        levels: (0..pyramid.level_count()).map(level).collect(),
        tables: vec![header(85), header(70), TableSpec::BuiltIn(BuiltIn::of(Colour::Ycc))],
    };
    let mut writer = PackWriter::create(path, spec, true).unwrap();
    all_tiles(&pyramid).for_each(|id| writer.constant(id, [5, -3, 3]));
    writer.finish(&Metadata::default()).and_then(Unpublished::publish).unwrap()
}

#[test]
fn levels_that_are_coded_with_the_same_share_one_model_and_others_do_not() {
    let (_folder, pack) = opened(one_model);
    let models = Models::new(8 << 20);
    assert!(models.get(&pack, 2).unwrap().is_none() && models.is_ready(&pack, 2), "a stored level");
    assert!(!models.is_ready(&pack, 5));
    let [third, fifth, sixth] = [3, 5, 6].map(|z| models.get(&pack, z).unwrap().expect("an exact level"));
    assert!(Arc::ptr_eq(&third, &fifth) && models.is_ready(&pack, 4));
    assert!(!Arc::ptr_eq(&fifth, &sixth), "the steps are others");
    assert_eq!(models.stats().loads, 2);
}
