//! Clients that leave, read slowly or do not read at all.

use crate::client::{connect, receive};
use crate::packs::{TOP, folder};
use crate::test_server::{TestServer, eventually};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

const THUMBNAIL_MISSES: &str = r#"origami_cache_misses_total{cache="thumbnails"}"#;

/// Occupies the only worker for a while: thumbnails are the longest jobs.
fn occupy(server: &TestServer, jobs: u32) -> Vec<TcpStream> {
    let before = server.metric(THUMBNAIL_MISSES);
    let clients =
        (0..jobs).map(|n| server.send_get(&format!("/slides/a/thumbnail?size={}", 1024 - n))).collect();
    eventually("the jobs' arrival", || server.metric(THUMBNAIL_MISSES) >= before + f64::from(jobs));
    clients
}

#[test]
fn a_build_whose_only_client_has_closed_its_connection_is_dropped() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        config.workers = 1;
        config.queue_wait = Duration::from_secs(600);
        config.request_limit = Duration::from_secs(600);
    });
    let busy = occupy(&server, 24);
    for x in 0..4 {
        let leaving = server.send_get(&format!("/tiles/a/{TOP}/{x}/0"));
        eventually("the request's arrival", || {
            server.metric(r#"origami_cache_misses_total{cache="tiles"}"#) >= f64::from(x + 1)
        });
        drop(leaving);
    }
    for client in busy {
        assert_eq!(receive(client, "GET").status, 200);
    }
    eventually("four abandoned builds", || server.metric("origami_abandoned_total") == 4.0);
    assert_eq!(server.metric("origami_tile_builds_total"), 24.0);
    assert_eq!(server.get(&format!("/tiles/a/{TOP}/0/0")).status, 200);
}

#[test]
fn clients_that_do_not_read_delay_no_other_and_get_no_more_responses_made() {
    const CLIENTS: usize = 8;
    const REQUESTS: usize = 20_000;
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let target = format!("/tiles/a/{}/0/0", TOP - 2);
    let requests = format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n").repeat(REQUESTS);
    let unread: Vec<_> = (0..CLIENTS).map(|_| send_without_reading(&server, requests.as_bytes())).collect();
    for _ in 0..20 {
        assert_eq!(server.get(&format!("/tiles/a/{TOP}/1/1")).status, 200);
        assert_eq!(server.get(&target).status, 200);
    }
    let served = server.metric(r#"origami_tile_requests_total{source="stored"}"#);
    assert!(served < (CLIENTS * REQUESTS) as f64, "{served} responses were made for clients that read none");
    drop(unread);
}

/// Sends requests until the server reads no more, and reads no response.
fn send_without_reading(server: &TestServer, requests: &[u8]) -> TcpStream {
    let mut stream = connect(server.addr);
    stream.set_write_timeout(Some(Duration::from_millis(20))).unwrap();
    if let Err(error) = stream.write_all(requests) {
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    }
    stream
}

#[test]
fn two_hundred_slow_readers_get_complete_tiles_and_delay_no_other() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let target = format!("/tiles/a/{TOP}/1/1");
    let whole = server.get(&target).body;
    let mut slow: Vec<_> = (0..200).map(|_| server.send_get(&target)).collect();
    let mut piece = [0; 100];
    for _ in 0..3 {
        for stream in &mut slow {
            stream.read_exact(&mut piece).unwrap();
        }
        for tile in [&target, "/tiles/a/9/0/0", &format!("/tiles/a/{}/0/0", TOP - 1)] {
            assert_eq!(server.get(tile).status, 200);
        }
    }
    for mut stream in slow {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert!(rest.ends_with(&whole), "{} bytes", rest.len());
    }
}

#[test]
fn a_client_that_closes_its_side_after_its_request_gets_what_is_ready() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
    let stream = server.send_get("/tiles/a/0/0/0");
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(receive(stream, "GET").status, 200);
}
