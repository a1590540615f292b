//! Packs that appear, change, vanish and break while the server runs.

use crate::client::NO_STORE;
use crate::packs::{TOP, folder, write_pack};
use crate::test_server::{TestServer, eventually};
use std::fs;
use std::path::Path;
use std::time::Duration;

#[test]
fn a_pack_appears_changes_and_vanishes_without_a_restart() {
    let packs = folder(&[]);
    let server = TestServer::start(packs.path());
    assert_eq!(server.get("/tiles/a/0/0/0").status, 404);

    write_pack(packs.path(), "a", 1);
    eventually("the new slide", || server.get("/tiles/a/0/0/0").status == 200);
    let tile = format!("/tiles/a/{TOP}/0/0");
    let before = server.get(&tile);

    let elsewhere = folder(&[]);
    write_pack(elsewhere.path(), "a", 2);
    fs::rename(elsewhere.path().join("a.origami"), packs.path().join("a.origami")).unwrap();
    eventually("the new generation", || server.get(&tile).header("etag") != before.header("etag"));
    let after = server.get(&tile);
    assert_eq!(after.status, 200);
    assert_ne!(after.body, before.body);

    fs::remove_file(packs.path().join("a.origami")).unwrap();
    eventually("the slide's end", || server.get("/tiles/a/0/0/0").status == 404);
    eventually("the maps' end", || server.metric("origami_packs_open") == 0.0);
}

#[test]
fn a_pack_that_cannot_be_opened_affects_no_other_and_recovers() {
    let packs = folder(&["good"]);
    fs::write(packs.path().join("bad.origami"), "no pack at all, but long enough to be looked at").unwrap();
    fs::write(packs.path().join("empty.origami"), "").unwrap();
    let server = TestServer::start(packs.path());
    for path in [
        "/tiles/bad/0/0/0",
        "/dzi/bad.dzi",
        "/slides/bad",
        "/slides/bad/thumbnail",
        "/view/bad",
        "/tiles/empty/0/0/0",
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.header("cache-control")), (500, NO_STORE), "{path}");
        let body = String::from_utf8_lossy(&response.body);
        assert!(!body.contains("bad.origami"), "{path} reveals where the pack is");
    }
    assert_eq!(server.get("/tiles/good/0/0/0").status, 200);
    let list = server.get("/slides").json();
    assert_eq!(list["total"], 3);
    let errors = ["bad", "good", "empty"].map(|id| {
        let slides = list["slides"].as_array().unwrap();
        slides.iter().find(|slide| slide["id"] == id).unwrap()["error"].as_str()
    });
    let [bad, empty] = ["it is not a pack", "the file is cut short"]
        .map(|reason| format!("This pack cannot be opened: {reason}"));
    assert_eq!(errors, [Some(bad.as_str()), None, Some(empty.as_str())]);
    assert_eq!(server.metric(r#"origami_pack_errors_total{kind="magic"}"#), 1.0);
    eventually("all but one to be closed", || server.metric("origami_packs_open") == 1.0);

    fs::remove_file(packs.path().join("bad.origami")).unwrap();
    write_pack(packs.path(), "bad", 1);
    eventually("the repaired slide", || server.get("/tiles/bad/0/0/0").status == 200);
}

/// Truncates the file at `path` in place, while a server has it mapped.
fn truncate(path: &Path, len: usize) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len as u64).unwrap();
}

#[test]
fn a_pack_truncated_while_it_is_mapped_fails_alone_and_recovers() {
    let packs = folder(&["a"]);
    // Other pixels, so that none of its tiles can come from the cache.
    write_pack(packs.path(), "b", 2);
    // Without a rescan, the change is noticed only when the map is read.
    let server = TestServer::start_with(packs.path(), |config| config.rescan = Duration::from_secs(3600));
    let path = packs.path().join("a.origami");
    let whole = fs::read(&path).unwrap();
    // Stored, blank or stored, and rebuilt.
    let targets = ["/tiles/a/9/0/0", "/tiles/a/0/0/0", "/tiles/a/11/3/2", "/slides/a/thumbnail"];
    for target in targets {
        assert_eq!(server.get("/tiles/a/9/0/0").status, 200);
        truncate(&path, 0);
        assert_eq!(server.get(target).status, 500, "{target} of an empty file");
        for other in targets {
            assert_eq!(server.get(other).status, 500, "{other} after {target} of an empty file");
        }
        assert_eq!(server.get("/tiles/b/11/3/2").status, 200);
        // Opening is tried again after an error of the system, here for an empty file.
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(server.get(targets[2]).status, 200);
}

#[test]
fn tiles_of_a_truncated_pack_are_right_or_not_served() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let path = packs.path().join("a.origami");
    let whole = fs::read(&path).unwrap();
    let tiles: Vec<_> =
        (0..4).flat_map(|y| (0..4).map(move |x| format!("/tiles/a/{}/{x}/{y}", TOP - 1))).collect();
    let before: Vec<_> = tiles.iter().map(|tile| server.get(tile)).collect();
    for len in [whole.len() - 1, whole.len() * 3 / 4, whole.len() / 2, 4096, 100] {
        truncate(&path, len);
        for (tile, before) in tiles.iter().zip(&before) {
            let after = server.get(tile);
            let same = after.status == before.status && after.body == before.body;
            assert!(same || matches!(after.status, 404 | 500), "{} for {tile} of {len} bytes", after.status);
        }
        eventually("a failure of the truncated pack", || server.get(&tiles[0]).status == 500);
    }
    fs::write(&path, whole).unwrap();
    eventually("the repaired slide", || server.get(&tiles[0]).status == before[0].status);
}

#[test]
fn a_bounded_number_of_packs_stays_open_and_all_are_served() {
    let ids: Vec<_> = (0..40).map(|number| format!("s{number}")).collect();
    let packs = folder(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let server = TestServer::start_with(packs.path(), |config| config.open_packs = 4);
    for _ in 0..3 {
        for id in &ids {
            assert_eq!(server.get(&format!("/tiles/{id}/0/0/0")).status, 200);
        }
    }
    eventually("packs to be closed", || server.metric("origami_packs_open") <= 4.0);
    assert_eq!(server.get("/slides").json()["slides"].as_array().unwrap().len(), 40);
}

#[test]
fn a_damaged_tile_fails_alone() {
    let packs = folder(&["a"]);
    let path = packs.path().join("a.origami");
    let mut bytes = fs::read(&path).unwrap();
    // The blobs follow the header; the first of them belongs to some tile.
    bytes[300] ^= 0x55;
    fs::write(&path, bytes).unwrap();
    let server = TestServer::start(packs.path());
    let slide = server.get("/slides/a").json();
    let (mut all, mut failed) = (0, 0);
    for level in slide["level_table"].as_array().unwrap() {
        let [columns, rows] = ["columns", "rows"].map(|name| level[name].as_u64().unwrap());
        for (x, y) in (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))) {
            let status = server.get(&format!("/tiles/a/{}/{x}/{y}", level["z"])).status;
            assert!(matches!(status, 200 | 500));
            failed += u32::from(status == 500);
            all += 1;
        }
    }
    assert!(failed > 0 && failed < all, "{failed} of {all} tiles failed");
    assert!(server.metric(r#"origami_pack_errors_total{kind="checksum"}"#) > 0.0);
}

#[test]
fn files_whose_names_are_not_ids_are_not_listed() {
    let packs = folder(&["a"]);
    for name in
        [".b.origami", "a b.origami", "x.dzi.origami", "x_files.origami", "x.jpg.origami", "b.zip", "origami"]
    {
        fs::copy(packs.path().join("a.origami"), packs.path().join(name)).unwrap();
    }
    fs::create_dir(packs.path().join("folder.origami")).unwrap();
    let server = TestServer::start(packs.path());
    assert_eq!(server.get("/slides").json()["total"], 1);
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
