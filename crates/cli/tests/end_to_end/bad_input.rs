//! Files and options that make no pack.

use crate::binary::{self, files, run};
use crate::slides::{SMALL, slide};
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A file with these bytes in a folder of its own.
pub fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn what_is_no_slide_is_named_and_leaves_nothing() {
    let output = tempfile::tempdir().unwrap();
    for (name, bytes, said) in [
        ("notes.svs", &b"Dear reader,\n"[..], "text"),
        ("empty.svs", b"", "empty"),
        ("zeros.tif", &[0; 5000], "zeros"),
        ("noise.ndpi", &[0x9c, 1, 2, 3, 0xfe, 0, 7, 8, 9], "9c 01 02 03"),
        ("header.tif", b"II*\0\x08\0\0\0", "TIFF"),
        ("header.png", b"\x89PNG\r\n\x1a\n", "header.png"),
        ("header.zip", b"PK\x03\x04", "zip"),
    ] {
        let (_folder, path) = file(name, bytes);
        let ran = binary::pack(&path, output.path(), &[]);
        ran.refused(&[path.to_str().unwrap(), said]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn a_missing_slide_and_a_folder_without_slides_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.svs");
    binary::pack(&missing, folder.path(), &[])
        .refused(&[missing.to_str().unwrap(), "no such file or folder"]);
    let (folder, path) = file("notes.txt", b"Dear reader,\n");
    binary::pack(folder.path(), folder.path(), &[])
        .refused(&[folder.path().to_str().unwrap(), "no slides in this folder (looked for .svs .tif .tiff "]);
    assert!(path.exists());
}

#[test]
fn a_bad_slide_does_not_keep_others_from_being_packed() {
    let Some(slide) = slide(SMALL) else { return };
    let (_folder, bad) = file("notes.svs", b"Dear reader,\n");
    let output = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack", "-o"]);
    let ran = binary::Ran::of(command.arg(output.path()).arg(&bad).arg(&slide).arg("--no-report"));
    ran.refused(&[bad.to_str().unwrap(), "1 of 2 slides failed"]);
    assert_eq!(files(output.path()), ["CMU-1-Small-Region.origami"]);
}

#[test]
fn a_folder_of_slides_is_packed_and_what_is_no_slide_left_out() {
    let Some(slide) = slide(SMALL) else { return };
    let (folder, _) = file("notes.txt", b"Dear reader,\n");
    fs::copy(&slide, folder.path().join("one.svs")).unwrap();
    let output = tempfile::tempdir().unwrap();
    binary::pack(folder.path(), output.path(), &["--no-report"]).good();
    assert_eq!(files(output.path()), ["one.origami"]);
}

#[test]
fn a_missing_openslide_names_the_package_to_install() {
    let Some(slide) = slide("hamamatsu-test3-DAPI-2-387.ndpi") else { return };
    let output = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack", "-o"]);
    command.arg(output.path()).arg(&slide).env("ORIGAMI_OPENSLIDE", "/nonexistent");
    binary::Ran::of(&mut command).refused(&[slide.to_str().unwrap(), "libopenslide0", "/nonexistent"]);
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn options_out_of_range_are_refused_before_anything_is_written() {
    let Some(slide) = slide(SMALL) else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("packs");
    for (option, value, said) in [
        ("--background", "grey", "six hexadecimal digits"),
        ("--background", "+fffff", "six hexadecimal digits"),
        ("--quality", "0", "1..=100"),
        ("--quality", "101", "1..=100"),
        ("--residual-quality", "0", "1..=100"),
        ("--jobs", "0", "jobs"),
        ("--mode", "none", "[possible values: "),
        ("--subsampling", "411", "[possible values: "),
        ("--id", "a b", "cannot be a slide's id"),
        ("--id", "../a", "cannot be a slide's id"),
        ("--id", "a.dzi", "cannot be a slide's id"),
        ("--id", "", "cannot be a slide's id"),
        ("--tile-size", "254", "multiple of 16"),
        ("--tile-size", "0", "multiple of 16"),
        ("--tile-size", "2048", "between 16 and 1024"),
    ] {
        let ran = binary::pack(&slide, &output, &[option, value]);
        assert!(matches!(ran.code, Some(1 | 2)), "{option} {value}: {:?}", ran.code);
        assert!(ran.stderr.contains(said), "{option} {value}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        assert_eq!(files(&output), [""; 0], "{option} {value}");
    }
}

#[test]
fn one_id_is_not_given_to_two_slides() {
    let Some(slide) = slide(SMALL) else { return };
    let output = tempfile::tempdir().unwrap();
    let mut command = binary::command(["pack", "--id", "a", "-o"]);
    command.arg(output.path()).args([&slide, &slide]);
    binary::Ran::of(&mut command).refused(&["--id names one slide, but there are 2"]);
    assert_eq!(files(output.path()), [""; 0]);
}

#[test]
fn slides_of_one_name_do_not_overwrite_each_other() {
    let Some(slide) = slide(SMALL) else { return };
    let (folder, output) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [first, second] = ["a.svs", "a.tif"].map(|name| folder.path().join(name));
    fs::copy(&slide, &first).unwrap();
    fs::copy(&slide, &second).unwrap();
    let mut command = binary::command(["pack", "--force", "--no-report", "-o"]);
    let ran = binary::Ran::of(command.arg(output.path()).args([&first, &second]));
    ran.refused(&[second.to_str().unwrap(), first.to_str().unwrap(), "--id"]);
    assert_eq!(binary::inspect(&output.path().join("a.origami"))["metadata"]["source"]["name"], "a.svs");
}

#[test]
fn a_server_without_packs_folder_or_port_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    run([OsStr::new("serve"), missing.as_os_str()]).refused(&[missing.to_str().unwrap()]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let arguments =
        [OsStr::new("serve"), folder.path().as_os_str(), OsStr::new("--listen"), address.as_ref()];
    run(arguments).refused(&[&address, "in use"]);
}
