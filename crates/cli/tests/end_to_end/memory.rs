//! The limits of `--memory` against the memory that the process takes.

use crate::binary::packed;
use crate::server::Server;
use crate::slides::big_pack;
use origami_fixtures::picture::Picture;
use procfs::process::Process;
use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use tempfile::TempDir;

/// The servers' `--memory`.
const BUDGET: u64 = 64 << 20;
const OPTIONS: [&str; 5] = ["--memory", "64MiB", "--speculate=false", "--prefetch", "0"];

/// Bytes of memory that are the process's own, not pages of a mapped file.
pub fn anonymous(pid: u32) -> u64 {
    let process = Process::new(pid.cast_signed()).expect("the process lives");
    process.status().expect("the process lives").rssanon.expect("Linux reports it") << 10
}

/// How the memory of a server grows from now on.
struct Growth<'a> {
    server: &'a Server,
    start: u64,
}

impl<'a> Growth<'a> {
    fn of(server: &'a Server) -> Self {
        Self { server, start: anonymous(server.pid()) }
    }

    /// Bytes taken since then, which have to be within the budget.
    #[track_caller]
    fn expect_within_budget(&self, what: &str) -> u64 {
        let grown = anonymous(self.server.pid()).saturating_sub(self.start);
        println!("{what}: {} KiB more", grown >> 10);
        assert!(grown <= BUDGET, "{what}: {} MiB more", grown >> 20);
        grown
    }
}

/// A folder with exact packs of `picture`, each a file of its own: `s.origami`, `s1.origami` and
/// so on.
fn copies(count: usize, picture: &Picture) -> TempDir {
    let (slides, packs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let slide = slides.path().join("s.png");
    fs::write(&slide, picture.png()).unwrap();
    let pack = packed(&slide, packs.path(), &["--no-report"]);
    for n in 1..count {
        fs::copy(&pack, packs.path().join(format!("s{n}.origami"))).unwrap();
    }
    packs
}

/// A picture with much to code.
fn noise(width: usize, height: usize) -> Picture {
    Picture::from_fn(width, height, |x, y| {
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 7;
        [(x / 5 + grain % 23) as u8, (y / 7 + grain % 31) as u8, ((x + y) / 9) as u8]
    })
}

#[test]
fn thumbnails_of_every_size_stay_within_their_share() {
    let packs = copies(1, &noise(1400, 1100));
    let server = Server::start_with(packs.path(), &OPTIONS);
    server.body("/slides/s/thumbnail?size=64");
    let growth = Growth::of(&server);
    for size in (625..=1024).rev() {
        server.body(&format!("/slides/s/thumbnail?size={size}"));
    }
    growth.expect_within_budget("400 thumbnails");
    let cached = server.metrics()[r#"origami_cache_bytes{cache="thumbnails"}"#];
    assert!(cached <= (BUDGET / 32) as f64, "{cached} bytes of thumbnails");
}

#[test]
fn listing_slides_leaves_no_pack_open() {
    const PACKS: usize = 300;
    let packs = copies(PACKS, &noise(600, 500));
    let server = Server::start_with(packs.path(), &OPTIONS);
    server.body("/slides?limit=1");
    let growth = Growth::of(&server);
    let page = server.json("/slides?limit=1000");
    assert_eq!(page["slides"].as_array().unwrap().len(), PACKS);
    let grown = growth.expect_within_budget("a list of 300 packs");
    assert!(grown < 16 << 20, "{} KiB a pack", (grown / PACKS as u64) >> 10);
    assert_eq!(server.metrics()["origami_packs_open"], 0.0);
}

#[test]
fn open_packs_and_their_models_stay_within_their_share() {
    const PACKS: usize = 300;
    let packs = copies(PACKS, &noise(600, 500));
    let server = Server::start_with(packs.path(), &OPTIONS);
    let growth = Growth::of(&server);
    for round in 0..2 {
        for n in 1..PACKS {
            server.body(&format!("/tiles/s{n}/10/{round}/1.jpg"));
        }
    }
    growth.expect_within_budget("300 packs in use");
    let metrics = server.metrics();
    assert!(metrics["origami_model_bytes"] <= (BUDGET / 32) as f64, "{}", metrics["origami_model_bytes"]);
    assert!(
        metrics["origami_model_loads_total"] >= PACKS as f64 - 1.0,
        "each model is loaded when it is needed"
    );
    assert!(metrics["origami_packs_open"] < PACKS as f64 / 2.0, "{} open", metrics["origami_packs_open"]);
}

/// Requests tiles of full resolution of `pack`, row by row, for which the server has to stay
/// within its budget; returns its metrics.
fn metrics_after_tiles(
    pack: &Path,
    extension: &str,
    columns: &Range<u32>,
    rows: Range<u32>,
) -> HashMap<String, f64> {
    let packs = tempfile::tempdir().unwrap();
    fs::copy(pack, packs.path().join("a.origami")).unwrap();
    let server = Server::start_with(packs.path(), &OPTIONS);
    let top = server.json("/slides/a")["levels"].as_u64().unwrap() - 1;
    let growth = Growth::of(&server);
    for y in rows {
        for x in columns.clone() {
            server.body(&format!("/tiles/a/{top}/{x}/{y}.{extension}"));
        }
    }
    growth.expect_within_budget(&format!("{extension} tiles"));
    let metrics = server.metrics();
    for (cache, share) in [("tiles", 2), ("parents", 4)] {
        let cached = metrics[&format!("origami_cache_bytes{{cache=\"{cache}\"}}")];
        assert!(cached <= (BUDGET / share) as f64, "{cached} bytes of {cache}");
    }
    metrics
}

#[test]
fn tiles_and_parents_stay_within_their_shares() {
    let Some(pack) = big_pack() else { return };
    metrics_after_tiles(pack, "jpg", &(40..140), 20..50);
}

#[test]
fn lossless_tiles_stay_within_their_share() {
    let Some(pack) = big_pack() else { return };
    // Half of these are tissue: together they take about twice the share.
    let metrics = metrics_after_tiles(pack, "png", &(12..42), 30..80);
    assert!(metrics[r#"origami_cache_evictions_total{cache="tiles"}"#] > 0.0);
}
