//! Deep Zoom images in zips.

use super::{IMAGE, assert_reads, folder};
use crate::common::ZippedFile;
use crate::{TempFile, open_error};
use origami_ingest::source::SourceProblem;

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
fn two_files_for_one_tile_are_named() {
    for other in
        ["made_files/7/1_0.png", "made_files/7/1_0.PNG", "made_files/7/01_0.png", "made_files\\7\\1_0.png"]
    {
        let mut files = files();
        files.push(ZippedFile::new(other, "the same or not"));
        let problem = error(&files);
        assert!(matches!(problem, SourceProblem::Tile { x: 1, y: 0, .. }), "{problem}");
        let text = problem.to_string();
        assert!(text.contains("made_files/7/1_0.png") && text.contains(other), "{text}");
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
        assert!(problem.to_string().contains(&format!("{count} .dzi files")), "{problem}");
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
