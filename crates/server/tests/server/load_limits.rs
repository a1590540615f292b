//! What is refused under load, and what is not.

use crate::client::Response;
use crate::packs::{Plan, TOP, folder};
use crate::test_server::{TestServer, eventually};
use origami_codec::exact::BuiltIn;
use origami_pack::TableSpec;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

const DEADLINE_REJECTIONS: &str = r#"origami_rejected_total{reason="deadline"}"#;

#[test]
fn requests_beyond_their_time_limit_get_503_while_others_are_served() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        // Everything that is not ready at once is late.
        config.request_limit = Duration::ZERO;
        config.warm = vec!["a".into()];
    });
    eventually("the warm tiles", || server.metric("origami_tile_builds_total") >= 29.0);
    let before = server.metric(DEADLINE_REJECTIONS);
    for n in 0..20 {
        assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
        assert_eq!(server.get(&format!("/tiles/a/{TOP}/0/0")).status, 200);
        let late = server.get(&format!("/slides/a/thumbnail?size={}", 1000 + n));
        assert_eq!((late.status, late.header("retry-after")), (503, Some("1")));
    }
    assert_eq!(server.metric(DEADLINE_REJECTIONS), before + 20.0);
}

#[test]
fn every_route_that_waits_has_the_time_limit_and_is_counted_once() {
    const ROUTES: [(&str, &str); 6] = [
        ("/view/", ""),
        ("/tiles/", "/0/0/0"),
        ("/dzi/", ".dzi"),
        ("/dzi/", "_files/0/0_0.jpg"),
        ("/slides/", ""),
        ("/slides/", "/thumbnail"),
    ];
    const SLIDES: usize = 20;
    let packs = folder(&[]);
    // The requests wait for a pack to be opened; as many models as fit its tables make that
    // slow.
    let unused = vec![TableSpec::Model(BuiltIn::Rgb.model(3)); 36];
    Plan { unused, ..Plan::default() }.write(packs.path(), "0");
    for slide in 1..ROUTES.len() * SLIDES {
        fs::copy(packs.path().join("0.origami"), packs.path().join(format!("{slide}.origami"))).unwrap();
    }
    let server = TestServer::start_with(packs.path(), |config| config.request_limit = Duration::ZERO);
    let (mut late, mut slides) = (0.0, 0..ROUTES.len() * SLIDES);
    for (before, after) in ROUTES {
        let first = late;
        for slide in slides.by_ref().take(SLIDES) {
            let route = format!("{before}{slide}{after}");
            let response = server.get(&route);
            // A pack may be open before the clock has moved.
            if response.status != 200 {
                assert_is_late(&response, &route);
                late += 1.0;
            }
            assert_eq!(server.metric(DEADLINE_REJECTIONS), late, "{route}");
        }
        assert!(late > first, "{before}{{slide}}{after} was never late");
    }
    for ready in ["/", "/healthz", "/readyz", "/metrics", "/assets/viewer.js"] {
        assert_eq!(server.get(ready).status, 200, "{ready}");
    }
}

fn assert_is_late(response: &Response, route: &str) {
    assert_eq!((response.status, response.header("retry-after")), (503, Some("1")), "{route}");
    assert_eq!(response.header("cache-control"), Some("no-store"), "{route}");
    assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{route}");
}

#[test]
fn stored_and_cached_tiles_are_served_while_the_queue_is_full() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        config.workers = 1;
        config.queue_wait = Duration::ZERO;
    });
    let cached = format!("/tiles/a/{TOP}/0/0");
    assert_eq!(server.get(&cached).status, 200);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (server, done) = (&server, &done);
        scope.spawn(move || {
            // Each size is built for itself.
            for size in (40..=1024).rev().step_by(20) {
                let thumbnails =
                    server.get_at_once(20, |n| format!("/slides/a/thumbnail?size={}", size - n % 16));
                assert!(thumbnails.iter().all(|response| matches!(response.status, 200 | 503)));
            }
            done.store(true, Relaxed);
        });
        while !done.load(Relaxed) {
            for tile in [cached.as_str(), "/tiles/a/9/0/0", "/tiles/a/0/0/0"] {
                assert_eq!(server.get(tile).status, 200, "{tile}");
            }
        }
    });
    assert!(server.metric(r#"origami_rejected_total{reason="queue_full"}"#) > 0.0);
}

#[test]
fn the_tiles_of_a_warmed_slide_come_from_the_cache() {
    let packs = folder(&["a"]);
    let server =
        TestServer::start_with(packs.path(), |config| config.warm = vec!["a".into(), "missing".into()]);
    // L1 has 3 x 2 tiles and L0 6 x 4, one of which has one colour and is not built.
    eventually("the warm tiles", || server.metric("origami_tile_builds_total") >= 29.0);
    let mut warm = 0;
    for (z, columns, rows) in [(TOP - 1, 3, 2), (TOP, 6, 4)] {
        for (x, y) in (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))) {
            assert_eq!(server.get(&format!("/tiles/a/{z}/{x}/{y}")).status, 200);
            warm += 1;
        }
    }
    let metrics = server.scrape();
    assert_eq!(metrics[r#"origami_tile_requests_total{source="cache"}"#], f64::from(warm - 1));
    assert_eq!(metrics["origami_tile_builds_total"], 29.0);
    assert_eq!(metrics["origami_speculative_used_total"], 29.0);
}
