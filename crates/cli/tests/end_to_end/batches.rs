//! Several slides in one command: which are found, and that one does not cost the others.

use crate::binary::{self, Outcome, files};
use origami_fixtures::picture::Picture;
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
fn the_report_of_a_deep_zoom_image_does_not_say_the_length_of_its_descriptor() {
    let [folder, output] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let image = folder.path().join("image");
    deep_zoom(&image);
    let report = pack(&[&image.join("slide.dzi")], output.path()).expect_success().stdout;
    let line = report.lines().next().unwrap();
    assert!(line.starts_with("slide.dzi: 64 x 64 px, Deep Zoom folder") && !line.ends_with(" B"), "{line}");
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
    let counted = format!(
        "origami: {}: 3 subfolders were not looked into; --recursive packs them too",
        folder.path().display()
    );
    assert!(outcome.stderr.lines().any(|line| line == counted), "{}", outcome.stderr);
}

#[test]
fn a_folder_without_slides_says_that_its_subfolders_were_not_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("more")).unwrap();
    picture(&folder.path().join("more/photo.png"));
    pack(&[folder.path()], folder.path()).expect_error(&[
        "no slides in this folder",
        "1 subfolder was not looked into; --recursive packs it too",
    ]);
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
        "1 packed, 0 current, 2 failed",
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
        "1 packed, 0 current, 1 failed",
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

/// Names of everything in a folder and those in it, by their paths in it.
fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for name in files(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            found.extend(files_below(&path).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.push(name);
        }
    }
    found
}

#[test]
fn subfolders_are_packed_on_request_and_stay_folders() {
    let [folder, output] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let slides = folder.path().join("slides");
    for path in ["a.png", "case 1/a.png", "case 1/left/a.png", "случай/b.png", ".hidden/c.png"] {
        fs::create_dir_all(slides.join(path).parent().unwrap()).unwrap();
        picture(&slides.join(path));
    }
    deep_zoom(&slides.join("case 1/zoom"));
    for (name, text) in [("list.xlsx", "PK"), ("case 1/notes.txt", "Dear reader"), (".DS_Store", "")] {
        fs::write(slides.join(name), text).unwrap();
    }
    symlink("..", slides.join("case 1/loop")).unwrap();
    symlink(".", slides.join("itself")).unwrap();
    let expected =
        ["a.origami", "case-1/a.origami", "case-1/left/a.origami", "case-1/zoom.origami", "случай/b.origami"];
    for tally in ["5 packed, 0 current, 0 failed", "0 packed, 5 current, 0 failed"] {
        let mut command = binary::command(["pack", "--no-report", "-r", "-o"]);
        let outcome = Outcome::run(command.arg(output.path()).arg(&slides)).expect_success();
        assert_eq!(files_below(output.path()), expected);
        assert!(outcome.stdout.contains(tally), "{}", outcome.stdout);
        let note = format!("origami: {}: 2 files are no slides: .txt, .xlsx\n", slides.display());
        assert_eq!(outcome.stderr, note);
    }
}

#[test]
fn packs_among_the_slides_are_no_files_to_speak_of() {
    let folder = tempfile::tempdir().unwrap();
    picture(&folder.path().join("photo.png"));
    for _ in 0..2 {
        let outcome = pack(&[folder.path()], folder.path()).expect_success();
        assert_eq!(outcome.stderr, "");
    }
    assert_eq!(files(folder.path()), ["photo.origami", "photo.png"]);
}
