//! The label, the macro and the description that a pack has besides the pyramid.

use crate::client::{IMMUTABLE, NO_CACHE, NO_STORE};
use crate::packs::{folder, jpeg_size};
use crate::test_server::TestServer;
use origami_fixtures::encode;
use origami_pack::{Metadata, PackSpec, PackWriter, Unpublished};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId, Ycc};
use serde_json::json;
use std::fs;
use std::path::Path;

const DESCRIPTION: &str = "Aperio\r\n<b>Patient</b> = \"Doe^Jane\"";

/// The JPEG of a gray picture.
fn picture(size: Size) -> Vec<u8> {
    let mut pixels = Ycc::zeros(size.width as usize, size.height as usize, Subsampling::S420);
    pixels.fill([90, 128, 128]);
    encode(&mut pixels, 85)
}

/// Writes the pack `a` of one blank tile, with what `add` adds to it.
pub fn write_with(folder: &Path, add: impl FnOnce(&mut Unpublished)) {
    let pyramid = Pyramid::new(Size::square(1), 256).unwrap();
    let spec = PackSpec::stored(pyramid, Subsampling::S420, 80);
    let mut writer = PackWriter::create(&folder.join("a.origami"), spec, true).unwrap();
    writer.blank(TileId { z: 0, x: 0, y: 0 }, [200, 128, 128]);
    let mut unpublished = writer.finish(&Metadata::default()).unwrap();
    add(&mut unpublished);
    unpublished.publish().unwrap();
}

/// A label, a macro and a description.
fn write_with_label(folder: &Path) {
    write_with(folder, |pack| {
        pack.add_associated("label", &picture(Size::new(30, 40))).unwrap();
        pack.add_associated("macro-2", &picture(Size::new(64, 20))).unwrap();
        pack.add_description(DESCRIPTION).unwrap();
    });
}

#[test]
fn what_a_pack_has_kept_is_listed_and_served() {
    let packs = folder(&[]);
    write_with_label(packs.path());
    let server = TestServer::start(packs.path());
    let (slide, generation) = (server.get("/slides/a").json(), server.generation());
    assert_eq!(slide["description"], DESCRIPTION);
    let expected = ["label", "macro-2"]
        .map(|name| json!({ "name": name, "url": format!("/slides/a/associated/{name}?v={generation}") }));
    assert_eq!(slide["associated"], json!(expected));
    for (name, size) in [("label", Size::new(30, 40)), ("macro-2", Size::new(64, 20))] {
        let path = format!("/slides/a/associated/{name}");
        for (query, cache_control) in [(String::new(), NO_CACHE), (format!("?v={generation}"), IMMUTABLE)] {
            let response = server.get(&format!("{path}{query}"));
            assert_eq!((response.status, response.header("content-type")), (200, Some("image/jpeg")));
            assert_eq!(response.header("cache-control"), cache_control);
            assert!(response.body == picture(size), "the bytes that were added");
            assert_eq!(jpeg_size(&response.body), size);
            let tag = response.header("etag").unwrap().to_owned();
            assert_eq!(tag, format!("\"{generation}-associated-{name}\""));
            for sent in [&tag[..], "*"] {
                let unchanged = server.request("GET", &path, &[&format!("If-None-Match: {sent}")]);
                assert_eq!((unchanged.status, unchanged.header("etag")), (304, Some(&tag[..])));
            }
        }
        assert_eq!(server.get(&format!("{path}?v=0123456789abcdef")).status, 410);
    }
    // Nothing of it is in the list of all slides.
    let list = server.get("/slides");
    assert!(!list.text().contains("label") && !list.text().contains("Doe"), "{}", list.text());
}

#[test]
fn images_that_a_pack_does_not_have_are_404() {
    let packs = folder(&["b"]);
    write_with_label(packs.path());
    let server = TestServer::start(packs.path());
    for path in [
        "/slides/a/associated/macro",
        "/slides/a/associated/Label",
        "/slides/a/associated/label.jpg",
        "/slides/a/associated/description",
        "/slides/a/associated/",
        "/slides/a/associated",
        "/slides/b/associated/label",
        "/slides/c/associated/label",
    ] {
        // A tag that matches everything does not make it exist.
        for headers in [&["If-None-Match: *"][..], &[]] {
            assert_eq!(server.request("GET", path, headers).status, 404, "{path}");
        }
    }
    let slide = server.get("/slides/b").json();
    assert_eq!((&slide["associated"], &slide["description"]), (&json!([]), &json!(null)));
}

#[test]
fn a_damaged_label_is_an_error_of_its_own_and_the_slide_stays_visible() {
    let packs = folder(&[]);
    write_with_label(packs.path());
    let path = packs.path().join("a.origami");
    let (mut bytes, label) = (fs::read(&path).unwrap(), picture(Size::new(30, 40)));
    let at = bytes.windows(label.len()).position(|part| part == label).unwrap();
    bytes[at + label.len() / 2] ^= 1;
    let at = bytes.windows(8).position(|part| part == b"Doe^Jane").unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let server = TestServer::start(packs.path());
    for _ in 0..2 {
        let response = server.get("/slides/a/associated/label");
        assert_eq!((response.status, response.header("cache-control")), (500, NO_STORE));
    }
    assert_eq!(server.metric(r#"origami_pack_errors_total{kind="checksum"}"#), 2.0);
    assert_eq!(server.get("/slides/a/associated/macro-2").status, 200);
    let slide = server.get("/slides/a");
    assert_eq!((slide.status, &slide.json()["description"]), (200, &json!(null)));
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
    assert_eq!(server.metric(r#"origami_pack_errors_total{kind="checksum"}"#), 3.0);
}
