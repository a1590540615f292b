//! What `--memory` says against what the process takes.

use crate::binary::packed;
use crate::picture::Picture;
use crate::served::Served;
use crate::slides::big_pack;
use procfs::process::Process;
use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use tempfile::TempDir;

/// What the servers here are given.
const BUDGET: u64 = 64 << 20;
const OPTIONS: [&str; 5] = ["--memory", "64MiB", "--speculate=false", "--prefetch", "0"];

/// Bytes of memory that are the process's own, not pages of a mapped file.
pub fn anonymous(pid: u32) -> u64 {
    let process = Process::new(pid.cast_signed()).expect("the process lives");
    process.status().expect("the process lives").rssanon.expect("Linux tells") << 10
}

/// Memory of a server from here on.
struct Growth<'a> {
    server: &'a Served,
    start: u64,
}

impl<'a> Growth<'a> {
    fn of(server: &'a Served) -> Self {
        Self { server, start: anonymous(server.pid()) }
    }

    /// Bytes taken since, which may be what was given.
    #[track_caller]
    fn within_budget(&self, what: &str) -> u64 {
        let grown = anonymous(self.server.pid()).saturating_sub(self.start);
        println!("{what}: {} KiB more", grown >> 10);
        assert!(grown <= BUDGET, "{what}: {} MiB more", grown >> 20);
        grown
    }
}

/// A server of `slide`s that are all this picture, in exact mode.
fn copies(count: usize, picture: &Picture) -> (TempDir, Served) {
    let folder = tempfile::tempdir().unwrap();
    let (slide, packs) = (folder.path().join("s.png"), folder.path().join("packs"));
    fs::write(&slide, picture.png()).unwrap();
    let pack = packed(&slide, &packs, &["--no-report"]);
    for n in 1..count {
        copy(&pack, &packs.join(format!("s{n}.origami")));
    }
    let server = Served::start_with(&packs, &OPTIONS);
    (folder, server)
}

/// A file of its own, as every slide's is.
fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
}

/// Something to code.
fn noise(width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |x, y| {
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 7;
        [(x / 5 + grain % 23) as u8, (y / 7 + grain % 31) as u8, ((x + y) / 9) as u8]
    })
}

#[test]
fn thumbnails_of_every_size_keep_to_their_share() {
    let (_folder, server) = copies(1, &noise(1400, 1100));
    server.body("/slides/s/thumbnail?size=64");
    let growth = Growth::of(&server);
    for size in (625..=1024).rev() {
        server.body(&format!("/slides/s/thumbnail?size={size}"));
    }
    growth.within_budget("400 thumbnails");
    let held = server.metrics()[r#"origami_cache_bytes{cache="thumbnails"}"#];
    assert!(held <= (BUDGET / 32) as f64, "{held} bytes of thumbnails");
}

#[test]
fn a_listing_opens_no_pack_for_longer_than_it_takes() {
    const PACKS: usize = 300;
    let (_folder, server) = copies(PACKS, &noise(600, 500));
    server.body("/slides?limit=1");
    let growth = Growth::of(&server);
    let page: serde_json::Value = serde_json::from_slice(&server.body("/slides?limit=1000")).unwrap();
    assert_eq!(page["slides"].as_array().unwrap().len(), PACKS);
    let grown = growth.within_budget("a list of 300 packs");
    assert!(grown < 16 << 20, "{} KiB a pack", (grown / PACKS as u64) >> 10);
    assert_eq!(server.metrics()["origami_packs_open"], 0.0);
}

#[test]
fn open_packs_and_their_models_keep_to_their_share() {
    const PACKS: usize = 300;
    let (_folder, server) = copies(PACKS, &noise(600, 500));
    let growth = Growth::of(&server);
    for round in 0..2 {
        for n in 1..PACKS {
            server.body(&format!("/tiles/s{n}/10/{round}/1.jpg"));
        }
    }
    growth.within_budget("300 packs in use");
    let metrics = server.metrics();
    assert!(metrics["origami_model_bytes"] <= (BUDGET / 32) as f64, "{}", metrics["origami_model_bytes"]);
    assert!(metrics["origami_model_loads_total"] >= PACKS as f64 - 1.0, "each is loaded when it is needed");
    assert!(metrics["origami_packs_open"] < PACKS as f64 / 2.0, "{} open", metrics["origami_packs_open"]);
}

/// Asks for tiles of full resolution of `pack`, row by row, which may take what the
/// server was given; what it then tells of itself.
fn metrics_after_tiles(
    pack: &Path,
    extension: &str,
    columns: &Range<u32>,
    rows: Range<u32>,
) -> HashMap<String, f64> {
    let packs = tempfile::tempdir().unwrap();
    copy(pack, &packs.path().join("a.origami"));
    let server = Served::start_with(packs.path(), &OPTIONS);
    let details: serde_json::Value = serde_json::from_slice(&server.body("/slides/a")).unwrap();
    let top = details["levels"].as_u64().unwrap() - 1;
    let growth = Growth::of(&server);
    for y in rows {
        for x in columns.clone() {
            server.body(&format!("/tiles/a/{top}/{x}/{y}.{extension}"));
        }
    }
    growth.within_budget(&format!("{extension} tiles"));
    let metrics = server.metrics();
    for (cache, share) in [("tiles", 2), ("parents", 4)] {
        let held = metrics[&format!("origami_cache_bytes{{cache=\"{cache}\"}}")];
        assert!(held <= (BUDGET / share) as f64, "{held} bytes of {cache}");
    }
    metrics
}

#[test]
fn tiles_and_parents_keep_to_their_shares() {
    let Some(pack) = big_pack() else { return };
    metrics_after_tiles(pack, "jpg", &(40..140), 20..50);
}

#[test]
fn tiles_without_loss_keep_to_their_share() {
    let Some(pack) = big_pack() else { return };
    // Half of these are tissue: together they take about twice what is kept.
    let metrics = metrics_after_tiles(pack, "png", &(12..42), 30..80);
    assert!(metrics[r#"origami_cache_evictions_total{cache="tiles"}"#] > 0.0);
}
