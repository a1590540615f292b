//! Small packs of each format version stay readable for ever.
//!
//! `tests/golden/v1.txt` says of every tile of `v1.origami`, a luma pack, what
//! the index has and the CRC-32 of the tile's samples. `v1-coefficients.txt`
//! has the CRC-32 of the JPEGs that are served. `ORIGAMI_BLESS=1` writes all
//! anew, which is right only while no pack of that version is in anyone's hands.

use crate::common::coefficients::CoefficientPlan;
use crate::common::encode;
use crate::common::slow::expected;
use crate::common::{Plan, all_tiles};
use origami_codec::Decoder;
use origami_pack::{Entry, Identity, Mode, Pack, verify};
use origami_pyramid::{Plane, Ycc};
use origami_render::{Pools, Rebuilder, Uncached, decode};
use std::fmt::Write;
use std::path::Path;

/// CRC-32 of the true samples of all planes, row by row.
fn samples_crc(tile: &Ycc<Vec<u8>>) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    let mut add = |plane: &Plane<&[u8]>| plane.rows().for_each(|row| hash.update(row));
    add(&tile.luma());
    tile.chroma().iter().flatten().for_each(add);
    hash.finalize()
}

/// What there is to say of a pack and its levels.
fn describe_levels(pack: &Pack) -> String {
    let (width, height) = pack.pyramid().size();
    let mut out = format!("generation {:016x}\nsize {width}x{height}\n", pack.generation());
    for (z, level) in pack.levels().iter().enumerate() {
        let (mode, sampled) = (level.mode.name(), level.subsampling.name());
        writeln!(out, "level {z} {}x{} {mode} {} {sampled}", level.width, level.height, level.quality)
            .unwrap();
    }
    out
}

/// What the index has of a tile.
fn describe_entry(entry: Entry) -> String {
    match entry {
        Entry::Blob { offset, len, crc, identity } => {
            let identity = match identity {
                Identity::Bytes => "",
                Identity::Coefficients => "coefficients",
                Identity::Verbatim => "verbatim",
            };
            format!("blob at {offset} of {len} crc {crc:08x} {identity}").trim_end().to_owned()
        }
        Entry::Blank { colour: [y, cb, cr] } => format!("blank {y} {cb} {cr}"),
        Entry::Constant { dc: [a, b, c] } => format!("constant {a} {b} {c}"),
        Entry::Empty => "empty".to_owned(),
    }
}

/// All there is to say of a luma pack, a line for each level and tile.
fn describe(pack: &Pack) -> String {
    let mut out = describe_levels(pack);
    for id in all_tiles(pack.pyramid()) {
        let entry = describe_entry(pack.entry(id).unwrap());
        writeln!(out, "tile {id} {entry} samples {:08x}", samples_crc(&expected(pack, id))).unwrap();
    }
    out
}

/// All there is to say of a pack of coefficients.
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

#[test]
fn the_golden_pack_of_coefficients_reads_as_it_always_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (path, text) = (folder.join("v1-coefficients.origami"), folder.join("v1-coefficients.txt"));
    if std::env::var_os("ORIGAMI_BLESS").is_some() {
        let plan = CoefficientPlan { trained: true, ..CoefficientPlan::sample() };
        plan.write(&path);
        std::fs::write(&text, describe_coefficients(&Pack::open(&path).unwrap())).unwrap();
    }
    let pack = Pack::open(&path).unwrap();
    assert!(pack.bytes() < 60_000, "a golden pack is small");
    assert_eq!(pack.mode(), Mode::Exact);
    let found = describe_coefficients(&pack);
    assert_eq!(found, std::fs::read_to_string(&text).unwrap());
    for kind in ["constant", " coefficients jpeg", " verbatim jpeg"] {
        assert!(found.contains(kind), "it has every kind of entry");
    }
    let report = verify::verify(&pack, |_| {});
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(decode(&pack, |_| {}).is_empty());
}

#[test]
fn the_golden_pack_reads_as_it_always_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (path, text) = (folder.join("v1.origami"), folder.join("v1.txt"));
    if std::env::var_os("ORIGAMI_BLESS").is_some() {
        Plan::luma(150, 110).write(&path);
        std::fs::write(&text, describe(&Pack::open(&path).unwrap())).unwrap();
    }
    let pack = Pack::open(&path).unwrap();
    assert!(pack.bytes() < 60_000, "a golden pack is small");
    assert_eq!(pack.mode(), Mode::Luma);
    assert_eq!(describe(&pack), std::fs::read_to_string(&text).unwrap());
    let report = verify::verify(&pack, |_| {});
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(report.blobs > 0 && report.blank > 0 && report.empty > 0, "it has every kind of entry");
    assert!(decode(&pack, |_| {}).is_empty());
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    for id in all_tiles(pack.pyramid()) {
        let tile = rebuilder.tile(&pack, id, &Uncached).unwrap();
        let rect = pack.pyramid().tile_rect(id).unwrap();
        let header = Decoder::new().unwrap().header(&tile).unwrap();
        assert_eq!((header.width, header.height), (rect.width as usize, rect.height as usize), "{id}");
        let level = pack.level(id.z).unwrap();
        if pack.stored_len(id, pack.entry(id).unwrap()).is_none() {
            assert_eq!(*tile, *encode(&mut expected(&pack, id), level.quality), "{id} has those samples");
        }
    }
}
