//! Several slides in one command: which are found, and that one does not cost the others.

use crate::binary::{self, Outcome, files};
use crate::picture::Picture;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn picture(path: &Path) {
    fs::write(path, Picture::gradient(64, 64).png()).unwrap();
}

/// Writes a Deep Zoom image of one tile, which is at level 6, into a new folder.
fn deep_zoom(folder: &Path) {
    let tiles = folder.join("slide_files/6");
    fs::create_dir_all(&tiles).unwrap();
    picture(&tiles.join("0_0.png"));
    let descriptor = r#"<?xml version="1.0"?><Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="png" Overlap="0" TileSize="256"><Size Width="64" Height="64"/></Image>"#;
    fs::write(folder.join("slide.dzi"), descriptor).unwrap();
}

/// Runs `origami pack` on several arguments.
fn pack(slides: &[&Path], output: &Path) -> Outcome {
    Outcome::run(binary::command(["pack", "--no-report", "-o"]).arg(output).args(slides))
}

#[test]
fn slides_beside_a_deep_zoom_image_are_not_lost() {
    let [folder, output] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    // The temporary folder itself is hidden, which a Deep Zoom image would not be.
    let mixed = folder.path().join("mixed");
    deep_zoom(&mixed);
    picture(&mixed.join("photo.png"));
    pack(&[&mixed], output.path()).expect_success();
    assert_eq!(files(output.path()), ["photo.origami", "slide.origami"]);
}

#[test]
fn deep_zoom_folders_in_a_folder_of_slides_are_packed_and_others_are_counted() {
    let [folder, output] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    deep_zoom(&folder.path().join("s1"));
    picture(&folder.path().join("s3.png"));
    for name in ["notes", "more.svs", ".hidden", "__MACOSX", "lost_files", "s3"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let outcome = pack(&[folder.path()], output.path()).expect_success();
    assert_eq!(files(output.path()), ["s1.origami", "s3.origami"]);
    let counted = format!("origami: {}: 2 subfolders were not looked into", folder.path().display());
    assert!(outcome.stderr.lines().any(|line| line == counted), "{}", outcome.stderr);
}

#[test]
fn a_folder_without_slides_says_that_its_subfolders_were_not_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("more")).unwrap();
    picture(&folder.path().join("more/photo.png"));
    pack(&[folder.path()], folder.path())
        .expect_error(&["no slides in this folder", "1 subfolder was not looked into"]);
}

#[test]
fn links_that_lead_nowhere_fail_by_name() {
    let [folder, output] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    picture(&folder.path().join("photo.png"));
    let [gone, itself] = ["gone.svs", "itself.tif"].map(|name| folder.path().join(name));
    symlink("nowhere", &gone).unwrap();
    symlink("itself.tif", &itself).unwrap();
    pack(&[folder.path()], output.path()).expect_error(&[
        gone.to_str().unwrap(),
        "no such file or folder",
        itself.to_str().unwrap(),
        "2 of 3 slides failed",
    ]);
    assert_eq!(files(output.path()), ["photo.origami"]);
}

#[test]
fn an_argument_without_slides_does_not_cost_the_others() {
    let [folder, output] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [photo, empty] = ["photo.png", "empty"].map(|name| folder.path().join(name));
    picture(&photo);
    fs::create_dir(&empty).unwrap();
    pack(&[&photo, &empty], output.path()).expect_error(&[
        empty.to_str().unwrap(),
        "no slides in this folder",
        "1 of 2 slides and folders failed",
    ]);
    assert_eq!(files(output.path()), ["photo.origami"]);
}

#[test]
fn what_macos_adds_to_a_folder_is_no_failure_among_several_arguments() {
    let [folder, output] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [photo, macos, hidden] =
        ["photo.png", "__MACOSX", "._photo.png"].map(|name| folder.path().join(name));
    picture(&photo);
    fs::create_dir(&macos).unwrap();
    fs::write(&hidden, [0, 5, 22, 7]).unwrap();
    let outcome = pack(&[&macos, &hidden, &photo], output.path()).expect_success();
    assert_eq!(files(output.path()), ["photo.origami"]);
    for path in [&macos, &hidden] {
        let note = format!("origami: {}: left out", path.display());
        assert!(outcome.stderr.contains(&note), "{}", outcome.stderr);
    }
    pack(&[&macos, &hidden], output.path()).expect_error(&["no slides"]);
    pack(&[&macos], output.path()).expect_error(&["__MACOSX: no slides in this folder"]);
}
