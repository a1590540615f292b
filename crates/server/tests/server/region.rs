//! Regions for programs: their pixels are those of the tiles, and what is no region is refused.

use crate::client::{IMMUTABLE, NO_CACHE, NO_STORE, Response, try_receive};
use crate::packs::{HEIGHT, Plan, TILE, TOP, WIDTH, folder, pyramid};
use crate::test_server::TestServer;
use image::ImageFormat;
use origami_fixtures::decode_rgb;
use origami_pack::{Entry, Pack};
use origami_pyramid::{Point, Rect, Rgb, TileId};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The pixels of level `z` of slide `a`, put together from its tiles.
fn stitched(server: &TestServer, z: u32) -> Rgb {
    let size = pyramid().level_size(z).unwrap();
    let mut pixels = Rgb::filled(size.width as usize, size.height as usize, [0; 3]);
    for id in pyramid().tiles(z) {
        let tile = decode_rgb(&server.get(&format!("/tiles/a/{id}.jpg")).body);
        let Rect { x, y, .. } = pyramid().tile_rect(id).unwrap();
        pixels.copy(Point::new(x, y), &tile, Rect::whole(tile.size()));
    }
    pixels
}

/// The pixels of `rect`.
fn crop(pixels: &Rgb, rect: Rect) -> Rgb {
    let mut part = Rgb::filled(rect.width as usize, rect.height as usize, [0; 3]);
    part.copy(Point::new(0, 0), pixels, rect);
    part
}

/// The pixels of a PNG or WebP.
fn decoded(bytes: &[u8], format: ImageFormat) -> Rgb {
    let image = image::load_from_memory_with_format(bytes, format).expect("an image").to_rgb8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    Rgb::from_vec(image.into_raw(), width, height)
}

/// The rectangle as a query.
fn query(Rect { x, y, width, height }: Rect) -> String {
    format!("x={x}&y={y}&w={width}&h={height}")
}

fn region(server: &TestServer, query: &str) -> Response {
    server.get(&format!("/slides/a/region?{query}"))
}

/// A number in a header.
fn number(response: &Response, name: &str) -> Option<u32> {
    response.header(name).map(|value| value.parse().unwrap())
}

/// The body of a response without a length, which comes in chunks. It is an error if the last
/// chunk is missing.
fn chunked_body(server: &TestServer, target: &str) -> io::Result<Vec<u8>> {
    let mut response = Vec::new();
    server.send_get(target).read_to_end(&mut response)?;
    let head = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    assert!(String::from_utf8_lossy(&response[..head]).to_lowercase().contains("transfer-encoding: chunked"));
    let (mut rest, mut body) = (&response[head + 4..], Vec::new());
    loop {
        let cut: io::Error = io::ErrorKind::UnexpectedEof.into();
        let Some(end) = rest.windows(2).position(|bytes| bytes == b"\r\n") else { return Err(cut) };
        let len = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        rest = &rest[end + 2..];
        if len == 0 {
            return Ok(body);
        }
        let Some(chunk) = rest.get(..len) else { return Err(cut) };
        body.extend_from_slice(chunk);
        rest = rest.get(len + 2..).unwrap_or_default();
    }
}

/// Rectangles in corners, across tiles, of one pixel, of one tile, and of all of the slide.
fn rects() -> [Rect; 8] {
    [
        Rect { x: 0, y: 0, width: 1, height: 1 },
        Rect { x: WIDTH - 1, y: HEIGHT - 1, width: 1, height: 1 },
        Rect { x: 255, y: 255, width: 2, height: 2 },
        Rect { x: TILE, y: TILE, width: TILE, height: TILE },
        Rect { x: 100, y: 50, width: 700, height: 3 },
        Rect { x: 1000, y: 100, width: 3, height: 700 },
        Rect { x: 1200, y: 700, width: 300, height: 200 },
        Rect { x: 0, y: 0, width: WIDTH, height: HEIGHT },
    ]
}

#[test]
fn at_full_resolution_every_pixel_is_that_of_the_tiles() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let slide = stitched(&server, TOP);
    for rect in rects() {
        let (query, expected) = (query(rect), crop(&slide, rect));
        let raw = region(&server, &format!("{query}&format=raw"));
        assert_eq!((raw.status, raw.header("content-type")), (200, Some("application/octet-stream")));
        assert!(raw.body == expected.data(), "raw, {query}");
        let size = (number(&raw, "origami-width"), number(&raw, "origami-height"));
        assert_eq!(size, (Some(rect.width), Some(rect.height)), "{query}");
        assert_eq!(number(&raw, "origami-channels"), Some(3));
        let npy = region(&server, &format!("{query}&format=npy"));
        let samples = npy.body.len() - expected.data().len();
        let header = String::from_utf8_lossy(&npy.body[..samples]).into_owned();
        assert!(header.contains(&format!("'shape': ({}, {}, 3)", rect.height, rect.width)), "{header}");
        assert!(npy.body[samples..] == *expected.data(), "npy, {query}");
    }
}

#[test]
fn lossless_pictures_have_the_pixels_of_the_tiles() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let slide = stitched(&server, TOP);
    for rect in rects().into_iter().filter(|rect| rect.size().area() <= 1 << 20) {
        let (query, expected) = (query(rect), crop(&slide, rect));
        for (format, decoder, media_type) in
            [("png", ImageFormat::Png, "image/png"), ("webp&lossless=true", ImageFormat::WebP, "image/webp")]
        {
            let response = region(&server, &format!("{query}&format={format}"));
            assert_eq!(
                (response.status, response.header("content-type")),
                (200, Some(media_type)),
                "{query}"
            );
            assert!(decoded(&response.body, decoder) == expected, "{format}, {query}");
            assert_eq!(number(&response, "origami-width"), Some(rect.width));
        }
    }
}

#[test]
fn a_large_png_comes_in_parts_and_has_every_pixel() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let png = chunked_body(&server, "/slides/a/region?format=png").unwrap();
    assert!(decoded(&png, ImageFormat::Png) == stitched(&server, TOP));
}

#[test]
fn at_the_resolution_of_a_level_every_pixel_is_that_of_its_tiles() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    // Both sides of the slide are multiples of 4, so these levels are scaled by 1/2 and 1/4.
    for (z, scale) in [(TOP, 1), (TOP - 1, 2), (TOP - 2, 4)] {
        let level = stitched(&server, z);
        let on_level = Rect { x: 10, y: 20, width: 300, height: 150 };
        let [x, y, width, height] =
            [on_level.x, on_level.y, on_level.width, on_level.height].map(|pixels| pixels * scale);
        let wanted = query(Rect { x, y, width, height });
        let raw = region(&server, &format!("{wanted}&level={z}&format=raw"));
        assert_eq!(raw.status, 200, "{z}: {raw:?}");
        assert!(raw.body == crop(&level, on_level).data(), "level {z}");
        let whole = region(&server, &format!("level={z}&format=raw"));
        assert!(whole.body == level.data(), "all of level {z}");
    }
}

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
fn a_region_that_is_a_tile_is_that_tile() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (id, wanted) in [
        (TileId { z: TOP, x: 1, y: 1 }, "x=256&y=256&w=256&h=256"),
        (TileId { z: TOP, x: 5, y: 3 }, "x=1280&y=768"),
        (TileId { z: TOP - 1, x: 1, y: 0 }, "x=512&y=0&w=512&h=512&level=10"),
        (TileId { z: TOP - 3, x: 0, y: 0 }, "level=8"),
    ] {
        for (format, extension) in [("", "jpg"), ("&format=jpg", "jpg"), ("&format=png", "png")] {
            let tile = server.get(&format!("/tiles/a/{id}.{extension}"));
            let same = region(&server, &format!("{wanted}{format}"));
            assert_eq!(same.status, 200, "{wanted}{format}");
            assert!(same.body == tile.body && same.header("etag") == tile.header("etag"), "{wanted}{format}");
        }
    }
    // A quality that was asked for is not that of the tile.
    let tile = server.get(&format!("/tiles/a/{TOP}/1/1.jpg"));
    assert!(region(&server, "x=256&y=256&w=256&h=256&format=jpg&quality=30").body != tile.body);
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
        config.picture_pixels = 10_000;
        config.region_pixels = 40_000;
    });
    for (query, status, allowed) in [
        ("w=100&h=100&format=jpg", 200, None),
        ("w=101&h=100&format=jpg", 413, Some(10_000)),
        ("w=101&h=100&format=webp", 413, Some(10_000)),
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

/// Damages the bytes of `tile` in the pack at `path`.
fn damage(path: &Path, tile: TileId) {
    let pack = Pack::open(path).unwrap();
    let Entry::Blob { offset, .. } = pack.entry(tile).unwrap() else { panic!("{tile} has no blob") };
    drop(pack);
    let mut bytes = fs::read(path).unwrap();
    bytes[offset as usize] ^= 0x55;
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn damage_in_the_middle_ends_the_connection_before_the_last_byte() {
    let packs = folder(&[]);
    Plan { predicted: 0, ..Plan::default() }.write(packs.path(), "a");
    damage(&packs.path().join("a.origami"), TileId { z: TOP, x: 2, y: 3 });
    let server = TestServer::start(packs.path());
    let stream = server.send_get("/slides/a/region?format=raw");
    let cut = try_receive(stream, "GET").expect_err("a cut body");
    assert!(matches!(cut.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{cut}");
    let cut = chunked_body(&server, "/slides/a/region?format=png").expect_err("a cut body");
    assert!(matches!(cut.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{cut}");
    let errors =
        server.scrape().into_iter().filter(|(name, _)| name.starts_with("origami_pack_errors_total"));
    assert!(errors.map(|(_, count)| count).sum::<f64>() > 0.0, "the damage is counted");
    // What does not touch it is served.
    assert_eq!(region(&server, "h=768&format=raw").body.len(), 3 * 1500 * 768);
}

#[test]
fn damage_in_the_first_rows_is_an_error_with_a_status() {
    let packs = folder(&[]);
    Plan { predicted: 0, ..Plan::default() }.write(packs.path(), "a");
    damage(&packs.path().join("a.origami"), TileId { z: TOP, x: 2, y: 0 });
    let server = TestServer::start(packs.path());
    for format in ["raw", "npy", "png", "jpg"] {
        let response = region(&server, &format!("format={format}"));
        assert_eq!((response.status, response.header("cache-control")), (500, NO_STORE), "{format}");
    }
}

#[test]
fn a_client_that_reads_no_further_keeps_nobody_else_waiting() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.workers = 1);
    let slow: Vec<_> = (0..8).map(|_| server.send_get("/slides/a/region?format=raw")).collect();
    for _ in 0..20 {
        assert_eq!(region(&server, "w=300&h=300&format=raw").status, 200);
        assert_eq!(server.get(&format!("/tiles/a/{TOP}/2/2.jpg")).status, 200);
    }
    drop(slow);
}
