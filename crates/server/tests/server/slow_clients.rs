//! Clients that send or read too slowly, or not at all, and those that have too many connections.

use crate::client;
use crate::packs::{TOP, folder};
use crate::test_server::{TestServer, eventually, eventually_within};
use rustix::net::sockopt::set_socket_recv_buffer_size;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The limits of most of these tests.
const SHORT: Duration = Duration::from_millis(400);

/// Long enough to make a large response on a machine that is busy with other tests.
const MADE: Duration = Duration::from_secs(120);

const OPEN: &str = r#"origami_connections{listener="main"}"#;

/// A response of which the kernel cannot keep most.
const LARGE: &str = "/iiif/3/a/full/^3000,1800/10/default.png";

fn closed(server: &TestServer, reason: &str) -> f64 {
    server.metric(&format!(r#"origami_connections_closed_total{{reason="{reason}"}}"#))
}

/// Asserts that the server closes `stream`, and returns what it had sent.
fn expect_end(mut stream: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => rest,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => rest,
        Err(error) => panic!("the connection stays open: {error}"),
    }
}

#[test]
fn a_request_that_is_never_finished_is_closed_in_its_time() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.read_timeout = SHORT);
    for beginning in ["", "GET /tiles/a/0/0/0 HTTP/1.1\r\nHost: x"] {
        let mut stream = client::connect(server.addr);
        stream.write_all(beginning.as_bytes()).unwrap();
        expect_end(stream);
    }
    assert_eq!(closed(&server, "slow_request"), 2.0);
}

#[test]
fn a_request_that_comes_byte_by_byte_after_another_one_is_closed_in_its_time() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.read_timeout = SHORT);
    let mut stream = client::connect(server.addr);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut start = [0; 15];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    let limit = Instant::now() + Duration::from_secs(30);
    // The server has closed it once a byte is answered by a reset.
    while stream.write_all(b"G").is_ok() {
        assert!(Instant::now() < limit, "the connection stays open");
        sleep(SHORT / 20);
    }
    assert_eq!(closed(&server, "slow_request"), 1.0);
}

#[test]
fn a_body_that_is_announced_and_never_comes_does_not_keep_its_connection() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        (config.read_timeout, config.idle_timeout) = (SHORT, 2 * SHORT);
    });
    let mut stream = client::connect(server.addr);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx").unwrap();
    assert!(expect_end(stream).starts_with(b"HTTP/1.1 200 OK"));
    eventually("no connection but the one that asks", || server.metric(OPEN) == 1.0);
}

#[test]
fn a_connection_without_a_request_is_closed_after_the_idle_timeout() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.idle_timeout = SHORT);
    let mut stream = client::connect(server.addr);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let answer = expect_end(stream);
    assert!(answer.starts_with(b"HTTP/1.1 200 OK") && answer.ends_with(b"ok\n"));
}

/// A server with little patience, and a client that has asked it for more than its kernel takes,
/// and reads nothing.
fn with_unread_response(packs: &Path) -> (TestServer, TcpStream) {
    let server = TestServer::start_with(packs, |config| {
        (config.write_timeout, config.request_limit) = (SHORT, MADE);
    });
    let mut stream = client::connect(server.addr);
    set_socket_recv_buffer_size(&stream, 4096).unwrap();
    client::send(&mut stream, "GET", LARGE, &[]);
    (server, stream)
}

#[test]
fn a_client_that_never_reads_is_closed_and_gives_its_memory_back() {
    let packs = folder(&["a"]);
    let (server, mut stream) = with_unread_response(packs.path());
    eventually_within(MADE, "the end of the connection", || closed(&server, "slow_reader") == 1.0);
    assert_eq!(server.metric(OPEN), 1.0, "only the one that asks");
    let mut rest = Vec::new();
    let end = stream.read_to_end(&mut rest).expect_err("it was reset, not ended as if it were complete");
    assert_eq!(end.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_client_that_reads_a_little_now_and_then_is_closed() {
    let packs = folder(&["a"]);
    let (server, mut stream) = with_unread_response(packs.path());
    let limit = Instant::now() + MADE;
    while closed(&server, "slow_reader") == 0.0 {
        assert!(Instant::now() < limit, "the connection stays open");
        let _ = stream.read(&mut [0; 64]);
        sleep(SHORT / 20);
    }
}

#[test]
fn a_client_that_reads_steadily_gets_all_however_long_it_takes() {
    const LIMIT: Duration = Duration::from_secs(2);
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        (config.write_timeout, config.request_limit) = (LIMIT, MADE);
    });
    let target = "/slides/a/region?w=1200&h=800&format=raw";
    let whole = server.get(target);
    assert_eq!(whole.status, 200);
    let mut stream = client::connect(server.addr);
    set_socket_recv_buffer_size(&stream, 64 << 10).unwrap();
    client::send(&mut stream, "GET", target, &[]);
    let (mut received, mut piece, begun) = (Vec::new(), [0; 64 << 10], Instant::now());
    loop {
        let length = stream.read(&mut piece).expect("the connection stays open");
        if length == 0 {
            break;
        }
        received.extend_from_slice(&piece[..length]);
        // Slowly, but several times as fast as it has to be.
        sleep(Duration::from_secs_f64(length as f64 / f64::from(600 << 10)));
    }
    assert!(begun.elapsed() > 2 * LIMIT, "{:?}", begun.elapsed());
    assert!(received.ends_with(&whole.body), "{} of {} bytes", received.len(), whole.body.len());
    assert_eq!(closed(&server, "slow_reader"), 0.0);
}

#[test]
fn a_client_with_too_many_connections_is_told_so_and_may_have_others_later() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        config.connections_per_client = 3;
        config.admin_listen = Some("127.0.0.1:0".parse().unwrap());
    });
    let held: Vec<TcpStream> = (0..3).map(|_| client::connect(server.addr)).collect();
    let refused = server.get("/tiles/a/0/0/0");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert!(refused.text().contains("too many connections"));
    assert_eq!(closed(&server, "client_limit"), 1.0, "operators are not limited");
    drop(held);
    eventually("room again", || server.get("/tiles/a/0/0/0").status == 200);
}

#[test]
fn a_client_gets_no_more_bytes_a_second_than_it_may_have() {
    let packs = folder(&["a"]);
    let target = "/slides/a/region?w=600&h=600&format=raw";
    let whole = TestServer::start(packs.path()).get(target);
    assert_eq!(whole.status, 200);
    let (whole, rate) = (&whole.body, whole.body.len() as u64 / 3);
    let server = TestServer::start_with(packs.path(), |config| config.bytes_per_client = rate);
    let started = Instant::now();
    let both = server.get_at_once(2, |_| target.to_owned());
    // The bytes of one second are there at the beginning; those of five more have to come.
    assert!(started.elapsed() >= Duration::from_secs(4), "{:?}", started.elapsed());
    assert!(both.iter().all(|response| response.body == *whole), "nothing is lost");
}

#[test]
fn operators_have_a_listener_of_their_own_if_they_ask_for_it() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        config.admin_listen = Some("127.0.0.1:0".parse().unwrap());
    });
    let admin = server.admin.expect("it listens for operators");
    let at = |addr, target: &str| {
        let mut stream = client::connect(addr);
        client::send(&mut stream, "GET", target, &[]);
        client::receive(stream, "GET").status
    };
    let tile = format!("/tiles/a/{TOP}/0/0");
    for (target, main, operators) in [
        ("/metrics", 404, 200),
        ("/status", 404, 200),
        ("/assets/viewer.js", 200, 200),
        ("/healthz", 200, 200),
        ("/readyz", 200, 200),
        (&*tile, 200, 404),
        ("/", 200, 404),
    ] {
        assert_eq!((at(server.addr, target), at(admin, target)), (main, operators), "{target}");
    }
}

#[test]
fn responses_close_their_connections_once_the_server_is_stopping() {
    let packs = folder(&["a"]);
    let mut server = TestServer::start_with(packs.path(), |config| config.drain = Duration::from_secs(60));
    let mut stream = client::connect(server.addr);
    let mut ask = || {
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).to_lowercase()
    };
    let before = ask();
    assert!(before.starts_with("http/1.1 200") && !before.contains("connection: close"), "{before}");
    server.request_stop();
    let mut last = String::new();
    eventually("readiness goes", || {
        last = ask();
        !last.starts_with("http/1.1 200")
    });
    assert!(last.starts_with("http/1.1 503") && last.contains("connection: close"), "{last}");
    // Until the drain is over, those who have not noticed are served.
    assert_eq!(server.get("/tiles/a/0/0/0").status, 200);
    // Nobody waits for that here.
    server.forget();
}
