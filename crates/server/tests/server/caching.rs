//! ETags, versions, methods and CORS.

use crate::client::{IMMUTABLE, NO_CACHE, NO_STORE, Response};
use crate::packs::{TOP, folder};
use crate::test_server::TestServer;

/// A stored tile, rebuilt ones, and everything else of a slide that has an ETag.
fn tagged() -> [String; 14] {
    [
        "/tiles/a/3/0/0.jpg".into(),
        "/tiles/a/3/0/0.png".into(),
        "/tiles/a/3/0/0.webp".into(),
        "/tiles/a/3/0/0".into(),
        format!("/tiles/a/{TOP}/1/1.jpg"),
        format!("/tiles/a/{TOP}/1/1.png"),
        format!("/dzi/a_files/{TOP}/1_1.jpg"),
        format!("/dzi/a_files/{TOP}/1_1.png"),
        "/dzi/a.dzi".into(),
        "/slides/a/thumbnail".into(),
        "/slides/a/thumbnail.jpg".into(),
        "/slides/a/thumbnail.png".into(),
        "/slides/a/thumbnail.avif".into(),
        "/slides/a".into(),
    ]
}

fn etag(response: &Response) -> String {
    response.header("etag").expect("an ETag").to_owned()
}

#[test]
fn only_the_current_version_is_immutable() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let generation = server.generation();
    // The description of a slide has no version: it may change while the tiles stay the same.
    for path in tagged().iter().filter(|path| *path != "/slides/a") {
        let current = server.get(&format!("{path}?v={generation}"));
        assert_eq!(current.header("cache-control"), IMMUTABLE, "{path}");
        for unversioned in ["", "?V=1", "?vv=0123456789abcdef"] {
            let response = server.get(&format!("{path}{unversioned}"));
            assert_eq!(response.header("cache-control"), NO_CACHE, "{path}{unversioned}");
        }
    }
}

#[test]
fn a_known_etag_gets_304_with_the_headers_of_200_and_no_body() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in tagged() {
        let full = server.get(&path);
        let tag = etag(&full);
        assert!(tag.starts_with('"'), "{path} has the weak tag {tag}");
        for sent in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            for method in ["GET", "HEAD"] {
                let response = server.request(method, &path, &[&format!("If-None-Match: {sent}")]);
                assert_eq!(response.status, 304, "{method} {path} with {sent}");
                assert!(response.body.is_empty());
                for header in ["etag", "cache-control", "vary", "access-control-allow-origin"] {
                    assert_eq!(response.header(header), full.header(header), "{header} of {path}");
                }
            }
        }
        let other = server.request("GET", &path, &["If-None-Match: \"other\""]);
        assert_eq!((other.status, &other.body), (200, &full.body), "{path}");
    }
}

#[test]
fn a_description_from_another_release_is_not_taken_for_that_of_this_one() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in [
        "/dzi/a.dzi",
        "/zoomify/a/ImageProperties.xml",
        "/slides/a/metadata",
        "/slides/a/levels/9/tiles",
        "/slides/a/region?w=9&h=9&format=raw",
    ] {
        let tag = etag(&server.get(path));
        let other = tag.replace(env!("CARGO_PKG_VERSION"), "0.0.1");
        assert_ne!(other, tag, "{path}");
        for (sent, status) in [(tag, 304), (other, 200)] {
            let response = server.request("GET", path, &[&format!("If-None-Match: {sent}")]);
            assert_eq!(response.status, status, "{path} with {sent}");
        }
    }
}

#[test]
fn a_304_takes_no_build() {
    let packs = folder(&["a"]);
    let target = format!("/tiles/a/{TOP}/0/0");
    let tag = etag(&TestServer::start(packs.path()).get(&target));
    let server = TestServer::start(packs.path());
    let response = server.request("GET", &target, &[&format!("If-None-Match: {tag}")]);
    assert_eq!(response.status, 304);
    assert_eq!(server.metric("origami_tile_builds_total"), 0.0);
}

#[test]
fn a_star_does_not_make_missing_tiles_exist() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    assert_eq!(server.request("GET", "/tiles/a/0/9/9", &["If-None-Match: *"]).status, 404);
}

#[test]
fn different_tiles_have_different_etags() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let tags: std::collections::HashSet<_> = ["3/0/0", "3/0/0.png", "4/0/0", "11/0/0", "11/1/0", "11/0/1"]
        .map(|tile| etag(&server.get(&format!("/tiles/a/{tile}"))))
        .into();
    assert_eq!(tags.len(), 6);
}

#[test]
fn head_has_the_headers_of_get() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in tagged().iter().map(String::as_str).chain([
        "/",
        "/view/a",
        "/about/a",
        "/assets/viewer.js",
        "/slides",
        "/healthz",
        "/nothing",
        "/tiles/a/0/x/0",
    ]) {
        let (full, head) = (server.get(path), server.request("HEAD", path, &[]));
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
fn every_response_is_readable_from_every_origin() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
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
        let response = server.request(method, path, &["Origin: https://elsewhere.example"]);
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{method} {path}");
        assert_eq!(response.header("timing-allow-origin"), Some("*"), "{method} {path}");
        let exposed = response.header("access-control-expose-headers").unwrap();
        for name in ["ETag", "Link", "Origami-Width", "Origami-Max-Pixels", "Retry-After", "Server-Timing"] {
            assert!(exposed.split(", ").any(|header| header == name), "{name} for {method} {path}");
        }
    }
}

#[test]
fn a_preflight_is_granted_the_headers_it_requests() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let preflight = server.request(
        "OPTIONS",
        "/tiles/a/0/0/0",
        &[
            "Origin: https://elsewhere.example",
            "Access-Control-Request-Method: GET",
            "Access-Control-Request-Headers: authorization, x-own",
        ],
    );
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-headers")),
        (204, Some("authorization, x-own"))
    );
    assert_eq!(preflight.header("access-control-allow-methods"), Some("GET, HEAD, OPTIONS"));
    let plain = server.request("OPTIONS", "/", &[]);
    assert_eq!(plain.header("access-control-allow-headers"), Some("*, Authorization"));
}

#[test]
fn other_methods_are_refused_with_a_list_of_the_allowed_ones() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"] {
        let response = server.request(method, "/tiles/a/0/0/0", &["Content-Length: 0"]);
        assert_eq!(
            (response.status, response.header("allow")),
            (405, Some("GET, HEAD, OPTIONS")),
            "{method}"
        );
        assert_eq!(response.header("cache-control"), NO_STORE);
    }
}
