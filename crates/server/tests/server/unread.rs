//! Large pictures whose clients do not read them.

use crate::packs::folder;
use crate::test_server::{TestServer, eventually};
use std::time::Duration;

const NO_ROOM: &str = r#"origami_rejected_total{reason="pool_exhausted"}"#;

/// A picture of 7.5 megapixels, too many bytes for the kernel to keep them for a client.
const LARGE: &str = "/iiif/3/a/full/^3000,1800/10/default.png";

#[test]
fn large_pictures_that_nobody_reads_take_no_more_than_their_share_of_the_memory() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| {
        // A mebibyte of it is for bodies that are being sent.
        config.memory = 32 << 20;
        config.request_limit = Duration::from_secs(60);
    });
    let whole = server.get(LARGE);
    assert_eq!((whole.status, whole.header("content-length")), (200, Some(&*whole.body.len().to_string())));
    assert!(whole.body.len() > 6 << 20, "{} bytes", whole.body.len());
    // One is being sent and one waits; there is no room for more.
    let unread: Vec<_> = (0..4).map(|_| server.send_get(LARGE)).collect();
    eventually("two refusals", || server.metric(NO_ROOM) >= 2.0);
    let refused = server.get(LARGE);
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    for small in ["/slides/a/thumbnail", "/iiif/3/a/full/300,/0/default.png"] {
        assert_eq!(server.get(small).status, 200, "{small} needs no room");
    }
    drop(unread);
    eventually("room again", || server.get(LARGE).body == whole.body);
}

#[test]
fn a_head_of_a_large_picture_has_its_length() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let (head, whole) = (server.request("HEAD", LARGE, &[]), server.get(LARGE));
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-length", "content-type", "etag"] {
        assert!(head.header(name).is_some() && head.header(name) == whole.header(name), "{name}");
    }
}
