//! The running server under load, while its packs change, and at its end.

use crate::binary::{packed, signal};
use crate::server::Server;
use crate::slides::{SMALL, slide, small_packs};
use origami_fixtures::picture::Picture;
use origami_pack::Pack;
use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Number of the slide's full-resolution level.
const TOP: u32 = 12;

#[test]
fn a_hundred_clients_on_one_cold_tile_cause_one_rebuild_and_one_decode_of_each_parent() {
    let Some(packs) = small_packs(&["a"]) else { return };
    // Speculative builds would be counted too.
    let server = Server::start_with(packs.path(), &["--speculate=false"]);
    let start = Barrier::new(100);
    let target = format!("/tiles/a/{TOP}/5/5.jpg");
    let bodies: Vec<Vec<u8>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..100)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    server.body(&target)
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]), "clients got different tiles");
    assert_eq!(Picture::decode(&bodies[0]).width, 240);
    let metrics = server.metrics();
    println!(
        "100 clients: {} build, {} parents decoded, {} waited",
        metrics["origami_tile_builds_total"],
        metrics["origami_parent_decodes_total"],
        metrics["origami_single_flight_waits_total"]
    );
    assert_eq!(metrics["origami_tile_builds_total"], 1.0);
    let pack = Pack::open(&packs.path().join("a.origami")).unwrap();
    let predicted = pack.levels().iter().filter(|level| level.parent.is_some()).count();
    assert!(predicted > 2, "{predicted} levels are predicted");
    assert_eq!(metrics["origami_parent_decodes_total"], predicted as f64, "one parent of each level");
    let rebuilt = metrics[r#"origami_tile_requests_total{source="rebuilt"}"#];
    assert_eq!(rebuilt + metrics[r#"origami_tile_requests_total{source="cache"}"#], 100.0);
    assert_eq!(metrics[r#"origami_rejected_total{reason="queue_full"}"#], 0.0);
}

#[test]
fn every_page_for_people_is_served() {
    let Some(packs) = small_packs(&["a", "b"]) else { return };
    let server = Server::start(packs.path());
    for (target, kind, part) in [
        ("/", "text/html", "<html"),
        ("/view/a", "text/html", "<html"),
        ("/slides", "application/json", "\"b\""),
        ("/slides/a", "application/json", "2220"),
        ("/healthz", "", "ok"),
        ("/readyz", "", "ok"),
    ] {
        let response = server.get(target);
        assert_eq!(response.status, 200, "{target}");
        assert!(response.header("content-type").unwrap_or_default().starts_with(kind), "{target}");
        assert!(response.text().contains(part), "{target}: {}", response.text());
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{target}");
    }
    let thumbnail = Picture::decode(&server.body("/slides/a/thumbnail?size=200"));
    assert_eq!(thumbnail.width.max(thumbnail.height), 200);
    for target in ["/view/c", "/slides/c", "/dzi/c.dzi", "/tiles/c/0/0/0.jpg", "/nowhere"] {
        assert_eq!(server.get(target).status, 404, "{target}");
    }
}

/// Waits until `condition` holds, for as long as the server may take to notice a change.
#[track_caller]
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !condition() {
        assert!(Instant::now() < deadline, "did not happen: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_pack_replaced_while_it_is_served_gets_a_new_etag() {
    let (Some(packs), Some(slide)) = (small_packs(&["a"]), slide(SMALL)) else { return };
    let server = Server::start(packs.path());
    let target = format!("/tiles/a/{TOP}/5/5.jpg");
    let old = server.get(&target);
    assert_eq!((old.status, server.get(&target).header("etag")), (200, old.header("etag")));
    // Made elsewhere on the same disk, to be moved into place in one step.
    let elsewhere = tempfile::tempdir_in(packs.path()).unwrap();
    let new = packed(&slide, elsewhere.path(), &["--quality", "30", "--no-report"]);
    fs::rename(new, packs.path().join("a.origami")).unwrap();
    eventually("a new ETag", || {
        let response = server.get(&target);
        assert_eq!(response.status, 200);
        response.header("etag") != old.header("etag")
    });
    assert!(server.get(&target).body.len() < old.body.len(), "the tile is still the old one");

    fs::rename(packs.path().join("a.origami"), packs.path().join("b.origami")).unwrap();
    eventually("slide b", || server.get("/slides/b").status == 200);
    eventually("the end of slide a", || server.get(&target).status == 404);
}

#[test]
fn a_server_terminated_under_load_ends_without_errors() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let mut server = Server::start(packs.path());
    let served = AtomicUsize::new(0);
    thread::scope(|scope| {
        for client in 0..8 {
            let (server, served) = (&server, &served);
            scope.spawn(move || request_until_stopped(server, (client..).step_by(8), served));
        }
        eventually("tiles", || served.load(Relaxed) >= 40);
        server.terminate();
    });
    server.wait().expect_no_errors();
}

/// Requests tiles until the server accepts no more connections, and counts those that are
/// served.
fn request_until_stopped(server: &Server, tiles: impl Iterator<Item = u32>, served: &AtomicUsize) {
    for tile in tiles {
        let target = format!("/tiles/a/{TOP}/{}/{}.jpg", tile % 9, tile / 9 % 12);
        match server.try_get(&target) {
            Ok(response) if response.status == 200 => {
                let picture = Picture::decode(&response.body);
                assert!(picture.width * picture.height > 0);
                served.fetch_add(1, Relaxed);
            }
            Ok(response) => assert_eq!(response.status, 503, "{target}"),
            Err(_) => break,
        }
    }
}

#[test]
fn ctrl_c_stops_a_server_too() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let mut server = Server::start(packs.path());
    server.body("/tiles/a/0/0/0.jpg");
    signal(server.pid(), "INT");
    assert_eq!(server.wait().code, Some(0));
}
