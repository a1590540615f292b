//! Slides that are replaced while they are viewed: the URLs of one version never give the
//! tiles of another.

use crate::client::{IMMUTABLE, NO_CACHE, NO_STORE, Response};
use crate::packs::{TOP, folder, generation, write_pack};
use crate::test_server::{TestServer, eventually};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A generation that no pack has.
const STALE: &str = "0123456789abcdef";

/// Every URL that takes a version: of stored and rebuilt tiles, descriptor, thumbnail and
/// description.
fn versioned(id: &str) -> [String; 9] {
    [
        format!("/tiles/{id}/3/0/0.jpg"),
        format!("/tiles/{id}/3/0/0.png"),
        format!("/tiles/{id}/{TOP}/1/1.jpg"),
        format!("/tiles/{id}/{TOP}/1/1.png"),
        format!("/dzi/{id}_files/{TOP}/1_1.jpg"),
        format!("/dzi/{id}.dzi"),
        format!("/slides/{id}/thumbnail"),
        format!("/slides/{id}/thumbnail.png"),
        format!("/slides/{id}"),
    ]
}

/// Renames a pack with other tiles over that of slide `a` and returns the new generation.
fn replace(packs: &Path, seed: u32) -> String {
    let elsewhere = folder(&[]);
    write_pack(elsewhere.path(), "a", seed);
    let new = elsewhere.path().join("a.origami");
    let generation = generation(&fs::read(&new).unwrap());
    fs::copy(&new, packs.join(".new")).unwrap();
    fs::rename(packs.join(".new"), packs.join("a.origami")).unwrap();
    generation
}

fn assert_gone(response: &Response, what: &str) {
    assert_eq!((response.status, response.header("cache-control")), (410, NO_STORE), "{what}");
    assert_eq!(response.header("etag"), None, "{what}");
}

#[test]
fn a_stale_version_is_gone_whatever_the_client_has_cached() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in versioned("a") {
        let tag = server.get(&path).header("etag").unwrap().to_owned();
        let stale = format!("{path}?v={STALE}");
        let response = server.get(&stale);
        assert_gone(&response, &stale);
        assert!(response.json()["error"].as_str().unwrap().contains("version"), "{stale}");
        for (method, tag) in [("GET", tag.as_str()), ("HEAD", tag.as_str()), ("GET", "*"), ("HEAD", "")] {
            let headers = format!("If-None-Match: {tag}");
            assert_gone(&server.request(method, &stale, &[&headers]), &stale);
        }
    }
    // A tile that this version does not have may have existed in the stale one.
    assert_eq!(server.get(&format!("/tiles/a/{TOP}/99/0?v={STALE}")).status, 410);
    assert_eq!(server.get(&format!("/tiles/a/{TOP}/99/0?v={}", server.generation())).status, 404);
    assert_eq!(server.metric("origami_tile_builds_total"), 5.0, "nothing is built for stale versions");
}

#[test]
fn malformed_versions_do_not_parse() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let current = server.generation();
    let malformed = [
        "v".to_owned(),
        "v=".to_owned(),
        "v=0".to_owned(),
        "v=x".to_owned(),
        "v=%".to_owned(),
        "v=%zz".to_owned(),
        format!("v={}", current.to_uppercase() + "A"),
        "v=0123456789ABCDEF".to_owned(),
        format!("v=0{current}"),
        format!("v={current}%20"),
        format!("v={current}&v={STALE}"),
        format!("v={STALE}&v={current}"),
        format!("v={current}&%76={STALE}"),
        format!("v={current}&v="),
    ];
    for path in versioned("a") {
        for query in &malformed {
            for method in ["GET", "HEAD"] {
                let target = format!("{path}?{query}");
                let response = server.request(method, &target, &[]);
                assert_eq!(
                    (response.status, response.header("cache-control")),
                    (400, NO_STORE),
                    "{method} {target}"
                );
            }
        }
        assert_eq!(server.get(&format!("{path}?v={current}&v={current}&x=%zz")).status, 200, "{path}");
    }
    // A slide that does not exist has no version either.
    for path in versioned("nothing") {
        for query in ["v=", "v=x", &format!("v={STALE}")] {
            assert_eq!(server.get(&format!("{path}?{query}")).status, 404, "{path}?{query}");
        }
    }
}

#[test]
fn a_slide_replaced_while_it_is_viewed_is_never_a_mixture_of_two() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let tiles: Vec<_> =
        (0..4).flat_map(|y| (0..6).map(move |x| format!("/tiles/a/{TOP}/{x}/{y}.jpg"))).collect();
    let first = server.generation();
    let before: Vec<_> = tiles.iter().map(|tile| server.get(&format!("{tile}?v={first}")).body).collect();
    let second = replace(packs.path(), 2);
    eventually("the new version", || server.generation() == second);
    for (tile, before) in tiles.iter().zip(&before) {
        assert_gone(&server.get(&format!("{tile}?v={first}")), tile);
        let (new, current) = (server.get(&format!("{tile}?v={second}")), server.get(tile));
        assert_eq!((new.status, new.header("cache-control")), (200, IMMUTABLE), "{tile}");
        assert_eq!((current.status, current.header("cache-control")), (200, NO_CACHE), "{tile}");
        assert!(new.body == current.body, "{tile}");
        // Two tiles of these packs have no residuals.
        assert!(new.body != *before || tile.ends_with("/3.jpg"), "{tile}");
    }
}

#[test]
fn a_client_that_knows_the_new_version_before_the_server_gets_it() {
    let packs = folder(&["a"]);
    // Without a rescan, only a request can make the server notice the change.
    let server = TestServer::start_with(packs.path(), |config| config.rescan = Duration::from_secs(3600));
    for (path, seed) in versioned("a").iter().zip(2..) {
        let before = server.generation();
        let after = replace(packs.path(), seed);
        assert_ne!(before, after);
        let (old, new) = (format!("{path}?v={before}"), format!("{path}?v={after}"));
        assert_eq!(server.get(&old).status, 200, "the server does not know yet: {old}");
        let responses = server.get_at_once(8, |_| new.clone());
        assert!(responses.iter().all(|response| response.status == 200), "{new}");
        assert_eq!(server.generation(), after);
        assert_gone(&server.get(&old), &old);
    }
    fs::remove_file(packs.path().join("a.origami")).unwrap();
    assert_eq!(
        server.get(&format!("/tiles/a/0/0/0?v={STALE}")).status,
        404,
        "the server notices that it is gone"
    );
    assert_eq!(server.get("/tiles/a/0/0/0").status, 404);
}

#[test]
fn a_flood_of_stale_urls_gets_410_and_delays_no_other() {
    let packs = folder(&["a", "b"]);
    let server = TestServer::start_with(packs.path(), |config| config.rescan = Duration::from_secs(3600));
    for _ in 0..5 {
        let responses = server.get_at_once(100, |n| {
            if n % 10 == 0 { "/tiles/b/0/0/0".into() } else { format!("/tiles/a/0/0/0?v={n:016x}") }
        });
        for (n, response) in responses.iter().enumerate() {
            assert_eq!(response.status, if n % 10 == 0 { 200 } else { 410 });
        }
    }
}
