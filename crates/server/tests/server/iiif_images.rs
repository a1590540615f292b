//! Images of the IIIF Image API, in versions 2 and 3.

use crate::client::{IMMUTABLE, NO_CACHE, NO_STORE, Response};
use crate::packs::{HEIGHT, TOP, WIDTH, folder, pyramid, write_blank};
use crate::test_server::TestServer;
use image::{ColorType, DynamicImage};
use origami_fixtures::decode_rgb;
use origami_pyramid::{Point, Pyramid, Rect, Rgb, Size};

/// The image that slide `a` gives for `path` in version 3.
fn picture(server: &TestServer, path: &str) -> DynamicImage {
    let response = server.get(&format!("/iiif/3/a/{path}"));
    assert_eq!(response.status, 200, "{path}: {}", String::from_utf8_lossy(&response.body));
    image::load_from_memory(&response.body).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Width and height of the JPEG, PNG or WebP that `path` gives.
fn size(server: &TestServer, path: &str) -> (u32, u32) {
    let response = server.get(path);
    assert_eq!(response.status, 200, "{path}: {}", String::from_utf8_lossy(&response.body));
    let image = image::load_from_memory(&response.body).unwrap();
    (image.width(), image.height())
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
        let response = server.get(&path);
        assert_eq!((response.status, response.header("cache-control")), (400, NO_STORE), "{path}");
        assert_eq!(server.get(&path.replace(form, &format!("^{form}"))).status, 200, "^{form}");
        assert_eq!(server.get(&path.replace("/3/", "/2/")).status, 200, "{form}");
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
        let response = server.get(&format!("/iiif/{version}/a/{path}"));
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.header("link"), Some(&*links(version, canonical)), "{path}");
        let same = server.get(&format!("/iiif/{version}/a/{canonical}"));
        assert!(same.body == response.body && same.header("etag") == response.header("etag"), "{path}");
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

fn assert_refused(response: &Response, status: u16, what: &str) {
    assert_eq!((response.status, response.header("cache-control")), (status, NO_STORE), "{what}");
    assert!(!response.json()["error"].as_str().unwrap().is_empty(), "{what}");
}

#[test]
fn what_cannot_be_parsed_or_has_no_pixels_is_a_bad_request() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let huge = "9".repeat(31);
    for path in [
        "x/max/0/default.jpg",
        "0,0,0,10/max/0/default.jpg",
        "1500,0,10,10/max/0/default.jpg",
        &format!("{huge},0,10,10/max/0/default.jpg"),
        "-1,0,10,10/max/0/default.jpg",
        "NaN,0,10,10/max/0/default.jpg",
        "1e1,0,10,10/max/0/default.jpg",
        "pct:0,0,0,0/max/0/default.jpg",
        "..%2f..%2f/max/0/default.jpg",
        "full/0,/0/default.jpg",
        "full/x/0/default.jpg",
        "full/pct:NaN/0/default.jpg",
        "full/max/361/default.jpg",
        "full/max/1e2/default.jpg",
        "full/max/-90/default.jpg",
        "full/max/NaN/default.jpg",
        "full/max/0/native.jpg",
        "full/max/0/default.tif",
        "full/max/0/default.jpeg",
        "full/max/0/default",
        "full/max/0/.jpg",
        "full/max/0/%00.jpg",
    ] {
        for version in [2, 3] {
            let path = format!("/iiif/{version}/a/{path}");
            assert_refused(&server.get(&path), 400, &path);
        }
    }
    assert_refused(&server.get("/iiif/3/a/full/full/0/default.jpg"), 400, "full in version 3");
    assert_refused(&server.get("/iiif/2/a/full/^max/0/default.jpg"), 400, "^ in version 2");
    assert_eq!(server.metric("origami_tile_builds_total"), 0.0);
}

#[test]
fn what_does_not_exist_is_not_found() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in [
        "/iiif/1/a/full/max/0/default.jpg",
        "/iiif/4/a/full/max/0/default.jpg",
        "/iiif/2.1/a/full/max/0/default.jpg",
        "/iiif/3/b/full/max/0/default.jpg",
        "/iiif/3/a/b/full/max/0/default.jpg",
        "/iiif/3/a%2Fb/full/max/0/default.jpg",
        "/iiif/3/[frob]/full/max/0/default.jpg",
        "/iiif/3/..%2f..%2fetc%2fpasswd/full/max/0/default.jpg",
        "/iiif/3/%252e%252e/full/max/0/default.jpg",
        "/iiif/3/a/full/max/0",
        "/iiif/3/a/full/max/0/default.jpg/x",
    ] {
        assert_refused(&server.get(path), 404, path);
    }
    // An escaped letter is the letter.
    assert_eq!(server.get("/iiif/3/%61/%66ull/max/0/default.jpg").status, 200);
}

#[test]
fn a_picture_with_too_many_pixels_is_refused_and_max_is_as_large_as_allowed() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.picture_pixels = 100_000);
    let huge = "9".repeat(31);
    for path in [
        "/iiif/2/a/full/full/0/default.jpg",
        "/iiif/2/a/full/1500,/0/default.jpg",
        "/iiif/3/a/full/1500,900/0/default.png",
        "/iiif/3/a/full/pct:100/0/default.webp",
        "/iiif/3/a/full/^5000,5000/0/default.jpg",
        &format!("/iiif/2/a/full/{huge},{huge}/0/default.jpg"),
        &format!("/iiif/3/a/full/^,{huge}/0/default.jpg"),
        &format!("/iiif/3/a/0,0,1,1/^pct:{huge}/0/default.jpg"),
    ] {
        assert_refused(&server.get(path), 413, path);
    }
    // 100,000 pixels in the shape of the slide.
    for path in ["full/max/0/default.jpg", "full/!1500,900/0/default.jpg", "full/^max/0/default.jpg"] {
        assert_eq!(size(&server, &format!("/iiif/3/a/{path}")), (408, 245), "{path}");
    }
    assert_eq!(size(&server, "/iiif/2/a/full/max/0/default.jpg"), (408, 245));
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
    let manifest = server.get("/iiif/presentation/3/a/manifest").json();
    assert_eq!(manifest["items"][0]["items"][0]["items"][0]["body"]["width"], 65_500);
    for named in server.get("/iiif/3/a/info.json").json()["sizes"].as_array().unwrap() {
        let form = format!("{},{}/0/default.jpg", named["width"], named["height"]);
        assert_eq!(server.get(&format!("/iiif/3/a/full/{form}")).status, 200, "{form}");
    }
}

#[test]
fn a_tile_is_never_too_large_however_small_pictures_have_to_be() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.picture_pixels = 60_000);
    for extension in ["jpg", "png"] {
        assert_eq!(size(&server, &format!("/iiif/3/a/0,0,256,256/max/0/default.{extension}")), (256, 256));
    }
    // Turned, it has the room that it has upright.
    assert_eq!(size(&server, "/iiif/3/a/0,0,256,256/max/45/default.jpg"), (256, 256));
}

#[test]
fn a_picture_whose_size_the_server_chooses_is_never_too_large_to_be_turned() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.picture_pixels = 100_000);
    for rotation in ["22.5", "!45", "89.999", "0.001", "90", "!180"] {
        for path in ["3/a/full/max", "3/a/full/^max", "3/a/full/!1500,900", "2/a/full/max"] {
            let (width, height) = size(&server, &format!("/iiif/{path}/{rotation}/default.jpg"));
            let area = width * height;
            assert!((95_000..=100_000).contains(&area), "{path} at {rotation}: {width}x{height}");
        }
    }
    assert_eq!(size(&server, "/iiif/3/a/10,10,1,1/max/45/default.png"), (2, 2));
    // A size in numbers is that size or refused.
    assert_eq!(size(&server, "/iiif/3/a/full/408,245/90/default.jpg"), (245, 408));
    for path in ["3/a/full/408,245/22.5", "3/a/full/408,/22.5", "2/a/full/,245/!45", "2/a/full/full/22.5"] {
        assert_refused(&server.get(&format!("/iiif/{path}/default.jpg")), 413, path);
    }
}

#[test]
fn the_canonical_url_of_a_limited_picture_gives_the_same_picture() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.picture_pixels = 100_000);
    for (version, path, canonical) in [
        (3, "full/max/0/default.jpg", "full/max/0/default.jpg"),
        (3, "full/408,/0/default.jpg", "full/max/0/default.jpg"),
        (3, "full/max/22.50/default.jpg", "full/max/22.5/default.jpg"),
        (3, "full/303,182/22.5/default.jpg", "full/max/22.5/default.jpg"),
        (3, "full/303,182/0/default.jpg", "full/303,182/0/default.jpg"),
        (3, "full/^max/!22.5/default.jpg", "full/max/!22.5/default.jpg"),
        (2, "full/max/0/default.jpg", "full/408,/0/default.jpg"),
        (2, "full/max/22.5/default.jpg", "full/303,/22.5/default.jpg"),
    ] {
        let response = server.get(&format!("/iiif/{version}/a/{path}"));
        assert_eq!(response.header("link"), Some(&*links(version, canonical)), "{path}");
        let same = server.get(&format!("/iiif/{version}/a/{canonical}"));
        assert!(response.status == 200 && same.header("etag") == response.header("etag"), "{path}");
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
