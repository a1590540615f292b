//! Packs with any number of predicted levels: a tile has the same bytes however it is
//! requested.

use crate::common::coefficients::CoefficientPlan;
use crate::common::forge::Parts;
use crate::common::slow::expected;
use crate::common::{Plan, QUALITY, Via, all_tiles, encode};
use crate::families::check_families;
use origami_codec::exact::BuiltIn;
use origami_codec::{Colour, TileHeader, dct};
use origami_pack::ModelChoice::{First, Second};
use origami_pack::{LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter, TableSpec, Unpublished};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
use origami_render::{Families, Models, ParentCache, Pools, Rebuilder, Uncached, decode};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Numbers of levels to predict; the last stands for all but level 0.
const DEPTHS: [u32; 5] = [0, 1, 2, 3, u32::MAX];

/// Sizes of slides with cropped families, and with few levels.
const SIZES: [Size; 5] =
    [Size::new(131, 67), Size::new(17, 1), Size::new(3, 3), Size::new(2, 1), Size::new(1, 1)];

/// A pack, and the temporary folder that holds it.
struct TestPack {
    pack: Pack,
    _folder: tempfile::TempDir,
}

impl TestPack {
    fn new(write: impl FnOnce(&Path) -> PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pack = Via::Map.open(&write(&folder.path().join("plan.origami"))).unwrap();
        Self { pack, _folder: folder }
    }
}

/// Fails unless exactly the `depth` finest levels of `pack` are predicted.
fn check_depth(pack: &Pack, depth: u32) {
    let top = pack.pyramid().max_level();
    let stored = top - depth.min(top);
    for (z, level) in (0..).zip(pack.levels()) {
        assert_eq!(level.is_predicted(), z > stored, "level {z} of {depth} predicted ones");
    }
}

/// Fails unless every tile of `pack` is the JPEG that `jpeg` returns, alone and with
/// others, with cached and with uncached parents.
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
                let cached = rebuilder.tile(pack, id, &parents).unwrap();
                assert!(*cached == *expected, "{id} with cached parents");
            }
        }
    }
    let stats = cache.stats();
    assert_eq!(stats.decodes + stats.seeded, stats.entries, "each parent is made once");
    check_families(pack);
    assert!(decode(pack, |_| {}).is_empty());
}

/// The JPEG that must be served for a tile of a luma pack, from the slow kernels.
fn slow_jpeg(pack: &Pack, id: TileId) -> Vec<u8> {
    let entry = pack.entry(id).unwrap();
    match pack.stored_len(id, entry) {
        Some(_) => pack.blob(entry).unwrap().expect("a stored tile"),
        None => encode(&mut expected(pack, id), QUALITY),
    }
}

/// Checks all tiles of the luma pack of `plan`.
fn check_luma(plan: &Plan) -> TestPack {
    let test_pack = TestPack::new(|path| plan.write(path));
    check(&test_pack.pack, |id| slow_jpeg(&test_pack.pack, id));
    test_pack
}

#[test]
fn luma_packs_of_every_depth_are_what_the_slow_reconstruction_encodes_to() {
    for depth in DEPTHS {
        for subsampling in Subsampling::ALL {
            let plan = Plan { subsampling, ..Plan::luma(131, 67) }.predicting(depth);
            check_depth(&check_luma(&plan).pack, depth);
        }
        for Size { width, height } in SIZES {
            check_luma(&Plan::luma(width, height).predicting(depth));
        }
    }
}

#[test]
fn luma_packs_may_have_stored_levels_between_luma_levels() {
    let (luma, stored) = (Mode::Luma, Mode::Stored);
    for modes in [vec![luma, stored, luma], vec![stored, luma, luma, stored, luma], vec![luma, stored]] {
        check_luma(&Plan { modes, ..Plan::luma(131, 67) });
    }
}

#[test]
fn exact_packs_of_every_depth_serve_the_same_bytes() {
    let mut plans = vec![CoefficientPlan::rgb(131, 67)];
    plans.extend(Subsampling::ALL.map(|subsampling| CoefficientPlan::new(131, 67, subsampling)));
    plans.extend(SIZES.map(|size| CoefficientPlan::new(size.width, size.height, Subsampling::S420)));
    for plan in plans {
        for depth in DEPTHS {
            let plan = plan.clone().predicting(depth);
            let test_pack = TestPack::new(|path| plan.write(path));
            check_depth(&test_pack.pack, depth);
            check(&test_pack.pack, |id| plan.jpeg(id));
        }
    }
}

#[test]
fn a_tile_may_have_more_ancestors_than_a_cache_has_slots() {
    let luma = Plan { tile: 1024, ..Plan::luma(1 << 17, 1) }.predicting(u32::MAX);
    let exact = CoefficientPlan::new(1 << 17, 1, Subsampling::S420);
    let exact = CoefficientPlan { plan: Plan { tile: 1024, ..exact.plan }.predicting(u32::MAX), ..exact };
    for test_pack in [TestPack::new(|path| luma.write(path)), TestPack::new(|path| exact.write(path))] {
        let pack = &test_pack.pack;
        let pools = Pools::new(0);
        let cache = ParentCache::new(0, Arc::clone(&pools));
        let mut rebuilder = Rebuilder::new(pools).unwrap();
        // With buffers of its own, since the cache retains some of the others.
        let mut uncached = Rebuilder::new(Pools::new(0)).unwrap();
        for id in pack.pyramid().tiles(17).step_by(19) {
            let alone = uncached.tile(pack, id, &Uncached).unwrap().to_vec();
            assert!(alone == *rebuilder.tile(pack, id, &cache.of(pack)).unwrap(), "{id}");
        }
        assert!(decode(pack, |_| {}).is_empty());
    }
}

#[test]
fn a_damaged_ancestor_of_all_tiles_is_reported_once() {
    let luma = Plan::luma(131, 67).predicting(u32::MAX).bytes();
    let exact = CoefficientPlan::sample().predicting(u32::MAX).bytes();
    let folder = tempfile::tempdir().unwrap();
    for (name, valid) in [("luma", luma), ("exact", exact)] {
        let mut parts = Parts::of(&valid);
        let id = TileId { z: 0, x: 0, y: 0 };
        let cut = parts.blob(id)[..1].to_vec();
        parts.set_blob(id, &cut);
        let path = folder.path().join(format!("{name}.origami"));
        std::fs::write(&path, parts.build()).unwrap();
        let failures = decode(&Via::Map.open(&path).unwrap(), |_| {});
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert!(failures[0].to_string().contains("tile 0/0/0"), "{}", failures[0]);
    }
}

/// A table of a tile header with the quantisation of `quality`.
fn header(quality: u8) -> TableSpec {
    let steps = dct::quality_tables(quality, Colour::Ycc);
    let header = TileHeader::new(&steps, Subsampling::S420, Colour::Ycc);
    TableSpec::Tiles(Box::new(header.unwrap()))
}

/// Level `z` of the pack of [`with_one_model`].
fn level(z: u32) -> LevelSpec {
    let parent = z.checked_sub(1).filter(|_| z > 2);
    LevelSpec {
        mode: if parent.is_some() { Mode::Exact } else { Mode::Stored },
        quality: 85,
        parent,
        header: Some(u8::from(z == 6)),
        table: parent.map(|_| 2),
        second_model: None,
    }
}

/// A pack whose levels 3 to 6 are exact and coded with one model. Level 6 has other
/// quantisation tables.
fn with_one_model(path: &Path) -> PathBuf {
    let pyramid = Pyramid::new(Size::square(64), 16).unwrap();
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
fn levels_share_a_model_if_their_quantisation_is_the_same() {
    let TestPack { pack, _folder } = TestPack::new(with_one_model);
    let models = Models::new(8 << 20);
    assert!(
        models.get(&pack, 2, First).unwrap().is_none() && models.is_ready(&pack, 2, First),
        "a stored level"
    );
    assert!(!models.is_ready(&pack, 5, First));
    let [third, fifth, sixth] =
        [3, 5, 6].map(|z| models.get(&pack, z, First).unwrap().expect("an exact level"));
    assert!(Arc::ptr_eq(&third, &fifth) && models.is_ready(&pack, 4, First));
    assert!(!Arc::ptr_eq(&fifth, &sixth), "another quantisation");
    assert_eq!(models.stats().loads, 2);
}

#[test]
fn a_level_has_its_second_model_besides_the_first() {
    let plan = CoefficientPlan { trained: true, ..CoefficientPlan::sample() };
    let TestPack { pack, _folder } = TestPack::new(|path| plan.write(path));
    let (models, finest) = (Models::new(8 << 20), pack.pyramid().max_level());
    let [first, second] = [First, Second].map(|choice| models.get(&pack, finest, choice).unwrap().unwrap());
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(models.is_ready(&pack, finest, First) && models.is_ready(&pack, finest, Second));
    assert!(models.get(&pack, finest - 1, Second).unwrap().is_none(), "a level with one model");
    assert!(models.is_ready(&pack, finest - 1, Second), "nothing is to be read");
    let choices: Vec<_> = pack.entries(finest).map(|(_, entry)| entry.unwrap().model()).collect();
    assert!(choices.contains(&First) && choices.contains(&Second));
}
