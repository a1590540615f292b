//! Slides full of planted secrets, packed under an id of their own: no secret may be found in
//! anything that is written or answered.
//!
//! Every secret begins with the same words, so that one search finds all of them, also those
//! that a new part of a slide brings along.

#[path = "../end_to_end/binary.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod binary;
#[path = "../end_to_end/server.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod server;

mod answers;
mod container;
mod jpeg;
mod microscope;
mod secrets;
mod slides;

use answers::Answers;
use slides::Planted;

/// Fails if anything but `allowed` is found in what is made of a slide.
#[track_caller]
fn expect_none(planted: &Planted, more: &[&str], allowed: &[&str]) -> Answers {
    let answers = Answers::of(planted, more);
    assert_none(planted, &answers, allowed);
    answers
}

#[track_caller]
fn assert_none(planted: &Planted, answers: &Answers, allowed: &[&str]) {
    let mut found = Vec::new();
    for (what, bytes) in &answers.all {
        let secrets = secrets::found_in(bytes, &planted.folder_name());
        let secrets: Vec<_> = secrets.into_iter().filter(|secret| !allowed.contains(&&**secret)).collect();
        if !secrets.is_empty() {
            found.push(format!("{what}: {}", secrets.join(", ")));
        }
    }
    assert!(found.is_empty(), "{}:\n{}", planted.path.display(), found.join("\n"));
}

#[test]
fn nothing_of_a_scanners_tiff_is_found_anywhere() {
    let planted = Planted::tiff();
    assert!(planted.count() > 300, "{}", planted.count());
    let answers = expect_none(&planted, &["--id", "case-1"], &[]);
    // The test would prove little if no tile were served as the scanner wrote it.
    let level = answers.finest_level();
    assert!(level["verbatim"].as_u64() > Some(0), "{level}");
    assert_eq!(answers.metadata()["settings"]["kept_source"], true);
    assert_eq!(answers.metadata()["mpp"][0], 0.5, "the description is read all the same");
}

#[test]
fn nothing_of_a_zipped_deep_zoom_image_is_found_anywhere() {
    let planted = Planted::deep_zoom();
    assert!(planted.count() > 10, "{}", planted.count());
    expect_none(&planted, &["--id", "case-1"], &[]);
}

#[test]
fn nothing_of_a_picture_is_found_anywhere() {
    for planted in [Planted::png(), Planted::jpeg()] {
        assert!(planted.count() > 2, "{}", planted.count());
        expect_none(&planted, &["--id", "case-1"], &[]);
    }
}

#[test]
fn nothing_of_a_microscopes_channels_and_files_is_found_anywhere() {
    let planted = Planted::channels();
    assert!(planted.count() > 10, "{}", planted.count());
    let mut answers = Answers::of(&planted, &["--id", "case-1"]);
    // Whoever packs the slide has to know which channel is which.
    answers.all.retain(|(what, _)| what != "the output of pack");
    assert_none(&planted, &answers, &[]);
    let metadata = answers.metadata();
    assert_eq!(metadata["mpp"], serde_json::json!([0.25, 0.25]), "the document is read all the same");
    let channels = metadata["contents"]["channels"].as_array().unwrap();
    assert_eq!(channels.len(), 2);
    assert!(channels.iter().all(|channel| channel["name"] == ""), "{channels:?}");
}

#[test]
fn what_is_wrong_with_ome_xml_is_said_without_its_words() {
    for (planted, expected) in [
        (Planted::companion(), "its OME-XML is in another file"),
        (Planted::broken(), "its OME-XML is not well-formed at byte "),
    ] {
        assert!(planted.count() > 10, "{}", planted.count());
        let answers = expect_none(&planted, &["--id", "case-1"], &[]);
        let note = answers.metadata()["contents"]["notes"][0].as_str().unwrap();
        assert!(note.starts_with(expected), "{note}");
    }
}

#[test]
fn nothing_of_a_stack_of_imagej_is_found_anywhere() {
    let planted = Planted::stack();
    assert!(planted.count() > 10, "{}", planted.count());
    let answers = expect_none(&planted, &["--id", "case-1"], &[]);
    assert_eq!(answers.metadata()["contents"]["plane"], serde_json::json!({"number": 1, "count": 2}));
}

#[test]
fn channels_have_their_names_with_keep_name() {
    let planted = Planted::channels();
    let answers = expect_none(&planted, &["--id", "case-1", "--keep-name"], &["name", "channel"]);
    let name = &answers.metadata()["contents"]["channels"][0]["name"];
    assert_eq!(name, &secrets::secret("channel"));
}

#[test]
fn of_all_secrets_only_the_name_comes_back_with_keep_name() {
    for planted in [Planted::tiff(), Planted::deep_zoom(), Planted::png()] {
        let answers = expect_none(&planted, &["--id", "case-1", "--keep-name"], &["name"]);
        let named = answers.metadata()["source"]["name"].to_string();
        assert!(named.contains(secrets::PREFIX), "{named}");
    }
}

#[test]
fn no_label_and_no_description_is_in_the_pack_unless_it_is_asked_for() {
    let planted = Planted::tiff();
    let answers = Answers::of(&planted, &["--id", "case-1"]);
    let pack = origami_pack::Pack::open(&answers.pack).unwrap();
    assert!(pack.associated().unwrap().is_empty());
    assert_eq!(pack.description().unwrap(), None);
}
