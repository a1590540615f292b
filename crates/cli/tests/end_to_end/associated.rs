//! The label, the macro and the description of a slide, with `--keep-associated` and without.

use crate::binary::{self, inspect, run_on};
use crate::server::Server;
use crate::slides::{SMALL, slide};
use origami_fixtures::picture::Picture;
use std::fs;

#[test]
fn what_is_kept_on_request_is_reported_inspected_and_served() {
    let Some(path) = slide(SMALL) else { return };
    let folder = tempfile::tempdir().unwrap();
    let more = ["--id", "kept", "--keep-associated", "--no-report"];
    let report = binary::pack(&path, folder.path(), &more).expect_success().stdout;
    assert!(report.contains("\n  thumbnail, label, macro and description kept\n"), "{report}");
    let pack = folder.path().join("kept.origami");
    let text = run_on("inspect", &pack).expect_success().stdout;
    let sizes = "associated  thumbnail (574 x 768 px), label (387 x 463 px), macro (1280 x 431 px)\n";
    assert!(text.contains(sizes) && text.contains("\ndescription Aperio Image Library"), "{text}");
    let json = inspect(&pack);
    let server = Server::start(folder.path());
    let slide = server.json("/slides/kept");
    assert_eq!(slide["description"], json["description"]);
    for (number, name) in ["thumbnail", "label", "macro"].into_iter().enumerate() {
        assert_eq!(json["associated"][number]["name"], name);
        assert_eq!(slide["associated"][number]["name"], name);
        let jpeg = server.body(slide["associated"][number]["url"].as_str().unwrap());
        assert_eq!(json["associated"][number]["bytes"], jpeg.len());
    }
    binary::verify(&pack);
}

#[test]
fn without_the_option_nothing_is_kept() {
    let Some(path) = slide(SMALL) else { return };
    let folder = tempfile::tempdir().unwrap();
    let pack = binary::packed(&path, folder.path(), &["--no-report"]);
    let json = inspect(&pack);
    assert_eq!(json["associated"], serde_json::json!([]));
    assert!(json["description"].is_null());
    let bytes = fs::read(&pack).unwrap();
    assert!(!bytes.windows(14).any(|part| part == b"Aperio Image L"));
}

#[test]
fn a_slide_without_any_is_packed_and_the_report_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    fs::write(&path, Picture::gradient(300, 200).png()).unwrap();
    let report = binary::pack(&path, folder.path(), &["--keep-associated"]).expect_success().stdout;
    assert!(report.contains("the slide has no label, macro or description to keep\n"), "{report}");
}
