//! What viewers ask a IIIF service for when they show a slide: exactly its tiles.
//!
//! Each viewer computes regions and sizes in its own way, written here as in its source.

use crate::packs::{HEIGHT, TILE, TOP, WIDTH, folder, pyramid};
use crate::test_server::TestServer;
use origami_pyramid::TileId;

/// The coarsest level that viewers show: the first that is one tile.
const COARSEST: u32 = TOP - 3;

/// The path of a tile in version 2 or 3 of the Image API.
type ViewerPath = fn(u32, TileId) -> String;

/// How many pixels of full resolution a pixel of the tile's level is across.
fn scale(id: TileId) -> u32 {
    1 << (TOP - id.z)
}

/// The part of one side that a tile covers, in pixels of full resolution.
struct Span {
    start: u32,
    length: u32,
}

impl Span {
    /// That of tile `index`, which is `covered` pixels long, of a side of `whole` pixels.
    fn of(index: u32, covered: u32, whole: u32) -> Self {
        let start = index * covered;
        Self { start, length: covered.min(whole - start) }
    }
}

/// Columns and rows that a tile covers.
fn spans(id: TileId) -> [Span; 2] {
    let covered = TILE * scale(id);
    [Span::of(id.x, covered, WIDTH), Span::of(id.y, covered, HEIGHT)]
}

/// The region as four numbers.
fn pixels([columns, rows]: &[Span; 2]) -> String {
    format!("{},{},{},{}", columns.start, rows.start, columns.length, rows.length)
}

/// The same, or `full` for all of the slide.
fn pixels_or_full(spans: &[Span; 2]) -> String {
    let [columns, rows] = spans;
    if (columns.length, rows.length) == (WIDTH, HEIGHT) { "full".to_owned() } else { pixels(spans) }
}

/// OpenSeadragon, and so Mirador, Universal Viewer and Clover.
fn openseadragon(version: u32, id: TileId) -> String {
    let (level_width, level_height) = (WIDTH.div_ceil(scale(id)), HEIGHT.div_ceil(scale(id)));
    let (region, width, height) = if level_width < TILE && level_height < TILE {
        ("full".to_owned(), level_width, level_height)
    } else {
        let (width, height) = (TILE.min(level_width - id.x * TILE), TILE.min(level_height - id.y * TILE));
        (pixels_or_full(&spans(id)), width, height)
    };
    let size = match version {
        2 if width == WIDTH => "full".to_owned(),
        2 => format!("{width},"),
        _ if (width, height) == (WIDTH, HEIGHT) => "max".to_owned(),
        _ => format!("{width},{height}"),
    };
    format!("{region}/{size}/0/default.jpg")
}

/// Leaflet-IIIF, which never asks for `full`.
fn leaflet(version: u32, id: TileId) -> String {
    let spans = spans(id);
    let [width, height] = [&spans[0], &spans[1]].map(|span| span.length.div_ceil(scale(id)));
    let size = if version == 2 { format!("{width},") } else { format!("{width},{height}") };
    format!("{}/{size}/0/default.jpg", pixels(&spans))
}

/// OpenLayers.
fn openlayers(version: u32, id: TileId) -> String {
    let (scale, spans) = (scale(id), spans(id));
    let [width, height] = [(&spans[0], WIDTH), (&spans[1], HEIGHT)].map(|(span, whole)| {
        let is_cropped = span.start + TILE * scale > whole;
        if is_cropped { (whole - span.start).div_ceil(scale) } else { TILE }
    });
    let size = if version == 2 { format!("{width},") } else { format!("{width},{height}") };
    format!("{}/{size}/0/default.jpg", pixels_or_full(&spans))
}

/// A client that names only the height.
fn by_height(_version: u32, id: TileId) -> String {
    let spans = spans(id);
    format!("{}/,{}/0/color.jpg", pixels(&spans), spans[1].length.div_ceil(scale(id)))
}

/// A client that leaves cropping to the server, and names the size that it knows.
fn uncropped(_version: u32, id: TileId) -> String {
    let (covered, size) = (TILE * scale(id), pyramid().tile_rect(id).unwrap().size());
    let (x, y) = (id.x * covered, id.y * covered);
    format!("{x},{y},{covered},{covered}/{},{}/0/default.jpg", size.width, size.height)
}

#[test]
fn every_tile_that_a_viewer_asks_for_is_the_tile_of_the_pyramid() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let viewers: [(&str, ViewerPath); 5] = [
        ("OpenSeadragon", openseadragon),
        ("Leaflet-IIIF", leaflet),
        ("OpenLayers", openlayers),
        ("by height", by_height),
        ("uncropped", uncropped),
    ];
    for id in (COARSEST..=TOP).flat_map(|z| pyramid().tiles(z)) {
        let own = server.get(&format!("/tiles/a/{id}.jpg"));
        for (viewer, path) in viewers {
            for version in [2, 3] {
                let path = format!("/iiif/{version}/a/{}", path(version, id));
                let tile = server.get(&path);
                assert_eq!(tile.status, 200, "{viewer}: {path}");
                assert!(tile.body == own.body, "{viewer}: {path}");
                assert_eq!(tile.header("etag"), own.header("etag"), "{viewer}: {path}");
            }
        }
    }
    let metrics = server.scrape();
    let encoded = metrics.iter().filter(|(name, _)| name.starts_with("origami_derivative_builds_total"));
    assert_eq!(encoded.map(|(_, builds)| builds).sum::<f64>(), 0.0, "no tile is encoded again");
}

#[test]
fn tiles_in_other_formats_are_those_of_the_tile_urls() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for extension in ["png", "webp", "avif"] {
        for id in [TileId { z: TOP, x: 5, y: 3 }, TileId { z: TOP - 1, x: 0, y: 1 }] {
            let own = server.get(&format!("/tiles/a/{id}.{extension}"));
            let path = openseadragon(3, id).replace(".jpg", &format!(".{extension}"));
            let tile = server.get(&format!("/iiif/3/a/{path}"));
            assert_eq!((own.status, tile.status), (200, 200), "{path}");
            assert!(tile.body == own.body, "{path}");
            for header in ["etag", "content-type"] {
                assert_eq!(tile.header(header), own.header(header), "{path}");
            }
        }
    }
}

#[test]
fn every_size_in_the_image_information_is_served_at_that_size() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for version in [2, 3] {
        let info = server.get(&format!("/iiif/{version}/a/info.json")).json();
        let sizes = info["sizes"].as_array().unwrap();
        assert_eq!(sizes.len(), 4);
        for size in sizes {
            let (width, height) = (size["width"].as_u64().unwrap(), size["height"].as_u64().unwrap());
            for form in [format!("{width},{height}"), format!("{width},"), format!(",{height}")] {
                let path = format!("/iiif/{version}/a/full/{form}/0/default.png");
                let response = server.get(&path);
                assert_eq!(response.status, 200, "{path}");
                let image = image::load_from_memory(&response.body).unwrap();
                assert_eq!((u64::from(image.width()), u64::from(image.height())), (width, height), "{path}");
            }
        }
    }
}
