//! Slides that are, and are not, the one that a pack was made from.

use crate::compared::{ComparedPack, options, picture};
use origami_ingest::{PackOptions, SourceName};
use origami_pack::Mode;
use origami_quality::compare::{Match, Mismatch, OriginError, html};
use std::fs;

/// Fails unless an error mentions all of `parts`.
fn assert_mentions(error: &OriginError, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "no '{part}' in {message}");
    }
}

#[test]
fn another_slide_is_refused_unless_the_caller_accepts_it() {
    let compared = ComparedPack::of_picture(300, 200, Mode::Luma);
    assert_eq!(compared.check(&compared.slide, Mismatch::Refuse).unwrap(), Match::Sha256);
    let other = compared.folder.path().join("other.png");
    picture(300, 200, 1).save(&other).unwrap();
    let refused = compared.check(&other, Mismatch::Refuse).unwrap_err();
    assert_mentions(&refused, &["other.png", "is not the file the pack was made from", "slide.png"]);
    assert_eq!(compared.check(&other, Mismatch::Accept).unwrap(), Match::Forced);
}

#[test]
fn files_are_compared_by_length_and_then_by_hash() {
    let compared = ComparedPack::of_picture(300, 200, Mode::Luma);
    let other = compared.folder.path().join("other.png");
    let mut bytes = fs::read(&compared.slide).unwrap();
    bytes.extend([0; 8]);
    fs::write(&other, &bytes).unwrap();
    let longer = compared.check(&other, Mismatch::Refuse).unwrap_err();
    assert!(matches!(longer, OriginError::OtherFile { what: "its length", .. }), "{longer}");
    let same_length = ComparedPack::of_png(&bytes);
    *bytes.last_mut().unwrap() = 1;
    fs::write(&other, &bytes).unwrap();
    let changed = same_length.check(&other, Mismatch::Refuse).unwrap_err();
    assert!(matches!(changed, OriginError::OtherFile { what: "its SHA-256", .. }), "{changed}");
}

#[test]
fn a_pack_without_a_name_knows_its_slide_and_names_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let slide = folder.path().join("DOE_JANE.png");
    picture(300, 200, 0).save(&slide).unwrap();
    let hidden = PackOptions { source_name: SourceName::Hide, ..options(Mode::Luma) };
    let compared = ComparedPack::new(slide, folder, &hidden);
    let comparison = compared.compare(10);
    let source = comparison.source.as_ref().unwrap();
    assert_eq!((source.matched, &source.name), (Match::Sha256, &None));
    for report in [serde_json::to_string(&comparison).unwrap(), html(&comparison)] {
        assert!(!report.contains("DOE_JANE"), "{report}");
    }
    let other = compared.folder.path().join("other.png");
    picture(300, 200, 1).save(&other).unwrap();
    let refused = compared.check(&other, Mismatch::Refuse).unwrap_err().to_string();
    assert!(refused.ends_with("give the original"), "{refused}");
}

#[test]
fn a_slide_of_another_size_is_refused_even_if_the_caller_accepts_another_file() {
    let compared = ComparedPack::of_picture(300, 200, Mode::Luma);
    let other = compared.folder.path().join("other.png");
    picture(301, 200, 0).save(&other).unwrap();
    for mismatch in [Mismatch::Refuse, Mismatch::Accept] {
        let refused = compared.check(&other, mismatch).unwrap_err();
        assert_mentions(&refused, &["other.png", "301x200", "300x200", "slide.png"]);
    }
}
