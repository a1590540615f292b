//! Servers that may encode tiles again for clients that like another format better.

use crate::client::Response;
use crate::packs::{TOP, folder, pyramid};
use crate::test_server::TestServer;
use origami_pyramid::{Size, TileId};
use std::path::Path;

/// What browsers send for images.
const CHROMIUM: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const FIREFOX: &str = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";

/// A predicted tile, and one at an edge.
const TILES: [TileId; 2] = [TileId { z: TOP, x: 1, y: 1 }, TileId { z: TOP, x: 5, y: 1 }];

fn accepting(server: &TestServer, path: &str, accept: &str) -> Response {
    let response = server.request("GET", path, &[&format!("Accept: {accept}")]);
    assert_eq!(response.status, 200, "{path} with {accept}");
    response
}

/// The size that an AVIF states, in its box `ispe`.
fn avif_size(avif: &[u8]) -> Size {
    let at = avif.windows(4).position(|name| name == b"ispe").expect("an AVIF");
    // After the name come version and flags.
    let [width, height] =
        [8, 12].map(|offset| u32::from_be_bytes(avif[at + offset..][..4].try_into().expect("four bytes")));
    Size::new(width, height)
}

fn transcoding(packs: &Path) -> TestServer {
    TestServer::start_with(packs, |config| config.transcode = true)
}

#[test]
fn a_client_gets_the_format_that_it_likes_best_and_that_is_smallest() {
    let packs = folder(&["a"]);
    let server = transcoding(packs.path());
    let paths =
        TILES.map(|id| format!("/tiles/a/{id}")).into_iter().chain(["/slides/a/thumbnail".to_owned()]);
    for path in paths {
        for (accept, content_type) in [
            (CHROMIUM, "image/avif"),
            (FIREFOX, "image/avif"),
            ("image/webp,*/*;q=0.8", "image/webp"),
            ("image/avif;q=0.5, image/webp;q=0.6, image/jpeg;q=0.4", "image/webp"),
            ("image/png, image/jpeg;q=0.9", "image/png"),
            ("image/jpeg, image/avif;q=0.9", "image/jpeg"),
        ] {
            let response = accepting(&server, &path, accept);
            assert_eq!(response.header("content-type"), Some(content_type), "{path} with {accept}");
            assert_eq!(response.header("vary"), Some("Accept"), "{path} with {accept}");
        }
    }
}

#[test]
fn a_client_that_names_no_format_gets_the_own_jpeg() {
    let packs = folder(&["a"]);
    let server = transcoding(packs.path());
    for id in TILES {
        let own = server.get(&format!("/tiles/a/{id}.jpg"));
        assert_eq!((own.header("content-type"), own.header("vary")), (Some("image/jpeg"), None));
        for accept in ["*/*", "image/*", "text/html", "image/webp;q=0, */*", "image/jpeg"] {
            let response = accepting(&server, &format!("/tiles/a/{id}"), accept);
            assert!(response.body == own.body, "{id} with {accept}");
            assert_eq!(response.header("vary"), Some("Accept"), "{id} with {accept}");
        }
        assert!(server.get(&format!("/tiles/a/{id}")).body == own.body, "{id} without Accept");
    }
    assert_eq!(server.metric("origami_tile_builds_total"), TILES.len() as f64, "the JPEGs");
}

#[test]
fn an_extension_is_answered_in_that_format_and_viewers_are_sent_to_the_jpegs() {
    let packs = folder(&["a"]);
    let server = transcoding(packs.path());
    for id in TILES {
        for path in [format!("/tiles/a/{id}.jpg"), format!("/dzi/a_files/{}/{}_{}.jpg", id.z, id.x, id.y)] {
            let response = accepting(&server, &path, CHROMIUM);
            assert_eq!(response.header("content-type"), Some("image/jpeg"), "{path}");
        }
    }
    assert!(server.get("/dzi/a.dzi").text().contains(r#"Format="jpg""#));
    assert!(server.get("/slides/a").json()["tiles"].as_str().unwrap().contains(".jpg?v="));
}

#[test]
fn a_tile_has_the_same_size_in_every_format() {
    let packs = folder(&["a"]);
    let server = transcoding(packs.path());
    for id in TILES {
        let expected = pyramid().tile_rect(id).unwrap().size();
        let avif = accepting(&server, &format!("/tiles/a/{id}"), CHROMIUM);
        assert_eq!(avif_size(&avif.body), expected, "{id}");
    }
}

#[test]
fn without_the_setting_no_tile_is_encoded_again_for_a_browser() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for id in TILES {
        for accept in [CHROMIUM, FIREFOX] {
            let response = accepting(&server, &format!("/tiles/a/{id}"), accept);
            assert_eq!(response.header("content-type"), Some("image/jpeg"), "{id} with {accept}");
        }
    }
    assert_eq!(server.metric("origami_tile_builds_total"), TILES.len() as f64, "the JPEGs");
}
