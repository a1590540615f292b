//! Images of the IIIF Image API, in versions 2 and 3: their pixels, formats, links and tags.

use crate::client::{IMMUTABLE, NO_CACHE};
use crate::packs::{HEIGHT, TOP, WIDTH, folder, pyramid};
use crate::test_server::TestServer;
use image::{ColorType, DynamicImage};
use origami_fixtures::decode_rgb;
use origami_pyramid::{Point, Rect, Rgb};

/// The image that slide `a` gives for `path` in version 3.
fn picture(server: &TestServer, path: &str) -> DynamicImage {
    let response = server.get(&format!("/iiif/3/a/{path}"));
    assert_eq!(response.status, 200, "{path}: {}", String::from_utf8_lossy(&response.body));
    image::load_from_memory(&response.body).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The pixels of `rect` at full resolution, stitched from the tiles.
fn stitched(server: &TestServer, rect: Rect) -> Rgb {
    let mut whole = Rgb::filled(WIDTH as usize, HEIGHT as usize, [0; 3]);
    for id in pyramid().tiles(TOP) {
        let tile = decode_rgb(&server.get(&format!("/tiles/a/{id}.jpg")).body);
        let place = pyramid().tile_rect(id).unwrap();
        whole.copy(Point::new(place.x, place.y), &tile, Rect::whole(place.size()));
    }
    let mut pixels = Rgb::filled(rect.width as usize, rect.height as usize, [0; 3]);
    pixels.copy(Point::new(0, 0), &whole, rect);
    pixels
}

#[test]
fn a_region_at_full_resolution_has_the_pixels_of_the_tiles() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (region, [x, y, width, height]) in [
        ("200,100,300,200", [200, 100, 300, 200]),
        ("1250,700,1000,1000", [1250, 700, 250, 200]),
        ("pct:50,50,10,10", [750, 450, 150, 90]),
        ("square", [300, 0, 900, 900]),
    ] {
        let expected = stitched(&server, Rect { x, y, width, height });
        let image = picture(&server, &format!("{region}/max/0/default.png"));
        assert_eq!((image.width(), image.height(), image.color()), (width, height, ColorType::Rgb8));
        assert!(image.as_bytes() == expected.data(), "{region}");
    }
}

#[test]
fn right_angles_and_mirrors_move_pixels_and_change_none() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let turned = |rotation: &str| picture(&server, &format!("100,200,40,30/max/{rotation}/default.png"));
    let upright = turned("0");
    for (rotation, expected) in [
        ("90", upright.rotate90()),
        ("180", upright.rotate180()),
        ("270", upright.rotate270()),
        ("360", upright.clone()),
        ("!0", upright.fliph()),
        ("!90", upright.fliph().rotate90()),
        ("!180", upright.flipv()),
    ] {
        assert!(turned(rotation) == expected, "{rotation}");
    }
}

#[test]
fn other_angles_give_a_larger_picture_with_the_background_in_its_corners() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let image = picture(&server, "100,200,40,30/max/22.5/default.png").into_rgb8();
    assert!(image.width() > 40 && image.height() > 30);
    for (x, y) in [(0, 0), (image.width() - 1, image.height() - 1)] {
        assert_eq!(image.get_pixel(x, y).0, [0xf0, 0xf1, 0xf2], "the background of the slide");
    }
}

#[test]
fn gray_and_bitonal_images_are_gray_and_bitonal() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let gray = picture(&server, "full/300,/0/gray.png");
    assert_eq!(gray.color(), ColorType::L8);
    let bitonal = picture(&server, "full/300,/0/bitonal.png");
    assert!(bitonal.to_luma8().pixels().all(|pixel| matches!(pixel.0, [0 | 255])));
    // A JPEG of either has no colour, whatever the number of its components.
    for quality in ["gray", "bitonal"] {
        let jpeg = picture(&server, &format!("full/300,/0/{quality}.jpg")).into_rgb8();
        assert!(jpeg.pixels().all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2]), "{quality}");
    }
}

#[test]
fn every_format_has_its_media_type() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for version in [2, 3] {
        for (extension, media_type) in
            [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp"), ("avif", "image/avif")]
        {
            let response = server.get(&format!("/iiif/{version}/a/10,10,50,40/max/0/default.{extension}"));
            assert_eq!((response.status, response.header("content-type")), (200, Some(media_type)));
        }
    }
}

/// The link header of an image in version 2 or 3.
fn links(version: u32, canonical: &str) -> String {
    let image = format!("http://test/iiif/{version}/a/{canonical}");
    let profile = format!("http://iiif.io/api/image/{version}/level2.json");
    format!(r#"<{image}>;rel="canonical",<{profile}>;rel="profile""#)
}

/// Fails unless the image at `path` links to `canonical`, and is the same image there.
pub fn assert_canonical(server: &TestServer, version: u32, path: &str, canonical: &str) {
    let response = server.get(&format!("/iiif/{version}/a/{path}"));
    assert_eq!(response.status, 200, "{path}");
    assert_eq!(response.header("link"), Some(&*links(version, canonical)), "{path}");
    let same = server.get(&format!("/iiif/{version}/a/{canonical}"));
    assert!(same.body == response.body && same.header("etag") == response.header("etag"), "{path}");
}

#[test]
fn an_image_links_to_its_canonical_url_and_to_its_profile() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (version, path, canonical) in [
        (2, "full/full/0/default.jpg", "full/full/0/default.jpg"),
        (2, "0,0,1500,900/750,450/0/color.jpg", "full/750,/0/default.jpg"),
        (2, "0,0,256,256/256,/0/default.jpg", "0,0,256,256/full/0/default.jpg"),
        (3, "full/max/0/default.jpg", "full/max/0/default.jpg"),
        (3, "pct:0,0,50,50/100,/!90.0/gray.png", "0,0,750,450/100,60/!90/gray.png"),
        (3, "0,0,256,256/256,256/360/color.jpg", "0,0,256,256/max/0/default.jpg"),
    ] {
        assert_canonical(&server, version, path, canonical);
    }
}

#[test]
fn images_are_revalidated_unless_the_url_names_their_version() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let generation = server.generation();
    for path in ["/iiif/3/a/0,0,256,256/max/0/default.jpg", "/iiif/2/a/full/300,/0/gray.png"] {
        let response = server.get(path);
        let tag = response.header("etag").unwrap().to_owned();
        assert_eq!(response.header("cache-control"), NO_CACHE, "{path}");
        let versioned = server.get(&format!("{path}?v={generation}"));
        assert_eq!((versioned.header("cache-control"), versioned.header("etag")), (IMMUTABLE, Some(&*tag)));
        assert_eq!(server.get(&format!("{path}?v=0123456789abcdef")).status, 410, "{path}");
        let head = server.request("HEAD", path, &[]);
        assert_eq!((head.status, head.header("etag")), (200, Some(&*tag)), "{path}");
        assert_eq!(head.header("content-length"), response.header("content-length"), "{path}");
        for method in ["GET", "HEAD"] {
            let unchanged = server.request(method, path, &[&format!("If-None-Match: {tag}")]);
            assert_eq!(unchanged.status, 304, "{method} {path}");
        }
    }
}

#[test]
fn other_methods_are_refused_and_every_origin_is_allowed() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in ["/iiif/3/a/full/300,/0/default.jpg", "/iiif/3/a/info.json", "/iiif/3/a"] {
        for (method, status) in [("POST", 405), ("DELETE", 405), ("OPTIONS", 204)] {
            let response = server.request(method, path, &["Origin: http://elsewhere.example"]);
            assert_eq!(response.status, status, "{method} {path}");
            assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{method} {path}");
        }
        let response = server.request("GET", path, &["Origin: http://elsewhere.example"]);
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{path}");
    }
}
