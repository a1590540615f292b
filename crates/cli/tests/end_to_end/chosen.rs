//! Which image of a file is packed, in which range, and what is said of it.

use crate::binary::{self, Outcome, inspect, run_on};
use crate::server::Server;
use crate::strips::{Page, tiff};
use origami_fixtures::TempFile;
use origami_fixtures::picture::Picture;
use std::path::Path;

/// A document of three pages: a red, a green and a blue one.
fn document() -> TempFile {
    let pages = [[200, 30, 30], [30, 200, 30], [30, 30, 200]].map(|colour| Page::of_colour(300, 200, colour));
    TempFile::new("document.tif", &tiff(&pages))
}

/// The mean colour of the slide `id`, as it is served.
fn mean_colour(packs: &Path, id: &str) -> Vec<u8> {
    let server = Server::start(packs);
    Picture::decode(&server.body(&format!("/tiles/{id}/0/0/0"))).pixel(0, 0).to_vec()
}

/// The text in one line, however it is wrapped.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_near(found: &[u8], expected: [u8; 3]) {
    let is_near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= 6);
    assert!(is_near, "{found:?} instead of {expected:?}");
}

#[test]
fn the_first_page_is_packed_and_the_others_are_mentioned_everywhere() {
    let (document, packs) = (document(), tempfile::tempdir().unwrap());
    let outcome = binary::pack(&document.path, packs.path(), &[]).expect_success();
    let line = "page 1 of 3; --page takes another";
    assert!(outcome.stdout.lines().any(|printed| printed.trim_start() == line), "{}", outcome.stdout);
    let pack = packs.path().join("document.origami");
    let text = run_on("inspect", &pack).expect_success().stdout;
    assert!(text.lines().any(|line| line == "contents    page 1 of 3"), "{text}");
    let json = inspect(&pack);
    assert_eq!(json["contents"][0], "page 1 of 3");
    assert_eq!(json["metadata"]["contents"]["page"], serde_json::json!({"number": 1, "count": 3}));
    let server = Server::start(packs.path());
    assert_eq!(server.json("/slides/document")["contents"], json["contents"]);
    drop(server);
    assert_near(&mean_colour(packs.path(), "document"), [200, 30, 30]);
}

#[test]
fn another_page_can_be_chosen_but_not_one_that_is_missing() {
    let (document, packs) = (document(), tempfile::tempdir().unwrap());
    let outcome = binary::pack(&document.path, packs.path(), &["--page", "3"]).expect_success();
    assert!(outcome.stdout.contains("page 3 of 3"), "{}", outcome.stdout);
    assert_near(&mean_colour(packs.path(), "document"), [30, 30, 200]);
    binary::pack(&document.path, packs.path(), &["--force", "--page", "4"]).expect_error(&[
        document.path.to_str().unwrap(),
        "no page 4",
        "1 to 3",
    ]);
    // A chosen page is compared with itself.
    let mut compare = binary::command_on("compare", &packs.path().join("document.origami"));
    Outcome::run(compare.arg("--source").arg(&document.path)).expect_success();
}

#[test]
fn a_colour_image_has_no_channels_to_choose() {
    let (document, packs) = (document(), tempfile::tempdir().unwrap());
    for more in [["--channel", "2"], ["--channels", "1:red,2"]] {
        binary::pack(&document.path, packs.path(), &more).expect_error(&["document.tif", "channel"]);
    }
    assert_eq!(binary::files(packs.path()), [""; 0]);
}

#[test]
fn samples_of_16_bits_are_shown_in_the_range_that_is_asked_for_and_it_is_said() {
    let slide = TempFile::new("dapi.tif", &tiff(&[Page::of_sample(300, 200, 800)]));
    let packs = tempfile::tempdir().unwrap();
    let outcome = binary::pack(&slide.path, packs.path(), &["--range", "0-1600"]).expect_success();
    let said = "16-bit samples are shown from 0 (black) to 1600 (white)";
    assert!(words(&outcome.stdout).contains(said), "{}", outcome.stdout);
    assert_near(&mean_colour(packs.path(), "dapi"), [128; 3]);
    let outcome = binary::pack(&slide.path, packs.path(), &[]).expect_success();
    for said in ["16-bit samples are shown from ", "; --range LOW-HIGH sets another"] {
        assert!(words(&outcome.stdout).contains(said), "{}", outcome.stdout);
    }
}
