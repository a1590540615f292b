//! Exact packs: the JPEGs that were packed are served again.

use crate::exact_packs::{COLOUR, CONSTANT, Packed, VERBATIM};
use crate::load::{assert_one_build_serves_all, assert_siblings_share_their_parents};
use crate::packs::{TOP, jpeg_size};
use crate::test_server::TestServer;
use origami_codec::Colour;
use origami_fixtures::decode_rgb;
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::{Pools, Rebuilder, Uncached};

/// A coded tile of full resolution and a stored one.
const CODED: TileId = TileId { z: TOP, x: 1, y: 1 };
const STORED: TileId = TileId { z: TOP - 2, x: 1, y: 0 };

fn path(id: TileId) -> String {
    format!("/tiles/a/{id}.jpg")
}

#[test]
fn every_tile_is_served_as_it_was_packed() {
    for colour in [Colour::Ycc, Colour::Rgb] {
        let packed = Packed::new(colour);
        let server = TestServer::start(packed.packs.path());
        assert_tiles_are_as_packed(&server, &packed);
        assert_tiles_are_counted_by_source(&server, &packed);
        let slide = server.get("/slides/a").json();
        assert_eq!(
            (slide["mode"].as_str(), slide["levels"].as_u64()),
            (Some("exact"), Some(u64::from(TOP) + 1))
        );
    }
}

/// Requests all tiles, under both addresses, and compares them with what was packed and with
/// what a plain rebuild gives.
fn assert_tiles_are_as_packed(server: &TestServer, packed: &Packed) {
    let pack = Pack::open(&packed.packs.path().join("a.origami")).unwrap();
    let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
    for (&id, jpeg) in &packed.jpegs {
        let response = server.get(&path(id));
        assert_eq!((response.status, response.header("content-type")), (200, Some("image/jpeg")), "{id}");
        assert!(response.body == *jpeg, "{id}");
        assert!(response.body == *rebuilder.tile(&pack, id, &Uncached).unwrap(), "{id}");
        assert_eq!(jpeg_size(&response.body), pack.pyramid().tile_rect(id).unwrap().size(), "{id}");
        let other = format!("/dzi/a_files/{}/{}_{}.jpg", id.z, id.x, id.y);
        assert!(server.get(&other).body == *jpeg, "{other}");
    }
}

/// Checks the metrics after all tiles were requested twice.
fn assert_tiles_are_counted_by_source(server: &TestServer, packed: &Packed) {
    let metrics = server.scrape();
    // With the verbatim tile.
    let stored = packed.jpegs.keys().filter(|id| id.z < TOP - 1).count() + 1;
    // Without the constant tile.
    let rebuilt = packed.jpegs.len() - stored - 1;
    assert_eq!(metrics[r#"origami_tile_requests_total{source="stored"}"#], 2.0 * stored as f64);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="rebuilt"}"#], rebuilt as f64);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="blank"}"#], 1.0);
    assert_eq!(metrics["origami_tile_builds_total"], rebuilt as f64, "one colour takes no worker");
}

#[test]
fn validators_work_for_tiles_of_every_kind() {
    let Packed { packs, jpegs } = Packed::new(Colour::Ycc);
    let server = TestServer::start(packs.path());
    for id in [CONSTANT, VERBATIM, CODED, STORED] {
        let full = server.get(&path(id));
        let head = server.request("HEAD", path(id), &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{id}");
        for name in ["content-length", "content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), full.header(name), "{name} of {id}");
        }
        assert_eq!(head.header("content-length"), Some(&*jpegs[&id].len().to_string()), "{id}");
        let tag = full.header("etag").unwrap();
        // The pack determines every byte of these tiles, whichever release serves them.
        assert!(!tag.contains(env!("CARGO_PKG_VERSION")), "{tag}");
        for method in ["GET", "HEAD"] {
            let response = server.request(method, path(id), &[&format!("If-None-Match: {tag}")]);
            assert_eq!((response.status, response.body.len()), (304, 0), "{method} {id}");
            assert_eq!(response.header("etag"), Some(tag));
        }
    }
}

#[test]
fn a_hundred_clients_on_one_cold_tile_cause_one_build_and_decode_its_parents_once() {
    let Packed { packs, jpegs } = Packed::new(Colour::Ycc);
    let body = assert_one_build_serves_all(packs.path(), CODED);
    assert!(body == jpegs[&CODED]);
}

#[test]
fn siblings_share_their_parents() {
    assert_siblings_share_their_parents(Packed::new(Colour::Ycc).packs.path());
}

#[test]
fn tiles_that_need_no_parent_decode_none() {
    let packed = Packed::new(Colour::Ycc);
    let server = TestServer::start(packed.packs.path());
    for id in [CONSTANT, VERBATIM, STORED] {
        assert_eq!(server.get(&path(id)).status, 200);
    }
    assert_eq!(server.metric("origami_parent_decodes_total"), 0.0);
}

#[test]
fn thumbnails_of_rgb_packs_have_their_colour() {
    let packed = Packed::new(Colour::Rgb);
    let server = TestServer::start(packed.packs.path());
    for size in [16, 100, 300] {
        let response = server.get(&format!("/slides/a/thumbnail?size={size}"));
        assert_eq!(response.status, 200, "{}", response.text());
        let pixels = decode_rgb(&response.body);
        assert_eq!(pixels.width(), size);
        let count = (pixels.width() * pixels.height()) as f64;
        for (channel, expected) in COLOUR.into_iter().enumerate() {
            let sum: f64 = pixels.data().iter().skip(channel).step_by(3).map(|&value| f64::from(value)).sum();
            assert!((sum / count - f64::from(expected)).abs() < 4.0, "{} for {expected}", sum / count);
        }
    }
}
