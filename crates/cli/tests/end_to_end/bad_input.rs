//! Files and options from which no pack can be made.

use crate::binary::{self, Outcome, files};
use crate::slides::{SMALL, slide};
use origami_fixtures::TempFile;
use std::fs;

#[test]
fn files_that_are_not_slides_are_named_and_leave_nothing() {
    let output = tempfile::tempdir().unwrap();
    for (name, bytes, part) in [
        ("notes.svs", &b"Dear reader,\n"[..], "text"),
        ("empty.svs", b"", "empty"),
        ("zeros.tif", &[0; 5000], "zeros"),
        ("noise.ndpi", &[0x9c, 1, 2, 3, 0xfe, 0, 7, 8, 9], "9c 01 02 03"),
        ("header.tif", b"II*\0\x08\0\0\0", "TIFF"),
        ("header.png", b"\x89PNG\r\n\x1a\n", "header.png"),
        ("header.zip", b"PK\x03\x04", "zip"),
    ] {
        let file = TempFile::new(name, bytes);
        let outcome = binary::pack(&file.path, output.path(), &[]);
        outcome.expect_error(&[file.path.to_str().unwrap(), part]);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn a_missing_slide_and_a_folder_without_slides_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.svs");
    binary::pack(&missing, folder.path(), &[])
        .expect_error(&[missing.to_str().unwrap(), "no such file or folder"]);
    let notes = TempFile::new("notes.txt", b"Dear reader,\n");
    let folder = notes.folder.path();
    binary::pack(folder, folder, &[])
        .expect_error(&[folder.to_str().unwrap(), "no slides in this folder (looked for .svs .tif .tiff "]);
    assert!(notes.path.exists());
}

#[test]
fn a_folder_with_nothing_but_hidden_files_says_so() {
    let hidden = TempFile::new("._slide.svs", b"\0\x05\x16\x07");
    let folder = hidden.folder.path();
    binary::pack(folder, folder, &[])
        .expect_error(&["no slides in this folder", "1 hidden file is left out"]);
}

#[test]
fn a_bad_slide_does_not_stop_others_from_being_packed() {
    let Some(slide) = slide(SMALL) else { return };
    let bad = TempFile::new("notes.svs", b"Dear reader,\n");
    let output = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack", "--no-report", "-o"]);
    Outcome::run(command.arg(output.path()).args([&bad.path, &slide]))
        .expect_error(&[bad.path.to_str().unwrap(), "1 packed, 0 current, 1 failed"]);
    assert_eq!(files(output.path()), ["CMU-1-Small-Region.origami"]);
}

#[test]
fn a_folder_of_slides_is_packed_without_its_other_and_hidden_files() {
    let Some(slide) = slide(SMALL) else { return };
    for (name, bytes) in [("notes.txt", &b"Dear reader,\n"[..]), ("._one.svs", b"\0\x05\x16\x07")] {
        let folder = TempFile::new(name, bytes).folder;
        fs::copy(&slide, folder.path().join("one.svs")).unwrap();
        let output = tempfile::tempdir().unwrap();
        binary::pack(folder.path(), output.path(), &["--no-report"]).expect_success();
        assert_eq!(files(output.path()), ["one.origami"], "{name}");
    }
}

#[test]
fn a_missing_openslide_names_the_package_to_install() {
    let Some(slide) = slide("hamamatsu-test3-DAPI-2-387.ndpi") else { return };
    let output = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack", "-o"]);
    command.arg(output.path()).arg(&slide).env("ORIGAMI_OPENSLIDE", "/nonexistent");
    Outcome::run(&mut command).expect_error(&[slide.to_str().unwrap(), "libopenslide0", "/nonexistent"]);
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn options_out_of_range_are_refused_before_anything_is_written() {
    let Some(slide) = slide(SMALL) else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("packs");
    for (option, value, part) in [
        ("--background", "grey", "six hexadecimal digits"),
        ("--background", "+fffff", "six hexadecimal digits"),
        ("--quality", "0", "1..=100"),
        ("--quality", "101", "1..=100"),
        ("--residual-quality", "0", "1..=100"),
        ("--coarse-quality", "0", "1 to 100, or source"),
        ("--coarse-quality", "slide", "1 to 100, or source"),
        ("--jobs", "0", "jobs"),
        ("--mode", "none", "[possible values: "),
        ("--subsampling", "411", "[possible values: "),
        ("--page", "0", "--page"),
        ("--plane", "0", "--plane"),
        ("--frame", "one", "--frame"),
        ("--channel", "0", "--channel"),
        ("--channels", "1:orange", "six hexadecimal digits"),
        ("--channels", "1,2,1", "channel 1 is there twice"),
        ("--channels", "", "number from 1"),
        ("--range", "1600-0", "above the first"),
        ("--range", "1600", "as in 0-1600"),
        ("--id", "a b", "cannot be a slide's id"),
        ("--id", "../a", "cannot be a slide's id"),
        ("--id", "a.dzi", "cannot be a slide's id"),
        ("--id", "", "cannot be a slide's id"),
        ("--tile-size", "254", "multiple of 16"),
        ("--tile-size", "0", "multiple of 16"),
        ("--tile-size", "2048", "between 16 and 1024"),
    ] {
        let outcome = binary::pack(&slide, &output, &[option, value]);
        assert!(matches!(outcome.code, Some(1 | 2)), "{option} {value}: {:?}", outcome.code);
        assert!(outcome.stderr.contains(part), "{option} {value}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("internal error"), "{}", outcome.stderr);
        assert_eq!(files(&output), [""; 0], "{option} {value}");
    }
}

#[test]
fn a_quality_of_coarser_levels_without_kept_tiles_is_refused_and_not_ignored() {
    let Some(slide) = slide(SMALL) else { return };
    let output = tempfile::tempdir().unwrap();
    for other in [&["--mode", "luma"][..], &["--keep-source=no"], &["--quality", "70"]] {
        let options = [&["--coarse-quality", "60"][..], other].concat();
        binary::pack(&slide, output.path(), &options)
            .expect_error(&["--coarse-quality is for slides whose own tiles are kept"]);
        assert_eq!(files(output.path()), [""; 0], "{other:?}");
    }
}

#[test]
fn an_id_cannot_be_given_to_two_slides() {
    let Some(slide) = slide(SMALL) else { return };
    let output = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack", "--id", "a", "-o"]);
    command.arg(output.path()).args([&slide, &slide]);
    Outcome::run(&mut command).expect_error(&["--id names one slide, but there are 2"]);
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn slides_with_the_same_name_do_not_overwrite_each_other() {
    let Some(slide) = slide(SMALL) else { return };
    let (folder, output) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [first, second] = ["a.svs", "a.tif"].map(|name| folder.path().join(name));
    fs::copy(&slide, &first).unwrap();
    fs::copy(&slide, &second).unwrap();
    let mut command = binary::command(["pack", "--force", "--no-report", "-o"]);
    Outcome::run(command.arg(output.path()).args([&first, &second])).expect_success();
    for name in ["a.svs", "a.tif"] {
        let pack = output.path().join(format!("{}.origami", origami_pack::id::suffixed("a", name)));
        assert_eq!(binary::inspect(&pack)["metadata"]["source"]["name"], name);
    }
    assert_eq!(files(output.path()).len(), 2);
}

#[test]
fn a_missing_folder_or_a_port_in_use_is_named_by_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    binary::run_on("serve", &missing).expect_error(&[missing.to_str().unwrap()]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // A folder without a pack would be warned of, too.
    fs::write(folder.path().join("a.origami"), "not opened before the port is").unwrap();
    let mut command = binary::command_on("serve", folder.path());
    Outcome::run(command.args(["--listen", &address])).expect_error(&[&address, "in use"]);
}
