//! Regions that are sent while they are made: in parts, damaged, or to nobody who reads.

use super::{decoded, region, stitched};
use crate::client::{NO_STORE, try_receive};
use crate::packs::{Plan, TOP, folder};
use crate::test_server::TestServer;
use image::ImageFormat;
use origami_pack::{Entry, Pack};
use origami_pyramid::TileId;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The body of a response without a length, which comes in chunks. It is an error if the last
/// chunk is missing.
fn chunked_body(server: &TestServer, target: &str) -> io::Result<Vec<u8>> {
    let mut response = Vec::new();
    server.send_get(target).read_to_end(&mut response)?;
    let head = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    assert!(String::from_utf8_lossy(&response[..head]).to_lowercase().contains("transfer-encoding: chunked"));
    let (mut rest, mut body) = (&response[head + 4..], Vec::new());
    loop {
        let cut: io::Error = io::ErrorKind::UnexpectedEof.into();
        let Some(end) = rest.windows(2).position(|bytes| bytes == b"\r\n") else { return Err(cut) };
        let len = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        rest = &rest[end + 2..];
        if len == 0 {
            return Ok(body);
        }
        let Some(chunk) = rest.get(..len) else { return Err(cut) };
        body.extend_from_slice(chunk);
        rest = rest.get(len + 2..).unwrap_or_default();
    }
}

/// Damages the bytes of `tile` in the pack at `path`.
fn damage(path: &Path, tile: TileId) {
    let pack = Pack::open(path).unwrap();
    let Entry::Blob { offset, .. } = pack.entry(tile).unwrap() else { panic!("{tile} has no blob") };
    drop(pack);
    let mut bytes = fs::read(path).unwrap();
    bytes[offset as usize] ^= 0x55;
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_large_png_comes_in_parts_and_has_every_pixel() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let png = chunked_body(&server, "/slides/a/region?format=png").unwrap();
    assert!(decoded(&png, ImageFormat::Png) == stitched(&server, TOP));
}

#[test]
fn damage_in_the_middle_ends_the_connection_before_the_last_byte() {
    let packs = folder(&[]);
    Plan { predicted: 0, ..Plan::default() }.write(packs.path(), "a");
    damage(&packs.path().join("a.origami"), TileId { z: TOP, x: 2, y: 3 });
    let server = TestServer::start(packs.path());
    let stream = server.send_get("/slides/a/region?format=raw");
    let cut = try_receive(stream, "GET").expect_err("a cut body");
    assert!(matches!(cut.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{cut}");
    let cut = chunked_body(&server, "/slides/a/region?format=png").expect_err("a cut body");
    assert!(matches!(cut.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{cut}");
    let errors =
        server.scrape().into_iter().filter(|(name, _)| name.starts_with("origami_pack_errors_total"));
    assert!(errors.map(|(_, count)| count).sum::<f64>() > 0.0, "the damage is counted");
    // What does not touch it is served.
    assert_eq!(region(&server, "h=768&format=raw").body.len(), 3 * 1500 * 768);
}

#[test]
fn damage_in_the_first_rows_is_an_error_with_a_status() {
    let packs = folder(&[]);
    Plan { predicted: 0, ..Plan::default() }.write(packs.path(), "a");
    damage(&packs.path().join("a.origami"), TileId { z: TOP, x: 2, y: 0 });
    let server = TestServer::start(packs.path());
    for format in ["raw", "npy", "png", "jpg"] {
        let response = region(&server, &format!("format={format}"));
        assert_eq!((response.status, response.header("cache-control")), (500, NO_STORE), "{format}");
    }
}

#[test]
fn a_client_that_reads_no_further_keeps_nobody_else_waiting() {
    let packs = folder(&["a"]);
    let server = TestServer::start_with(packs.path(), |config| config.workers = 1);
    let slow: Vec<_> = (0..8).map(|_| server.send_get("/slides/a/region?format=raw")).collect();
    for _ in 0..20 {
        assert_eq!(region(&server, "w=300&h=300&format=raw").status, 200);
        assert_eq!(server.get(&format!("/tiles/a/{TOP}/2/2.jpg")).status, 200);
    }
    drop(slow);
}
