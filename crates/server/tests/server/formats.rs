//! Tiles and thumbnails in other formats than JPEG.

use crate::client::{Answer, get, request};
use crate::exact_packs::{ExactPlan, VERBATIM};
use crate::load::at_once;
use crate::packs::{BLANK, Plan, TOP, finest_first, folder, jpeg_pixels};
use crate::running::Running;
use image::{ColorType, ImageFormat};
use origami_codec::Colour;
use origami_pack::{Entry, Pack};
use origami_pyramid::{Rgb, Subsampling, TileId};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// A tile that is stored, and one that is predicted.
const STORED: TileId = TileId { z: TOP - 2, x: 1, y: 0 };
const PREDICTED: TileId = TileId { z: TOP, x: 1, y: 1 };

fn path(id: TileId, extension: &str) -> String {
    format!("/tiles/a/{id}.{extension}")
}

/// What a PNG decodes to; it has to be one, of 8-bit RGB.
fn png_pixels(png: &[u8]) -> Rgb {
    let image = image::load_from_memory_with_format(png, ImageFormat::Png).expect("a PNG");
    assert_eq!(image.color(), ColorType::Rgb8);
    let (width, height) = (image.width() as usize, image.height() as usize);
    Rgb::from_vec(image.into_bytes(), width, height)
}

fn assert_is_png(answer: &Answer, what: &str) {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")), "{what}");
}

/// Compares all tiles of slide `a` with their JPEGs.
fn assert_all_pixels_are_those_of_the_jpegs(packs: &Path, what: &str) {
    let server = Running::start(packs);
    for id in finest_first() {
        let jpeg = get(server.addr, &path(id, "jpg"));
        assert_eq!((jpeg.status, jpeg.header("content-type")), (200, Some("image/jpeg")), "{id} of {what}");
        let png = get(server.addr, &path(id, "png"));
        assert_is_png(&png, what);
        assert!(png_pixels(&png.body) == jpeg_pixels(&jpeg.body), "{id} of {what}");
        let other = get(server.addr, &format!("/dzi/a_files/{}/{}_{}.png", id.z, id.x, id.y));
        assert_is_png(&other, what);
        assert!(other.body == png.body && other.header("etag") == png.header("etag"), "{id} of {what}");
        assert!(get(server.addr, &path(id, "jpg")).body == jpeg.body, "{id} of {what}");
    }
}

#[test]
fn png_tiles_of_luma_and_stored_packs_have_the_very_pixels_of_the_jpegs() {
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
fn png_tiles_of_packs_of_coefficients_have_the_very_pixels_of_the_jpegs() {
    for colour in [Colour::Ycc, Colour::Rgb] {
        for predicted in [0, 2] {
            let packs = folder(&[]);
            ExactPlan { colour, predicted }.write(packs.path(), "a");
            let what = format!("{predicted} predicted levels of {colour:?}");
            assert_all_pixels_are_those_of_the_jpegs(packs.path(), &what);
        }
    }
}

#[test]
fn every_format_has_its_own_tag_and_that_of_a_jpeg_is_what_it_always_was() {
    const RELEASE: &str = concat!("-", env!("CARGO_PKG_VERSION"));
    let packs = folder(&["a"]);
    ExactPlan { colour: Colour::Ycc, predicted: 2 }.write(packs.path(), "exact");
    let server = Running::start(packs.path());
    // The JPEGs of packs of coefficients do not depend on the release.
    for (slide, release) in [("a", RELEASE), ("exact", "")] {
        let about = get(server.addr, &format!("/slides/{slide}")).json();
        let generation = about["generation"].as_str().unwrap();
        let tile =
            |TileId { z, x, y }| (format!("/tiles/{slide}/{z}/{x}/{y}"), format!("{z}-{x}-{y}{release}"));
        let thumbnail = (format!("/slides/{slide}/thumbnail"), format!("thumbnail-512{RELEASE}"));
        for (picture, rest) in [tile(STORED), tile(PREDICTED), tile(BLANK), thumbnail] {
            let [jpeg, png] =
                ["", ".png"].map(|extension| get(server.addr, &format!("{picture}{extension}")));
            assert_eq!(jpeg.header("etag"), Some(&*format!("\"{generation}-{rest}\"")), "{picture}");
            // The libraries that decode and encode come with the release.
            let own = format!("\"{generation}-{}{RELEASE}-png\"", rest.trim_end_matches(RELEASE));
            assert_eq!(png.header("etag"), Some(&*own), "{picture}");
            assert_tag_decides(&server, &picture, jpeg.header("etag").unwrap(), 304);
            assert_tag_decides(&server, &picture, &own, 200);
            assert_tag_decides(&server, &format!("{picture}.png"), jpeg.header("etag").unwrap(), 200);
            assert_tag_decides(&server, &format!("{picture}.png"), &own, 304);
        }
    }
}

/// What a client is answered at `path` that has `tag` already.
fn assert_tag_decides(server: &Running, path: &str, tag: &str, status: u16) {
    for method in ["GET", "HEAD"] {
        let headers = format!("If-None-Match: {tag}");
        let answer = request(server.addr, method, path.as_bytes(), &[&headers]);
        assert_eq!(answer.status, status, "{method} {path} with {tag}");
    }
}

#[test]
fn each_format_is_built_once_and_kept_for_itself() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let ask = |id, extension| {
        let answer = get(server.addr, &path(id, extension));
        assert_eq!(answer.status, 200, "{id}.{extension}");
        answer.body
    };
    let builds = || server.metric("origami_tile_builds_total");
    let jpeg = ask(PREDICTED, "jpg");
    assert_eq!(builds(), 1.0);
    let png = ask(PREDICTED, "png");
    assert_eq!(builds(), 2.0, "the JPEG that is kept is no PNG");
    assert!(ask(PREDICTED, "jpeg") == jpeg && ask(PREDICTED, "png") == png);
    assert_eq!(builds(), 2.0);
    // Decoding and encoding is a worker's, even where the JPEG takes none.
    for (n, id) in [STORED, BLANK].into_iter().enumerate() {
        let png = ask(id, "png");
        assert!(ask(id, "png") == png);
        ask(id, "jpg");
        assert_eq!(builds(), 3.0 + n as f64, "{id}");
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
    let server = Running::start(packs.path());
    let took = |stage: &str| server.metric(&format!("origami_tile_stage_seconds_sum{{stage=\"{stage}\"}}"));
    // Nothing else of a stored tile is decoded or encoded.
    assert_eq!(get(server.addr, &path(STORED, "png")).status, 200);
    for stage in ["decode", "encode"] {
        assert!(took(stage) > 0.0, "{stage}");
    }
    for stage in ["predict", "apply"] {
        assert_eq!(took(stage), 0.0, "{stage}");
    }
}

#[test]
fn many_clients_on_one_cold_png_cause_one_build() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for (n, id) in [STORED, PREDICTED].into_iter().enumerate() {
        let answers = at_once(server.addr, 50, |_| path(id, "png"));
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body), "{id}");
        assert_eq!(server.metric("origami_tile_builds_total"), n as f64 + 1.0, "{id}");
    }
}

#[test]
fn idle_workers_build_siblings_of_jpegs_alone() {
    let packs = folder(&["a"]);
    let server = Running::start_with(packs.path(), |config| config.speculate = true);
    for id in [PREDICTED, STORED] {
        assert_eq!(get(server.addr, &path(id, "png")).status, 200);
    }
    // Longer than a worker rests before it builds what nobody has asked for.
    sleep(Duration::from_millis(50));
    assert_eq!(server.metric("origami_speculative_built_total"), 0.0);
}

#[test]
fn thumbnails_come_in_every_format_under_the_names_of_its_extensions() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for query in ["", "?size=16", "?size=300", "?size=1024"] {
        let ask = |extension: &str| get(server.addr, &format!("/slides/a/thumbnail{extension}{query}"));
        let (jpeg, png) = (ask(""), ask(".png"));
        assert_eq!((jpeg.status, jpeg.header("content-type")), (200, Some("image/jpeg")), "{query}");
        for extension in [".jpg", ".jpeg"] {
            let same = ask(extension);
            assert!(
                same.body == jpeg.body && same.header("etag") == jpeg.header("etag"),
                "{extension}{query}"
            );
        }
        assert_is_png(&png, query);
        let (lossy, pixels) = (jpeg_pixels(&jpeg.body), png_pixels(&png.body));
        assert_eq!((lossy.width(), lossy.height()), (pixels.width(), pixels.height()), "{query}");
        let off = lossy.data().iter().zip(pixels.data()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        let off = off as f64 / pixels.data().len() as f64;
        assert!(off > 0.0 && off < 24.0, "the pixels before they lost anything, {off} off: {query}");
    }
    let metrics = server.scrape();
    assert_eq!(metrics["origami_tile_builds_total"], 8.0, "four sizes in two formats");
    assert_eq!(metrics[r#"origami_cache_entries{cache="thumbnails"}"#], 8.0);
}

#[test]
fn extensions_of_no_format_name_nothing_and_take_no_worker() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for extension in ["webp", "bmp", "jpegx", "PNG", "Png", "JPG", "gif", "png.png", "jpg.png", "pn", "5"] {
        for path in [
            format!("/tiles/a/{PREDICTED}.{extension}"),
            format!("/dzi/a_files/{TOP}/1_1.{extension}"),
            format!("/slides/a/thumbnail.{extension}"),
        ] {
            let answer = get(server.addr, &path);
            assert_eq!((answer.status, answer.header("cache-control")), (404, Some("no-store")), "{path}");
            assert!(answer.json()["error"].as_str().unwrap().contains("format"), "{path}");
        }
    }
    assert_eq!(server.metric("origami_tile_builds_total"), 0.0);
    let descriptor = get(server.addr, "/dzi/a.dzi");
    assert!(descriptor.text().contains(r#"Format="jpg""#), "viewers are still sent to the JPEGs");
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
        let Entry::Blob { offset, .. } = pack.entry(id).unwrap() else { panic!("{id} has bytes") };
        bytes[offset as usize] ^= 0x55;
    }
    drop(pack);
    fs::remove_file(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let server = Running::start(packs.path());
    let builds = || server.metric("origami_tile_builds_total");
    for id in damaged {
        // Nobody but a worker reads the bytes of a tile that has to be decoded.
        let jpeg = if id == PREDICTED { 1.0 } else { 0.0 };
        for (extension, built) in [("png", 1.0), ("jpg", jpeg), ("png", 1.0)] {
            let before = builds();
            let answer = get(server.addr, &path(id, extension));
            assert_eq!((answer.status, answer.header("cache-control")), (500, Some("no-store")), "{id}");
            assert_eq!(builds() - before, built, "{id}.{extension}");
        }
    }
    assert_eq!(server.metric("origami_worker_panics_total"), 0.0);
}
