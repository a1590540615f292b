//! The running server under load, through changes of its packs, and at its end.

use crate::binary::{packed, signal};
use crate::picture::Picture;
use crate::served::Served;
use crate::slides::{SMALL, slide, small_packs};
use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The finest level of the slide.
const TOP: u32 = 12;

#[test]
fn a_hundred_clients_on_one_cold_tile_cause_one_rebuild_and_one_decode_of_each_parent() {
    let Some(packs) = small_packs(&["a"]) else { return };
    // What idle workers build besides would be counted too.
    let server = Served::start_with(packs.path(), &["--speculate=false"]);
    let start = Barrier::new(100);
    let target = format!("/tiles/a/{TOP}/5/5.jpg");
    let ask = || {
        start.wait();
        server.body(&target)
    };
    let bodies: Vec<Vec<u8>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..100).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]), "clients were given different tiles");
    assert_eq!(Picture::decode(&bodies[0]).width, 240);
    let metrics = server.metrics();
    println!(
        "100 clients: {} build, {} parents decoded, {} waited",
        metrics["origami_tile_builds_total"],
        metrics["origami_parent_decodes_total"],
        metrics["origami_single_flight_waits_total"]
    );
    assert_eq!(metrics["origami_tile_builds_total"], 1.0);
    assert_eq!(metrics["origami_parent_decodes_total"], 2.0, "its L1 and its L2");
    let served = |source| metrics[&format!("origami_tile_requests_total{{source=\"{source}\"}}")];
    assert_eq!(served("rebuilt") + served("cache"), 100.0);
    assert_eq!(metrics[r#"origami_rejected_total{reason="queue_full"}"#], 0.0);
}

#[test]
fn every_page_a_person_opens_answers() {
    let Some(packs) = small_packs(&["a", "b"]) else { return };
    let server = Served::start(packs.path());
    for (target, kind, part) in [
        ("/", "text/html", "<html"),
        ("/view/a", "text/html", "<html"),
        ("/slides", "application/json", "\"b\""),
        ("/slides/a", "application/json", "2220"),
        ("/healthz", "", "ok"),
        ("/readyz", "", "ok"),
    ] {
        let answer = server.get(target);
        assert_eq!(answer.status, 200, "{target}");
        assert!(answer.header("content-type").unwrap_or_default().starts_with(kind), "{target}");
        assert!(answer.text().contains(part), "{target}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{target}");
    }
    let thumbnail = Picture::decode(&server.body("/slides/a/thumbnail?size=200"));
    assert_eq!(thumbnail.width.max(thumbnail.height), 200);
    for target in ["/view/c", "/slides/c", "/dzi/c.dzi", "/tiles/c/0/0/0.jpg", "/nowhere"] {
        assert_eq!(server.get(target).status, 404, "{target}");
    }
}

/// Waits until `true`, for as long as the server may take to look for changes.
#[track_caller]
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !condition() {
        assert!(Instant::now() < deadline, "never seen: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_pack_replaced_under_the_server_is_served_with_a_new_tag() {
    let (Some(packs), Some(slide)) = (small_packs(&["a"]), slide(SMALL)) else { return };
    let server = Served::start(packs.path());
    let target = format!("/tiles/a/{TOP}/5/5.jpg");
    let old = server.get(&target);
    assert_eq!((old.status, server.get(&target).header("etag")), (200, old.header("etag")));
    // Elsewhere, and moved here in one step.
    let made = tempfile::tempdir_in(packs.path()).unwrap();
    let new = packed(&slide, made.path(), &["--quality", "30", "--no-report"]);
    fs::rename(new, packs.path().join("a.origami")).unwrap();
    eventually("a new tag", || {
        let answer = server.get(&target);
        assert_eq!(answer.status, 200);
        answer.header("etag") != old.header("etag")
    });
    assert!(server.get(&target).body.len() < old.body.len(), "the tile is still the old one");

    fs::rename(packs.path().join("a.origami"), packs.path().join("b.origami")).unwrap();
    eventually("slide b", || server.get("/slides/b").status == 200);
    eventually("the end of slide a", || server.get(&target).status == 404);
}

#[test]
fn a_server_told_to_stop_under_load_ends_well() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let mut server = Served::start(packs.path());
    let served = AtomicUsize::new(0);
    thread::scope(|scope| {
        for client in 0..8 {
            let (server, served) = (&server, &served);
            scope.spawn(move || {
                // Until the server takes no more.
                for tile in (0..).map(|n| n * 8 + client) {
                    let target = format!("/tiles/a/{TOP}/{}/{}.jpg", tile % 9, tile / 9 % 12);
                    match server.try_get(&target) {
                        Ok(answer) if answer.status == 200 => {
                            let tile = Picture::decode(&answer.body);
                            assert!(tile.width * tile.height > 0);
                            served.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(answer) => assert_eq!(answer.status, 503, "{target}"),
                        Err(_) => break,
                    }
                }
            });
        }
        eventually("tiles", || served.load(Ordering::Relaxed) >= 40);
        server.terminate();
    });
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("ERROR") || line.contains("panicked")), "{log:#?}");
}

#[test]
fn ctrl_c_stops_a_server_too() {
    let Some(packs) = small_packs(&["a"]) else { return };
    let mut server = Served::start(packs.path());
    server.body("/tiles/a/0/0/0.jpg");
    signal(server.pid(), "INT");
    assert_eq!(server.ended().0, Some(0));
}
