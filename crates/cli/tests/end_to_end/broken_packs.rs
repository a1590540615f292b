//! `inspect` and `verify` on packs, whole and damaged.

use crate::binary::{inspect, run};
use crate::slides::{SMALL, slide, small_pack, small_packs};
use origami_pack::{Entry, Pack};
use origami_pyramid::TileId;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

fn verify(pack: &Path) -> crate::binary::Ran {
    run([OsStr::new("verify"), pack.as_os_str()])
}

#[test]
fn inspect_tells_what_a_pack_holds() {
    let (Some(pack), Some(slide)) = (small_pack(), slide(SMALL)) else { return };
    let told = inspect(pack);
    assert_eq!((&told["width"], &told["height"]), (&2220.into(), &2967.into()));
    assert_eq!((&told["mode"], &told["tile_size"]), (&"exact".into(), &240.into()));
    assert_eq!(told["bytes"], fs::metadata(pack).unwrap().len());
    assert_eq!(told["levels"].as_array().unwrap().len(), 13);
    let source = &told["metadata"]["source"];
    assert_eq!((&source["name"], &source["bytes"]), (&SMALL.into(), &1_938_955.into()));
    let sum = std::process::Command::new("sha256sum").arg(&slide).output().unwrap();
    assert_eq!(source["sha256"].as_str(), std::str::from_utf8(&sum.stdout[..64]).ok());
    let text = run([OsStr::new("inspect"), pack.as_os_str()]).good().stdout;
    for part in ["2220 x 2967 px", "0.4990", "20x", "L0", "dB"] {
        assert!(text.contains(part), "no '{part}' in {text}");
    }
}

#[test]
fn a_flipped_bit_in_a_blob_is_reported_with_its_offset() {
    let Some(folder) = small_packs(&["a"]) else { return };
    let path = folder.path().join("a.origami");
    let pack = Pack::open(&path).unwrap();
    let id = TileId { z: pack.pyramid().max_level(), x: 3, y: 4 };
    let Entry::Blob { offset, .. } = pack.entry(id).unwrap() else { panic!("tile {id} has no blob") };
    drop(pack);
    let mut bytes = fs::read(&path).unwrap();
    bytes[offset as usize + 7] ^= 1;
    fs::write(&path, bytes).unwrap();
    let ran = verify(&path);
    ran.refused(&[
        path.to_str().unwrap(),
        "checksum",
        &format!("offset {offset}"),
        "1 of 1 packs are damaged",
    ]);
    assert!(ran.stdout.contains("DAMAGED"), "{}", ran.stdout);
}

#[test]
fn a_cut_pack_and_what_is_no_pack_are_refused() {
    let Some(folder) = small_packs(&["a"]) else { return };
    let path = folder.path().join("a.origami");
    let bytes = fs::read(&path).unwrap();
    for length in [bytes.len() - 1, bytes.len() / 2, 100, 0] {
        fs::write(&path, &bytes[..length]).unwrap();
        for command in ["verify", "inspect"] {
            run([OsStr::new(command), path.as_os_str()]).refused(&[path.to_str().unwrap()]);
        }
    }
    fs::write(&path, "Dear reader,\n".repeat(100)).unwrap();
    verify(&path).refused(&[path.to_str().unwrap(), "offset 0"]);
    let missing = folder.path().join("missing.origami");
    verify(&missing).refused(&[missing.to_str().unwrap(), "No such file"]);
}

#[test]
fn a_pack_of_the_first_version_is_called_that_and_its_slide_wants_packing_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.origami");
    let mut bytes = [&b"\x89ORIGAMI"[..], &1u32.to_le_bytes()].concat();
    for length in [bytes.len(), 256, 10_000] {
        bytes.resize(length, 0);
        fs::write(&path, &bytes).unwrap();
        for command in ["verify", "inspect", "compare"] {
            let ran = run([OsStr::new(command), path.as_os_str()]);
            ran.refused(&[path.to_str().unwrap(), "version 1", "again"]);
        }
    }
}

#[test]
fn a_damaged_pack_does_not_hide_good_ones() {
    let Some(folder) = small_packs(&["bad", "good"]) else { return };
    let (bad, good) = (folder.path().join("bad.origami"), folder.path().join("good.origami"));
    fs::write(&bad, "Dear reader,\n").unwrap();
    let ran = run([OsStr::new("verify"), bad.as_os_str(), good.as_os_str()]);
    ran.refused(&[bad.to_str().unwrap(), "1 of 2 packs are damaged"]);
    assert!(ran.stdout.contains(&format!("{}: good", good.display())), "{}", ran.stdout);
}
