//! Packs of coefficients: what is written is served to the byte.

use crate::common::coefficients::{CoefficientPlan, Kept};
use crate::common::{Plan, Via, all_tiles, forge, over_all_storages};
use crate::families::check_families;
use origami_codec::{Colour, Decoder, TileHeader, dct};
use origami_pack::{
    Entry, Identity, LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter, TableSpec, Unpublished, Waiting,
    verify,
};
use origami_pyramid::{Pyramid, Rgb, Size, Subsampling, TileId};
use origami_render::{ParentCache, Pools, Rebuilder, Uncached, decode};
use std::sync::Arc;

/// Plans of every shape: colours, subsamplings, odd sizes, mixed modes, built-in
/// and trained models, nothing predicted.
fn plans() -> Vec<CoefficientPlan> {
    let new = CoefficientPlan::new;
    let trained = |plan| CoefficientPlan { trained: true, ..plan };
    let tile = |tile, plan: CoefficientPlan| CoefficientPlan { plan: Plan { tile, ..plan.plan }, ..plan };
    let mixed = |l1, l0| {
        let plan = new(150, 90, Subsampling::S420);
        CoefficientPlan { plan: plan.plan.with_modes(l1, l0), ..plan }
    };
    vec![
        new(131, 67, Subsampling::S420),
        trained(new(131, 67, Subsampling::S420)),
        new(131, 67, Subsampling::S422),
        trained(new(131, 67, Subsampling::S422)),
        tile(24, new(131, 67, Subsampling::S420)),
        tile(40, new(331, 267, Subsampling::S422)),
        tile(24, new(131, 67, Subsampling::S444)),
        new(131, 67, Subsampling::Gray),
        trained(new(131, 67, Subsampling::Gray)),
        CoefficientPlan::rgb(131, 67),
        trained(CoefficientPlan::rgb(131, 67)),
        tile(240, trained(new(700, 515, Subsampling::S420))),
        tile(256, CoefficientPlan::rgb(530, 257)),
        mixed(Mode::Stored, Mode::Exact),
        mixed(Mode::Exact, Mode::Stored),
        mixed(Mode::Stored, Mode::Stored),
        new(1, 1, Subsampling::S420),
        new(2, 1, Subsampling::S420),
        new(3, 1, Subsampling::S420),
        new(1, 500, Subsampling::S422),
        new(4, 4, Subsampling::Gray),
        new(65, 33, Subsampling::S444),
    ]
}

fn open(plan: &CoefficientPlan, via: Via) -> (tempfile::TempDir, Pack) {
    let folder = tempfile::tempdir().unwrap();
    let pack = via.open(&plan.write(&folder.path().join("plan.origami"))).unwrap();
    (folder, pack)
}

over_all_storages!(
    tiles_are_served_to_the_byte_whether_parents_are_kept_or_not,
    entries_say_what_was_written_and_nothing_is_wrong_with_it,
    what_needs_no_decoding_is_the_tile_that_is_rebuilt,
    families_are_their_tiles,
    one_family_decodes_each_parent_once,
);

fn families_are_their_tiles(via: Via) {
    for plan in plans() {
        check_families(&open(&plan, via).1);
    }
}

fn tiles_are_served_to_the_byte_whether_parents_are_kept_or_not(via: Via) {
    let pools = Pools::new(128 << 20);
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    let mut left_used = 0;
    for plan in plans() {
        let (_folder, pack) = open(&plan, via);
        let cache = ParentCache::new(64 << 20, Arc::clone(&pools));
        let parents = cache.of(&pack);
        for id in all_tiles(pack.pyramid()) {
            let expected = plan.jpeg(id);
            let uncached = rebuilder.tile(&pack, id, &Uncached).unwrap().to_vec();
            assert!(uncached == expected, "{id} of {plan:?}");
            let kept = rebuilder.tile(&pack, id, &parents).unwrap();
            assert!(*kept == *expected, "{id} of {plan:?} with parents that are kept");
        }
        let stats = cache.stats();
        assert_eq!(stats.decodes + stats.left, stats.entries, "each is made once");
        assert!(stats.left == 0 || plan.plan.modes == [Mode::Exact; 2], "{plan:?}");
        left_used += stats.left_used;
    }
    assert!(left_used > 0, "children find what their parents left");
    assert!(pools.stats().all(|tier| tier.leased == 0), "every lease came back");
}

fn entries_say_what_was_written_and_nothing_is_wrong_with_it(via: Via) {
    for plan in plans() {
        let (_folder, pack) = open(&plan, via);
        let writer = plan.begin(&pack.path().with_extension("again"));
        for id in all_tiles(pack.pyramid()) {
            match (pack.entry(id).unwrap(), plan.kept(id)) {
                (Entry::Constant { dc }, kept) => assert_eq!(kept, Kept::Constant(dc), "{id}"),
                (Entry::Blob { identity, .. }, kept) => assert_eq!(kept, Kept::Blob(identity), "{id}"),
                (other, _) => panic!("{id} is {other:?}"),
            }
        }
        for (level, report) in pack.levels().iter().zip(writer.reports()) {
            let count = |kept| {
                let all = pack.pyramid().tiles(report.z);
                all.filter(|&id| plan.kept(id) == Kept::Blob(kept)).count() as u64
            };
            assert_eq!(report.coefficients, count(Identity::Coefficients));
            assert_eq!(report.verbatim, count(Identity::Verbatim));
            assert_eq!(
                report.blank,
                report.tiles - report.coefficients - report.verbatim - count(Identity::Bytes)
            );
            assert_eq!(level.header().unwrap().colour(), plan.colour);
            let finest = report.z == pack.pyramid().max_level();
            assert_eq!((level.mode, level.quality == 0), (plan.plan.mode(report.z), finest));
        }
        let report = verify::verify(&pack, |_| {});
        assert!(report.problems.is_empty(), "{plan:?}: {:?}", report.problems);
        assert_eq!(report.blobs + report.blank, pack.pyramid().tile_count());
        let done = std::sync::atomic::AtomicU64::new(0);
        let count = |tiles| _ = done.fetch_add(tiles, std::sync::atomic::Ordering::Relaxed);
        let problems = decode(&pack, count);
        assert!(problems.is_empty(), "{plan:?}: {problems:?}");
        assert_eq!(done.into_inner(), pack.pyramid().tile_count(), "progress tells of every tile once");
    }
}

fn what_needs_no_decoding_is_the_tile_that_is_rebuilt(via: Via) {
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    for plan in plans() {
        let (_folder, pack) = open(&plan, via);
        for id in all_tiles(pack.pyramid()) {
            let entry = pack.entry(id).unwrap();
            let stored = match plan.kept(id) {
                Kept::Constant(_) => false,
                Kept::Blob(Identity::Verbatim) => true,
                Kept::Blob(_) => plan.plan.mode(id.z) == Mode::Stored,
            };
            let len = pack.stored_len(id, entry);
            assert_eq!(len.is_some(), stored, "{id} of {plan:?}");
            let Some(len) = len else { continue };
            let tile = rebuilder.tile(&pack, id, &Uncached).unwrap();
            let mut jpeg = vec![0; len];
            pack.read_stored(id, entry, &mut jpeg, Waiting::Allowed).unwrap();
            assert!(jpeg == *tile, "{id} of {plan:?}");
            jpeg.fill(0);
            if pack.read_stored(id, entry, &mut jpeg, Waiting::No).unwrap() {
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
    let (_folder, pack) = open(&CoefficientPlan::new(64, 64, Subsampling::S420), via);
    let (pyramid, top) = (pack.pyramid(), pack.pyramid().max_level());
    let family = pyramid.families(top).next().unwrap();
    let pools = Pools::new(16 << 20);
    let cache = ParentCache::new(8 << 20, Arc::clone(&pools));
    let parents = cache.of(&pack);
    let mut rebuilder = Rebuilder::new(pools).unwrap();
    // From fine to coarse, so that no parent is left by its own tile.
    for id in (0..=top).rev().flat_map(|z| pyramid.tiles_under(family.root, z)) {
        rebuilder.tile(&pack, id, &parents).unwrap();
    }
    let stats = cache.stats();
    assert_eq!((stats.decodes, stats.left, stats.entries), (5, 0, 5), "the root and its four L1 tiles");
}

#[test]
fn the_generation_follows_pixels_tables_and_models() {
    let plan = CoefficientPlan::new(131, 67, Subsampling::S420);
    let trained = CoefficientPlan { trained: true, ..plan.clone() };
    for plan in [&plan, &trained] {
        assert!(plan.bytes() == plan.bytes(), "the same input gives the same bytes");
    }
    let generation = |plan: &CoefficientPlan| open(plan, Via::Map).1.generation();
    let first = generation(&plan);
    assert_ne!(generation(&trained), first, "other models");
    let spot = Plan { spot: Some((2, 3)), ..plan.plan.clone() };
    assert_ne!(generation(&CoefficientPlan { plan: spot, ..plan.clone() }), first, "another pixel");
    // The steps of full resolution: other bytes are served for the same blobs.
    let mut parts = forge::Parts::of(&plan.bytes());
    let tables = parts.section(forge::TABLES);
    let step = tables.windows(2).rposition(|pair| pair == [0xff, 0xdb]).unwrap() + 10;
    tables[step] += 1;
    let bytes = parts.build();
    assert_ne!(forge::u64_at(&bytes, 56), first, "another quantisation step");
}

/// A pack of stored tiles of 1024 px at 4:4:4, all alike but for the root's
/// bytes if there are `root`.
fn large(root: Option<&[u8]>) -> (tempfile::TempDir, Pack) {
    let steps = dct::quality_tables(85, Colour::Ycc);
    let header = TileHeader::new(&steps, Subsampling::S444, Colour::Ycc).unwrap();
    let pyramid = Pyramid::new(Size::square(1024), 1024).unwrap();
    let level = LevelSpec { mode: Mode::Stored, quality: 85, parent: None, header: Some(0), table: None };
    let spec = PackSpec {
        pyramid,
        subsampling: Subsampling::S444,
        chroma_level: None,
        levels: vec![level; pyramid.level_count() as usize],
        tables: vec![TableSpec::Tiles(Box::new(header))],
    };
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
fn tiles_of_1024_px_with_whole_chroma_get_a_buffer() {
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
