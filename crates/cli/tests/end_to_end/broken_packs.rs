//! `inspect` and `verify` on good and damaged packs.

use crate::binary::{Outcome, command_on, inspect, run_on};
use crate::slides::{DamagedPack, SMALL, slide, small_pack, small_packs};
use std::fs;

#[test]
fn inspect_describes_a_pack() {
    let (Some(pack), Some(slide)) = (small_pack(), slide(SMALL)) else { return };
    let description = inspect(pack);
    assert_eq!((&description["width"], &description["height"]), (&2220.into(), &2967.into()));
    assert_eq!((&description["mode"], &description["tile_size"]), (&"exact".into(), &240.into()));
    assert_eq!(description["bytes"], fs::metadata(pack).unwrap().len());
    assert_eq!(description["levels"].as_array().unwrap().len(), 13);
    let source = &description["metadata"]["source"];
    assert_eq!((&source["name"], &source["bytes"]), (&SMALL.into(), &1_938_955.into()));
    let sum = std::process::Command::new("sha256sum").arg(&slide).output().unwrap();
    assert_eq!(source["sha256"].as_str(), std::str::from_utf8(&sum.stdout[..64]).ok());
    let text = run_on("inspect", pack).expect_success().stdout;
    for part in ["2220 x 2967 px", "0.4990", "20x", "L0", "dB"] {
        assert!(text.contains(part), "no '{part}' in {text}");
    }
}

#[test]
fn a_flipped_bit_in_a_blob_is_reported_with_its_offset() {
    let Some(pack) = DamagedPack::new() else { return };
    let outcome = run_on("verify", &pack.path);
    outcome.expect_error(&[
        pack.path.to_str().unwrap(),
        "checksum",
        &format!("offset {}", pack.offset),
        "the pack is damaged",
    ]);
    assert!(outcome.stdout.contains("DAMAGED"), "{}", outcome.stdout);
}

#[test]
fn truncated_packs_and_files_that_are_not_packs_are_refused() {
    let Some(folder) = small_packs(&["a"]) else { return };
    let path = folder.path().join("a.origami");
    let bytes = fs::read(&path).unwrap();
    for length in [bytes.len() - 1, bytes.len() / 2, 100, 0] {
        fs::write(&path, &bytes[..length]).unwrap();
        for command in ["verify", "inspect"] {
            run_on(command, &path).expect_error(&[path.to_str().unwrap()]);
        }
    }
    fs::write(&path, "Dear reader,\n".repeat(100)).unwrap();
    run_on("verify", &path).expect_error(&[path.to_str().unwrap(), "offset 0"]);
    let missing = folder.path().join("missing.origami");
    run_on("verify", &missing).expect_error(&[missing.to_str().unwrap(), "there is no such folder or pack"]);
}

#[test]
fn a_pack_of_the_first_version_is_refused_with_the_advice_to_pack_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.origami");
    let mut bytes = [&b"\x89ORIGAMI"[..], &1u32.to_le_bytes()].concat();
    for length in [bytes.len(), 256, 10_000] {
        bytes.resize(length, 0);
        fs::write(&path, &bytes).unwrap();
        for command in ["verify", "inspect", "compare"] {
            run_on(command, &path).expect_error(&[path.to_str().unwrap(), "version 1", "again"]);
        }
    }
}

#[test]
fn a_damaged_pack_does_not_hide_good_ones() {
    let Some(folder) = small_packs(&["bad", "good"]) else { return };
    let (bad, good) = (folder.path().join("bad.origami"), folder.path().join("good.origami"));
    fs::write(&bad, "Dear reader,\n").unwrap();
    let outcome = Outcome::run(command_on("verify", &bad).arg(&good));
    outcome.expect_error(&[bad.to_str().unwrap(), "1 of 2 packs are damaged"]);
    assert!(outcome.stdout.contains(&format!("{}: good", good.display())), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with("2 packs: 1 good, 1 damaged\n"), "{}", outcome.stdout);
}
