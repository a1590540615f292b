//! Packs have the entries, bytes and tiles that were written.

use crate::common::slow::expected;
use crate::common::{Kind, Plan, QUALITY, Via, all_tiles, encode, forge, over_all_storages};
use crate::families::{check_families, check_one_decode_for_each_parent, count_decoded};
use origami_codec::Decoder;
use origami_pack::{Entry, Metadata, Mode, Pack, PackProblem, verify};
use origami_pyramid::{Grid, Subsampling, TileId, Ycc};
use origami_render::{ParentCache, Pools, Rebuilder, Uncached, decode};
use std::sync::Arc;

/// Plans of every shape: subsamplings, odd sizes, mixed modes, nothing predicted.
pub fn plans() -> Vec<Plan> {
    let luma = Plan::luma(131, 67);
    let mixed = Plan::luma(150, 90);
    vec![
        luma.clone(),
        Plan { subsampling: Subsampling::S422, ..luma.clone() },
        Plan { subsampling: Subsampling::S444, tile: 24, ..luma.clone() },
        Plan { subsampling: Subsampling::Gray, ..luma },
        Plan { tile: 32, ..Plan::luma(200, 130) },
        Plan { tile: 256, ..Plan::luma(700, 515) },
        mixed.clone().with_modes(Mode::Stored, Mode::Luma),
        mixed.clone().with_modes(Mode::Luma, Mode::Stored),
        mixed.with_modes(Mode::Stored, Mode::Stored),
        Plan::luma(1, 1),
        Plan::luma(2, 1),
        Plan::luma(3, 1),
        Plan::luma(1, 500),
        Plan::luma(4, 4),
        Plan::luma(65, 33),
    ]
}

pub fn open(plan: &Plan, via: Via) -> (tempfile::TempDir, Pack) {
    let folder = tempfile::tempdir().unwrap();
    let pack = via.open(&plan.write(&folder.path().join("plan.origami"))).unwrap();
    (folder, pack)
}

over_all_storages!(
    entries_and_blobs_are_what_was_written,
    tiles_are_what_the_slow_reconstruction_encodes_to,
    families_are_their_tiles,
    one_family_decodes_each_parent_once,
    tiles_outside_the_grid_are_errors_of_the_request,
);

fn entries_and_blobs_are_what_was_written(via: Via) {
    for plan in plans() {
        let bytes = plan.bytes();
        let (_folder, pack) = open(&plan, via);
        assert_eq!(pack.bytes(), bytes.len() as u64);
        for id in all_tiles(pack.pyramid()) {
            let entry = pack.entry(id).unwrap();
            let blob = pack.blob(entry).unwrap();
            match plan.kind(id) {
                Kind::Blank(colour) => assert_eq!((entry, blob), (Entry::Blank { colour }, None), "{id}"),
                Kind::Empty => assert_eq!((entry, blob), (Entry::Empty, None), "{id}"),
                Kind::Blob => {
                    let range = Pack::blob_range(entry).unwrap();
                    assert_eq!(blob.unwrap(), &bytes[range.start as usize..range.end as usize], "{id}");
                }
            }
        }
        let report = verify::verify(&pack, |_| {});
        assert!(report.problems.is_empty(), "{:?}: {:?}", plan, report.problems);
        assert_eq!(report.blobs + report.blank + report.empty, pack.pyramid().tile_count());
        assert_eq!(count_decoded(&pack), pack.pyramid().tile_count(), "{plan:?}");
    }
}

fn tiles_are_what_the_slow_reconstruction_encodes_to(via: Via) {
    let pools = Pools::new(64 << 20);
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    for plan in plans() {
        let (_folder, pack) = open(&plan, via);
        let cache = ParentCache::new(32 << 20, Arc::clone(&pools));
        let parents = cache.of(&pack);
        for id in all_tiles(pack.pyramid()) {
            let mut planes = expected(&pack, id);
            let tile = rebuilder.tile(&pack, id, &Uncached).unwrap();
            let stored = plan.mode(id.z) == Mode::Stored && plan.kind(id) == Kind::Blob;
            let entry = pack.entry(id).unwrap();
            assert_eq!(pack.stored_len(id, entry).is_some(), stored, "{id}");
            match stored {
                true => assert_eq!(*tile, *pack.blob(entry).unwrap().unwrap(), "{id} of {plan:?}"),
                false => assert_eq!(*tile, *encode(&mut planes, QUALITY), "{id} of {plan:?}"),
            }
            let header = Decoder::new().unwrap().header(&tile).unwrap();
            assert_eq!(header.size, pack.pyramid().tile_rect(id).unwrap().size());
            assert_eq!(header.subsampling, Some(plan.subsampling));
        }
        // Cached parents give the same tiles.
        let pyramid = pack.pyramid();
        for family in pyramid.families(pyramid.max_level()).take(3) {
            for id in pyramid.family_tiles(family) {
                let tile = rebuilder.tile(&pack, id, &parents).unwrap().to_vec();
                assert_eq!(tile, *rebuilder.tile(&pack, id, &Uncached).unwrap());
            }
        }
    }
    assert!(pools.stats().all(|tier| tier.leased == 0), "every lease came back");
}

fn families_are_their_tiles(via: Via) {
    for plan in plans() {
        check_families(&open(&plan, via).1);
    }
}

#[test]
fn a_root_that_does_not_decode_fails_its_family_in_every_mix_of_modes() {
    let folder = tempfile::tempdir().unwrap();
    let (stored, luma) = (Mode::Stored, Mode::Luma);
    for (l1, l0) in [(stored, stored), (stored, luma), (luma, stored), (luma, luma)] {
        let plan = Plan::luma(64, 64).with_modes(l1, l0);
        let root = TileId { z: 4, x: 0, y: 0 };
        let mut parts = forge::Parts::of(&plan.bytes());
        parts.set_blob(root, b"not a JPEG");
        // All other tiles are blank, so that none needs the root.
        for id in (5..=6).flat_map(|z| plan.pyramid().tiles(z)) {
            *parts.entry(id) = forge::IndexEntry::blank([9, 9, 9]);
        }
        let path = folder.path().join(format!("{}-{}.origami", l1.name(), l0.name()));
        std::fs::write(&path, parts.build()).unwrap();
        let pack = Pack::open(&path).unwrap();
        assert!(verify::verify(&pack, |_| {}).problems.is_empty());
        let problems = decode(&pack, |_| {});
        assert_eq!(problems.len(), 1, "{plan:?}: {problems:?}");
        assert!(problems[0].to_string().contains("tile 4/0/0"), "{}", problems[0]);
    }
}

#[test]
fn decoding_stops_at_the_maximum_number_of_problems() {
    let plan = Plan::sample().stored();
    let mut parts = forge::Parts::of(&plan.bytes());
    for id in all_tiles(&plan.pyramid()).filter(|&id| plan.kind(id) == Kind::Blob) {
        parts.set_blob(id, b"not a JPEG");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.origami");
    std::fs::write(&path, parts.build()).unwrap();
    let pack = Pack::open(&path).unwrap();
    assert_eq!(decode(&pack, |_| {}).len(), verify::MAX_PROBLEMS);
}

fn one_family_decodes_each_parent_once(via: Via) {
    check_one_decode_for_each_parent(&open(&Plan::luma(64, 64), via).1);
}

#[test]
fn blank_tiles_are_jpegs_of_their_exact_size_and_colour() {
    let (_folder, pack) = open(&Plan::luma(131, 67), Via::Map);
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    let mut blank = 0;
    for id in all_tiles(pack.pyramid()) {
        let Entry::Blank { colour } = pack.entry(id).unwrap() else { continue };
        blank += 1;
        let rect = pack.pyramid().tile_rect(id).unwrap();
        let mut tile = Ycc::zeros(rect.width as usize, rect.height as usize, Subsampling::S420);
        let jpeg = rebuilder.tile(&pack, id, &Uncached).unwrap();
        Decoder::new().unwrap().decode_ycc(&jpeg, &mut tile).unwrap();
        let decoded = tile.uniform().expect("one colour");
        // Quantising DC changes a flat colour by half a step at most.
        for (sample, expected) in decoded.iter().zip(colour) {
            assert!(sample.abs_diff(expected) <= 1, "{id}: {decoded:?} for {colour:?}");
        }
    }
    assert!(blank > 5);
}

fn generation(plan: &Plan) -> u64 {
    open(plan, Via::Map).1.generation()
}

#[test]
fn the_generation_depends_on_pixels_and_settings() {
    let plan = Plan::luma(131, 67);
    let first = generation(&plan);
    assert_eq!(generation(&plan), first, "the same input");
    assert_eq!(plan.bytes(), plan.bytes(), "to the byte");
    let spot = Plan { spot: Some((2, 3)), ..plan.clone() };
    assert_ne!(generation(&spot), first, "another pixel");
    assert_ne!(generation(&Plan { tile: 32, ..plan.clone() }), first, "another grid");
}

#[test]
fn the_generation_depends_on_metadata() {
    let plan = Plan::luma(131, 67);
    let folder = tempfile::tempdir().unwrap();
    let metadata = Metadata { objective: Some(40.0), ..Metadata::default() };
    let mut pack = plan.begin(&folder.path().join("plan.origami")).finish(&metadata).unwrap();
    assert_eq!(pack.open().unwrap().metadata(), &metadata);
    let longer = Metadata { software: "much longer than before".repeat(9), ..metadata.clone() };
    let mut generations = Vec::new();
    for metadata in [&longer, &Metadata::default(), &metadata, &longer] {
        pack.set_metadata(metadata).unwrap();
        let pack = pack.open().unwrap();
        assert_eq!(pack.metadata(), metadata);
        assert!(verify::verify(&pack, |_| {}).problems.is_empty());
        generations.push(pack.generation());
    }
    assert_eq!(generations[0], generations[3], "the same metadata");
    assert!(generations[0] != generations[1] && generations[0] != generations[2], "other metadata");
}

fn tiles_outside_the_grid_are_errors_of_the_request(via: Via) {
    let (_folder, pack) = open(&Plan::luma(131, 67), via);
    let max = pack.pyramid().max_level();
    let Grid { columns, rows } = pack.pyramid().grid(max).unwrap();
    for (z, x, y) in
        [(max, columns, 0), (max, 0, rows), (max + 1, 0, 0), (u32::MAX, 0, 0), (0, u32::MAX, u32::MAX)]
    {
        let id = TileId { z, x, y };
        let error = pack.entry(id).unwrap_err();
        assert!(matches!(error.problem, PackProblem::OutsideGrid(outside) if outside == id), "{error}");
        let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
        assert_eq!(rebuilder.tile(&pack, id, &Uncached).unwrap_err().kind(), "outside_grid");
    }
}
