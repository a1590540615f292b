//! Packs of coefficients: tiles are served with exactly the bytes that were packed.

use crate::common::coefficients::{CoefficientPlan, TileContent};
use crate::common::{Plan, Via, all_tiles, forge, over_all_storages};
use crate::families::{check_families, check_one_decode_for_each_parent, count_decoded};
use origami_codec::{Colour, Decoder, TileHeader, dct};
use origami_pack::{
    Blocking, Entry, Identity, LevelReport, Metadata, Mode, Pack, PackSpec, PackWriter, TableSpec,
    Unpublished, verify,
};
use origami_pyramid::{Pyramid, Rgb, Size, Subsampling, TileId};
use origami_render::{ParentCache, Pools, Rebuilder, Uncached, decode};
use std::sync::Arc;

fn trained(plan: CoefficientPlan) -> CoefficientPlan {
    CoefficientPlan { trained: true, ..plan }
}

fn with_tile(tile: u32, plan: CoefficientPlan) -> CoefficientPlan {
    CoefficientPlan { plan: Plan { tile, ..plan.plan }, ..plan }
}

fn with_modes(l1: Mode, l0: Mode) -> CoefficientPlan {
    let plan = CoefficientPlan::new(150, 90, Subsampling::S420);
    CoefficientPlan { plan: plan.plan.with_modes(l1, l0), ..plan }
}

/// Plans of every shape: colours, subsamplings, odd sizes, mixed modes, built-in
/// and trained models, nothing predicted.
pub fn plans() -> Vec<CoefficientPlan> {
    let plan = CoefficientPlan::new(131, 67, Subsampling::S420);
    let plan_422 = CoefficientPlan::new(131, 67, Subsampling::S422);
    let gray = CoefficientPlan::new(131, 67, Subsampling::Gray);
    let rgb = CoefficientPlan::rgb(131, 67);
    vec![
        plan.clone(),
        trained(plan.clone()),
        plan_422.clone(),
        trained(plan_422),
        with_tile(24, plan),
        with_tile(40, CoefficientPlan::new(331, 267, Subsampling::S422)),
        with_tile(24, CoefficientPlan::new(131, 67, Subsampling::S444)),
        gray.clone(),
        trained(gray),
        rgb.clone(),
        trained(rgb),
        with_tile(240, trained(CoefficientPlan::new(700, 515, Subsampling::S420))),
        with_tile(256, CoefficientPlan::rgb(530, 257)),
        with_modes(Mode::Stored, Mode::Exact),
        with_modes(Mode::Exact, Mode::Stored),
        with_modes(Mode::Stored, Mode::Stored),
        CoefficientPlan::new(1, 1, Subsampling::S420),
        CoefficientPlan::new(2, 1, Subsampling::S420),
        CoefficientPlan::new(3, 1, Subsampling::S420),
        CoefficientPlan::new(1, 500, Subsampling::S422),
        CoefficientPlan::new(4, 4, Subsampling::Gray),
        CoefficientPlan::new(65, 33, Subsampling::S444),
    ]
}

pub fn open(plan: &CoefficientPlan, via: Via) -> (tempfile::TempDir, Pack) {
    let folder = tempfile::tempdir().unwrap();
    let pack = via.open(&plan.write(&folder.path().join("plan.origami"))).unwrap();
    (folder, pack)
}

over_all_storages!(
    tiles_have_the_packed_bytes_with_and_without_cached_parents,
    entries_are_what_was_written_and_the_pack_is_valid,
    tiles_that_need_no_decoding_are_the_rebuilt_tiles,
    families_are_their_tiles,
    one_family_decodes_each_parent_once,
);

fn families_are_their_tiles(via: Via) {
    for plan in plans() {
        check_families(&open(&plan, via).1);
    }
}

fn tiles_have_the_packed_bytes_with_and_without_cached_parents(via: Via) {
    let pools = Pools::new(128 << 20);
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    let mut seed_hits = 0;
    for plan in plans() {
        let (_folder, pack) = open(&plan, via);
        let cache = ParentCache::new(64 << 20, Arc::clone(&pools));
        let parents = cache.of(&pack);
        for id in all_tiles(pack.pyramid()) {
            let expected = plan.jpeg(id);
            let uncached = rebuilder.tile(&pack, id, &Uncached).unwrap().to_vec();
            assert!(uncached == expected, "{id} of {plan:?}");
            let cached = rebuilder.tile(&pack, id, &parents).unwrap();
            assert!(*cached == *expected, "{id} of {plan:?} with cached parents");
        }
        let stats = cache.stats();
        assert_eq!(stats.decodes + stats.seeded, stats.entries, "each is made once");
        assert!(stats.seeded == 0 || plan.plan.modes == [Mode::Exact; 2], "{plan:?}");
        seed_hits += stats.seed_hits;
    }
    assert!(seed_hits > 0, "children use seeded parents");
    assert!(pools.stats().all(|tier| tier.leased == 0), "every lease came back");
}

fn check_entries(pack: &Pack, plan: &CoefficientPlan) {
    for id in all_tiles(pack.pyramid()) {
        let content = match pack.entry(id).unwrap() {
            Entry::Constant { dc } => TileContent::Constant(dc),
            Entry::Blob { identity, .. } => TileContent::Blob(identity),
            other => panic!("{id} is {other:?}"),
        };
        assert_eq!(content, plan.content(id), "{id}");
    }
}

/// Number of the tiles of level `z` that are blobs of this kind.
fn count(plan: &CoefficientPlan, z: u32, identity: Identity) -> u64 {
    let tiles = plan.plan.pyramid().tiles(z);
    tiles.filter(|&id| plan.content(id) == TileContent::Blob(identity)).count() as u64
}

fn check_report(pack: &Pack, plan: &CoefficientPlan, report: &LevelReport) {
    let (z, level) = (report.z, pack.level(report.z).unwrap());
    assert_eq!(report.coefficients, count(plan, z, Identity::Coefficients));
    assert_eq!(report.verbatim, count(plan, z, Identity::Verbatim));
    let blobs = report.coefficients + report.verbatim + count(plan, z, Identity::Bytes);
    assert_eq!(report.blank, report.tiles - blobs);
    assert_eq!(level.header().unwrap().colour(), plan.colour);
    let is_finest = z == pack.pyramid().max_level();
    assert_eq!((level.mode, level.quality == 0), (plan.plan.mode(z), is_finest));
}

fn entries_are_what_was_written_and_the_pack_is_valid(via: Via) {
    for plan in plans() {
        let (_folder, pack) = open(&plan, via);
        check_entries(&pack, &plan);
        let writer = plan.begin(&pack.path().with_extension("again"));
        for report in writer.reports() {
            check_report(&pack, &plan, report);
        }
        let report = verify::verify(&pack, |_| {});
        assert!(report.problems.is_empty(), "{plan:?}: {:?}", report.problems);
        assert_eq!(report.blobs + report.blank, pack.pyramid().tile_count());
        assert_eq!(count_decoded(&pack), pack.pyramid().tile_count(), "{plan:?}");
    }
}

fn tiles_that_need_no_decoding_are_the_rebuilt_tiles(via: Via) {
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    for plan in plans() {
        let (_folder, pack) = open(&plan, via);
        for id in all_tiles(pack.pyramid()) {
            let entry = pack.entry(id).unwrap();
            let stored = match plan.content(id) {
                TileContent::Constant(_) => false,
                TileContent::Blob(Identity::Verbatim) => true,
                TileContent::Blob(_) => plan.plan.mode(id.z) == Mode::Stored,
            };
            let len = pack.stored_len(id, entry);
            assert_eq!(len.is_some(), stored, "{id} of {plan:?}");
            let Some(len) = len else { continue };
            let tile = rebuilder.tile(&pack, id, &Uncached).unwrap();
            let mut jpeg = vec![0; len];
            pack.read_stored(id, entry, &mut jpeg, Blocking::Allowed).unwrap();
            assert!(jpeg == *tile, "{id} of {plan:?}");
            jpeg.fill(0);
            if pack.read_stored(id, entry, &mut jpeg, Blocking::Forbidden).unwrap() {
                assert!(jpeg == *tile, "{id} of {plan:?} without waiting");
            }
        }
    }
}

#[test]
fn every_tile_is_a_jpeg_of_its_exact_size() {
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    for plan in plans() {
        let (_folder, pack) = open(&plan, Via::Map);
        for id in all_tiles(pack.pyramid()) {
            let tile = rebuilder.tile(&pack, id, &Uncached).unwrap();
            let size = pack.pyramid().tile_rect(id).unwrap().size();
            let decoded = Decoder::new().unwrap().decode_rgb_sized(&tile, size, &mut pixels);
            decoded.unwrap_or_else(|error| panic!("{id} of {plan:?}: {error}"));
        }
    }
}

fn one_family_decodes_each_parent_once(via: Via) {
    check_one_decode_for_each_parent(&open(&CoefficientPlan::new(64, 64, Subsampling::S420), via).1);
}

fn generation(plan: &CoefficientPlan) -> u64 {
    open(plan, Via::Map).1.generation()
}

#[test]
fn the_generation_depends_on_pixels_tables_and_models() {
    let plan = CoefficientPlan::new(131, 67, Subsampling::S420);
    let trained = trained(plan.clone());
    for plan in [&plan, &trained] {
        assert!(plan.bytes() == plan.bytes(), "the same input gives the same bytes");
    }
    let first = generation(&plan);
    assert_ne!(generation(&trained), first, "other models");
    let spot = Plan { spot: Some((2, 3)), ..plan.plan.clone() };
    assert_ne!(generation(&CoefficientPlan { plan: spot, ..plan.clone() }), first, "another pixel");
    // With other steps of full resolution, other bytes are served for the same blobs.
    let mut parts = forge::Parts::of(&plan.bytes());
    let tables = parts.section(forge::TABLES);
    let step = tables.windows(2).rposition(|pair| pair == [0xff, 0xdb]).unwrap() + 10;
    tables[step] += 1;
    let bytes = parts.build();
    assert_ne!(forge::u64_at(&bytes, 56), first, "another quantisation step");
}

/// A pack of tiles of 1024 px at 4:4:4, all constant except level 0, whose blob is
/// `root` if there is one.
fn large(root: Option<&[u8]>) -> (tempfile::TempDir, Pack) {
    let steps = dct::quality_tables(85, Colour::Ycc);
    let header = TileHeader::new(&steps, Subsampling::S444, Colour::Ycc).unwrap();
    let pyramid = Pyramid::new(Size::square(1024), 1024).unwrap();
    let mut spec = PackSpec::stored(pyramid, Subsampling::S444, 85);
    spec.levels.iter_mut().for_each(|level| level.header = Some(0));
    spec.tables = vec![TableSpec::Tiles(Box::new(header))];
    let folder = tempfile::tempdir().unwrap();
    let mut writer = PackWriter::create(&folder.path().join("large.origami"), spec, true).unwrap();
    for id in all_tiles(&pyramid) {
        match root {
            Some(bytes) if id.z == 0 => writer.blob(id, bytes).unwrap(),
            _ => writer.constant(id, [5, -3, 3]),
        }
    }
    let path = writer.finish(&Metadata::default()).and_then(Unpublished::publish).unwrap();
    (folder, Pack::open(&path).unwrap())
}

#[test]
fn tiles_of_1024_px_with_full_chroma_get_a_buffer() {
    let (_folder, pack) = large(None);
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    for id in all_tiles(pack.pyramid()) {
        assert!(!rebuilder.tile(&pack, id, &Uncached).unwrap().is_empty());
    }
    assert!(decode(&pack, |_| {}).is_empty());
}

#[test]
fn a_scan_that_fits_no_buffer_with_its_header_is_an_error_and_no_panic() {
    let (_folder, pack) = large(Some(&vec![0; 16 << 20]));
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    let root = TileId { z: 0, x: 0, y: 0 };
    let error = rebuilder.tile(&pack, root, &Uncached).unwrap_err().to_string();
    assert!(error.contains("output buffer of 16777216 bytes is below"), "{error}");
    assert_eq!(decode(&pack, |_| {}).len(), 1);
}
