//! `compare` as a person or a script runs it.

use crate::binary::{Ran, command, files, inspect, run};
use crate::slides::{SMALL, slide, small_pack, small_packs};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

fn compare(pack: &Path, more: &[&OsStr]) -> Ran {
    let mut command = command(["compare"]);
    Ran::of(command.arg(pack).args(more))
}

fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
}

#[test]
fn without_the_slide_it_tells_bytes_by_level_and_glass() {
    let Some(pack) = small_pack() else { return };
    let told = json(&compare(pack, &["--json".as_ref()]).good());
    let inspected = inspect(pack);
    assert_eq!((&told["version"], &told["source"]), (&1.into(), &serde_json::Value::Null));
    assert_eq!(told["pack"]["bytes"], inspected["bytes"]);
    assert_eq!(told["pack"]["generation"], inspected["generation"]);
    let levels = inspected["metadata"]["levels"].as_array().unwrap();
    for (told, level) in told["levels"].as_array().unwrap().iter().zip(levels) {
        for (name, other) in [("z", "z"), ("tiles", "tiles"), ("blank", "blank"), ("empty", "empty")]
            .into_iter()
            .chain([("pack", "bytes"), ("plain", "jpeg_bytes")])
        {
            assert_eq!(told[name], level[other], "{name} of level {}", level["z"]);
        }
    }
    let text = compare(pack, &[]).good().stdout;
    for part in ["plain JPEGs", "12 (L0)", "glass", "pack/served"] {
        assert!(text.contains(part), "no '{part}' in {text}");
    }
    assert!(!text.contains("PSNR"), "{text}");
}

#[test]
fn with_the_slide_it_tells_quality_and_writes_a_page() {
    let (Some(pack), Some(slide)) = (small_pack(), slide(SMALL)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let arguments = ["--sample", "4", "--source"].map(OsStr::new);
    let report = [slide.as_os_str(), "--report".as_ref(), page.as_os_str()];
    let text = compare(pack, &[&arguments[..], &report].concat()).good().stdout;
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
    let ran = compare(&pack, &["--source".as_ref(), other.as_os_str()]);
    ran.refused(&["other.svs", "its SHA-256", "--force", SMALL]);
    let before = fs::read(&pack).unwrap();
    compare(&pack, &["--report".as_ref(), pack.as_os_str()]).refused(&["a.origami", "another file"]);
    assert_eq!(fs::read(&pack).unwrap(), before);
    let nowhere = folder.path().join("missing/page.html");
    compare(&pack, &["--report".as_ref(), nowhere.as_os_str()]).refused(&["page.html", "No such file"]);
    fs::write(&pack, &before[..before.len() / 2]).unwrap();
    compare(&pack, &[]).refused(&["a.origami"]);
    assert_eq!(files(folder.path()), ["a.origami", "other.svs"]);
}

#[test]
fn force_needs_a_slide() {
    let ran = run(["compare", "a.origami", "--force"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--source"), "{}", ran.stderr);
}
