//! Which files and folders are slides, and which ids they get.

use crate::binary::{self, files, run};
use origami_fixtures::picture::Picture;
use std::fs;
use std::path::Path;

/// What `origami pack --show-ids` prints for a file or folder: an id and a path for each slide.
#[track_caller]
fn slides(path: &Path) -> Vec<(String, String)> {
    let output = tempfile::tempdir().unwrap();
    let outcome = binary::pack(path, output.path(), &["--show-ids"]).expect_success();
    assert_eq!(files(output.path()), [""; 0]);
    let pairs = outcome.stdout.lines().map(|line| line.split_once(' ').unwrap());
    pairs.map(|(id, path)| (id.to_owned(), path.to_owned())).collect()
}

#[test]
fn ids_of_slides_in_a_folder_are_their_names_without_extensions() {
    let folder = tempfile::tempdir().unwrap();
    let named = [
        ("CMU-1-Small-Region.svs", "CMU-1-Small-Region"),
        ("a.vsi", "a"),
        ("my slide (2).ndpi", "my-slide--2-"),
        ("seed-HE.dzi.zip", "seed-HE"),
        ("v1.2.TIFF", "v1.2"),
        ("été.tif", "été"),
        ("слайд 1.svs", "слайд-1"),
    ];
    for name in named.map(|(name, _)| name).iter().chain(&["notes.txt", "svs", ".hidden.svs", "._a.vsi"]) {
        fs::write(folder.path().join(name), "").unwrap();
    }
    fs::create_dir(folder.path().join("folder.svs")).unwrap();
    let expected = named.map(|(name, id)| (id.to_owned(), folder.path().join(name).display().to_string()));
    assert_eq!(slides(folder.path()), expected);
}

#[test]
fn a_folder_is_one_slide_if_it_is_a_deep_zoom_image() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    for name in ["HE_files", "b_files"] {
        fs::create_dir_all(image.join(name)).unwrap();
    }
    let [first, second] = ["HE.DZI", "b.dzi"].map(|name| image.join(name));
    fs::write(&first, "").unwrap();
    // A folder of tiles without a descriptor is nothing.
    assert_eq!(slides(&image), [("image".to_owned(), image.display().to_string())]);
    fs::write(&second, "").unwrap();
    let expected =
        [("HE", first), ("b", second)].map(|(id, path)| (id.to_owned(), path.display().to_string()));
    assert_eq!(slides(&image), expected);
}

#[test]
fn every_name_makes_an_id() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x_files.svs", "photo.jpg.svs", "~.svs", "組織 1.svs", &format!("{}.svs", "é".repeat(120))]
    {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let slides = slides(folder.path());
    assert_eq!(slides.len(), 5);
    for (id, path) in slides {
        assert_eq!(origami_pack::id::problem(&id), None, "{id} of {path}");
    }
}

/// Packs pictures of these names and returns what is in their folder of packs.
fn packed(names: &[&str]) -> Vec<String> {
    let [folder, packs] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for name in names {
        fs::write(folder.path().join(name), Picture::gradient(64, 64).png()).unwrap();
    }
    // Twice: nobody gets another id because of the packs that are there now.
    for _ in 0..2 {
        binary::pack(folder.path(), packs.path(), &["--no-report"]).expect_success();
    }
    files(packs.path())
}

#[test]
fn cyrillic_names_stay_as_they_are() {
    assert_eq!(packed(&["слайд.png"]), ["слайд.origami"]);
}

#[test]
fn names_that_collide_get_a_short_suffix_that_stays_the_same() {
    let suffixed = format!("{}.origami", origami_pack::id::suffixed("HE-1", "HE 1.png"));
    assert_eq!(packed(&["HE 1.png", "HE-1.png"]), [&*suffixed, "HE-1.origami"]);
    let mut both =
        ["a.png", "a.tif"].map(|name| format!("{}.origami", origami_pack::id::suffixed("a", name)));
    both.sort();
    assert_eq!(packed(&["a.png", "a.tif"]), both);
}

#[test]
fn the_help_says_what_slides_are() {
    let help = run(["pack", "--help"]).expect_success().stdout;
    let words: Vec<_> = help.split_whitespace().collect();
    let explanation = "Slides, or folders of slides: TIFF, SVS and what OpenSlide reads, Deep Zoom (.dzi, ";
    assert!(words.join(" ").contains(explanation), "{help}");
    assert!(!help.contains("show-ids"), "{help}");
}
