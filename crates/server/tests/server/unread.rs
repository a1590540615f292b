//! Large bodies whose clients do not read them.

use crate::associated::write_with;
use crate::client;
use crate::packs::folder;
use crate::test_server::{TestServer, eventually_within};
use rustix::net::sockopt::set_socket_recv_buffer_size;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

const NO_ROOM: &str = r#"origami_rejected_total{reason="pool_exhausted"}"#;
const BUILDS: &str = r#"origami_derivative_builds_total{effort="normal",format="png"}"#;
const MISSES: &str = r#"origami_cache_misses_total{cache="pictures"}"#;
const JOINED: &str = "origami_single_flight_waits_total";

/// Long enough for some large pictures on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A picture of about 7.5 megapixels, a little different for each `number`.
fn large_picture(number: usize) -> String {
    format!("/iiif/3/a/full/^{},1800/10/default.png", 3000 + number)
}

/// A server whose memory for large bodies is taken by clients that do not read theirs.
struct Crowded {
    server: TestServer,
    /// One of those bodies.
    whole: Vec<u8>,
    unread: Vec<TcpStream>,
}

impl Crowded {
    /// Serves `packs`, with one worker. The clients ask for the bodies under `target(0)` to
    /// `target(3)`, of more than 6 MiB.
    fn start(packs: &Path, target: impl Fn(usize) -> String) -> Self {
        let whole = TestServer::start(packs).get(&target(0));
        let length = whole.body.len().to_string();
        assert_eq!((whole.status, whole.header("content-length")), (200, Some(&*length)));
        // More than the kernel keeps for a client.
        assert!(whole.body.len() > 6 << 20, "{length} bytes");
        let server = TestServer::start_with(packs, |config| {
            // A thirty-second of it is for bodies that are being sent: one of these and a quarter.
            config.memory = 40 * whole.body.len() as u64;
            (config.request_limit, config.queue_wait) = (2 * PATIENCE, PATIENCE);
            config.workers = 1;
        });
        // One is being sent and one waits; there is no room for more.
        let unread = (0..4).map(|number| send_unread(&server, &target(number))).collect();
        eventually_within(PATIENCE, "two refusals", || server.metric(NO_ROOM) >= 2.0);
        Self { server, whole: whole.body, unread }
    }
}

/// Sends a GET of `target`. The client reads nothing, and its kernel takes next to nothing for
/// it, so that most of the body stays with the server.
fn send_unread(server: &TestServer, target: &str) -> TcpStream {
    let mut stream = client::connect(server.addr);
    set_socket_recv_buffer_size(&stream, 4096).unwrap();
    client::send(&mut stream, "GET", target, &[]);
    stream
}

/// Checks that clients that ask for the bodies under `target`, of more than 6 MiB, and do not
/// read them take no more than their share of the memory of a server of `packs`.
fn assert_unread_bodies_are_bounded(packs: &Path, target: impl Fn(usize) -> String) {
    let Crowded { server, whole, unread } = Crowded::start(packs, &target);
    let built = server.metric(BUILDS);
    let refused = server.get(&target(4));
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert!(server.metric(BUILDS) <= built, "what would be refused is not made");
    assert_eq!(server.request("HEAD", target(4), &[]).status, 200, "a HEAD needs no room");
    for small in ["/slides/a/thumbnail", "/iiif/3/a/full/^300,/0/default.png"] {
        assert_eq!(server.get(small).status, 200, "{small} needs no room");
    }
    drop(unread);
    eventually_within(PATIENCE, "room again", || server.get(&target(0)).body == whole);
}

#[test]
fn large_pictures_that_nobody_reads_take_no_more_than_their_share_of_the_memory() {
    assert_unread_bodies_are_bounded(folder(&["a"]).path(), large_picture);
}

#[test]
fn large_associated_images_that_nobody_reads_take_no_more_than_their_share_of_the_memory() {
    let packs = folder(&[]);
    // Only how it begins makes it a JPEG.
    let mut jpeg = vec![0; 12 << 20];
    jpeg[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    write_with(packs.path(), |pack| pack.add_associated("macro", &jpeg).unwrap());
    assert_unread_bodies_are_bounded(packs.path(), |_| "/slides/a/associated/macro".to_owned());
}

#[test]
fn a_client_that_joins_a_build_is_not_refused_because_there_is_no_room_to_begin_one() {
    let packs = folder(&["a"]);
    let Crowded { server, unread, .. } = Crowded::start(packs.path(), large_picture);
    // HEADs need no room. The first of them keeps the worker from the second.
    let heads = [4, 5].map(|number| {
        let mut stream = client::connect(server.addr);
        let misses = server.metric(MISSES);
        client::send(&mut stream, "HEAD", large_picture(number), &[]);
        eventually_within(PATIENCE, "the request's arrival", || server.metric(MISSES) > misses);
        stream
    });
    let joining = server.send_get(&large_picture(5));
    assert_eq!(server.get(&large_picture(6)).status, 503, "there is no room to begin one");
    eventually_within(PATIENCE, "joining", || server.metric(JOINED) >= 1.0);
    drop(unread);
    assert_eq!(client::receive(joining, "GET").status, 200);
    for head in heads {
        assert_eq!(client::receive(head, "HEAD").status, 200);
    }
}

#[test]
fn a_head_of_a_large_picture_has_its_length() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let target = large_picture(0);
    let (head, whole) = (server.request("HEAD", &target, &[]), server.get(&target));
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-length", "content-type", "etag"] {
        assert!(head.header(name).is_some() && head.header(name) == whole.header(name), "{name}");
    }
}
