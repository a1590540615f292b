//! Many clients at once: one build for all, a quick no when there is too much,
//! and an orderly end.

use crate::client::{connect, get, receive, request, send};
use crate::packs::{TOP, folder};
use crate::running::{Running, eventually};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Asks for `target` from `count` clients at the same moment.
pub fn at_once(
    addr: SocketAddr,
    count: usize,
    target: impl Fn(usize) -> String + Sync,
) -> Vec<crate::client::Answer> {
    let start = Barrier::new(count);
    thread::scope(|scope| {
        let ask = |client: usize| {
            let (start, target) = (&start, &target);
            scope.spawn(move || {
                let mut stream = connect(addr);
                start.wait();
                send(&mut stream, "GET", target(client).as_bytes(), &[]);
                receive(stream, "GET")
            })
        };
        let clients: Vec<_> = (0..count).map(ask).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

#[test]
fn a_hundred_clients_on_one_cold_tile_cause_one_build_and_decode_its_parents_once() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let answers = at_once(server.addr, 100, |_| format!("/tiles/a/{TOP}/1/1.jpg"));
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    let metrics = server.scrape();
    assert_eq!(metrics["origami_tile_builds_total"], 1.0);
    // L1 and L2.
    assert_eq!(metrics["origami_parent_decodes_total"], 2.0);
    let served = metrics[r#"origami_tile_requests_total{source="rebuilt"}"#]
        + metrics[r#"origami_tile_requests_total{source="cache"}"#];
    assert_eq!(served, 100.0);
    let waited = metrics["origami_single_flight_waits_total"];
    assert_eq!(metrics[r#"origami_tile_requests_total{source="rebuilt"}"#], waited + 1.0);
}

#[test]
fn siblings_share_their_parents() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let answers = at_once(server.addr, 4, |n| format!("/tiles/a/{TOP}/{}/{}", n % 2, n / 2));
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(server.metric("origami_parent_decodes_total"), 2.0);
}

#[test]
fn a_full_queue_is_an_immediate_503_that_says_when_to_come_back() {
    let packs = folder(&["a"]);
    let server = Running::start_with(packs.path(), |config| {
        config.workers = 1;
        config.queue_wait = Duration::ZERO;
    });
    // Different sizes are different products: no two of them share a build.
    let answers = at_once(server.addr, 40, |n| format!("/slides/a/thumbnail?size={}", 1024 - n));
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!refused.is_empty() && refused.len() < 40, "{} of 40 refused", refused.len());
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 503)));
    for answer in &refused {
        assert_eq!(
            (answer.header("retry-after"), answer.header("cache-control")),
            (Some("1"), Some("no-store"))
        );
    }
    assert_eq!(server.metric(r#"origami_rejected_total{reason="queue_full"}"#), refused.len() as f64);
    assert_eq!(get(server.addr, "/slides/a/thumbnail?size=999").status, 200);
}

#[test]
fn a_client_that_leaves_does_not_cancel_the_others() {
    let packs = folder(&["a"]);
    let server = Running::start_with(packs.path(), |config| config.workers = 1);
    // Keeps the only worker busy, so that the tile's build waits behind it.
    let mut busy = connect(server.addr);
    send(&mut busy, "GET", b"/slides/a/thumbnail?size=1024", &[]);
    let target = format!("/tiles/a/{TOP}/0/0");
    let mut leaving = connect(server.addr);
    send(&mut leaving, "GET", target.as_bytes(), &[]);
    eventually("the request's arrival", || {
        server.metric(r#"origami_cache_misses_total{cache="tiles"}"#) >= 1.0
    });
    let mut staying = connect(server.addr);
    send(&mut staying, "GET", target.as_bytes(), &[]);
    drop(leaving);
    assert_eq!(receive(staying, "GET").status, 200);
    assert_eq!(receive(busy, "GET").status, 200);
    assert_eq!(server.metric("origami_tile_builds_total"), 2.0);
}

#[test]
fn a_stopping_server_finishes_what_it_has_begun_and_takes_no_more() {
    let packs = folder(&["a"]);
    let mut server = Running::start_with(packs.path(), |config| config.workers = 1);
    let mut clients: Vec<_> = (0..8).map(|_| connect(server.addr)).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        send(client, "GET", format!("/slides/a/thumbnail?size={}", 1024 - n).as_bytes(), &[]);
    }
    eventually("the requests' arrival", || {
        server.metric(r#"origami_cache_misses_total{cache="thumbnails"}"#) >= 8.0
    });
    server.stop();
    for client in clients {
        assert_eq!(receive(client, "GET").status, 200);
    }
    assert!(std::net::TcpStream::connect(server.addr).is_err());
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let packs = folder(&["a"]);
    let mut server = Running::start(packs.path());
    let mut idle = connect(server.addr);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut some = [0; 16];
    idle.read_exact(&mut some).unwrap();
    let started = Instant::now();
    server.stop();
    assert!(started.elapsed() < Duration::from_secs(4), "took {:?}", started.elapsed());
}

#[test]
fn hits_are_served_from_the_cache_and_stored_tiles_without_it() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for _ in 0..3 {
        assert_eq!(get(server.addr, &format!("/tiles/a/{TOP}/0/0")).status, 200);
        assert_eq!(get(server.addr, "/tiles/a/0/0/0").status, 200);
        assert_eq!(request(server.addr, "HEAD", b"/tiles/a/1/0/0", &[]).status, 200);
    }
    let metrics = server.scrape();
    assert_eq!(metrics[r#"origami_tile_requests_total{source="rebuilt"}"#], 1.0);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="cache"}"#], 2.0);
    assert_eq!(metrics[r#"origami_tile_requests_total{source="stored"}"#], 6.0);
    assert_eq!(metrics[r#"origami_cache_entries{cache="tiles"}"#], 1.0);
    assert!(metrics[r#"origami_cache_bytes{cache="tiles"}"#] > 0.0);
}
