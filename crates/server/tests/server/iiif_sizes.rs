//! Sizes of IIIF's images: all forms of them, in both versions, and the largest of each format.

use crate::iiif_paths::assert_refused;
use crate::packs::{HEIGHT, WIDTH, folder, write_blank};
use crate::test_server::TestServer;
use origami_pyramid::{Pyramid, Size};

/// Width and height of the JPEG, PNG or WebP that `path` gives.
pub fn size(server: &TestServer, path: &str) -> (u32, u32) {
    let response = server.get(path);
    assert_eq!(response.status, 200, "{path}: {}", String::from_utf8_lossy(&response.body));
    let image = image::load_from_memory(&response.body).unwrap();
    (image.width(), image.height())
}

/// Fails unless the manifest names a picture of this width, and all sizes of the image information
/// are made.
pub fn assert_named_sizes_are_made(server: &TestServer, width: u32) {
    let manifest = server.get("/iiif/presentation/3/a/manifest").json();
    assert_eq!(manifest["items"][0]["items"][0]["items"][0]["body"]["width"], width);
    for named in server.get("/iiif/3/a/info.json").json()["sizes"].as_array().unwrap() {
        let form = format!("{},{}/0/default.jpg", named["width"], named["height"]);
        assert_eq!(server.get(&format!("/iiif/3/a/full/{form}")).status, 200, "{form}");
    }
}

#[test]
fn every_form_of_a_size_gives_that_size() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (form, expected) in [
        ("700,", (700, 420)),
        (",420", (700, 420)),
        ("pct:50", (750, 450)),
        ("30,170", (30, 170)),
        ("!700,700", (700, 420)),
        ("max", (WIDTH, HEIGHT)),
    ] {
        for version in [2, 3] {
            assert_eq!(
                size(&server, &format!("/iiif/{version}/a/full/{form}/0/default.jpg")),
                expected,
                "{form}"
            );
        }
    }
    for (path, expected) in [
        ("/iiif/2/a/full/full/0/default.jpg", (WIDTH, HEIGHT)),
        ("/iiif/2/a/10,10,50,40/100,/0/default.jpg", (100, 80)),
        ("/iiif/2/a/10,10,50,40/!100,100/0/default.jpg", (50, 40)),
        ("/iiif/3/a/10,10,50,40/%5E100,/0/default.jpg", (100, 80)),
        ("/iiif/3/a/10,10,50,40/^pct:200/0/default.jpg", (100, 80)),
        ("/iiif/3/a/10,10,50,40/^!100,100/0/default.jpg", (100, 80)),
        // As many pixels as the slide has, which is what the image information promises.
        ("/iiif/3/a/full/^max/0/default.jpg", (WIDTH, HEIGHT)),
        ("/iiif/3/a/10,10,50,40/^max/0/default.jpg", (1299, 1039)),
    ] {
        assert_eq!(size(&server, path), expected, "{path}");
    }
}

#[test]
fn version_3_enlarges_only_on_request() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for form in ["51,", ",41", "pct:101", "51,40", "50,41", "!100,100"] {
        let path = format!("/iiif/3/a/10,10,50,40/{form}/0/default.jpg");
        assert_refused(&server.get(&path), 400, &path);
        assert_eq!(server.get(&path.replace(form, &format!("^{form}"))).status, 200, "^{form}");
        assert_eq!(server.get(&path.replace("/3/", "/2/")).status, 200, "{form}");
    }
}

#[test]
fn the_largest_picture_of_a_very_long_slide_is_one_that_its_format_can_hold() {
    let packs = folder(&[]);
    write_blank(packs.path(), "a", Pyramid::new(Size::new(70_000, 10), 256).unwrap());
    let server = TestServer::start(packs.path());
    for (form, expected) in [
        ("max/0/default.jpg", (65_500, 9)),
        ("%5Emax/90/default.jpg", (9, 65_500)),
        ("!70000,10/180/default.jpg", (65_500, 9)),
        ("max/0/default.webp", (16_383, 2)),
        ("max/0/default.png", (70_000, 10)),
    ] {
        assert_eq!(size(&server, &format!("/iiif/3/a/full/{form}")), expected, "{form}");
    }
    assert_refused(&server.get("/iiif/3/a/full/70000,10/0/default.jpg"), 413, "a size in numbers");
    assert_named_sizes_are_made(&server, 65_500);
}
