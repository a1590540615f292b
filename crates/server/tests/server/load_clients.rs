//! Clients that leave, read slowly or do not read at all.

use crate::client::{connect, get, receive, send};
use crate::packs::{TOP, folder};
use crate::running::{Running, eventually};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Occupies the only worker for a while: thumbnails are the longest jobs.
fn occupy(server: &Running, jobs: u32) -> Vec<TcpStream> {
    let busy = |n| {
        let mut stream = connect(server.addr);
        send(&mut stream, "GET", format!("/slides/a/thumbnail?size={}", 1024 - n).as_bytes(), &[]);
        stream
    };
    let misses = r#"origami_cache_misses_total{cache="thumbnails"}"#;
    let before = server.metric(misses);
    let clients = (0..jobs).map(busy).collect();
    eventually("the jobs' arrival", || server.metric(misses) >= before + f64::from(jobs));
    clients
}

#[test]
fn a_build_whose_only_client_has_closed_its_connection_is_dropped() {
    let packs = folder(&["a"]);
    let server = Running::start_with(packs.path(), |config| {
        config.workers = 1;
        config.queue_wait = Duration::from_secs(600);
        config.request_limit = Duration::from_secs(600);
    });
    let busy = occupy(&server, 24);
    for x in 0..4 {
        let mut leaving = connect(server.addr);
        send(&mut leaving, "GET", format!("/tiles/a/{TOP}/{x}/0").as_bytes(), &[]);
        eventually("the request's arrival", || {
            server.metric(r#"origami_cache_misses_total{cache="tiles"}"#) >= f64::from(x + 1)
        });
        drop(leaving);
    }
    for client in busy {
        assert_eq!(receive(client, "GET").status, 200);
    }
    eventually("four builds nobody waits for", || server.metric("origami_abandoned_total") == 4.0);
    assert_eq!(server.metric("origami_tile_builds_total"), 24.0);
    assert_eq!(get(server.addr, &format!("/tiles/a/{TOP}/0/0")).status, 200);
}

#[test]
fn clients_that_do_not_read_hold_up_no_other_and_get_no_more_answers_made() {
    const CLIENTS: usize = 8;
    const REQUESTS: usize = 20_000;
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let target = format!("/tiles/a/{}/0/0", TOP - 2);
    let requests = format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n").repeat(REQUESTS);
    let deaf: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let mut stream = connect(server.addr);
            stream.set_write_timeout(Some(Duration::from_millis(20))).unwrap();
            // As many requests as it takes: at some point the server reads no more.
            let written = stream.write_all(requests.as_bytes());
            if let Err(error) = written {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
            }
            stream
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(get(server.addr, &format!("/tiles/a/{TOP}/1/1")).status, 200);
        assert_eq!(get(server.addr, &target).status, 200);
    }
    let served = server.metric(r#"origami_tile_requests_total{source="stored"}"#);
    assert!(served < (CLIENTS * REQUESTS) as f64, "{served} answers were made for clients that read none");
    drop(deaf);
}

#[test]
fn two_hundred_slow_readers_get_their_tiles_whole_and_hold_up_no_other() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    let target = format!("/tiles/a/{TOP}/1/1");
    let whole = get(server.addr, &target).body;
    let mut slow: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = connect(server.addr);
            send(&mut stream, "GET", target.as_bytes(), &[]);
            stream
        })
        .collect();
    let mut piece = [0; 100];
    for _ in 0..3 {
        for stream in &mut slow {
            stream.read_exact(&mut piece).unwrap();
        }
        for tile in [&target, "/tiles/a/9/0/0", &format!("/tiles/a/{}/0/0", TOP - 1)] {
            assert_eq!(get(server.addr, tile).status, 200);
        }
    }
    for mut stream in slow {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert!(rest.ends_with(&whole), "{} bytes", rest.len());
    }
}

#[test]
fn a_client_that_says_it_sends_no_more_after_its_request_gets_what_is_ready() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    assert_eq!(get(server.addr, "/tiles/a/0/0/0").status, 200);
    let mut stream = connect(server.addr);
    send(&mut stream, "GET", b"/tiles/a/0/0/0", &[]);
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(receive(stream, "GET").status, 200);
}
