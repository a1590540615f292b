//! Many clients at once: one build for all, an immediate refusal when there is too much to
//! do, and a graceful end.

use crate::client::{connect, receive, send};
use crate::packs::{TOP, folder};
use crate::test_server::{TestServer, eventually};
use origami_pyramid::TileId;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Requests a cold tile of slide `a`, whose level and the next coarser one are predicted, from
/// a hundred clients and checks that it is built once and each of its parents decoded once.
/// Returns the tile.
pub fn assert_one_build_serves_all(packs: &Path, id: TileId) -> Vec<u8> {
    let server = TestServer::start(packs);
    let mut responses = server.get_at_once(100, |_| format!("/tiles/a/{id}.jpg"));
    let body = &responses[0].body;
    assert!(responses.iter().all(|response| response.status == 200 && response.body == *body));
    let metrics = server.scrape();
    assert_eq!(metrics["origami_tile_builds_total"], 1.0);
    // L1 and L2.
    assert_eq!(metrics["origami_parent_decodes_total"], 2.0);
    let rebuilt = metrics[r#"origami_tile_requests_total{source="rebuilt"}"#];
    assert_eq!(rebuilt + metrics[r#"origami_tile_requests_total{source="cache"}"#], 100.0);
    assert_eq!(rebuilt, metrics["origami_single_flight_waits_total"] + 1.0);
    responses.swap_remove(0).body
}

/// Requests four cold siblings of slide `a`, whose level and the next coarser one are
/// predicted, and checks that their parents are decoded once.
pub fn assert_siblings_share_their_parents(packs: &Path) {
    let server = TestServer::start(packs);
    let responses = server.get_at_once(4, |n| format!("/tiles/a/{TOP}/{}/{}", n % 2, n / 2));
    assert!(responses.iter().all(|response| response.status == 200));
    assert_eq!(server.metric("origami_parent_decodes_total"), 2.0);
}

#[test]
fn a_hundred_clients_on_one_cold_tile_cause_one_build_and_decode_its_parents_once() {
    assert_one_build_serves_all(folder(&["a"]).path(), TileId { z: TOP, x: 1, y: 1 });
}

#[test]
fn siblings_share_their_parents() {
    assert_siblings_share_their_parents(folder(&["a"]).path());
}

#[test]
fn a_full_queue_is_an_immediate_503_with_retry_after() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        config.workers = 1;
        config.queue_wait = Duration::ZERO;
    });
    // Each size is built for itself.
    let responses = server.get_at_once(40, |n| format!("/slides/a/thumbnail?size={}", 1024 - n));
    let refused: Vec<_> = responses.iter().filter(|response| response.status == 503).collect();
    assert!(!refused.is_empty() && refused.len() < 40, "{} of 40 refused", refused.len());
    assert!(responses.iter().all(|response| matches!(response.status, 200 | 503)));
    for response in &refused {
        assert_eq!(
            (response.header("retry-after"), response.header("cache-control")),
            (Some("1"), Some("no-store"))
        );
    }
    assert_eq!(server.metric(r#"origami_rejected_total{reason="queue_full"}"#), refused.len() as f64);
    assert_eq!(server.get("/slides/a/thumbnail?size=999").status, 200);
}

#[test]
fn a_client_that_leaves_does_not_cancel_the_build_of_others() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.workers = 1);
    // Keeps the only worker busy, so that the tile waits in the queue.
    let busy = server.send_get("/slides/a/thumbnail?size=1024");
    let target = format!("/tiles/a/{TOP}/0/0");
    let leaving = server.send_get(&target);
    eventually("the request's arrival", || {
        server.metric(r#"origami_cache_misses_total{cache="tiles"}"#) >= 1.0
    });
    let staying = server.send_get(&target);
    drop(leaving);
    assert_eq!(receive(staying, "GET").status, 200);
    assert_eq!(receive(busy, "GET").status, 200);
    assert_eq!(server.metric("origami_tile_builds_total"), 2.0);
}

#[test]
fn a_stopping_server_finishes_what_it_has_begun_and_accepts_no_more() {
    let packs = folder(&["a"]);
    let mut server = TestServer::start_with(packs.path(), |config| config.workers = 1);
    let mut clients: Vec<_> = (0..8).map(|_| connect(server.addr)).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        send(client, "GET", format!("/slides/a/thumbnail?size={}", 1024 - n), &[]);
    }
    eventually("the requests' arrival", || {
        server.metric(r#"origami_cache_misses_total{cache="thumbnails"}"#) >= 8.0
    });
    server.stop();
    for client in clients {
        assert_eq!(receive(client, "GET").status, 200);
    }
    assert!(TcpStream::connect(server.addr).is_err());
}

#[test]
fn an_idle_connection_does_not_delay_the_end() {
    let packs = folder(&["a"]);
    let mut server = TestServer::start(packs.path());
    let mut idle = connect(server.addr);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut beginning = [0; 16];
    idle.read_exact(&mut beginning).unwrap();
    let started = Instant::now();
    server.stop();
    assert!(started.elapsed() < Duration::from_secs(4), "took {:?}", started.elapsed());
}

#[test]
fn hits_are_served_from_the_cache_and_stored_tiles_without_it() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for _ in 0..3 {
        assert_eq!(server.get(&format!("/tiles/a/{TOP}/0/0")).status, 200);
        assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
        assert_eq!(server.request("HEAD", "/tiles/a/1/0/0", &[]).status, 200);
    }
    let metrics = server.scrape();
    assert_eq!(metrics[r#"origami_tile_requests_total{source="rebuilt"}"#], 1.0);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="cache"}"#], 2.0);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="stored"}"#], 6.0);
    assert_eq!(metrics[r#"origami_cache_entries{cache="tiles"}"#], 1.0);
    assert!(metrics[r#"origami_cache_bytes{cache="tiles"}"#] > 0.0);
}
