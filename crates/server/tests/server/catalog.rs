//! Packs that come, change, go and break while the server runs.

use crate::client::get;
use crate::packs::{TOP, folder, write_pack};
use crate::running::{Running, eventually};
use std::fs;
use std::path::Path;
use std::time::Duration;

#[test]
fn a_pack_appears_changes_and_vanishes_without_a_restart() {
    let packs = folder(&[]);
    let server = Running::start(packs.path());
    let status = || get(server.addr, "/tiles/a/0/0/0").status;
    assert_eq!(status(), 404);

    write_pack(packs.path(), "a", 1);
    eventually("the new slide", || status() == 200);
    let tile = format!("/tiles/a/{TOP}/0/0");
    let before = get(server.addr, &tile);

    let elsewhere = folder(&[]);
    write_pack(elsewhere.path(), "a", 2);
    fs::rename(elsewhere.path().join("a.origami"), packs.path().join("a.origami")).unwrap();
    eventually("the new generation", || get(server.addr, &tile).header("etag") != before.header("etag"));
    let after = get(server.addr, &tile);
    assert_eq!(after.status, 200);
    assert_ne!(after.body, before.body);

    fs::remove_file(packs.path().join("a.origami")).unwrap();
    eventually("the slide's end", || status() == 404);
    eventually("the maps' end", || server.metric("origami_packs_open") == 0.0);
}

#[test]
fn a_pack_that_cannot_be_opened_harms_no_other_and_heals() {
    let packs = folder(&["good"]);
    fs::write(packs.path().join("bad.origami"), "no pack at all, but long enough to be looked at").unwrap();
    fs::write(packs.path().join("empty.origami"), "").unwrap();
    let server = Running::start(packs.path());
    for path in [
        "/tiles/bad/0/0/0",
        "/dzi/bad.dzi",
        "/slides/bad",
        "/slides/bad/thumbnail",
        "/view/bad",
        "/tiles/empty/0/0/0",
    ] {
        let answer = get(server.addr, path);
        assert_eq!((answer.status, answer.header("cache-control")), (500, Some("no-store")), "{path}");
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("bad.origami"),
            "{path} tells where the pack is"
        );
    }
    assert_eq!(get(server.addr, "/tiles/good/0/0/0").status, 200);
    let list = get(server.addr, "/slides").json();
    assert_eq!(list["total"], 3);
    assert!(list["slides"][0]["error"].is_string() && list["slides"][2]["error"].is_null(), "{list}");
    assert_eq!(server.metric(r#"origami_pack_errors_total{kind="magic"}"#), 1.0);
    assert_eq!(server.metric("origami_packs_open"), 1.0);

    fs::remove_file(packs.path().join("bad.origami")).unwrap();
    write_pack(packs.path(), "bad", 1);
    eventually("the repaired slide", || get(server.addr, "/tiles/bad/0/0/0").status == 200);
}

/// Cuts the file at `path` in place, under the map of a server.
fn cut(path: &Path, len: usize) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len as u64).unwrap();
}

#[test]
fn a_pack_cut_short_under_its_map_fails_alone_and_heals() {
    let packs = folder(&["a"]);
    // Of other tiles, so that none of them is found in the cache.
    write_pack(packs.path(), "b", 2);
    // Never looked at again, so that only the map itself can tell.
    let server = Running::start_with(packs.path(), |config| config.rescan = Duration::from_secs(3600));
    let path = packs.path().join("a.origami");
    let whole = fs::read(&path).unwrap();
    // Stored, blank or stored, and rebuilt.
    let tiles = ["/tiles/a/9/0/0", "/tiles/a/0/0/0", "/tiles/a/11/3/2", "/slides/a/thumbnail"];
    for tile in tiles {
        assert_eq!(get(server.addr, "/tiles/a/9/0/0").status, 200);
        cut(&path, 0);
        assert_eq!(get(server.addr, tile).status, 500, "{tile} of nothing");
        for other in tiles {
            assert_eq!(get(server.addr, other).status, 500, "{other} after {tile} of nothing");
        }
        assert_eq!(get(server.addr, "/tiles/b/11/3/2").status, 200);
        // What the system refuses, here a file without a byte, is tried again.
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(get(server.addr, tiles[2]).status, 200);
}

#[test]
fn tiles_in_front_of_a_cut_are_right_or_not_served() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let path = packs.path().join("a.origami");
    let whole = fs::read(&path).unwrap();
    let all: Vec<_> =
        (0..4).flat_map(|y| (0..4).map(move |x| format!("/tiles/a/{}/{x}/{y}", TOP - 1))).collect();
    let before: Vec<_> = all.iter().map(|tile| get(server.addr, tile)).collect();
    for len in [whole.len() - 1, whole.len() * 3 / 4, whole.len() / 2, 4096, 100] {
        cut(&path, len);
        for (tile, before) in all.iter().zip(&before) {
            let after = get(server.addr, tile);
            let same = after.status == before.status && after.body == before.body;
            assert!(same || matches!(after.status, 404 | 500), "{} for {tile} of {len} bytes", after.status);
        }
        eventually("the loss to be seen", || get(server.addr, &all[0]).status == 500);
    }
    fs::write(&path, whole).unwrap();
    eventually("the repaired slide", || get(server.addr, &all[0]).status == before[0].status);
}

#[test]
fn only_so_many_packs_stay_open_and_all_are_served() {
    let ids: Vec<_> = (0..40).map(|number| format!("s{number}")).collect();
    let packs = folder(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let server = Running::start_with(packs.path(), |config| config.open_packs = 4);
    for _ in 0..3 {
        for id in &ids {
            assert_eq!(get(server.addr, &format!("/tiles/{id}/0/0/0")).status, 200);
        }
    }
    eventually("packs to be closed", || server.metric("origami_packs_open") <= 4.0);
    assert_eq!(get(server.addr, "/slides").json()["slides"].as_array().unwrap().len(), 40);
}

#[test]
fn a_damaged_tile_fails_alone() {
    let packs = folder(&["a"]);
    let path = packs.path().join("a.origami");
    let mut bytes = fs::read(&path).unwrap();
    // The blobs follow the header; the first of them belongs to some tile.
    bytes[300] ^= 0x55;
    fs::write(&path, bytes).unwrap();
    let server = Running::start(packs.path());
    let slide = get(server.addr, "/slides/a").json();
    let mut failed = 0;
    for level in slide["level_table"].as_array().unwrap() {
        let side = |name: &str| level[name].as_u64().unwrap();
        for (x, y) in (0..side("rows")).flat_map(|y| (0..side("columns")).map(move |x| (x, y))) {
            let answer = get(server.addr, &format!("/tiles/a/{}/{x}/{y}", level["z"]));
            assert!(matches!(answer.status, 200 | 500));
            failed += u32::from(answer.status == 500);
        }
    }
    let all: u64 = slide["level_table"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| level["columns"].as_u64().unwrap() * level["rows"].as_u64().unwrap())
        .sum();
    assert!(failed > 0 && u64::from(failed) < all, "{failed} of {all} tiles failed");
    assert!(server.metric(r#"origami_pack_errors_total{kind="checksum"}"#) > 0.0);
}

#[test]
fn files_whose_names_are_no_ids_are_no_slides() {
    let packs = folder(&["a"]);
    for name in
        [".b.origami", "a b.origami", "x.dzi.origami", "x_files.origami", "x.jpg.origami", "b.zip", "origami"]
    {
        fs::copy(packs.path().join("a.origami"), packs.path().join(name)).unwrap();
    }
    fs::create_dir(packs.path().join("folder.origami")).unwrap();
    let server = Running::start(packs.path());
    assert_eq!(get(server.addr, "/slides").json()["total"], 1);
}

#[test]
fn a_missing_folder_is_a_clear_error() {
    let packs = folder(&[]);
    let missing = packs.path().join("missing");
    let error = origami_server::Server::bind(origami_server::Config::new(&missing))
        .err()
        .expect("no folder, no server");
    assert!(error.to_string().contains("missing"), "{error}");
}
