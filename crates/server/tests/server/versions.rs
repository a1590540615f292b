//! Slides that are replaced while they are looked at: one version's URLs never
//! answer another's tiles.

use crate::client::{Answer, get, request};
use crate::load::at_once;
use crate::packs::{self, TOP, folder, write_pack};
use crate::running::{Running, eventually};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const IMMUTABLE: Option<&str> = Some("public, max-age=31536000, immutable");
const STALE: &str = "0123456789abcdef";

/// Every address that knows of versions: stored and rebuilt tiles, descriptor,
/// thumbnail, and what is known of the slide.
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

fn generation(addr: SocketAddr) -> String {
    get(addr, "/slides/a").json()["generation"].as_str().unwrap().to_owned()
}

/// The generation that stands in the pack at `path`.
fn packed(path: &Path) -> String {
    packs::generation(&fs::read(path).unwrap())
}

/// Renames a pack with other tiles over that of slide `a`; its generation.
fn replace(packs: &Path, seed: u32) -> String {
    let elsewhere = folder(&[]);
    write_pack(elsewhere.path(), "a", seed);
    let new = elsewhere.path().join("a.origami");
    let generation = packed(&new);
    fs::copy(&new, packs.join(".new")).unwrap();
    fs::rename(packs.join(".new"), packs.join("a.origami")).unwrap();
    generation
}

fn assert_gone(answer: &Answer, what: &str) {
    assert_eq!((answer.status, answer.header("cache-control")), (410, Some("no-store")), "{what}");
    assert_eq!(answer.header("etag"), None, "{what}");
}

#[test]
fn a_stale_version_is_gone_whatever_the_client_has() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for path in versioned("a") {
        let tag = get(server.addr, &path).header("etag").unwrap().to_owned();
        let stale = format!("{path}?v={STALE}");
        let answer = get(server.addr, &stale);
        assert_gone(&answer, &stale);
        assert!(answer.json()["error"].as_str().unwrap().contains("version"), "{stale}");
        for (method, tag) in [("GET", tag.as_str()), ("HEAD", tag.as_str()), ("GET", "*"), ("HEAD", "")] {
            let headers = format!("If-None-Match: {tag}");
            assert_gone(&request(server.addr, method, stale.as_bytes(), &[&headers]), &stale);
        }
    }
    // A tile that this version does not have may have been one of the other's.
    assert_eq!(get(server.addr, &format!("/tiles/a/{TOP}/99/0?v={STALE}")).status, 410);
    assert_eq!(get(server.addr, &format!("/tiles/a/{TOP}/99/0?v={}", generation(server.addr))).status, 404);
    assert_eq!(server.metric("origami_tile_builds_total"), 5.0, "nothing is built for stale versions");
}

#[test]
fn what_is_no_version_does_not_parse() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let current = generation(server.addr);
    let odd = [
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
        for query in &odd {
            for method in ["GET", "HEAD"] {
                let answer = request(server.addr, method, format!("{path}?{query}").as_bytes(), &[]);
                assert_eq!(
                    (answer.status, answer.header("cache-control")),
                    (400, Some("no-store")),
                    "{method} {path}?{query}"
                );
            }
        }
        assert_eq!(get(server.addr, &format!("{path}?v={current}&v={current}&x=%zz")).status, 200, "{path}");
    }
    // Where there is no slide there is no version of it either.
    for path in versioned("nothing") {
        for query in ["v=", "v=x", &format!("v={STALE}")] {
            assert_eq!(get(server.addr, &format!("{path}?{query}")).status, 404, "{path}?{query}");
        }
    }
}

#[test]
fn a_slide_replaced_while_it_is_viewed_is_never_a_mixture_of_two() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let tiles: Vec<_> =
        (0..4).flat_map(|y| (0..6).map(move |x| format!("/tiles/a/{TOP}/{x}/{y}.jpg"))).collect();
    let first = generation(server.addr);
    let before: Vec<_> =
        tiles.iter().map(|tile| get(server.addr, &format!("{tile}?v={first}")).body).collect();
    let second = replace(packs.path(), 2);
    eventually("the new version", || generation(server.addr) == second);
    for (tile, before) in tiles.iter().zip(&before) {
        assert_gone(&get(server.addr, &format!("{tile}?v={first}")), tile);
        let (new, current) = (get(server.addr, &format!("{tile}?v={second}")), get(server.addr, tile));
        assert_eq!((new.status, new.header("cache-control")), (200, IMMUTABLE), "{tile}");
        assert_eq!((current.status, current.header("cache-control")), (200, Some("no-cache")), "{tile}");
        assert!(new.body == current.body, "{tile}");
        // Two tiles of these packs have no residuals of their own.
        assert!(new.body != *before || tile.ends_with("/3.jpg"), "{tile}");
    }
}

#[test]
fn a_client_that_knows_the_new_version_first_is_given_it() {
    let packs = folder(&["a"]);
    // Never looked through again, so that only the request can tell.
    let server = Running::start_with(packs.path(), |config| config.rescan = Duration::from_secs(3600));
    for (path, seed) in versioned("a").iter().zip(2..) {
        let before = generation(server.addr);
        let after = replace(packs.path(), seed);
        assert_ne!(before, after);
        let (old, new) = (format!("{path}?v={before}"), format!("{path}?v={after}"));
        assert_eq!(get(server.addr, &old).status, 200, "nobody has told the server yet: {old}");
        let answers = at_once(server.addr, 8, |_| new.clone());
        assert!(answers.iter().all(|answer| answer.status == 200), "{new}");
        assert_eq!(generation(server.addr), after);
        assert_gone(&get(server.addr, &old), &old);
    }
    fs::remove_file(packs.path().join("a.origami")).unwrap();
    assert_eq!(get(server.addr, &format!("/tiles/a/0/0/0?v={STALE}")).status, 404, "it is seen to be gone");
    assert_eq!(get(server.addr, "/tiles/a/0/0/0").status, 404);
}

#[test]
fn a_flood_of_stale_urls_is_answered_gone_and_holds_up_no_other() {
    let packs = folder(&["a", "b"]);
    let server = Running::start_with(packs.path(), |config| config.rescan = Duration::from_secs(3600));
    for _ in 0..5 {
        let answers = at_once(server.addr, 100, |n| {
            let slide = if n % 10 == 0 { "b" } else { "a" };
            let version = if slide == "b" { String::new() } else { format!("?v={n:016x}") };
            format!("/tiles/{slide}/0/0/0{version}")
        });
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(answer.status, if n % 10 == 0 { 200 } else { 410 });
        }
    }
}
