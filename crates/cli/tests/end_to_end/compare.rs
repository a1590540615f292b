//! `compare` as a person or a script runs it.

use crate::binary::{Outcome, command_on, files, inspect, run, run_on};
use crate::slides::{SMALL, slide, small_pack, small_packs};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The report of `origami compare --json` without the slide.
fn report(pack: &Path) -> Value {
    let outcome = Outcome::run(command_on("compare", pack).arg("--json")).expect_success();
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stdout))
}

#[test]
fn without_the_slide_it_reports_bytes_by_level_and_glass() {
    let Some(pack) = small_pack() else { return };
    let (report, inspected) = (report(pack), inspect(pack));
    assert_eq!((&report["version"], &report["source"]), (&1.into(), &Value::Null));
    assert_eq!(report["pack"]["bytes"], inspected["bytes"]);
    assert_eq!(report["pack"]["generation"], inspected["generation"]);
    let levels = inspected["metadata"]["levels"].as_array().unwrap();
    for (reported, level) in report["levels"].as_array().unwrap().iter().zip(levels) {
        for (name, other) in [
            ("z", "z"),
            ("tiles", "tiles"),
            ("blank", "blank"),
            ("empty", "empty"),
            ("pack", "bytes"),
            ("plain", "jpeg_bytes"),
        ] {
            assert_eq!(reported[name], level[other], "{name} of level {}", level["z"]);
        }
    }
    let text = run_on("compare", pack).expect_success().stdout;
    for part in ["plain JPEGs", "12 (L0)", "glass", "pack/served"] {
        assert!(text.contains(part), "no '{part}' in {text}");
    }
    assert!(!text.contains("PSNR"), "{text}");
}

#[test]
fn with_the_slide_it_reports_quality_and_writes_a_page() {
    let (Some(pack), Some(slide)) = (small_pack(), slide(SMALL)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let mut command = command_on("compare", pack);
    command.args(["--sample", "4", "--source"]).arg(&slide).arg("--report").arg(&page);
    let text = Outcome::run(&mut command).expect_success().stdout;
    for part in ["PSNR-Y, dB", "SSIMULACRA 2", "plain JPEG", "source tiles", "Aperio SVS"] {
        assert!(text.contains(part), "no '{part}' in {text}");
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("data:image/jpeg;base64,") && page.contains("Worst tiles"));
}

#[test]
fn the_wrong_slide_and_reports_over_other_files_are_refused() {
    let (Some(folder), Some(slide)) = (small_packs(&["a"]), slide(SMALL)) else { return };
    let pack = folder.path().join("a.origami");
    let other = folder.path().join("other.svs");
    let mut bytes = fs::read(&slide).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&other, bytes).unwrap();
    let outcome = Outcome::run(command_on("compare", &pack).arg("--source").arg(&other));
    outcome.expect_error(&["other.svs", "its SHA-256", "--force", SMALL]);
    let before = fs::read(&pack).unwrap();
    let outcome = Outcome::run(command_on("compare", &pack).arg("--report").arg(&pack));
    outcome.expect_error(&["a.origami", "another file"]);
    assert_eq!(fs::read(&pack).unwrap(), before);
    let nowhere = folder.path().join("missing/page.html");
    let outcome = Outcome::run(command_on("compare", &pack).arg("--report").arg(&nowhere));
    outcome.expect_error(&["page.html", "No such file"]);
    fs::write(&pack, &before[..before.len() / 2]).unwrap();
    run_on("compare", &pack).expect_error(&["a.origami"]);
    assert_eq!(files(folder.path()), ["a.origami", "other.svs"]);
}

#[test]
fn force_needs_a_slide() {
    let outcome = run(["compare", "a.origami", "--force"]);
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--source"), "{}", outcome.stderr);
}
