//! The same slide and options give the same bytes.

use crate::binary;
use crate::slides::{SMALL, slide};
use std::path::Path;

/// Packs `slide` with one, two and seven threads.
fn is_the_same_with_any_number_of_threads(slide: &Path) {
    let pack = |jobs| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::read(binary::packed(slide, folder.path(), &["-j", jobs])).unwrap()
    };
    let one = pack("1");
    for jobs in ["2", "7"] {
        // Not assert_eq, which would print both packs.
        assert!(pack(jobs) == one, "-j {jobs} gives another pack than -j 1");
    }
}

#[test]
fn a_pack_does_not_depend_on_the_number_of_threads() {
    let Some(slide) = slide(SMALL) else { return };
    is_the_same_with_any_number_of_threads(&slide);
}

#[test]
fn a_pack_read_through_openslide_does_not_depend_on_the_number_of_threads() {
    let Some(slide) = slide("weaker-licence/tcga-cr-7395-01a-01-ts1.svs") else { return };
    is_the_same_with_any_number_of_threads(&slide);
}

#[test]
fn two_demo_packs_are_one() {
    let demo = || {
        let folder = tempfile::tempdir().unwrap();
        let mut command = binary::command(["demo", "--no-report", "-o"]);
        binary::Ran::of(command.arg(folder.path())).good();
        std::fs::read(folder.path().join("demo.origami")).unwrap()
    };
    assert!(demo() == demo(), "two demo packs differ");
}
