//! The paths below `/iiif`: which are those of images, and what becomes of all others.

use crate::client::{NO_STORE, Response};
use crate::packs::folder;
use crate::test_server::TestServer;

/// The path of an image, with everything escaped that may be.
const ESCAPED: &str = "/iiif/3/a/pct%3A0%2C0%2C50%2C50/%5Emax/0/default.jpg";

/// Checks that `response` is a problem with this `status` that nobody keeps; `what` was asked for.
pub fn assert_refused(response: &Response, status: u16, what: &str) {
    assert_eq!((response.status, response.header("cache-control")), (status, NO_STORE), "{what}");
    assert!(!response.json()["error"].as_str().unwrap().is_empty(), "{what}");
}

#[test]
fn what_cannot_be_parsed_or_has_no_pixels_is_a_bad_request() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let huge = "9".repeat(31);
    for path in [
        "x/max/0/default.jpg",
        "0,0,0,10/max/0/default.jpg",
        "1500,0,10,10/max/0/default.jpg",
        &format!("{huge},0,10,10/max/0/default.jpg"),
        "-1,0,10,10/max/0/default.jpg",
        "NaN,0,10,10/max/0/default.jpg",
        "1e1,0,10,10/max/0/default.jpg",
        "pct:0,0,0,0/max/0/default.jpg",
        "..%2f..%2f/max/0/default.jpg",
        "full/0,/0/default.jpg",
        "full/x/0/default.jpg",
        "full/pct:NaN/0/default.jpg",
        "full/max/361/default.jpg",
        "full/max/1e2/default.jpg",
        "full/max/-90/default.jpg",
        "full/max/NaN/default.jpg",
        "full/max/0/native.jpg",
        "full/max/0/default.tif",
        "full/max/0/default.jpeg",
        "full/max/0/default",
        "full/max/0/.jpg",
        "full/max/0/%00.jpg",
    ] {
        for version in [2, 3] {
            let path = format!("/iiif/{version}/a/{path}");
            assert_refused(&server.get(&path), 400, &path);
        }
    }
    assert_refused(&server.get("/iiif/3/a/full/full/0/default.jpg"), 400, "full in version 3");
    assert_refused(&server.get("/iiif/2/a/full/^max/0/default.jpg"), 400, "^ in version 2");
    assert_eq!(server.metric("origami_tile_builds_total"), 0.0);
}

#[test]
fn what_does_not_exist_is_not_found() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in [
        "/iiif/1/a/full/max/0/default.jpg",
        "/iiif/4/a/full/max/0/default.jpg",
        "/iiif/2.1/a/full/max/0/default.jpg",
        "/iiif/3/b/full/max/0/default.jpg",
        "/iiif/3/a/b/full/max/0/default.jpg",
        "/iiif/3/a%2Fb/full/max/0/default.jpg",
        "/iiif/3/[frob]/full/max/0/default.jpg",
        "/iiif/3/..%2f..%2fetc%2fpasswd/full/max/0/default.jpg",
        "/iiif/3/%252e%252e/full/max/0/default.jpg",
        "/iiif/3/a/full/max/0",
        "/iiif/3/a/full/max/0/default.jpg/x",
    ] {
        assert_refused(&server.get(path), 404, path);
    }
    // An escaped letter is the letter.
    assert_eq!(server.get("/iiif/3/%61/%66ull/max/0/default.jpg").status, 200);
}

#[test]
fn what_only_looks_like_the_path_of_an_image_is_a_problem_in_json() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in [
        "/iiif//3/a/full/max/0",
        "/iiif/3//full/max/0/default.jpg",
        "/iiif/3/a/full/max/0/",
        "/iiif/3/a/full/max/0",
        "/iiif/3/a/full/max/0/default.jpg/",
        "/iiif/3/a%2Fb/full/max/0/default.jpg",
        "/iiif/presentation/3/a/x/y/z",
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.header("cache-control")), (404, NO_STORE), "{path}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(response.json()["status"], 404, "{path}");
    }
}

#[test]
fn an_image_has_the_methods_of_every_route() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let allowed = Some("GET, HEAD, OPTIONS");
    for (method, status, allow) in [("POST", 405, allowed), ("OPTIONS", 204, allowed), ("HEAD", 200, None)] {
        let response = server.request(method, ESCAPED, &[]);
        assert_eq!((response.status, response.header("allow")), (status, allow), "{method}");
    }
}

#[test]
fn an_image_whose_parameters_are_escaped_is_the_same_image() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let [plain, escaped] = ["/iiif/3/a/pct:0,0,50,50/^max/0/default.jpg", ESCAPED].map(|path| {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{path}");
        (response.header("etag").map(str::to_owned), response.body)
    });
    assert!(plain == escaped);
}

#[test]
fn metrics_know_images_and_other_paths_and_no_part_of_either() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for path in [ESCAPED, "/iiif/3/a/full/max/0/", "/iiif/3/a/full/max/0", "/iiif/presentation/3/a/x/y/z"] {
        server.get(path);
    }
    let mut counts: Vec<_> = server.scrape().into_iter().collect();
    counts.retain(|(series, _)| series.starts_with("origami_http_request_duration_seconds_count"));
    let expected = [("iiif_image", 200, 1.0), ("iiif_image", 404, 2.0), ("other", 404, 1.0)];
    let expected = expected.map(|(route, status, count)| {
        (
            format!("origami_http_request_duration_seconds_count{{route=\"{route}\",status=\"{status}\"}}"),
            count,
        )
    });
    assert_eq!(counts, expected);
}
