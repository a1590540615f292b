//! The name of a slide's file, which can be that of a patient.

use crate::binary::{self, Outcome, command_on, inspect, run_on};
use crate::server::Server;
use origami_fixtures::picture::Picture;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A slide whose file is named after a patient, and a folder for packs.
struct NamedSlide {
    slides: TempDir,
    packs: TempDir,
    path: PathBuf,
}

impl NamedSlide {
    fn new() -> Self {
        let (slides, packs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = slides.path().join("DOE_JANE_MRN12345.png");
        fs::write(&path, Picture::gradient(600, 400).png()).unwrap();
        Self { slides, packs, path }
    }

    /// Fails if `bytes` have the name of the file or of its folder.
    #[track_caller]
    fn expect_unnamed(&self, what: &str, bytes: &[u8]) {
        let folder = self.slides.path().file_name().unwrap().as_encoded_bytes();
        for name in [&b"DOE_JANE"[..], folder] {
            let found = bytes.windows(name.len()).any(|window| window == name);
            assert!(!found, "{} in {what}", String::from_utf8_lossy(name));
        }
    }
}

#[test]
fn with_an_id_nothing_that_is_written_or_answered_names_the_file() {
    let slide = NamedSlide::new();
    let outcome = binary::pack(&slide.path, slide.packs.path(), &["--id", "case-1"]).expect_success();
    slide.expect_unnamed("the report", outcome.stdout.as_bytes());
    let pack = slide.packs.path().join("case-1.origami");
    slide.expect_unnamed("the pack", &fs::read(&pack).unwrap());
    // The metadata in the pack are compressed.
    slide.expect_unnamed("the metadata", inspect(&pack).to_string().as_bytes());
    assert_eq!(inspect(&pack)["metadata"]["source"]["name"], "");
    slide.expect_unnamed("inspect", run_on("inspect", &pack).expect_success().stdout.as_bytes());

    let server = Server::start(slide.packs.path());
    for page in ["/slides", "/slides/case-1", "/", "/view/case-1", "/metrics"] {
        slide.expect_unnamed(page, &server.body(page));
    }
    let description = server.json("/slides/case-1");
    assert!(description["source"].is_null(), "{description}");

    for name in ["x.tif", "x.szi"] {
        let exported = slide.packs.path().join(name);
        Outcome::run(command_on("export", &pack).arg("-o").arg(&exported)).expect_success();
        slide.expect_unnamed(name, &fs::read(&exported).unwrap());
    }
}

#[test]
fn a_comparison_with_the_file_does_not_name_it_either() {
    let slide = NamedSlide::new();
    let pack = binary::packed(&slide.path, slide.packs.path(), &["--id", "case-1"]);
    let page = slide.packs.path().join("page.html");
    for more in [&["--json"][..], &[]] {
        let mut command = command_on("compare", &pack);
        command.arg("--source").arg(&slide.path).arg("--report").arg(&page).args(more);
        let outcome = Outcome::run(&mut command).expect_success();
        slide.expect_unnamed("the comparison", outcome.stdout.as_bytes());
    }
    slide.expect_unnamed("the page", &fs::read(&page).unwrap());
}

#[test]
fn the_name_stays_on_request_and_where_the_id_is_made_of_it() {
    let slide = NamedSlide::new();
    for more in [&["--id", "case-1", "--keep-name"][..], &[]] {
        let pack = binary::packed(&slide.path, slide.packs.path(), more);
        assert_eq!(inspect(&pack)["metadata"]["source"]["name"], "DOE_JANE_MRN12345.png", "{more:?}");
    }
}
