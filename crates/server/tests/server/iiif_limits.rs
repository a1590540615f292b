//! IIIF's images where pictures may have few pixels: what is refused, and what is made smaller.

use crate::iiif_images::assert_canonical;
use crate::iiif_paths::assert_refused;
use crate::iiif_sizes::{assert_named_sizes_are_made, size};
use crate::packs::{folder, write_blank};
use crate::test_server::TestServer;
use origami_pyramid::{Pyramid, Size};

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
        assert_canonical(&server, version, path, canonical);
    }
}

#[test]
fn pictures_are_no_larger_than_the_memory_that_the_server_may_take() {
    let packs = folder(&["a"]);
    // 8 MiB of it are for one picture: 7 bytes for each pixel of a JPEG, 13 of a WebP, 39 of an AVIF.
    let server = TestServer::start_with(packs.path(), |config| config.memory = 32 << 20);
    let info = server.get("/iiif/2/a/info.json").json();
    assert_eq!(info["profile"][1]["maxArea"], (8 << 20) / 7);
    assert_eq!(server.get("/iiif/3/a/info.json").json()["maxArea"], (8 << 20) / 7);
    for version in [2, 3] {
        let largest = |extension| size(&server, &format!("/iiif/{version}/a/full/max/0/default.{extension}"));
        assert_eq!((largest("jpg"), largest("webp")), ((1413, 848), (1037, 622)), "{version}");
        assert_eq!(server.get(&format!("/iiif/{version}/a/full/max/0/default.avif")).status, 200);
    }
    for form in ["1500,900/0/default.jpg", "1414,848/0/default.jpg", "1413,/0/default.webp"] {
        assert_refused(&server.get(&format!("/iiif/3/a/full/{form}")), 413, form);
    }
    let region = server.get("/slides/a/region?format=avif");
    assert_eq!((region.status, region.header("origami-max-pixels")), (413, Some("215092")));
}

#[test]
fn the_largest_picture_of_a_long_slide_in_large_tiles_is_made_whatever_its_rows_of_tiles_take() {
    let packs = folder(&[]);
    write_blank(packs.path(), "a", Pyramid::new(Size::new(70_000, 200), 1024).unwrap());
    let server = TestServer::start_with(packs.path(), |config| config.memory = 128 << 20);
    for path in ["2/a/full/max", "3/a/full/max", "3/a/full/%5Emax", "3/a/full/!70000,200"] {
        assert_eq!(size(&server, &format!("/iiif/{path}/0/default.jpg")), (35_000, 100), "{path}");
    }
    assert_named_sizes_are_made(&server, 35_000);
    let info = server.get("/iiif/3/a/info.json").json();
    assert_eq!(info["sizes"].as_array().unwrap().last().unwrap()["width"], 35_000);
}
