//! What may be asked for, what is refused, and the headers of the answers.

use super::{number, region};
use crate::client::{IMMUTABLE, NO_CACHE, NO_STORE};
use crate::packs::folder;
use crate::test_server::TestServer;

#[test]
fn the_size_of_the_result_is_the_one_that_was_asked_for() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    // A pixel of the slide is 0.5 micrometres wide and 0.25 high.
    for (query, width, height) in [
        ("mpp=1", 750, 225),
        ("mpp=0.5", 1500, 450),
        ("x=0&y=0&w=100&h=100&mpp=0.25", 200, 100),
        ("width=150", 150, 90),
        ("w=100&h=10&width=200", 200, 20),
        ("level=0", 1, 1),
        ("level=9", 375, 225),
    ] {
        let raw = region(&server, &format!("{query}&format=raw"));
        let size = (number(&raw, "origami-width"), number(&raw, "origami-height"));
        assert_eq!((raw.status, size), (200, (Some(width), Some(height))), "{query}");
        assert_eq!(raw.body.len() as u32, 3 * width * height, "{query}");
    }
}

#[test]
fn the_format_is_the_one_that_accept_names_unless_the_query_does() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (accept, format, media_type, vary) in [
        ("*/*", "", "image/jpeg", true),
        ("image/webp", "", "image/webp", true),
        ("image/png", "", "image/png", true),
        ("image/webp", "&format=jpg", "image/jpeg", false),
    ] {
        let target = format!("/slides/a/region?x=1&y=1&w=50&h=40{format}");
        let response = server.request("GET", &target, &[&format!("Accept: {accept}")]);
        assert_eq!((response.status, response.header("content-type")), (200, Some(media_type)), "{accept}");
        assert_eq!(response.header("vary").is_some_and(|vary| vary.contains("Accept")), vary, "{accept}");
    }
}

#[test]
fn what_is_no_region_is_a_bad_request() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for query in [
        "w=0",
        "h=0",
        "x=1500",
        "y=900",
        "w=1501",
        "x=1&w=1500",
        "x=-1",
        "x=0.5",
        "x=NaN",
        "w=inf",
        "x=1e30",
        "x=1000000000000000000000000000000",
        "x=4294967295&w=4294967295",
        "x=",
        "x=%00",
        "x=1&x=1",
        "level=-1",
        "level=a",
        "mpp=0",
        "mpp=-1",
        "mpp=NaN",
        "mpp=inf",
        "mpp=1e30",
        "width=0",
        "width=99999",
        "level=1&width=1",
        "mpp=1&width=1",
        "format=tif",
        "format=PNG",
        "format=",
        "quality=0",
        "quality=101",
        "quality=x",
        "lossless=maybe",
        "format=raw&quality=0",
        "format=jpg&lossless=true",
        "format=avif&lossless=true",
        "format=webp&lossless=true&quality=50",
    ] {
        let response = region(&server, query);
        assert_eq!((response.status, response.header("cache-control")), (400, NO_STORE), "{query}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{query}");
        assert_eq!(response.json()["status"], 400, "{query}");
    }
    assert_eq!(region(&server, "level=12").status, 404);
    assert_eq!(server.get("/slides/b/region").status, 404);
    assert_eq!(server.metric("origami_tile_builds_total"), 0.0, "nothing was made");
}

#[test]
fn a_region_with_too_many_pixels_is_refused_with_what_is_allowed() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        config.picture_pixels = 70_000;
        config.region_pixels = 40_000;
    });
    for (query, status, allowed) in [
        ("w=280&h=250&format=jpg", 200, None),
        ("w=281&h=250&format=jpg", 413, Some(70_000)),
        ("w=281&h=250&format=webp", 413, Some(70_000)),
        ("w=200&h=200&format=raw", 200, None),
        ("w=201&h=200&format=raw", 413, Some(40_000)),
        ("w=201&h=200&format=npy", 413, Some(40_000)),
        ("format=png", 413, Some(40_000)),
    ] {
        let response = region(&server, query);
        assert_eq!((response.status, number(&response, "origami-max-pixels")), (status, allowed), "{query}");
        if status == 413 {
            assert_eq!(response.header("content-type"), Some("application/problem+json"), "{query}");
            assert_eq!(response.header("cache-control"), NO_STORE, "{query}");
        }
    }
}

#[test]
fn a_region_that_is_a_tile_is_never_too_large_however_small_pictures_have_to_be() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.picture_pixels = 1000);
    for format in ["jpg", "png", "webp"] {
        let tile = region(&server, &format!("x=256&y=512&w=256&h=256&format={format}"));
        assert_eq!((tile.status, number(&tile, "origami-width")), (200, Some(256)), "{format}");
        let larger = region(&server, &format!("x=256&y=512&w=257&h=256&format={format}"));
        assert_eq!((larger.status, number(&larger, "origami-max-pixels")), (413, Some(65_536)), "{format}");
    }
}

#[test]
fn a_head_has_the_headers_of_the_region_and_makes_nothing() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for format in ["raw", "npy"] {
        let target = format!("/slides/a/region?x=3&y=4&w=500&h=600&format={format}");
        let made = server.metric("origami_tile_builds_total");
        let head = server.request("HEAD", &target, &[]);
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(server.metric("origami_tile_builds_total"), made);
        let get = server.get(&target);
        let names =
            ["content-length", "content-type", "etag", "cache-control", "origami-width", "origami-height"];
        for name in names.into_iter().chain(["origami-channels"]) {
            assert!(get.header(name).is_some(), "{name}");
            assert_eq!(head.header(name), get.header(name), "{name} of {format}");
        }
        assert_eq!(number(&get, "content-length"), Some(get.body.len() as u32));
    }
}

#[test]
fn a_region_is_kept_as_long_as_its_version() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let generation = server.generation();
    for format in ["raw", "npy", "png", "jpg", "webp"] {
        let target = format!("/slides/a/region?x=5&y=6&w=70&h=80&format={format}");
        let now = server.get(&target);
        assert_eq!((now.status, now.header("cache-control")), (200, NO_CACHE), "{format}");
        let versioned = server.get(&format!("{target}&v={generation}"));
        assert_eq!((versioned.status, versioned.header("cache-control")), (200, IMMUTABLE), "{format}");
        let tag = now.header("etag").expect("an entity tag");
        let unchanged = server.request("GET", &target, &[&format!("If-None-Match: {tag}")]);
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0), "{format}");
        assert_eq!(server.get(&format!("{target}&v=0000000000000000")).status, 410, "{format}");
    }
}

#[test]
fn scripts_of_other_origins_may_read_the_size() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let raw = region(&server, "w=2&h=2&format=raw");
    let exposed = raw.header("access-control-expose-headers").unwrap();
    for name in ["Origami-Width", "Origami-Height", "Origami-Channels", "Origami-Max-Pixels"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
}
