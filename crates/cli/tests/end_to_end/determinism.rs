//! The same slide and options give the same bytes.

use crate::binary::{self, Outcome};
use crate::slides::{SMALL, slide};
use std::path::Path;

/// The bytes of the pack of `slide` made with this number of threads.
fn pack(slide: &Path, jobs: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::read(binary::packed(slide, folder.path(), &["-j", jobs])).unwrap()
}

/// Packs `slide` with one, two and seven threads.
fn assert_same_with_any_number_of_threads(slide: &Path) {
    let expected = pack(slide, "1");
    for jobs in ["2", "7"] {
        // Not assert_eq, which would print both packs.
        assert!(pack(slide, jobs) == expected, "-j {jobs} gives another pack than -j 1");
    }
}

#[test]
fn a_pack_does_not_depend_on_the_number_of_threads() {
    let Some(slide) = slide(SMALL) else { return };
    assert_same_with_any_number_of_threads(&slide);
}

#[test]
fn a_pack_read_through_openslide_does_not_depend_on_the_number_of_threads() {
    let Some(slide) = slide("weaker-licence/tcga-cr-7395-01a-01-ts1.svs") else { return };
    assert_same_with_any_number_of_threads(&slide);
}

/// The bytes of the pack that `origami demo` makes.
fn demo() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = binary::command(["demo", "--no-report", "-o"]);
    Outcome::run(command.arg(folder.path())).expect_success();
    std::fs::read(folder.path().join("demo.origami")).unwrap()
}

#[test]
fn two_demo_packs_are_identical() {
    assert!(demo() == demo(), "two demo packs differ");
}
