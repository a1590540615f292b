//! Which slides are packed, and under which ids.

use crate::binary::{self, files, run};
use std::fs;
use std::path::Path;

/// What `origami pack --show-ids` says of a file or folder: ids and paths.
#[track_caller]
fn shown(path: &Path) -> Vec<(String, String)> {
    let output = tempfile::tempdir().unwrap();
    let ran = binary::pack(path, output.path(), &["--show-ids"]).good();
    assert_eq!(files(output.path()), [""; 0]);
    let pair = |line: &str| line.split_once(' ').map(|(id, path)| (id.to_owned(), path.to_owned()));
    ran.stdout.lines().map(|line| pair(line).unwrap()).collect()
}

#[test]
fn slides_of_a_folder_get_ids_of_their_names_without_extensions() {
    let folder = tempfile::tempdir().unwrap();
    let slides = [
        (".hidden.svs", "hidden"),
        ("CMU-1-Small-Region.svs", "CMU-1-Small-Region"),
        ("a.vsi", "a"),
        ("my slide (2).ndpi", "my-slide--2-"),
        ("seed-HE.dzi.zip", "seed-HE"),
        ("v1.2.TIFF", "v1.2"),
        ("été.tif", "-t-"),
    ];
    for name in slides.map(|(name, _)| name).iter().chain(&["notes.txt", "svs"]) {
        fs::write(folder.path().join(name), "").unwrap();
    }
    fs::create_dir(folder.path().join("folder.svs")).unwrap();
    let expected = slides.map(|(name, id)| (id.to_owned(), folder.path().join(name).display().to_string()));
    assert_eq!(shown(folder.path()), expected);
}

#[test]
fn a_folder_is_one_slide_if_it_is_a_deep_zoom_image() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    fs::create_dir_all(image.join("HE_files")).unwrap();
    let [first, second] = ["HE.DZI", "b.dzi"].map(|name| image.join(name));
    fs::write(&first, "").unwrap();
    assert_eq!(shown(&image), [("image".to_owned(), image.display().to_string())]);
    fs::write(&second, "").unwrap();
    let expected =
        [("HE", first), ("b", second)].map(|(id, path)| (id.to_owned(), path.display().to_string()));
    assert_eq!(shown(&image), expected);
}

#[test]
fn a_name_that_makes_no_id_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x_files.svs");
    fs::write(&path, "").unwrap();
    binary::pack(&path, folder.path(), &["--show-ids"]).refused(&["'x_files' cannot be a slide's id"]);
    binary::pack(&path, folder.path(), &[]).refused(&["'x_files' cannot be a slide's id"]);
}

#[test]
fn help_says_what_slides_are() {
    let help = run(["pack", "--help"]).good().stdout;
    let words: Vec<_> = help.split_whitespace().collect();
    let said = "Slides, or folders of slides: TIFF, SVS and what OpenSlide reads, Deep Zoom (.dzi, ";
    assert!(words.join(" ").contains(said), "{help}");
    assert!(!help.contains("show-ids"), "{help}");
}
