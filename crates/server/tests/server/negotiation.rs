//! The format of tiles and thumbnails: by the extension of the URL, or by `Accept`.

use crate::client::Response;
use crate::formats::mean_difference;
use crate::packs::{BLANK, TOP, finest_first, folder};
use crate::test_server::TestServer;
use image::ImageFormat;
use origami_fixtures::decode_rgb;
use origami_pyramid::{Rgb, TileId};

/// What Chromium sends for an image.
const BROWSER: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

/// A tile that is predicted.
const PREDICTED: TileId = TileId { z: TOP, x: 1, y: 1 };

/// Tiles of every kind, and a thumbnail, without an extension.
fn pictures() -> [String; 4] {
    let stored = TileId { z: TOP - 2, x: 1, y: 0 };
    let [stored, predicted, blank] = [stored, PREDICTED, BLANK].map(|id| format!("/tiles/a/{id}"));
    [stored, predicted, blank, "/slides/a/thumbnail".to_owned()]
}

fn accepting(server: &TestServer, path: &str, accept: &str) -> Response {
    server.request("GET", path, &[&format!("Accept: {accept}")])
}

/// The extension of the format that `body` is in.
fn extension_of(body: &[u8]) -> &'static str {
    match body {
        [0xff, 0xd8, ..] => "jpg",
        [0x89, b'P', b'N', b'G', ..] => "png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => "avif",
        _ => panic!("an unknown format"),
    }
}

fn webp_pixels(webp: &[u8]) -> Rgb {
    let image = image::load_from_memory_with_format(webp, ImageFormat::WebP).expect("a WebP").to_rgb8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    Rgb::from_vec(image.into_raw(), width, height)
}

#[test]
fn without_an_extension_the_client_gets_jpeg_unless_it_refuses_that() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in pictures() {
        for (accept, extension) in [
            ("*/*", "jpg"),
            ("image/*", "jpg"),
            (BROWSER, "jpg"),
            ("image/png, image/jpeg;q=0.1", "jpg"),
            ("text/html", "jpg"),
            ("image/webp;q=2", "jpg"),
            (",;=/", "jpg"),
            ("image/png", "png"),
            ("image/jpeg;q=0, image/*", "png"),
            ("image/webp", "webp"),
            ("image/avif", "avif"),
            ("image/avif;q=0.5, image/webp;q=0.4", "avif"),
        ] {
            let negotiated = accepting(&server, &path, accept);
            let named = server.get(&format!("{path}.{extension}"));
            assert_eq!((negotiated.status, named.status), (200, 200), "{path} with {accept}");
            assert_eq!(extension_of(&negotiated.body), extension, "{path} with {accept}");
            assert!(negotiated.body == named.body, "{path} with {accept}");
            for header in ["content-type", "etag", "cache-control"] {
                assert_eq!(
                    negotiated.header(header),
                    named.header(header),
                    "{header} of {path} with {accept}"
                );
            }
            assert_eq!((negotiated.header("vary"), named.header("vary")), (Some("Accept"), None), "{path}");
        }
        assert_eq!(extension_of(&server.get(&path).body), "jpg", "{path} without Accept");
    }
}

#[test]
fn an_extension_decides_whatever_the_client_accepts() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in pictures() {
        for (extension, content_type) in [
            ("jpg", "image/jpeg"),
            ("jpeg", "image/jpeg"),
            ("png", "image/png"),
            ("webp", "image/webp"),
            ("avif", "image/avif"),
        ] {
            for accept in ["image/png", "image/webp", "image/jpeg;q=0"] {
                let response = accepting(&server, &format!("{path}.{extension}"), accept);
                assert_eq!(
                    (response.status, response.header("content-type"), response.header("vary")),
                    (200, Some(content_type), None),
                    "{path}.{extension} with {accept}"
                );
            }
        }
    }
}

#[test]
fn a_client_that_has_another_format_gets_this_one_and_one_that_has_it_gets_304() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in pictures() {
        let responses = ["image/jpeg", "image/png", "image/webp", "image/avif"]
            .map(|accept| (accept, accepting(&server, &path, accept)));
        for (has, response) in &responses {
            let tag = response.header("etag").expect("an ETag");
            for (accept, _) in &responses {
                let (accepted, known) = (format!("Accept: {accept}"), format!("If-None-Match: {tag}"));
                let again = server.request("GET", &path, &[&accepted, &known]);
                let expected = if accept == has { 304 } else { 200 };
                assert_eq!(again.status, expected, "{path}: has {has}, accepts {accept}");
                assert_eq!(again.header("vary"), Some("Accept"), "{path}: has {has}, accepts {accept}");
            }
        }
    }
}

#[test]
fn lossless_webp_has_the_pixels_of_the_jpeg_and_lossy_webp_nearly_those() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for id in finest_first().filter(|id| id.z > TOP - 4) {
        let pixels = decode_rgb(&server.get(&format!("/tiles/a/{id}.jpg")).body);
        let lossless = server.get(&format!("/tiles/a/{id}.webp?lossless=true"));
        assert!(webp_pixels(&lossless.body) == pixels, "{id}");
        let lossy = webp_pixels(&server.get(&format!("/tiles/a/{id}.webp")).body);
        assert_eq!(lossy.size(), pixels.size(), "{id}");
        let difference = mean_difference(&lossy, &pixels);
        assert!(difference < 24.0, "{difference} apart in the mean: {id}");
    }
}

#[test]
fn a_lower_quality_is_another_and_smaller_image_of_the_same_size() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in [format!("/tiles/a/{PREDICTED}.webp"), "/slides/a/thumbnail.webp".to_owned()] {
        let [high, low] = [95, 10].map(|quality| server.get(&format!("{path}?quality={quality}")));
        assert_eq!((high.status, low.status), (200, 200), "{path}");
        assert!(low.body.len() < high.body.len(), "{path}: {} and {}", low.body.len(), high.body.len());
        assert_ne!(low.header("etag"), high.header("etag"), "{path}");
        assert_eq!(webp_pixels(&low.body).size(), webp_pixels(&high.body).size(), "{path}");
    }
}

#[test]
fn a_jpeg_in_a_quality_that_was_asked_for_is_never_the_own_one_of_the_tile() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let own = server.get(&format!("/tiles/a/{PREDICTED}.jpg"));
    let tile = format!("/tiles/a/{PREDICTED}");
    for path in [
        format!("{tile}.jpg?quality=10"),
        format!("{tile}?quality=10"),
        // A letter may be escaped.
        format!("{tile}.jpg?%71uality=10"),
    ] {
        let asked = server.get(&path);
        assert_eq!((asked.status, asked.header("content-type")), (200, Some("image/jpeg")), "{path}");
        assert!(asked.body.len() < own.body.len() && asked.header("etag") != own.header("etag"), "{path}");
    }
}

#[test]
fn qualities_that_there_are_not_are_400() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for query in [
        "quality=0",
        "quality=101",
        "quality=-1",
        "quality=1e30",
        "quality=NaN",
        "quality=",
        "quality",
        "%71uality=0",
        "quality=50&quality=60",
        "quality=50&lossless=true",
        "lossless=maybe",
    ] {
        for path in [
            format!("/tiles/a/{PREDICTED}.webp"),
            format!("/tiles/a/{PREDICTED}.jpg"),
            "/slides/a/thumbnail.webp".to_owned(),
        ] {
            assert_eq!(server.get(&format!("{path}?{query}")).status, 400, "{path}?{query}");
        }
    }
    for path in
        ["/tiles/a/0/0/0.avif", "/tiles/a/0/0/0.jpg", "/slides/a/thumbnail.avif", "/slides/a/thumbnail.jpg"]
    {
        assert_eq!(server.get(&format!("{path}?lossless=true")).status, 400, "{path}");
    }
    assert_eq!(server.metric("origami_tile_builds_total"), 0.0);
}

#[test]
fn the_qualities_of_the_settings_are_used() {
    let packs = folder(&["a"]);
    let usual = TestServer::start(packs.path());
    let low = TestServer::start_with(packs.path(), |config| {
        (config.jpeg_quality, config.webp_quality, config.avif_quality) = (20, 20, 20);
    });
    for path in ["/slides/a/thumbnail.jpg", "/slides/a/thumbnail.webp", "/slides/a/thumbnail.avif"] {
        let [usual, low] = [&usual, &low].map(|server| server.get(path));
        assert_eq!((usual.status, low.status), (200, 200), "{path}");
        assert!(low.body.len() < usual.body.len(), "{path}: {} and {}", low.body.len(), usual.body.len());
        assert_ne!(low.header("etag"), usual.header("etag"), "{path}");
    }
}
