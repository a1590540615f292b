//! Packs of coefficients: what is served are the JPEGs that were packed.

use crate::client::{get, request};
use crate::exact_packs::{COLOUR, CONSTANT, VERBATIM, packed};
use crate::load::at_once;
use crate::packs::{TOP, jpeg_pixels, jpeg_size};
use crate::running::Running;
use origami_codec::Colour;
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::{Pools, Rebuilder, Uncached};

/// A coded tile of full resolution, and a stored one.
const CODED: TileId = TileId { z: TOP, x: 1, y: 1 };
const STORED: TileId = TileId { z: TOP - 2, x: 1, y: 0 };

fn path(id: TileId) -> String {
    format!("/tiles/a/{}/{}/{}.jpg", id.z, id.x, id.y)
}

#[test]
fn every_tile_is_served_as_it_was_packed() {
    for colour in [Colour::Ycc, Colour::Rgb] {
        let (packs, jpegs) = packed(colour);
        let pack = Pack::open(&packs.path().join("a.origami")).unwrap();
        let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
        let server = Running::start(packs.path());
        for (&id, jpeg) in &jpegs {
            let answer = get(server.addr, &path(id));
            assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")), "{id}");
            assert!(answer.body == *jpeg, "{id}");
            assert!(answer.body == *rebuilder.tile(&pack, id, &Uncached).unwrap(), "{id}");
            let rect = pack.pyramid().tile_rect(id).unwrap();
            assert_eq!(jpeg_size(&answer.body), (rect.width, rect.height), "{id}");
            let other = format!("/dzi/a_files/{}/{}_{}.jpg", id.z, id.x, id.y);
            assert!(get(server.addr, &other).body == *jpeg, "{other}");
        }
        let metrics = server.scrape();
        let stored = jpegs.keys().filter(|id| id.z < TOP - 1).count() + 1;
        let rebuilt = jpegs.len() - stored - 1;
        assert_eq!(metrics[r#"origami_tile_requests_total{source="stored"}"#], 2.0 * stored as f64);
        assert_eq!(metrics[r#"origami_tile_requests_total{source="rebuilt"}"#], rebuilt as f64);
        assert_eq!(metrics[r#"origami_tile_requests_total{source="blank"}"#], 1.0);
        assert_eq!(metrics["origami_tile_builds_total"], rebuilt as f64, "one colour takes no worker");
        let slide = get(server.addr, "/slides/a").json();
        assert_eq!(
            (slide["mode"].as_str(), slide["levels"].as_u64()),
            (Some("exact"), Some(u64::from(TOP) + 1))
        );
    }
}

#[test]
fn validators_hold_for_tiles_of_every_kind() {
    let (packs, jpegs) = packed(Colour::Ycc);
    let server = Running::start(packs.path());
    for id in [CONSTANT, VERBATIM, CODED, STORED] {
        let full = get(server.addr, &path(id));
        let head = request(server.addr, "HEAD", path(id).as_bytes(), &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{id}");
        for name in ["content-length", "content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), full.header(name), "{name} of {id}");
        }
        assert_eq!(head.header("content-length"), Some(&*jpegs[&id].len().to_string()), "{id}");
        let tag = full.header("etag").unwrap();
        // The pack gives every byte of these tiles, whichever release serves them.
        assert!(!tag.contains(env!("CARGO_PKG_VERSION")), "{tag}");
        for method in ["GET", "HEAD"] {
            let answer =
                request(server.addr, method, path(id).as_bytes(), &[&format!("If-None-Match: {tag}")]);
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{method} {id}");
            assert_eq!(answer.header("etag"), Some(tag));
        }
    }
}

#[test]
fn a_hundred_clients_on_one_cold_tile_cause_one_build_and_decode_its_parents_once() {
    let (packs, jpegs) = packed(Colour::Ycc);
    let server = Running::start(packs.path());
    let answers = at_once(server.addr, 100, |_| path(CODED));
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == jpegs[&CODED]));
    let metrics = server.scrape();
    assert_eq!(metrics["origami_tile_builds_total"], 1.0);
    // L1 and L2.
    assert_eq!(metrics["origami_parent_decodes_total"], 2.0);
    let rebuilt = metrics[r#"origami_tile_requests_total{source="rebuilt"}"#];
    assert_eq!(rebuilt + metrics[r#"origami_tile_requests_total{source="cache"}"#], 100.0);
    assert_eq!(rebuilt, metrics["origami_single_flight_waits_total"] + 1.0);
}

#[test]
fn siblings_share_their_parents() {
    let (packs, _) = packed(Colour::Ycc);
    let server = Running::start(packs.path());
    let answers = at_once(server.addr, 4, |n| format!("/tiles/a/{TOP}/{}/{}", n % 2, n / 2));
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(server.metric("origami_parent_decodes_total"), 2.0);
}

#[test]
fn tiles_that_need_no_parent_decode_none() {
    let (packs, _) = packed(Colour::Ycc);
    let server = Running::start(packs.path());
    for id in [CONSTANT, VERBATIM, STORED] {
        assert_eq!(get(server.addr, &path(id)).status, 200);
    }
    assert_eq!(server.metric("origami_parent_decodes_total"), 0.0);
}

#[test]
fn thumbnails_of_rgb_packs_have_their_colour() {
    let (packs, _) = packed(Colour::Rgb);
    let server = Running::start(packs.path());
    for size in [16, 100, 300] {
        let answer = get(server.addr, &format!("/slides/a/thumbnail?size={size}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let pixels = jpeg_pixels(&answer.body);
        assert_eq!(pixels.width(), size);
        let count = (pixels.width() * pixels.height()) as f64;
        for (channel, expected) in COLOUR.into_iter().enumerate() {
            let sum: f64 = pixels.data().iter().skip(channel).step_by(3).map(|&value| f64::from(value)).sum();
            assert!((sum / count - f64::from(expected)).abs() < 4.0, "{} for {expected}", sum / count);
        }
    }
}
