//! However many levels are predicted, a pack serves and exports the same tiles.

use crate::binary::{files, inspect, packed, run, verify};
use crate::exported::export;
use crate::odd_sizes::gradient;
use crate::picture::Picture;
use crate::served::Served;
use crate::tiles::Tiles;
use origami_pack::Pack;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Packs are compared with that of the default.
const DEFAULT: &str = "2";
const DEPTHS: [&str; 5] = ["0", "1", DEFAULT, "3", "all"];

/// Sides in pixels, and the number of the finest level.
const WIDTH: usize = 700;
const HEIGHT: usize = 523;
const FINEST: u64 = 10;

/// Packs `picture` in `mode` with each number of predicted levels, which is then
/// the slide's id.
fn packs(picture: &Picture, mode: &str) -> TempDir {
    let (slides, packs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let slide = slides.path().join("slide.png");
    fs::write(&slide, picture.png()).unwrap();
    for depth in DEPTHS {
        let how = ["--mode", mode, "--predicted-levels", depth, "--id", depth];
        let pack = packed(&slide, packs.path(), &[&how[..], &["--tile-size", "32", "--no-report"]].concat());
        verify(&pack);
        is_predicted_from_the_next_coarser(&inspect(&pack), depth, mode);
    }
    packs
}

fn is_predicted_from_the_next_coarser(told: &Value, depth: &str, mode: &str) {
    let coarsest = FINEST - depth.parse().unwrap_or(FINEST);
    for (z, level) in (0..).zip(told["levels"].as_array().unwrap()) {
        let (mode, parent) = if z > coarsest { (mode, (z - 1).into()) } else { ("stored", Value::Null) };
        assert_eq!((level["mode"].as_str(), &level["parent"]), (Some(mode), &parent), "level {z} of {depth}");
    }
    let carried = mode == "luma" && depth != "0";
    let expected = if carried { coarsest.into() } else { Value::Null };
    assert_eq!(told["chroma_level"], expected, "{depth}");
    assert_eq!(told["content_hash"].as_str().map(str::len), Some(64));
}

fn pack_of(packs: &TempDir, depth: &str) -> PathBuf {
    packs.path().join(format!("{depth}.origami"))
}

/// All files below `folder` with their contents, by their path in it.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for name in files(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let inner = contents(&path).into_iter();
            found.extend(inner.map(|(inner, data)| (format!("{name}/{inner}"), data)));
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn exact_packs_of_any_depth_are_exported_to_the_same_files() {
    let packs = packs(&gradient(WIDTH, HEIGHT), "exact");
    let exported = |depth: &str| {
        let output = tempfile::tempdir().unwrap();
        for name in ["x.dzi", "x.tif"] {
            export(&pack_of(&packs, depth), &output.path().join(name), &[]).good();
        }
        contents(output.path())
    };
    let expected = exported(DEFAULT);
    assert!(expected.len() > 500, "{} files", expected.len());
    for depth in DEPTHS {
        let found = exported(depth);
        assert!(found.keys().eq(expected.keys()), "{depth}");
        // Not assert_eq, which would print both files.
        let other = found.iter().find(|(name, data)| expected[*name] != **data);
        assert_eq!(other.map(|(name, _)| name), None, "{depth}");
    }
}

#[test]
fn exact_packs_of_any_depth_are_served_as_the_same_tiles() {
    let packs = packs(&gradient(WIDTH, HEIGHT), "exact");
    let pyramid = *Pack::open(&pack_of(&packs, DEFAULT)).unwrap().pyramid();
    let server = Served::start(packs.path());
    for id in (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)) {
        let served = |depth: &str| server.body(&format!("/tiles/{depth}/{id}.jpg"));
        let expected = served(DEFAULT);
        for depth in DEPTHS {
            assert!(served(depth) == expected, "{id} of {depth}");
        }
    }
}

#[test]
fn luma_packs_of_any_depth_are_as_good_at_full_resolution() {
    // Gray, since wrong chroma would clip some samples and so change their luma.
    let wave = gradient(WIDTH, HEIGHT);
    let picture = Picture::from_fn(WIDTH, HEIGHT, |x, y| [wave.pixel(x, y)[2]; 3]);
    let packs = packs(&picture, "luma");
    let server = Served::start(packs.path());
    let psnr = |depth: &str| {
        let tiles = Tiles::of(&server, depth);
        tiles.level(tiles.max).psnr_y(&picture)
    };
    let expected = psnr(DEFAULT);
    assert!(expected > 34.0, "{expected:.1} dB");
    for depth in DEPTHS {
        let found = psnr(depth);
        // Above 48 dB it is the rounding of single samples that differs.
        assert!(found > expected.min(48.0) - 0.5, "{depth}: {found:.1} dB where {expected:.1} were expected");
    }
}

#[test]
fn numbers_of_levels_that_cannot_be_are_refused() {
    for number in ["-1", "25", "two", ""] {
        let ran = run(["pack", &format!("--predicted-levels={number}"), "slide.png"]);
        assert_eq!(ran.code, Some(2), "{number}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("--predicted-levels"), "{}", ran.stderr);
    }
    assert!(!run(["pack", "--help"]).good().stdout.contains("--predicted-levels"), "it is for experiments");
}
