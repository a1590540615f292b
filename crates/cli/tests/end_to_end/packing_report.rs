//! What `origami pack` prints of a slide.

use crate::binary::{self, Outcome};
use crate::slides::{SMALL, slide};
use origami_fixtures::picture::Picture;
use std::fs;

/// Words that only those know who wrote the program.
const JARGON: [&str; 4] = ["families", "wire ratio", "99.0", "PSNR-Y"];

/// Requires lines of at most 80 characters without jargon.
#[track_caller]
fn expect_plain(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    for word in JARGON {
        assert!(!text.contains(word), "'{word}' in: {text}");
    }
}

#[test]
fn the_report_of_a_slide_has_two_lines_of_80_columns_and_one_for_what_comes_next() {
    let Some(path) = slide(SMALL) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack"]);
    command.arg(fs::canonicalize(path).unwrap()).current_dir(folder.path());
    let report = Outcome::run(&mut command).expect_success().stdout;
    expect_plain(&report);
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 3, "{report}");
    assert_eq!(lines[0], "CMU-1-Small-Region.svs: 2,220 x 2,967 px, Aperio SVS, 1.9 MB; own tiles kept");
    assert_eq!(lines[1], "  packs/CMU-1-Small-Region.origami: 1.0 MB, 42 % of plain JPEGs; nothing is lost");
    assert_eq!(lines[2], "Look at it: origami serve packs");
}

#[test]
fn what_is_lost_and_encoded_again_is_said() {
    let Some(path) = slide(SMALL) else { return };
    let packs = tempfile::tempdir().unwrap();
    for (more, expected) in [
        (&["--mode", "luma"][..], "; lossy (mode luma)"),
        (&["--quality", "70"], "; encoded at quality 70"),
        (&["--mode", "stored"], "; nothing is lost"),
    ] {
        let more = [more, &["--no-report"]].concat();
        let report = binary::pack(&path, packs.path(), &more).expect_success().stdout;
        assert!(report.contains(expected), "{more:?}: {report}");
    }
}

#[test]
fn the_details_are_tables_of_80_columns_in_words_that_explain_themselves() {
    let Some(path) = slide(SMALL) else { return };
    let packs = tempfile::tempdir().unwrap();
    let report = binary::pack(&path, packs.path(), &["--details"]).expect_success().stdout;
    let words = [
        "brightness",
        "stay complete JPEGs",
        "model",
        "colour difference",
        "bytes sent",
        "identical",
        "12 (L0)",
        "Mpx/s",
        "peak memory",
    ];
    for word in words {
        assert!(report.contains(word), "no '{word}' in: {report}");
    }
    // The last line is a command that names a temporary folder.
    let next = report.lines().last().unwrap();
    expect_plain(report.strip_suffix(&format!("{next}\n")).unwrap());
}

#[test]
fn the_report_of_several_slides_ends_with_one_line_for_all() {
    let [folder, packs] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for name in ["a.png", "组织切片组织切片组织切片组织切片组织切片组织切片.png"] {
        fs::write(folder.path().join(name), Picture::gradient(300, 200).png()).unwrap();
    }
    let report = binary::pack(folder.path(), packs.path(), &[]).expect_success().stdout;
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines.len(), 6, "{report}");
    assert!(lines[0].starts_with("a.png: 300 x 200 px, PNG picture, "), "{report}");
    assert!(lines[1].contains("; encoded at quality 80"), "{report}");
    assert!(lines[2].contains("组织") && lines[2].contains(".png: 300 x 200 px"), "{report}");
    assert_eq!(lines[4], "2 packed, 0 current, 0 failed");
    assert!(lines[5].starts_with("Look at it: origami serve "), "{report}");
}
