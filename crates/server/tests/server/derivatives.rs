//! Derivatives: that they are built once, and with less effort where there is no time.

use crate::client::{IMMUTABLE, NO_CACHE, Response};
use crate::packs::{TOP, folder};
use crate::test_server::{TestServer, eventually};
use origami_render::Effort;
use std::fs;
use std::time::Duration;

/// A predicted tile, in the format with this extension.
fn tile(extension: &str) -> String {
    format!("/tiles/a/{TOP}/1/1.{extension}")
}

/// Where the server says that a response comes from.
fn source(response: &Response) -> &str {
    assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
    response.header("server-timing").expect("every derivative says where it comes from")
}

/// How many derivatives have been built in this format with this effort.
fn builds(server: &TestServer, format: &str, effort: &str) -> f64 {
    server.metric(&format!("origami_derivative_builds_total{{effort=\"{effort}\",format=\"{format}\"}}"))
}

#[test]
fn each_format_is_built_once_and_then_cached() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (extension, media_type) in [("png", "image/png"), ("webp", "image/webp"), ("avif", "image/avif")] {
        let [built, cached] = [(); 2].map(|()| server.get(&tile(extension)));
        assert_eq!((source(&built), source(&cached)), ("rebuilt", "cache"), "{extension}");
        assert_eq!(built.header("content-type"), Some(media_type));
        assert!(built.body == cached.body && built.header("etag") == cached.header("etag"), "{extension}");
        assert_eq!(builds(&server, extension, "normal"), 1.0, "{extension}");
        assert_eq!(builds(&server, extension, "fast"), 0.0, "{extension}");
    }
}

#[test]
fn a_derivative_that_would_be_late_has_less_effort_the_same_size_and_says_so() {
    let (packs, disk) = (folder(&["a"]), tempfile::tempdir().unwrap());
    let mut hurried = TestServer::start_with(packs.path(), |config| {
        config.request_limit = Duration::from_millis(150);
        config.derivative_cache = Some(disk.path().to_owned());
    });
    let relaxed = TestServer::start(packs.path());
    let target = format!("/slides/a/thumbnail.webp?size=1024&v={}", relaxed.generation());
    // On a slow machine it is still being built after the time limit.
    eventually("the thumbnail is built", || hurried.get(&target).status == 200);
    let [late, usual] = [&hurried, &relaxed].map(|server| server.get(&target));
    assert!(source(&late).ends_with(", effort;desc=\"lowered\""), "{}", source(&late));
    assert_eq!(source(&usual), "rebuilt");
    assert_eq!((late.header("cache-control"), usual.header("cache-control")), (NO_CACHE, IMMUTABLE));
    assert_eq!((builds(&hurried, "webp", "fast"), builds(&hurried, "webp", "normal")), (1.0, 0.0));
    let sizes = [&late, &usual].map(|response| {
        let picture = image::load_from_memory(&response.body).expect("a WebP");
        (picture.width(), picture.height())
    });
    assert_eq!(sizes[0], sizes[1]);

    let [late_tag, usual_tag] = [&late, &usual].map(|response| response.header("etag").unwrap());
    assert_eq!(late_tag, format!("{}-fast\"", usual_tag.trim_end_matches('"')));
    // A client that has either has the pixels.
    for server in [&hurried, &relaxed] {
        for tag in [late_tag, usual_tag] {
            let unchanged = server.request("GET", &target, &[&format!("If-None-Match: {tag}")]);
            assert_eq!((unchanged.status, unchanged.header("etag")), (304, Some(tag)));
        }
    }
    hurried.stop();
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0, "a lowered effort would stay for weeks");
}

#[test]
fn images_have_the_effort_of_the_settings_and_a_tag_that_says_which() {
    let (packs, disk) = (folder(&["a"]), tempfile::tempdir().unwrap());
    let server = TestServer::start_with(packs.path(), |config| {
        (config.webp_effort, config.avif_effort) = (Effort::Best, Effort::Fast);
        config.derivative_cache = Some(disk.path().to_owned());
    });
    let targets = [
        (tile("webp"), "-webp-q90-best\""),
        (format!("{}?quality=40", tile("webp")), "-webp-q40-best\""),
        (format!("{}?lossless=true", tile("webp")), "-webp-lossless-best\""),
        (tile("avif"), "-avif-q90-fast\""),
        (tile("png"), "-png\""),
    ];
    for (target, tag) in &targets {
        let response = server.get(target);
        assert_eq!(source(&response), "rebuilt", "{target}: an effort that was asked for is not lowered");
        let etag = response.header("etag").unwrap();
        assert!(etag.ends_with(tag), "{target}: {etag}");
    }
    assert_eq!((builds(&server, "webp", "best"), builds(&server, "avif", "fast")), (3.0, 1.0));
    assert_eq!((builds(&server, "webp", "normal"), builds(&server, "avif", "normal")), (0.0, 0.0));
    eventually("all of them are kept on disk", || {
        fs::read_dir(disk.path()).unwrap().count() == targets.len()
    });
}

#[test]
fn requests_of_every_urgency_are_answered() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (x, priority) in ["u=0", "u=7, i", "u=9", "", "\"u"].into_iter().enumerate() {
        let header = format!("Priority: {priority}");
        let response = server.request("GET", format!("/tiles/a/{TOP}/{x}/0.webp"), &[&header]);
        assert_eq!(source(&response), "rebuilt", "{priority}");
    }
}
