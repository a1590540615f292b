//! The viewer's pages, the files that they load, and the pages of errors.

use crate::client::{IMMUTABLE, NO_CACHE, NO_STORE, Response};
use crate::packs::folder;
use crate::test_server::TestServer;
use flate2::read::GzDecoder;
use std::fs;
use std::io::Read;

/// What browsers send when they open an address.
const NAVIGATION: &str = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const HTML: Option<&str> = Some("text/html; charset=utf-8");
const PROBLEM: Option<&str> = Some("application/problem+json");

/// The addresses of what the page `text` at `/` or one folder below loads.
fn assets_of(text: &str) -> Vec<String> {
    let links = text.split('"').filter(|link| link.contains("assets/"));
    links.map(|link| format!("/{}", link.trim_start_matches("../").trim_start_matches("./"))).collect()
}

/// The address of the largest file of the viewer, with the hash in its name.
fn openseadragon(server: &TestServer) -> String {
    let assets = assets_of(server.get("/view/a").text());
    assets.into_iter().find(|link| link.contains("/openseadragon.min.")).expect("the viewer loads it")
}

/// The response to a request for `path` with this `Accept-Encoding`.
fn coded(server: &TestServer, path: &str, accepted: &str) -> Response {
    server.request("GET", path, &[&format!("Accept-Encoding: {accepted}")])
}

#[test]
fn every_file_that_a_page_loads_is_there_for_good() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let missing = server.request("GET", "/view/nothing", &[NAVIGATION]);
    let pages = ["/", "/view/a", "/about/a", "/status"].map(|page| server.get(page));
    for page in pages.iter().chain([&missing]) {
        assert_eq!(page.header("content-type"), HTML);
        let assets = assets_of(page.text());
        assert!(assets.len() >= 2, "{}", page.text());
        for asset in assets {
            let response = server.get(&asset);
            assert_eq!((response.status, response.header("cache-control")), (200, IMMUTABLE), "{asset}");
        }
    }
}

#[test]
fn a_file_is_sent_in_the_form_that_the_client_takes() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let path = openseadragon(&server);
    let plain = server.get(&path);
    assert_eq!(plain.header("content-encoding"), None);
    for (accepted, expected) in [
        ("gzip, deflate, br, zstd", Some("br")),
        ("gzip, deflate", Some("gzip")),
        ("br;q=0, gzip", Some("gzip")),
        ("br;q=0.1, gzip;q=0.9", Some("gzip")),
        ("*", Some("br")),
        ("br;q=0, gzip;q=0", None),
        ("*;q=0", None),
        ("identity", None),
        ("br;q=nonsense", None),
        ("", None),
    ] {
        let response = coded(&server, &path, accepted);
        assert_eq!((response.status, response.header("content-encoding")), (200, expected), "{accepted}");
        assert_eq!(response.header("content-type"), Some("text/javascript; charset=utf-8"), "{accepted}");
        assert_eq!(response.header("cache-control"), IMMUTABLE, "{accepted}");
        assert_eq!(response.header("vary"), Some("Accept-Encoding"), "{accepted}");
        if expected.is_none() {
            assert!(response.body == plain.body, "{accepted}");
        }
    }
    let (brotli, gzip) = (coded(&server, &path, "br"), coded(&server, &path, "gzip"));
    let mut unzipped = Vec::new();
    GzDecoder::new(&gzip.body[..]).read_to_end(&mut unzipped).unwrap();
    assert!(unzipped == plain.body, "the compressed form is of another content");
    assert!(brotli.body.len() < gzip.body.len() && 3 * gzip.body.len() < plain.body.len());
}

#[test]
fn each_form_of_a_file_has_its_own_strong_tag_that_gets_304() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let path = openseadragon(&server);
    let forms = ["br", "gzip", "identity"].map(|accepted| {
        let header = format!("Accept-Encoding: {accepted}");
        let tag = coded(&server, &path, accepted).header("etag").expect("a tag").to_owned();
        (header, tag)
    });
    for (header, tag) in &forms {
        assert!(tag.starts_with('"'), "{tag} is weak");
        for (_, sent) in &forms {
            let known = format!("If-None-Match: {sent}");
            let response = server.request("GET", &path, &[header, &known]);
            assert_eq!(response.status, if sent == tag { 304 } else { 200 }, "{header}, {known}");
            for (name, value) in [
                ("etag", Some(tag.as_str())),
                ("cache-control", IMMUTABLE),
                ("vary", Some("Accept-Encoding")),
            ] {
                assert_eq!(response.header(name), value, "{header}, {known}");
            }
        }
        let (full, head) =
            (server.request("GET", &path, &[header]), server.request("HEAD", &path, &[header]));
        assert!(head.body.is_empty());
        for name in ["content-length", "content-encoding", "content-type", "etag", "vary"] {
            assert_eq!(head.header(name), full.header(name), "{name} with {header}");
        }
    }
}

#[test]
fn a_name_without_a_hash_is_checked_at_each_use_and_a_wrong_hash_names_nothing() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for name in ["openseadragon.min.js", "openseadragon.LICENSE.txt", "favicon.svg"] {
        let response = server.get(&format!("/assets/{name}"));
        assert_eq!((response.status, response.header("cache-control")), (200, NO_CACHE), "{name}");
    }
    let hashed = openseadragon(&server);
    let wrong = hashed.replace(".js", "0.js");
    for path in [
        wrong.as_str(),
        "/assets/openseadragon.min.0123456789abcdef.js",
        "/assets/openseadragon.min.js.br",
        "/assets/view.html",
        "/assets/",
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.header("cache-control")), (404, NO_STORE), "{path}");
    }
}

#[test]
fn a_page_is_checked_at_each_use_and_changes_with_its_slide() {
    let packs = folder(&["a", "b"]);
    let server = TestServer::start(packs.path());
    for path in ["/", "/view/a", "/about/a"] {
        let page = server.get(path);
        assert_eq!((page.status, page.header("cache-control")), (200, NO_CACHE), "{path}");
        let tag = format!("If-None-Match: {}", page.header("etag").expect("a tag"));
        assert_eq!(server.request("GET", path, &[&tag]).status, 304, "{path}");
    }
    assert_ne!(server.get("/view/a").header("etag"), server.get("/view/b").header("etag"));
    let generation = server.generation();
    let view = server.get("/view/a");
    for part in ["\"../slides/a\"", &format!("\"../slides/a/thumbnail?v={generation}\"")] {
        assert!(view.text().contains(part), "{part} in {}", view.text());
    }
}

#[test]
fn an_error_is_a_page_for_a_browser_and_json_for_a_program() {
    let packs = folder(&["a"]);
    fs::write(packs.path().join("broken.origami"), "not a pack").unwrap();
    let server = TestServer::start(packs.path());
    for (method, path, status) in [
        ("GET", "/nothing", 404),
        ("GET", "/view/nothing", 404),
        ("GET", "/about/nothing", 404),
        ("GET", "/view/broken", 500),
        ("GET", "/slides/nothing", 404),
        ("GET", "/slides?limit=x", 400),
        ("GET", "/slides/a?v=1", 400),
        ("GET", "/slides/a?v=0123456789abcdef", 410),
        ("GET", "/tiles/a/0/x/0", 400),
        ("GET", "/tiles/a/0/9/9", 404),
        ("GET", "/dzi/nothing.dzi", 404),
        ("GET", "/assets/nothing.js", 404),
        ("POST", "/view/a", 405),
    ] {
        let page = server.request(method, path, &[NAVIGATION, "Content-Length: 0"]);
        assert_eq!((page.status, page.header("content-type")), (status, HTML), "{path}");
        assert!(page.text().contains(&status.to_string()) && page.text().contains("All slides"), "{path}");
        let root = "../".repeat(path.split('?').next().unwrap().matches('/').count() - 1);
        let link = format!("href=\"{}\"", if root.is_empty() { "./" } else { &root });
        assert!(page.text().contains(&link), "{link} for {path}");
        for accept in
            ["Accept: */*", "Accept: application/json", "Accept: text/html;q=0", "Accept: ,;=/", "X: y"]
        {
            let json = server.request(method, path, &[accept, "Content-Length: 0"]);
            assert_eq!((json.status, json.header("content-type")), (status, PROBLEM), "{path} with {accept}");
            assert!(json.json()["error"].is_string(), "{path} with {accept}");
            for header in ["cache-control", "allow", "vary", "access-control-allow-origin"] {
                assert_eq!(json.header(header), page.header(header), "{header} of {path} with {accept}");
            }
            assert_eq!((json.header("vary"), json.header("cache-control")), (Some("Accept"), NO_STORE));
        }
    }
}

#[test]
fn an_address_with_markup_in_it_does_not_get_into_the_page() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in ["/view/<script>alert(1)</script>", "/<script>alert(1)</script>", "/view/%3Cscript%3E"] {
        let page = server.request("GET", path, &[NAVIGATION]);
        assert!(matches!(page.status, 400 | 404), "{} for {path}", page.status);
        assert!(!page.text().contains("<script"), "{path}");
    }
}
