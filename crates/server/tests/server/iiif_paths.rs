//! The paths below `/iiif`: which are those of images, and what becomes of all others.

use crate::client::NO_STORE;
use crate::packs::folder;
use crate::test_server::TestServer;

/// The path of an image, with everything escaped that may be.
const ESCAPED: &str = "/iiif/3/a/pct%3A0%2C0%2C50%2C50/%5Emax/0/default.jpg";

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
