//! Descriptors in all their forms, under any name.

use super::{IMAGE, any_error, assert_reads, folder};
use crate::open_error;
use origami_ingest::source::SourceProblem;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The folder with another descriptor, and the path of that.
fn with_descriptor(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = folder();
    fs::remove_file(folder.path().join("made.dzi")).unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

pub(super) const JSON: &str = r#"{"Image": {"xmlns": "http://schemas.microsoft.com/deepzoom/2008", "Format": "png", "Overlap": "3", "TileSize": 20, "Size": {"Width": "107", "Height": 61}}}"#;

#[test]
fn a_descriptor_is_recognised_by_its_content() {
    let xml = IMAGE.descriptor("");
    let declared = xml.replace("\"1.0\"", "\"1.0\" encoding=\"utf-16\"");
    let bare = r#"<Image TileSize="20" Overlap="3" Format="png"><Size Width="107" Height="61"/></Image>"#;
    let late = xml.replace("<Image", &format!("<!-- {} --><Image", "long ".repeat(2000)));
    for (name, bytes) in [
        ("made.xml", [&b"\xef\xbb\xbf"[..], xml.as_bytes()].concat()),
        ("made.dzi", utf16(&format!("\u{feff}{declared}"), u16::to_le_bytes)),
        ("made.dzi", utf16(&format!("\u{feff}{declared}"), u16::to_be_bytes)),
        ("made.txt", utf16(&declared, u16::to_le_bytes)),
        ("made", utf16(&declared, u16::to_be_bytes)),
        ("made.DZI", bare.into()),
        ("made.xml", late.into()),
        ("made.json", JSON.into()),
        ("made.dzi", format!("\u{feff} {JSON}").into()),
        ("made.dzi", format!("callback({JSON});").into()),
        ("made.js", format!("// {}\nvar dzi = {JSON};\n", "long ".repeat(500)).into()),
    ] {
        let (folder, path) = with_descriptor(name, &bytes);
        assert_reads(&path);
        assert_reads(folder.path());
    }
}

#[test]
fn of_descriptors_of_one_image_the_dzi_counts() {
    let folder = folder();
    fs::write(folder.path().join("made.json"), JSON).unwrap();
    fs::write(folder.path().join("made.xml"), IMAGE.descriptor("")).unwrap();
    assert_reads(folder.path());
    fs::remove_file(folder.path().join("made.dzi")).unwrap();
    assert!(matches!(open_error(folder.path()).problem, SourceProblem::Folder(2)));
}

/// The descriptor in JSON that names the folder of its tiles.
pub(super) fn naming(url: &str) -> String {
    JSON.replace("\"Format\"", &format!("\"Url\": \"{url}\", \"Format\""))
}

#[test]
fn tiles_are_found_in_the_folder_that_json_names() {
    for name in ["made.json", "made.dzi", "made.js"] {
        let (folder, path) = with_descriptor(name, naming("./tiles/").as_bytes());
        // The folder with the name of the descriptor goes first.
        fs::create_dir(folder.path().join("tiles")).unwrap();
        assert_reads(&path);
        fs::remove_dir(folder.path().join("tiles")).unwrap();
        fs::rename(folder.path().join("made_files"), folder.path().join("tiles")).unwrap();
        assert_reads(&path);
        assert_reads(folder.path());
        for elsewhere in ["../tiles", "/tiles", "file:tiles", "a/../tiles"] {
            fs::write(&path, naming(elsewhere)).unwrap();
            assert!(open_error(&path).to_string().contains("made_files"), "{elsewhere}");
        }
    }
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn pipes_are_refused_and_not_waited_for() {
    let folder = folder();
    make_pipe(&folder.path().join("scan-properties.xml"));
    assert_reads(folder.path());
    let tile = IMAGE.tile_path(folder.path(), 1, 1);
    fs::remove_file(&tile).unwrap();
    make_pipe(&tile);
    let problem = any_error(folder.path());
    assert!(matches!(problem, SourceProblem::Tile { x: 1, y: 1, .. }), "{problem}");
    assert!(problem.to_string().contains("is no regular file"), "{problem}");
    let descriptor = folder.path().join("made.dzi");
    fs::remove_file(&descriptor).unwrap();
    make_pipe(&descriptor);
    for path in [folder.path(), &descriptor] {
        let text = open_error(path).to_string();
        assert!(text.contains("made.dzi") && text.contains("is no regular file"), "{text}");
    }
}

#[test]
fn a_collection_is_refused_by_its_name() {
    let xml = r#"<Collection xmlns="http://schemas.microsoft.com/deepzoom/2008" MaxLevel="8" TileSize="256" Format="jpg"><Items/></Collection>"#;
    let (folder, path) = with_descriptor("made.xml", xml.as_bytes());
    for path in [folder.path(), &path] {
        let error = open_error(path);
        assert!(matches!(error.problem, SourceProblem::Unsupported(_)), "{error}");
        assert!(error.to_string().contains("collection"), "{error}");
    }
}

#[test]
fn other_xml_and_json_are_no_slides() {
    for text in ["<a/>", "<OME><Image ID=\"1\"/></OME>", "{\"Image\": 1}", "[]", "{\"a\": [", "<Image"] {
        let (folder, path) = with_descriptor("made.xml", text.as_bytes());
        let error = open_error(&path);
        assert!(matches!(error.problem, SourceProblem::NotASlide(_)), "{text}: {error}");
        assert!(matches!(open_error(folder.path()).problem, SourceProblem::Folder(0)), "{text}");
    }
}

#[test]
fn a_malformed_dzi_in_a_folder_is_named_as_such() {
    let (folder, _) = with_descriptor("made.dzi", b"<Image TileSize=\"20\" Overlap=\"3\"");
    let error = open_error(folder.path());
    assert!(
        matches!(error.problem, SourceProblem::Damaged { format: "Deep Zoom descriptor", .. }),
        "{error}"
    );
}

#[test]
fn a_few_bytes_do_not_claim_a_huge_image() {
    for side in [1_u32 << 24, 1 << 21] {
        let (folder, path) = with_descriptor("made.dzi", &[]);
        let text = IMAGE.descriptor("").replace("\"107\"", &format!("\"{side}\""));
        let text = text.replace("\"61\"", &format!("\"{side}\""));
        let rect = format!(
            r#"<DisplayRects><DisplayRect MinLevel="0" MaxLevel="30"><Rect X="0" Y="0" Width="{side}" Height="{side}"/></DisplayRect></DisplayRects>"#
        );
        let one = rect.replace(&format!("\"{side}\""), "\"20\"");
        let level = folder.path().join(format!("made_files/{}", side.ilog2()));
        fs::create_dir_all(&level).unwrap();
        for (inside, tiles) in [("", 0), ("", 3), (&*rect, 3), (&*one, 1)] {
            fs::write(&path, text.replace("</Image>", &format!("{inside}</Image>"))).unwrap();
            for x in 0..tiles {
                fs::write(level.join(format!("{x}_0.png")), "").unwrap();
            }
            let error = open_error(&path);
            let is_refused =
                matches!(error.problem, SourceProblem::Damaged { .. } | SourceProblem::Unsupported(_));
            assert!(is_refused, "{side} px, {tiles} tiles, {inside:?}: {error}");
        }
    }
}
