//! The pixels of regions are those of the tiles.

use super::{decoded, number, region, stitched};
use crate::packs::{HEIGHT, TILE, TOP, WIDTH, folder};
use crate::test_server::TestServer;
use image::ImageFormat;
use origami_pyramid::{Point, Rect, Rgb, TileId};

/// The pixels of `rect`.
fn crop(pixels: &Rgb, rect: Rect) -> Rgb {
    let mut part = Rgb::filled(rect.width as usize, rect.height as usize, [0; 3]);
    part.copy(Point::new(0, 0), pixels, rect);
    part
}

/// The rectangle as a query.
fn query(Rect { x, y, width, height }: Rect) -> String {
    format!("x={x}&y={y}&w={width}&h={height}")
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
