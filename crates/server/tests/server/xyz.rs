//! XYZ tiles and TileJSON, as web maps read them.

use crate::client::{IMMUTABLE, NO_CACHE, NO_STORE, Response};
use crate::packs::{HEIGHT, TILE, TOP, WIDTH, folder, pyramid};
use crate::test_server::TestServer;
use image::ImageFormat;
use origami_fixtures::decode_rgb;
use origami_pyramid::{Point, Rect, Rgb, Size, TileId};
use serde_json::json;

/// The level of zoom 0: 188x113 px.
const FIRST: u32 = TOP - 3;

/// The background of the slides.
const BACKGROUND: [u8; 3] = [0xf0, 0xf1, 0xf2];

/// What Chromium sends for an image.
const BROWSER: &str = "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

/// The tiles of all zooms.
fn tiles() -> impl Iterator<Item = TileId> {
    (FIRST..=TOP).flat_map(|z| pyramid().tiles(z))
}

/// Whether a tile needs no enlarging.
fn is_whole(id: TileId) -> bool {
    pyramid().tile_rect(id).unwrap().size() == Size::square(TILE)
}

/// The path of a tile in the map.
fn path(id: TileId, extension: &str) -> String {
    let zoom = id.z - FIRST;
    format!("/xyz/a/{zoom}/{}/{}{extension}", id.x, id.y)
}

/// The pixels of an image in a format other than JPEG.
fn decoded(response: &Response, format: ImageFormat) -> Rgb {
    let image = image::load_from_memory_with_format(&response.body, format).expect("an image").to_rgb8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    Rgb::from_vec(image.into_raw(), width, height)
}

fn content_type(response: &Response) -> &str {
    assert_eq!(response.status, 200);
    response.header("content-type").unwrap()
}

#[test]
fn whole_tiles_are_those_of_the_pyramid() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let whole: Vec<_> = tiles().filter(|id| is_whole(*id)).collect();
    assert_eq!(whole.len(), 15 + 2, "of 6x4 and 3x2 tiles");
    for id in whole {
        for (extension, own) in
            [("", "jpg"), (".jpg", "jpg"), (".jpeg", "jpg"), (".png", "png"), (".webp", "webp")]
        {
            let own = server.get(&format!("/tiles/a/{id}.{own}"));
            let tile = server.get(&path(id, extension));
            assert_eq!(content_type(&tile), content_type(&own), "{id}{extension}");
            assert!(tile.body == own.body, "{id}{extension}");
            assert_eq!(tile.header("etag"), own.header("etag"), "{id}{extension}");
        }
    }
}

#[test]
fn tiles_at_the_edges_are_enlarged_with_the_background_and_lose_nothing() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for id in tiles().filter(|id| !is_whole(*id)) {
        let own = decode_rgb(&server.get(&format!("/tiles/a/{id}.jpg")).body);
        let mut expected = Rgb::filled(TILE as usize, TILE as usize, BACKGROUND);
        expected.copy(Point::new(0, 0), &own, Rect::whole(own.size()));
        for extension in ["", ".png"] {
            let tile = server.get(&path(id, extension));
            assert_eq!(content_type(&tile), "image/png", "{id}{extension}");
            assert!(decoded(&tile, ImageFormat::Png) == expected, "{id}{extension}");
        }
        let webp = server.get(&path(id, ".webp?lossless=true"));
        assert!(decoded(&webp, ImageFormat::WebP) == expected, "{id} as WebP");
    }
}

#[test]
fn every_format_has_tiles_of_the_same_size() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let (inside, edge) = (TileId { z: TOP, x: 1, y: 1 }, TileId { z: TOP, x: 5, y: 2 });
    for id in [inside, edge] {
        for (extension, media_type) in [
            (".jpg", "image/jpeg"),
            (".jpeg", "image/jpeg"),
            (".png", "image/png"),
            (".webp", "image/webp"),
            (".avif", "image/avif"),
        ] {
            let tile = server.get(&path(id, extension));
            assert_eq!(content_type(&tile), media_type, "{id}{extension}");
            assert_eq!(tile.header("vary"), None, "{id}{extension}");
        }
        let jpeg = decode_rgb(&server.get(&path(id, ".jpg")).body);
        let webp = decoded(&server.get(&path(id, ".webp")), ImageFormat::WebP);
        assert_eq!([jpeg.size(), webp.size()], [Size::square(TILE); 2], "{id}");
    }
    // Far from the slide's last pixel, which is in the middle of a block.
    let jpeg = decode_rgb(&server.get(&path(edge, ".jpg")).body);
    let padding = &jpeg.row(128)[3 * 250..][..3];
    assert!(
        padding.iter().zip(BACKGROUND).all(|(sample, expected)| sample.abs_diff(expected) <= 2),
        "{padding:?}"
    );
}

#[test]
fn without_an_extension_accept_decides_and_the_answer_says_so() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let (inside, edge) = (TileId { z: TOP, x: 1, y: 1 }, TileId { z: TOP, x: 5, y: 1 });
    for (accept, inside_type, edge_type) in [
        ("X-None: 1", "image/jpeg", "image/png"),
        (BROWSER, "image/jpeg", "image/png"),
        ("Accept: image/png", "image/png", "image/png"),
        ("Accept: image/jpeg", "image/jpeg", "image/jpeg"),
        ("Accept: image/webp", "image/webp", "image/webp"),
        ("Accept: ,,;q=", "image/jpeg", "image/png"),
    ] {
        for (id, media_type) in [(inside, inside_type), (edge, edge_type)] {
            let tile = server.request("GET", path(id, ""), &[accept]);
            assert_eq!(content_type(&tile), media_type, "{id}, {accept}");
            assert_eq!(tile.header("vary"), Some("Accept"), "{id}, {accept}");
            let tag = format!("If-None-Match: {}", tile.header("etag").unwrap());
            let unchanged = server.request("GET", path(id, ""), &[accept, &tag]);
            assert_eq!((unchanged.status, unchanged.header("vary")), (304, Some("Accept")), "{id}, {accept}");
        }
    }
}

#[test]
fn tiles_outside_the_slide_are_404_and_malformed_numbers_400() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (tile, status) in [
        ("0/1/0", 404),
        ("3/6/0", 404),
        ("3/0/4.png", 404),
        ("4/0/0", 404),
        ("4294967295/0/0", 404),
        ("99999999999999999999/0/0", 404),
        ("3/-1/0", 404),
        ("0/0/0.bmp", 404),
        ("x/0/0", 400),
        ("0/0/1e3", 400),
        ("0/00/0", 400),
        ("0/0/NaN.png", 400),
    ] {
        let response = server.get(&format!("/xyz/a/{tile}"));
        assert_eq!((response.status, response.header("cache-control")), (status, NO_STORE), "{tile}");
    }
    for missing in ["/xyz/b/0/0/0", "/xyz/b/tilejson.json", "/xyz/a/0/0", "/xyz/a/tilejson", "/xyz/a/0/0/0/0"]
    {
        assert_eq!(server.get(missing).status, 404, "{missing}");
    }
}

#[test]
fn the_tilejson_says_where_the_tiles_of_this_version_are() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let response = server.get("/xyz/a/tilejson.json");
    assert_eq!(content_type(&response), "application/json");
    let document = response.json();
    let template = format!("http://test/xyz/a/{{z}}/{{x}}/{{y}}?v={}", server.generation());
    assert_eq!(document["tilejson"], "3.0.0");
    assert_eq!(document["name"], "drawn.svs");
    assert_eq!(document["scheme"], "xyz");
    assert_eq!(document["tiles"], json!([template]));
    assert_eq!(document["vector_layers"], json!([]));
    assert_eq!([&document["minzoom"], &document["maxzoom"]], [&json!(0), &json!(3)]);
    assert_eq!(document["tileSize"], TILE);
    assert_eq!([&document["width"], &document["height"]], [&json!(WIDTH), &json!(HEIGHT)]);
    assert_eq!(document["mpp"], json!([0.5, 0.25]));
    assert_eq!(document["center"][2], 0);
    // 1500 of the map's 2048 px are to the right of its left edge.
    let east = document["bounds"][2].as_f64().unwrap();
    assert!((east - (1500.0 / 2048.0 * 360.0 - 180.0)).abs() < 0.01, "{east}");
    for id in tiles() {
        let zoom = (id.z - FIRST).to_string();
        let target = template
            .replace("http://test", "")
            .replace("{z}", &zoom)
            .replace("{x}", &id.x.to_string())
            .replace("{y}", &id.y.to_string());
        let tile = server.get(&target);
        assert_eq!((tile.status, tile.header("cache-control")), (200, IMMUTABLE), "{target}");
    }
}

#[test]
fn the_tilejson_is_revalidated_because_it_depends_on_the_host() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let path = format!("/xyz/a/tilejson.json?v={}", server.generation());
    let response = server.get(&path);
    assert_eq!(response.header("cache-control"), NO_CACHE);
    let tag = format!("If-None-Match: {}", response.header("etag").unwrap());
    assert_eq!(server.request("GET", &path, &[&tag]).status, 304);
    assert_eq!(server.get("/xyz/a/tilejson.json?v=0123456789abcdef").status, 410);
    assert_eq!(server.get("/xyz/a/tilejson.json?v=1").status, 400);
}

#[test]
fn a_public_url_is_where_the_tilejson_points() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        config.public_url = Some("https://slides.example/origami".into());
    });
    let document = server.get("/xyz/a/tilejson.json").json();
    let template = document["tiles"][0].as_str().unwrap();
    assert!(template.starts_with("https://slides.example/origami/xyz/a/{z}/{x}/{y}?v="), "{template}");
}
