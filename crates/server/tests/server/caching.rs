//! Validators, versions, methods and CORS.

use crate::client::{get, request};
use crate::packs::{TOP, folder};
use crate::running::Running;

const IMMUTABLE: Option<&str> = Some("public, max-age=31536000, immutable");
const NO_CACHE: Option<&str> = Some("no-cache");

/// A stored tile, rebuilt ones, and everything else about a slide that has a tag.
fn tagged() -> [String; 11] {
    [
        "/tiles/a/3/0/0.jpg".into(),
        "/tiles/a/3/0/0.png".into(),
        format!("/tiles/a/{TOP}/1/1.jpg"),
        format!("/tiles/a/{TOP}/1/1.png"),
        format!("/dzi/a_files/{TOP}/1_1.jpg"),
        format!("/dzi/a_files/{TOP}/1_1.png"),
        "/dzi/a.dzi".into(),
        "/slides/a/thumbnail".into(),
        "/slides/a/thumbnail.jpg".into(),
        "/slides/a/thumbnail.png".into(),
        "/slides/a".into(),
    ]
}

#[test]
fn only_the_current_version_is_immutable() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let generation = get(server.addr, "/slides/a").json()["generation"].as_str().unwrap().to_owned();
    // What a slide says of itself has no version: it may change without its tiles.
    for path in tagged().iter().filter(|path| *path != "/slides/a") {
        let control = |query: &str| {
            get(server.addr, &format!("{path}{query}")).header("cache-control").map(str::to_owned)
        };
        assert_eq!(control(&format!("?v={generation}")).as_deref(), IMMUTABLE, "{path}");
        for none in ["", "?V=1", "?vv=0123456789abcdef"] {
            assert_eq!(control(none).as_deref(), NO_CACHE, "{path}{none}");
        }
    }
}

#[test]
fn a_known_tag_gets_304_with_the_headers_of_200_and_no_body() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for path in tagged() {
        let full = get(server.addr, &path);
        let tag = full.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"'), "{path} has the weak tag {tag}");
        for sent in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            for method in ["GET", "HEAD"] {
                let answer =
                    request(server.addr, method, path.as_bytes(), &[&format!("If-None-Match: {sent}")]);
                assert_eq!(answer.status, 304, "{method} {path} with {sent}");
                assert!(answer.body.is_empty());
                for header in ["etag", "cache-control", "access-control-allow-origin"] {
                    assert_eq!(answer.header(header), full.header(header), "{header} of {path}");
                }
            }
        }
        let other = request(server.addr, "GET", path.as_bytes(), &["If-None-Match: \"other\""]);
        assert_eq!((other.status, &other.body), (200, &full.body), "{path}");
    }
}

#[test]
fn a_tag_is_answered_before_anything_is_built() {
    let packs = folder(&["a"]);
    let tag = {
        let server = Running::start(packs.path());
        get(server.addr, &format!("/tiles/a/{TOP}/0/0")).header("etag").unwrap().to_owned()
    };
    let server = Running::start(packs.path());
    let answer = request(
        server.addr,
        "GET",
        format!("/tiles/a/{TOP}/0/0").as_bytes(),
        &[&format!("If-None-Match: {tag}")],
    );
    assert_eq!(answer.status, 304);
    assert_eq!(server.metric("origami_tile_builds_total"), 0.0);
}

#[test]
fn a_star_does_not_make_missing_tiles_exist() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    assert_eq!(request(server.addr, "GET", b"/tiles/a/0/9/9", &["If-None-Match: *"]).status, 404);
}

#[test]
fn different_tiles_have_different_tags() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let tags: std::collections::HashSet<_> = ["3/0/0", "3/0/0.png", "4/0/0", "11/0/0", "11/1/0", "11/0/1"]
        .map(|tile| get(server.addr, &format!("/tiles/a/{tile}")).header("etag").unwrap().to_owned())
        .into();
    assert_eq!(tags.len(), 6);
}

#[test]
fn head_has_the_headers_of_get() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for path in tagged().iter().map(String::as_str).chain([
        "/",
        "/view/a",
        "/assets/viewer.js",
        "/slides",
        "/healthz",
        "/nothing",
        "/tiles/a/0/x/0",
    ]) {
        let (full, head) = (get(server.addr, path), request(server.addr, "HEAD", path.as_bytes(), &[]));
        assert_eq!(head.status, full.status, "{path}");
        assert!(head.body.is_empty());
        for header in
            ["content-length", "content-type", "etag", "cache-control", "access-control-allow-origin"]
        {
            assert_eq!(head.header(header), full.header(header), "{header} of {path}");
        }
        assert_eq!(full.header("content-length"), Some(full.body.len().to_string().as_str()), "{path}");
    }
}

#[test]
fn every_answer_is_readable_from_every_origin() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for (method, path, status) in [
        ("GET", "/tiles/a/0/0/0", 200),
        ("GET", "/tiles/a/0/x/0", 400),
        ("GET", "/tiles/b/0/0/0", 404),
        ("GET", "/nothing/at/all", 404),
        ("GET", "/metrics", 200),
        ("POST", "/tiles/a/0/0/0", 405),
        ("DELETE", "/nothing", 405),
        ("OPTIONS", "/tiles/a/0/0/0", 204),
        ("OPTIONS", "/nothing", 204),
    ] {
        let answer = request(server.addr, method, path.as_bytes(), &["Origin: https://elsewhere.example"]);
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{method} {path}");
    }
}

#[test]
fn a_preflight_is_granted_the_headers_it_asks_for() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let asked = request(
        server.addr,
        "OPTIONS",
        b"/tiles/a/0/0/0",
        &[
            "Origin: https://elsewhere.example",
            "Access-Control-Request-Method: GET",
            "Access-Control-Request-Headers: authorization, x-own",
        ],
    );
    assert_eq!(
        (asked.status, asked.header("access-control-allow-headers")),
        (204, Some("authorization, x-own"))
    );
    assert_eq!(asked.header("access-control-allow-methods"), Some("GET, HEAD, OPTIONS"));
    let plain = request(server.addr, "OPTIONS", b"/", &[]);
    assert_eq!(plain.header("access-control-allow-headers"), Some("*, Authorization"));
}

#[test]
fn other_methods_are_told_which_are_allowed() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"] {
        let answer = request(server.addr, method, b"/tiles/a/0/0/0", &["Content-Length: 0"]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, OPTIONS")), "{method}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}
