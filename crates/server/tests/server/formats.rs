//! Tiles and thumbnails in formats other than JPEG.

use crate::client::{NO_STORE, Response};
use crate::exact_packs::{ExactPlan, VERBATIM};
use crate::packs::{BLANK, Plan, TOP, finest_first, folder};
use crate::test_server::TestServer;
use image::{ColorType, ImageFormat};
use origami_codec::Colour;
use origami_fixtures::decode_rgb;
use origami_pack::{Entry, Pack};
use origami_pyramid::{Rgb, Subsampling, TileId};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const BUILDS: &str = "origami_tile_builds_total";

/// A stored tile and a predicted one.
const STORED: TileId = TileId { z: TOP - 2, x: 1, y: 0 };
const PREDICTED: TileId = TileId { z: TOP, x: 1, y: 1 };

fn path(id: TileId, extension: &str) -> String {
    format!("/tiles/a/{id}.{extension}")
}

/// The pixels of a PNG of 8-bit RGB.
fn png_pixels(png: &[u8]) -> Rgb {
    let image = image::load_from_memory_with_format(png, ImageFormat::Png).expect("a PNG");
    assert_eq!(image.color(), ColorType::Rgb8);
    let (width, height) = (image.width() as usize, image.height() as usize);
    Rgb::from_vec(image.into_bytes(), width, height)
}

fn assert_is_png(response: &Response, what: &str) {
    assert_eq!((response.status, response.header("content-type")), (200, Some("image/png")), "{what}");
}

/// Compares all tiles of slide `a` with their JPEGs.
fn assert_all_pixels_are_those_of_the_jpegs(packs: &Path, what: &str) {
    let server = TestServer::start(packs);
    for id in finest_first() {
        let jpeg = server.get(&path(id, "jpg"));
        assert_eq!((jpeg.status, jpeg.header("content-type")), (200, Some("image/jpeg")), "{id} of {what}");
        let png = server.get(&path(id, "png"));
        assert_is_png(&png, what);
        assert!(png_pixels(&png.body) == decode_rgb(&jpeg.body), "{id} of {what}");
        let other = server.get(&format!("/dzi/a_files/{}/{}_{}.png", id.z, id.x, id.y));
        assert_is_png(&other, what);
        assert!(other.body == png.body && other.header("etag") == png.header("etag"), "{id} of {what}");
        assert!(server.get(&path(id, "jpg")).body == jpeg.body, "{id} of {what}");
    }
}

#[test]
fn png_tiles_of_luma_and_stored_packs_have_the_pixels_of_the_jpegs() {
    for subsampling in [Subsampling::S420, Subsampling::S444, Subsampling::Gray] {
        for predicted in [0, 2] {
            let packs = folder(&[]);
            Plan { predicted, subsampling, ..Plan::default() }.write(packs.path(), "a");
            let what = format!("{predicted} predicted levels in {}", subsampling.name());
            assert_all_pixels_are_those_of_the_jpegs(packs.path(), &what);
        }
    }
}

#[test]
fn png_tiles_of_exact_packs_have_the_pixels_of_the_jpegs() {
    for colour in [Colour::Ycc, Colour::Rgb] {
        for predicted in [0, 2] {
            let packs = folder(&[]);
            ExactPlan { colour, predicted }.write(packs.path(), "a");
            let what = format!("{predicted} predicted levels of {colour:?}");
            assert_all_pixels_are_those_of_the_jpegs(packs.path(), &what);
        }
    }
}

/// What ends the ETag of a tile or thumbnail that the libraries of a release had a part in.
const RELEASE: &str = concat!("-", env!("CARGO_PKG_VERSION"));

/// What ends the ETag of a thumbnail in JPEG, which this server encodes.
const THUMBNAIL_RELEASE: &str = concat!("-", env!("CARGO_PKG_VERSION"), "-jpg-q80");

/// A tile or thumbnail, and its ETag as JPEG.
struct Picture {
    /// Its path without an extension.
    path: String,
    /// The ETag without generation, release, encoding and quotes.
    tag: String,
    /// What ends the ETag of the JPEG: nothing, the release, or that and the encoding.
    release: &'static str,
}

/// Tiles of every kind and the thumbnail of a slide.
fn pictures(slide: &str, tile_release: &'static str) -> Vec<Picture> {
    let mut pictures: Vec<_> = [STORED, PREDICTED, BLANK]
        .into_iter()
        .map(|id| Picture {
            path: format!("/tiles/{slide}/{id}"),
            tag: format!("{}-{}-{}", id.z, id.x, id.y),
            release: tile_release,
        })
        .collect();
    let path = format!("/slides/{slide}/thumbnail");
    pictures.push(Picture { path, tag: "thumbnail-512".into(), release: THUMBNAIL_RELEASE });
    pictures
}

#[test]
fn every_format_has_its_own_etag_and_that_of_a_tiles_own_jpeg_names_no_format() {
    let packs = folder(&["a"]);
    ExactPlan { colour: Colour::Ycc, predicted: 2 }.write(packs.path(), "exact");
    let server = TestServer::start(packs.path());
    // The JPEGs of exact packs do not depend on the release.
    for (slide, tile_release) in [("a", RELEASE), ("exact", "")] {
        let description = server.get(&format!("/slides/{slide}")).json();
        let generation = description["generation"].as_str().unwrap();
        for Picture { path, tag, release } in pictures(slide, tile_release) {
            let png_path = format!("{path}.png");
            let jpeg_tag = format!("\"{generation}-{tag}{release}\"");
            // The libraries that decode and encode belong to the release.
            let png_tag = format!("\"{generation}-{tag}{RELEASE}-png\"");
            assert_eq!(server.get(&path).header("etag"), Some(&*jpeg_tag), "{path}");
            assert_eq!(server.get(&png_path).header("etag"), Some(&*png_tag), "{path}");
            assert_conditional_status(&server, &path, &jpeg_tag, 304);
            assert_conditional_status(&server, &path, &png_tag, 200);
            assert_conditional_status(&server, &png_path, &jpeg_tag, 200);
            assert_conditional_status(&server, &png_path, &png_tag, 304);
        }
    }
}

/// Checks how a client that has `tag` already is answered at `path`.
fn assert_conditional_status(server: &TestServer, path: &str, tag: &str, status: u16) {
    for method in ["GET", "HEAD"] {
        let response = server.request(method, path, &[&format!("If-None-Match: {tag}")]);
        assert_eq!(response.status, status, "{method} {path} with {tag}");
    }
}

/// The body of a tile of slide `a`.
fn tile(server: &TestServer, id: TileId, extension: &str) -> Vec<u8> {
    let response = server.get(&path(id, extension));
    assert_eq!(response.status, 200, "{id}.{extension}");
    response.body
}

#[test]
fn each_format_of_a_tile_is_built_once_and_cached() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let jpeg = tile(&server, PREDICTED, "jpg");
    assert_eq!(server.metric(BUILDS), 1.0);
    let png = tile(&server, PREDICTED, "png");
    assert_eq!(server.metric(BUILDS), 2.0, "the JPEG in the cache is not a PNG");
    assert!(tile(&server, PREDICTED, "jpeg") == jpeg && tile(&server, PREDICTED, "png") == png);
    assert_eq!(server.metric(BUILDS), 2.0);
    // A worker decodes and encodes, even if the JPEG needs no worker.
    for (n, id) in [STORED, BLANK].into_iter().enumerate() {
        let png = tile(&server, id, "png");
        assert!(tile(&server, id, "png") == png);
        tile(&server, id, "jpg");
        assert_eq!(server.metric(BUILDS), 3.0 + n as f64, "{id}");
    }
    let metrics = server.scrape();
    assert_eq!(metrics[r#"origami_tile_requests_total{source="rebuilt"}"#], 4.0);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="cache"}"#], 4.0);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="stored"}"#], 1.0);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="blank"}"#], 1.0);
    // The two of the predicted tile, two PNGs, and the JPEG of the blank one.
    assert_eq!(metrics[r#"origami_cache_entries{cache="tiles"}"#], 5.0);
}

#[test]
fn decoding_the_jpeg_of_a_png_counts_as_decoding() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    // Nothing else of a stored tile is decoded or encoded.
    assert_eq!(server.get(&path(STORED, "png")).status, 200);
    for stage in ["decode", "encode"] {
        assert!(stage_seconds(&server, stage) > 0.0, "{stage}");
    }
    for stage in ["predict", "apply"] {
        assert_eq!(stage_seconds(&server, stage), 0.0, "{stage}");
    }
}

fn stage_seconds(server: &TestServer, stage: &str) -> f64 {
    server.metric(&format!("origami_tile_stage_seconds_sum{{stage=\"{stage}\"}}"))
}

#[test]
fn many_clients_on_one_cold_png_cause_one_build() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (n, id) in [STORED, PREDICTED].into_iter().enumerate() {
        let responses = server.get_at_once(50, |_| path(id, "png"));
        let first = &responses[0];
        let same = responses.iter().all(|response| response.status == 200 && response.body == first.body);
        assert!(same, "{id}");
        assert_eq!(server.metric(BUILDS), n as f64 + 1.0, "{id}");
    }
}

#[test]
fn idle_workers_build_siblings_of_jpegs_but_not_of_pngs() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.speculate = true);
    for id in [PREDICTED, STORED] {
        assert_eq!(server.get(&path(id, "png")).status, 200);
    }
    // Longer than a worker rests before it starts speculative builds.
    sleep(Duration::from_millis(50));
    assert_eq!(server.metric("origami_speculative_built_total"), 0.0);
}

#[test]
fn thumbnails_come_in_every_format_under_all_of_its_extensions() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for query in ["", "?size=16", "?size=300", "?size=1024"] {
        let [jpeg, png, jpg_name, jpeg_name] = ["", ".png", ".jpg", ".jpeg"]
            .map(|extension| server.get(&format!("/slides/a/thumbnail{extension}{query}")));
        assert_eq!((jpeg.status, jpeg.header("content-type")), (200, Some("image/jpeg")), "{query}");
        for same in [jpg_name, jpeg_name] {
            assert!(same.body == jpeg.body && same.header("etag") == jpeg.header("etag"), "{query}");
        }
        assert_is_png(&png, query);
        let (lossy, lossless) = (decode_rgb(&jpeg.body), png_pixels(&png.body));
        assert_eq!(lossy.size(), lossless.size(), "{query}");
        let difference = mean_difference(&lossy, &lossless);
        assert!(
            difference > 0.0 && difference < 24.0,
            "the PNG has the pixels before JPEG coding, {difference} apart in the mean: {query}"
        );
    }
    let metrics = server.scrape();
    assert_eq!(metrics[BUILDS], 8.0, "four sizes in two formats");
    assert_eq!(metrics[r#"origami_cache_entries{cache="thumbnails"}"#], 8.0);
}

/// The mean absolute difference of samples.
pub fn mean_difference(a: &Rgb, b: &Rgb) -> f64 {
    let sum: u64 = a.data().iter().zip(b.data()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.data().len() as f64
}

#[test]
fn unknown_extensions_are_404_and_take_no_worker() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for extension in ["tiff", "bmp", "jpegx", "PNG", "WebP", "JPG", "gif", "png.png", "jpg.png", "pn", "5"] {
        for path in [
            format!("/tiles/a/{PREDICTED}.{extension}"),
            format!("/dzi/a_files/{TOP}/1_1.{extension}"),
            format!("/slides/a/thumbnail.{extension}"),
        ] {
            let response = server.get(&path);
            assert_eq!((response.status, response.header("cache-control")), (404, NO_STORE), "{path}");
            assert!(response.json()["error"].as_str().unwrap().contains("format"), "{path}");
        }
    }
    assert_eq!(server.metric(BUILDS), 0.0);
    let descriptor = server.get("/dzi/a.dzi");
    assert!(descriptor.text().contains(r#"Format="jpg""#), "viewers are still directed to the JPEGs");
}

#[test]
fn a_damaged_tile_is_an_error_in_every_format() {
    let packs = folder(&[]);
    ExactPlan { colour: Colour::Ycc, predicted: 2 }.write(packs.path(), "a");
    let file = packs.path().join("a.origami");
    let mut bytes = fs::read(&file).unwrap();
    let pack = Pack::open(&file).unwrap();
    let damaged = [STORED, PREDICTED, VERBATIM];
    for id in damaged {
        let Entry::Blob { offset, .. } = pack.entry(id).unwrap() else { panic!("{id} has no blob") };
        bytes[offset as usize] ^= 0x55;
    }
    drop(pack);
    fs::remove_file(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let server = TestServer::start(packs.path());
    for id in damaged {
        // Only a worker reads the bytes of a tile that has to be decoded.
        let jpeg_builds = if id == PREDICTED { 1.0 } else { 0.0 };
        for (extension, builds) in [("png", 1.0), ("jpg", jpeg_builds), ("png", 1.0)] {
            let before = server.metric(BUILDS);
            let response = server.get(&path(id, extension));
            assert_eq!((response.status, response.header("cache-control")), (500, NO_STORE), "{id}");
            assert_eq!(server.metric(BUILDS) - before, builds, "{id}.{extension}");
        }
    }
    assert_eq!(server.metric("origami_worker_panics_total"), 0.0);
}
