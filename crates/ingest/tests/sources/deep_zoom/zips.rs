//! Deep Zoom images in zips.

use super::descriptors::{JSON, naming};
use super::{IMAGE, any_error, assert_reads, folder};
use crate::common::ZippedFile;
use crate::{TempFile, open_error, read, tolerant};
use origami_ingest::source::{SourceProblem, open};
use origami_pyramid::Rect;

/// The files of the image.
fn files() -> Vec<ZippedFile> {
    ZippedFile::all_of(folder().path())
}

/// The files of the image under other paths.
fn renamed(rename: impl Fn(&str) -> String) -> Vec<ZippedFile> {
    files().into_iter().map(|file| ZippedFile { path: rename(&file.path), ..file }).collect()
}

fn zip(files: &[ZippedFile]) -> TempFile {
    TempFile::new("made.zip", &ZippedFile::zip(files))
}

fn error(files: &[ZippedFile]) -> SourceProblem {
    open_error(&zip(files).path).problem
}

#[test]
fn an_image_is_found_at_any_depth_and_in_any_case() {
    for files in [
        files(),
        renamed(|path| format!("a.b/c/{path}")),
        renamed(|path| format!("./{path}")),
        renamed(|path| format!("x/./{path}")),
        renamed(|path| format!("/x//{path}")),
        renamed(|path| format!(".tmp/{path}")),
        renamed(|path| path.replace('/', "\\")),
        renamed(|path| format!("export\\{}", path.replace('/', "\\"))),
        renamed(|path| path.replace("made.dzi", "MADE.DZI").replace("made_files", "MADE_files")),
        renamed(|path| path.replace("made.dzi", "Made.Dzi").replace("made_files", "MADE_FILES")),
        renamed(|path| path.replace("made.dzi", "made.xml")),
        renamed(|path| path.replace("made", "v1.2_made")),
        renamed(|path| path.replace(".png", ".PNG")),
    ] {
        assert_reads(&zip(&files).path);
    }
}

#[test]
fn files_of_operating_systems_are_no_part_of_an_image() {
    let mut files = renamed(|path| format!("slide/{path}"));
    let junk: Vec<_> = files
        .iter()
        .map(|file| {
            let (folder, name) = file.path.rsplit_once('/').unwrap();
            ZippedFile::new(format!("__MACOSX/{folder}/._{name}"), [0_u8; 212])
        })
        .collect();
    files.extend(junk);
    files.push(ZippedFile::new("slide/._made.dzi", [0_u8; 212]));
    files.push(ZippedFile::new("slide/made_files/7/Thumbs.db", [0_u8; 212]));
    files.push(ZippedFile::new("slide/", ""));
    assert_reads(&zip(&files).path);
}

#[test]
fn a_hidden_folder_is_left_out_beside_an_image() {
    let mut files = files();
    files.extend(renamed(|path| format!(".trash/{}", path.replace("made", "old"))));
    assert_reads(&zip(&files).path);
}

#[test]
fn a_path_that_leads_out_of_the_zip_is_named_and_not_followed() {
    for files in [renamed(|path| format!("../{path}")), renamed(|path| format!("a/../../{path}"))] {
        let problem = error(&files);
        assert!(matches!(problem, SourceProblem::Damaged { format: "zip", .. }), "{problem}");
        assert!(problem.to_string().contains("../made.dzi"), "{problem}");
    }
}

#[test]
fn a_zip_that_begins_with_something_else_is_read() {
    let zip = ZippedFile::zip(&files());
    for prefix in [&b"PK\x07\x08"[..], &b"PK00"[..], &b"#!/bin/sh\nexec unzip \"$0\"\n"[..], &[0; 5000][..]] {
        let bytes = [prefix, &zip[..]].concat();
        for name in ["made.zip", "made.SZI"] {
            assert_reads(&TempFile::new(name, &bytes).path);
        }
    }
    let text = TempFile::new("made.zip", b"#!/bin/sh\n");
    assert!(matches!(open_error(&text.path).problem, SourceProblem::NotASlide(_)));
}

/// Fails unless a zip is refused because of `other`, a second file for the tile (1, 0).
fn assert_ambiguous(files: &[ZippedFile], other: &str) {
    let file = zip(files);
    for problem in [open(&file.path, &tolerant(None)).err().unwrap().problem, error(files)] {
        // It is no problem of one tile, since painting it would not help.
        assert!(matches!(problem, SourceProblem::Damaged { format: "Deep Zoom image", .. }), "{problem}");
        let text = problem.to_string();
        assert!(text.contains("tile (1, 0)") && text.contains(other), "{text}");
    }
}

#[test]
fn two_different_files_for_one_tile_are_named() {
    for other in
        ["made_files/7/1_0.png", "made_files/7/1_0.PNG", "made_files/7/01_0.png", "made_files\\7\\1_0.png"]
    {
        let mut files = files();
        files.push(ZippedFile::new(other, "not the same"));
        assert_ambiguous(&files, other);
    }
}

#[test]
fn two_names_for_the_same_file_are_one_tile() {
    for other in ["made_files/7/1_0.png", "made_files/7/1_0.PNG", "made_files/7/01_0.png"] {
        let mut files = files();
        let tile = files.iter().position(|file| file.path == "made_files/7/1_0.png").unwrap();
        let copy = ZippedFile { path: other.to_owned(), ..files[tile].clone() };
        files.push(copy);
        assert_reads(&zip(&files).path);
    }
}

#[test]
fn a_tile_that_cannot_be_unpacked_is_one_tile_and_not_the_whole_zip() {
    let bytes = ZippedFile::zip(&files());
    let name = b"made_files/7/1_1.png";
    // The last place is in the directory, whose entries have 46 bytes before the name.
    let entry = bytes.windows(name.len()).rposition(|part| part == name).unwrap() - 46;
    for (at, value, reason) in [(10, 93, "method 93"), (8, 1, "encrypted")] {
        let mut changed = bytes.clone();
        changed[entry + at] = value;
        let file = TempFile::new("made.zip", &changed);
        let problem = any_error(&file.path);
        assert!(matches!(problem, SourceProblem::Tile { x: 1, y: 1, .. }), "{problem}");
        assert!(problem.to_string().contains(reason), "{problem}");
        let source = open(&file.path, &tolerant(Some([1, 2, 3]))).unwrap();
        let found = read(&*source, Rect::whole(IMAGE.size));
        assert_eq!((found.uniform(20, 20, 20, 20), source.damaged()), (Some([1, 2, 3]), 1));
    }
}

#[test]
fn of_descriptors_of_one_image_the_dzi_counts() {
    let mut files = files();
    files.push(ZippedFile::new("made.json", JSON));
    files.push(ZippedFile::new("made.xml", IMAGE.descriptor("")));
    assert_reads(&zip(&files).path);
    files.retain(|file| file.path != "made.dzi");
    assert!(error(&files).to_string().contains("2 Deep Zoom descriptors"));
}

#[test]
fn tiles_are_found_in_the_folder_that_json_names() {
    let json = naming("./pixels/tiles/");
    for (name, text) in
        [("made.json", json.clone()), ("made.dzi", json.clone()), ("a.js", format!("f({json});"))]
    {
        let mut files = renamed(|path| format!("a/{}", path.replace("made_files", "pixels/tiles")));
        files.retain(|file| file.path != "a/made.dzi");
        files.push(ZippedFile::new(format!("a/{name}"), text));
        assert_reads(&zip(&files).path);
    }
}

#[test]
fn a_zip_has_exactly_one_image() {
    let mut two = files();
    two.extend(renamed(|path| path.replace("made", "other")));
    let mut twice = files();
    twice.push(ZippedFile::new("made.dzi", IMAGE.descriptor("")));
    let none = [ZippedFile::new("notes.txt", "nothing"), ZippedFile::new("a.xml", "<a/>")];
    for (files, count) in [(&two[..], 2), (&twice[..], 2), (&none[..], 0)] {
        let problem = error(files);
        assert!(matches!(problem, SourceProblem::NotASlide(_)), "{problem}");
        assert!(problem.to_string().contains(&format!("{count} Deep Zoom descriptors")), "{problem}");
    }
}

#[test]
fn what_is_missing_in_a_zip_is_named() {
    let mut files = files();
    let descriptor = files.iter().position(|file| file.path == "made.dzi").unwrap();
    let alone = [files.remove(descriptor)];
    assert!(error(&alone).to_string().contains("made_files"));
    let coarser = renamed(|path| path.replace("made_files/7/", "made_files/5/"));
    let text = error(&coarser).to_string();
    assert!(text.contains("made_files/7"), "{text}");
    let without: Vec<_> = self::files().into_iter().filter(|file| !file.path.ends_with("/4_2.png")).collect();
    let problem = error(&without);
    assert!(matches!(problem, SourceProblem::Tile { x: 4, y: 2, .. }), "{problem}");
}

#[test]
fn a_collection_in_a_zip_is_refused_by_its_name() {
    let mut files = renamed(|path| path.replace("made.dzi", "made.xml"));
    let descriptor = files.iter_mut().find(|file| file.path == "made.xml").unwrap();
    descriptor.bytes = b"<Collection TileSize=\"256\"><Items/></Collection>".to_vec();
    let problem = error(&files);
    assert!(matches!(problem, SourceProblem::Unsupported(_)), "{problem}");
}
