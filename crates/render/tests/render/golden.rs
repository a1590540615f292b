//! Small packs of each format version stay readable for ever.
//!
//! Beside each `tests/golden/*.origami` a text lists the index entry of every tile, and
//! the CRC-32 of its samples (luma) or of the JPEG that is served (exact).
//! `ORIGAMI_BLESS=1` writes all files again, which is right only while no pack of that
//! version has been released.

use crate::common::coefficients::CoefficientPlan;
use crate::common::encode;
use crate::common::slow::expected;
use crate::common::{Plan, all_tiles};
use origami_codec::{Decoder, HuffmanTables};
use origami_pack::{Entry, Identity, Mode, ModelChoice, Pack, verify};
use origami_pyramid::{Subsampling, TileId, Ycc};
use origami_render::{Pools, Rebuilder, Uncached, decode};
use std::fmt::Write;
use std::iter;
use std::path::Path;

/// CRC-32 of the true samples of all planes, row by row.
fn samples_crc(tile: &Ycc<Vec<u8>>) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    for plane in iter::once(tile.luma()).chain(tile.chroma().into_iter().flatten()) {
        plane.rows().for_each(|row| hash.update(row));
    }
    hash.finalize()
}

/// A description of a pack and its levels.
fn describe_levels(pack: &Pack) -> String {
    let mut out = format!("content hash {}\nsize {}\n", pack.content_hash(), pack.pyramid().size());
    for (z, level) in pack.levels().iter().enumerate() {
        let (mode, sampled) = (level.mode.name(), level.subsampling.name());
        let parent = level.parent.map_or("no parent".to_owned(), |parent| format!("parent {parent}"));
        writeln!(out, "level {z} {} {mode} {} {sampled} {parent}", level.size, level.quality).unwrap();
    }
    out
}

/// A description of an index entry.
fn describe_entry(entry: Entry) -> String {
    match entry {
        Entry::Blob { offset, len, crc, identity, model } => {
            let identity = match identity {
                Identity::Bytes => "",
                Identity::Coefficients => " coefficients",
                Identity::Verbatim => " verbatim",
            };
            let model = if model == ModelChoice::Second { " second model" } else { "" };
            format!("blob at {offset} of {len} crc {crc:08x}{identity}{model}")
        }
        Entry::Blank { colour: [y, cb, cr] } => format!("blank {y} {cb} {cr}"),
        Entry::Constant { dc: [a, b, c] } => format!("constant {a} {b} {c}"),
        Entry::Empty => "empty".to_owned(),
    }
}

/// A description of a luma pack, with a line for each level and tile.
fn describe(pack: &Pack) -> String {
    let mut out = describe_levels(pack);
    for id in all_tiles(pack.pyramid()) {
        let entry = describe_entry(pack.entry(id).unwrap());
        writeln!(out, "tile {id} {entry} samples {:08x}", samples_crc(&expected(pack, id))).unwrap();
    }
    out
}

/// A description of a pack of coefficients, with a line for each level and tile.
fn describe_coefficients(pack: &Pack) -> String {
    let mut out = describe_levels(pack);
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    for id in all_tiles(pack.pyramid()) {
        let entry = describe_entry(pack.entry(id).unwrap());
        let jpeg = rebuilder.tile(pack, id, &Uncached).unwrap();
        writeln!(out, "tile {id} {entry} jpeg {:08x}", crc32fast::hash(&jpeg)).unwrap();
    }
    out
}

/// Opens a golden pack, which has to match its text.
fn golden(name: &str, write: impl Fn(&Path), describe: impl Fn(&Pack) -> String) -> Pack {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let (path, text) = (path.with_extension("origami"), path.with_extension("txt"));
    if std::env::var_os("ORIGAMI_BLESS").is_some() {
        write(&path);
        std::fs::write(&text, describe(&Pack::open(&path).unwrap())).unwrap();
    }
    let pack = Pack::open(&path).unwrap();
    assert!(pack.bytes() < 60_000, "a golden pack is small");
    assert_eq!(describe(&pack), std::fs::read_to_string(&text).unwrap());
    let report = verify::verify(&pack, |_| {});
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(decode(&pack, |_| {}).is_empty());
    pack
}

#[test]
fn golden_packs_of_coefficients_are_read_as_before() {
    let trained = CoefficientPlan { trained: true, ..CoefficientPlan::sample() };
    let built_in = CoefficientPlan::rgb(90, 70).predicting(u32::MAX);
    for (name, plan) in [("v3-exact", trained), ("v3-exact-all-levels", built_in)] {
        let pack = golden(name, |path| _ = plan.write(path), describe_coefficients);
        assert_eq!(pack.mode(), Mode::Exact);
        let description = describe_coefficients(&pack);
        for kind in ["constant", " coefficients jpeg", " verbatim jpeg"] {
            assert!(description.contains(kind), "{name} has every kind of entry");
        }
    }
}

/// The blob of a tile.
fn blob(pack: &Pack, id: TileId) -> Vec<u8> {
    pack.blob(pack.entry(id).unwrap()).unwrap().unwrap()
}

#[test]
fn a_golden_pack_with_tables_of_each_tiles_own_is_read_as_before() {
    // Two blocks of the index.
    let gray = CoefficientPlan::new(272, 192, Subsampling::Gray);
    let plan = CoefficientPlan {
        own_tables: true,
        plan: Plan { plain_from: Some(40), ..gray.plan.clone() },
        ..gray
    };
    let pack = golden("v3-exact-own-tables", |path| _ = plan.write(path), describe_coefficients);
    assert!(pack.pyramid().tile_count() > 256);
    let finest = pack.level(pack.pyramid().max_level()).unwrap();
    assert_eq!(finest.header().unwrap().huffman_tables(), HuffmanTables::Optimised);
}

#[test]
fn a_golden_pack_of_wide_tiles_with_bands_and_runs_is_read_as_before() {
    let plan = CoefficientPlan::new(1500, 64, Subsampling::S420);
    let plan = CoefficientPlan {
        plan: Plan { tile: 1024, plain_from: Some(240), spot: Some((1300, 40)), ..plan.plan.clone() },
        ..plan
    };
    let pack = golden("v3-exact-wide-tiles", |path| _ = plan.write(path), describe_coefficients);
    let z = pack.pyramid().max_level();
    let [banded, plain] = [0, 1].map(|x| blob(&pack, TileId { z, x, y: 0 }));
    assert!(banded[0] > 0, "tiles of several bands begin with a length");
    // It has 480 blocks of luma.
    assert!(plain[0] == 0 && plain.len() < 100, "{} bytes with runs that the spot cuts short", plain.len());
}

#[test]
fn golden_luma_packs_are_read_as_before() {
    for (name, levels) in [("v3-luma", 2), ("v3-luma-all-levels", u32::MAX)] {
        let plan = Plan::luma(150, 110).predicting(levels);
        let pack = golden(name, |path| _ = plan.write(path), describe);
        assert_eq!(pack.mode(), Mode::Luma);
        let report = verify::verify(&pack, |_| {});
        assert!(report.blobs > 0 && report.blank > 0 && report.empty > 0, "it has every kind of entry");
        let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
        for id in all_tiles(pack.pyramid()) {
            let tile = rebuilder.tile(&pack, id, &Uncached).unwrap();
            let size = pack.pyramid().tile_rect(id).unwrap().size();
            assert_eq!(Decoder::new().unwrap().header(&tile).unwrap().size, size, "{id}");
            let level = pack.level(id.z).unwrap();
            if pack.stored_len(id, pack.entry(id).unwrap()).is_none() {
                assert_eq!(*tile, *encode(&mut expected(&pack, id), level.quality), "{id} has those samples");
            }
        }
    }
}
