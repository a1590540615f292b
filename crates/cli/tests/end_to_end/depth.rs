//! However many levels are predicted, a pack serves and exports the same tiles.

use crate::binary::{files, inspect, packed, run, verify};
use crate::exported::export;
use crate::server::Server;
use crate::tiles::Tiles;
use origami_fixtures::picture::Picture;
use origami_pack::Pack;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The default, with whose pack the others are compared.
const DEFAULT: &str = "auto";
const DEPTHS: [&str; 6] = ["0", "1", "2", "3", "all", DEFAULT];
/// Those that luma packs can have.
const LUMA_DEPTHS: [&str; 4] = ["0", "1", "2", DEFAULT];

const WIDTH: usize = 700;
const HEIGHT: usize = 523;
/// Number of the full-resolution level.
const FINEST: u64 = 10;

/// Packs `picture` in `mode` with each number of predicted levels, which is also the slide's
/// id.
fn packs(picture: &Picture, mode: &str, depths: &[&str]) -> TempDir {
    let (slides, packs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let slide = slides.path().join("slide.png");
    fs::write(&slide, picture.png()).unwrap();
    for depth in depths {
        let options = ["--mode", mode, "--predicted-levels", depth, "--id", depth];
        let more = [&options[..], &["--tile-size", "32", "--no-report"]].concat();
        let pack = packed(&slide, packs.path(), &more);
        verify(&pack);
        assert_levels_are_predicted_from_the_next_coarser(&inspect(&pack), depth, mode);
    }
    packs
}

fn assert_levels_are_predicted_from_the_next_coarser(description: &Value, depth: &str, mode: &str) {
    let levels = description["levels"].as_array().unwrap();
    let predicted = match (depth, mode) {
        ("all", _) => FINEST,
        (DEFAULT, "luma") => 2,
        // As many as the sizes of the levels suggest.
        (DEFAULT, _) => levels.iter().filter(|level| !level["parent"].is_null()).count() as u64,
        (number, _) => number.parse().unwrap(),
    };
    assert!(depth != DEFAULT || (2..=FINEST).contains(&predicted), "{predicted} levels of {depth}");
    let stored = FINEST - predicted;
    for (z, level) in (0..).zip(levels) {
        let (mode, parent) = if z > stored { (mode, (z - 1).into()) } else { ("stored", Value::Null) };
        assert_eq!((level["mode"].as_str(), &level["parent"]), (Some(mode), &parent), "level {z} of {depth}");
    }
    let has_luma_levels = mode == "luma" && depth != "0";
    let expected = if has_luma_levels { stored.into() } else { Value::Null };
    assert_eq!(description["chroma_level"], expected, "{depth}");
    assert_eq!(description["content_hash"].as_str().map(str::len), Some(64));
}

fn pack_path(packs: &TempDir, depth: &str) -> PathBuf {
    packs.path().join(format!("{depth}.origami"))
}

/// The contents of all files below `folder`, by their path in it.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut contents_by_path = BTreeMap::new();
    for name in files(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let inner = contents(&path).into_iter();
            contents_by_path.extend(inner.map(|(inner, data)| (format!("{name}/{inner}"), data)));
        } else {
            contents_by_path.insert(name, fs::read(&path).unwrap());
        }
    }
    contents_by_path
}

/// What a pack is exported to as Deep Zoom folder and as TIFF.
fn exported_files(pack: &Path) -> BTreeMap<String, Vec<u8>> {
    let output = tempfile::tempdir().unwrap();
    for name in ["x.dzi", "x.tif"] {
        export(pack, &output.path().join(name), &[]).expect_success();
    }
    contents(output.path())
}

#[test]
fn exact_packs_of_any_depth_are_exported_to_the_same_files() {
    let packs = packs(&Picture::gradient(WIDTH, HEIGHT), "exact", &DEPTHS);
    let expected = exported_files(&pack_path(&packs, DEFAULT));
    assert!(expected.len() > 500, "{} files", expected.len());
    for depth in DEPTHS {
        let exported = exported_files(&pack_path(&packs, depth));
        assert!(exported.keys().eq(expected.keys()), "{depth}");
        // Not assert_eq, which would print both files.
        let other = exported.iter().find(|(name, data)| expected[*name] != **data);
        assert_eq!(other.map(|(name, _)| name), None, "{depth}");
    }
}

#[test]
fn exact_packs_of_any_depth_are_served_as_the_same_tiles() {
    let packs = packs(&Picture::gradient(WIDTH, HEIGHT), "exact", &DEPTHS);
    let pyramid = *Pack::open(&pack_path(&packs, DEFAULT)).unwrap().pyramid();
    let server = Server::start(packs.path());
    for id in (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)) {
        let expected = server.body(&format!("/tiles/{DEFAULT}/{id}.jpg"));
        for depth in DEPTHS {
            assert!(server.body(&format!("/tiles/{depth}/{id}.jpg")) == expected, "{id} of {depth}");
        }
    }
}

#[test]
fn luma_packs_of_any_depth_are_as_good_at_full_resolution() {
    // Gray, because wrong chroma would clip some samples and so change their luma.
    let wave = Picture::gradient(WIDTH, HEIGHT);
    let picture = Picture::from_fn(WIDTH, HEIGHT, |x, y| [wave.pixel(x, y)[2]; 3]);
    let packs = packs(&picture, "luma", &LUMA_DEPTHS);
    let server = Server::start(packs.path());
    let expected = psnr_y(&server, DEFAULT, &picture);
    assert!(expected > 34.0, "{expected:.1} dB");
    for depth in LUMA_DEPTHS {
        let psnr = psnr_y(&server, depth, &picture);
        // Above 48 dB only the rounding of single samples differs.
        assert!(psnr > expected.min(48.0) - 0.5, "{depth}: {psnr:.1} dB where {expected:.1} were expected");
    }
}

/// PSNR-Y of full resolution of slide `id` against the picture, in dB.
fn psnr_y(server: &Server, id: &str, picture: &Picture) -> f64 {
    let tiles = Tiles::of(server, id);
    tiles.level(tiles.max).psnr_y(picture)
}

#[test]
fn more_luma_levels_than_two_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let slide = folder.path().join("slide.png");
    fs::write(&slide, Picture::gradient(64, 64).png()).unwrap();
    for depth in ["3", "all"] {
        let options = ["--mode", "luma", "--predicted-levels", depth];
        crate::binary::pack(&slide, folder.path(), &options).expect_error(&["mode luma", "2 finest levels"]);
    }
}

#[test]
fn impossible_numbers_of_levels_are_refused() {
    for number in ["-1", "25", "two", ""] {
        let outcome = run(["pack", &format!("--predicted-levels={number}"), "slide.png"]);
        assert_eq!(outcome.code, Some(2), "{number}: {}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains("--predicted-levels"), "{}", outcome.stderr);
    }
}

#[test]
fn levels_to_predict_are_refused_in_a_mode_that_predicts_none() {
    let folder = tempfile::tempdir().unwrap();
    let slide = folder.path().join("slide.png");
    fs::write(&slide, Picture::gradient(64, 64).png()).unwrap();
    for depth in ["0", "2", "all"] {
        let options = ["--mode", "stored", "--predicted-levels", depth];
        crate::binary::pack(&slide, folder.path(), &options)
            .expect_error(&["--predicted-levels", "--mode stored"]);
    }
    packed(&slide, folder.path(), &["--mode", "stored", "--predicted-levels", DEFAULT]);
}
