//! Descriptors in all their forms, under any name.

use super::{IMAGE, assert_reads, folder};
use crate::open_error;
use origami_ingest::source::SourceProblem;
use std::fs;
use std::path::PathBuf;
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

const JSON: &str = r#"{"Image": {"xmlns": "http://schemas.microsoft.com/deepzoom/2008", "Format": "png", "Overlap": "3", "TileSize": 20, "Size": {"Width": "107", "Height": 61}}}"#;

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
    ] {
        let (folder, path) = with_descriptor(name, &bytes);
        assert_reads(&path);
        assert_reads(folder.path());
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
