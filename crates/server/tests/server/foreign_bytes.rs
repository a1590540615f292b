//! Packs with the generation of another pack, and packs that are overwritten while they are
//! served.

use crate::client::Response;
use crate::exact_packs::ExactPlan;
use crate::packs::{BLANK, GENERATION, TOP, write_pack};
use crate::test_server::TestServer;
use origami_codec::Colour;
use origami_pack::{Entry, Io, Mode, Pack};
use origami_pyramid::TileId;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// Offset in a pack's header of the header's own checksum.
const HEADER_CRC: usize = 124;

fn tile(server: &TestServer, slide: &str, id: TileId) -> Response {
    server.get(&format!("/tiles/{slide}/{id}"))
}

fn ids() -> impl Iterator<Item = TileId> {
    let fine = (0..4).flat_map(|y| (0..6).map(move |x| TileId { z: TOP, x, y }));
    let coarse = (0..2).flat_map(|y| (0..3).map(move |x| TileId { z: TOP - 1, x, y }));
    fine.chain(coarse).chain((0..TOP - 1).map(|z| TileId { z, x: 0, y: 0 }))
}

fn pack_path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.origami"))
}

/// Gives the pack at `path` the generation of the one at `other`, with a valid checksum.
fn forge_generation(path: &Path, other: &Path) {
    let (mut bytes, other) = (fs::read(path).unwrap(), fs::read(other).unwrap());
    bytes[GENERATION..GENERATION + 8].copy_from_slice(&other[GENERATION..GENERATION + 8]);
    let crc = crc32fast::hash(&bytes[..HEADER_CRC]);
    bytes[HEADER_CRC..HEADER_CRC + 4].copy_from_slice(&crc.to_le_bytes());
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn packs_with_the_same_generation_never_share_cached_tiles() {
    let folder = tempfile::tempdir().unwrap();
    for (id, seed) in [("good", 1), ("evil", 2)] {
        write_pack(folder.path(), id, seed);
    }
    ExactPlan { colour: Colour::Ycc, predicted: 2 }.write(folder.path(), "exact");
    let expected = all_tiles(&TestServer::start(folder.path()));
    for id in ["evil", "exact"] {
        forge_generation(&pack_path(folder.path(), id), &pack_path(folder.path(), "good"));
    }
    let server = TestServer::start(folder.path());
    assert!(all_tiles(&server) == expected, "a tile of another slide");
    assert_eq!(server.scrape()["origami_worker_panics_total"], 0.0);
}

/// The tiles of the three slides, requested in turns, so that each could get what is cached
/// of another.
fn all_tiles(server: &TestServer) -> Vec<Vec<u8>> {
    let mut tiles = Vec::new();
    for id in ids() {
        for slide in ["exact", "evil", "good"] {
            let response = tile(server, slide, id);
            assert_eq!(response.status, 200);
            tiles.push(response.body);
        }
    }
    tiles
}

/// A pack to be overwritten in place, at offsets of bytes that decoders trust.
struct Target {
    path: PathBuf,
    original: Vec<u8>,
    offsets: Vec<u64>,
}

impl Target {
    fn new(path: PathBuf) -> Self {
        let (pack, original) = (Pack::open(&path).unwrap(), fs::read(&path).unwrap());
        let offsets = ids().filter_map(|id| trusted_offset(&pack, id, &original)).collect();
        Self { path, original, offsets }
    }

    /// Writes other bytes and the original ones by turns until `done`.
    fn overwrite_until(&self, done: impl Fn() -> bool) {
        let file = OpenOptions::new().write(true).open(&self.path).unwrap();
        let mut random = 0u32;
        while !done() {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            for &offset in &self.offsets {
                file.write_all_at(&[0xf0, (random >> 24) as u8], offset).unwrap();
            }
            thread::sleep(Duration::from_micros(u64::from(random >> 20) % 300));
            for &offset in &self.offsets {
                file.write_all_at(&self.original[offset as usize..][..2], offset).unwrap();
            }
            thread::sleep(Duration::from_micros(u64::from(random >> 10) % 300));
        }
    }
}

/// Offset in the file of two bytes of a tile's blob that decide what a decoder does: of a
/// stored tile the height in the frame header, of any other those after the first.
fn trusted_offset(pack: &Pack, id: TileId, file: &[u8]) -> Option<u64> {
    let Entry::Blob { offset, len, .. } = pack.entry(id).unwrap() else { return None };
    if pack.level(id.z).unwrap().mode == Mode::Stored {
        let blob = &file[offset as usize..][..len as usize];
        if let Some(frame) = blob.windows(2).position(|pair| pair == [0xff, 0xc0]) {
            return Some(offset + frame as u64 + 5);
        }
    }
    Some(offset + 1)
}

/// Overwrites a served file all the time: every response is the right tile or an error, and
/// the server recovers.
fn gives_right_tiles_or_errors_while_overwritten(io: Io) {
    let folder = tempfile::tempdir().unwrap();
    write_pack(folder.path(), "a", 3);
    let expected: Vec<Vec<u8>> = {
        let server = TestServer::start(folder.path());
        ids().map(|id| tile(&server, "a", id).body).collect()
    };
    let target = Target::new(pack_path(folder.path(), "a"));
    assert!(target.offsets.len() > 20);
    let server = TestServer::start_with(folder.path(), |config| {
        config.io = io;
        // Nothing is cached, and the file is not reopened although it is modified all the time.
        config.memory = 0;
        config.rescan = Duration::from_secs(3600);
    });
    thread::scope(|scope| {
        let requests = scope.spawn(|| assert_right_tiles_or_errors(&server, &expected, io));
        target.overwrite_until(|| requests.is_finished());
    });
    for (id, expected) in ids().zip(&expected) {
        assert!(tile(&server, "a", id).body == *expected, "{id}");
    }
    assert_eq!(server.scrape()["origami_worker_panics_total"], 0.0);
    assert_ne!(tile(&server, "a", BLANK).status, 500, "a tile without bytes cannot be hurt");
}

/// Requests tiles and thumbnails of slide `a` for four seconds.
fn assert_right_tiles_or_errors(server: &TestServer, expected: &[Vec<u8>], io: Io) {
    let (mut right, mut refused, mut size) = (0, 0, 16);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(4) {
        for (id, expected) in ids().zip(expected) {
            let response = tile(server, "a", id);
            match response.status {
                200 => assert!(response.body == *expected, "another tile {id}"),
                500 => refused += 1,
                other => panic!("{other} for {id}"),
            }
            right += u32::from(response.status == 200);
        }
        size = 16 + (size - 15) % 900;
        let thumbnail = server.get(&format!("/slides/a/thumbnail?size={size}"));
        assert!([200, 500].contains(&thumbnail.status), "{}", thumbnail.status);
    }
    println!("{io}: {right} tiles, {refused} refused");
    assert!(right > 0);
}

#[test]
fn a_mapped_pack_that_is_overwritten_all_the_time_gives_right_tiles_or_errors() {
    gives_right_tiles_or_errors_while_overwritten(Io::Map);
}

#[test]
fn a_pack_read_by_position_that_is_overwritten_all_the_time_gives_right_tiles_or_errors() {
    gives_right_tiles_or_errors_while_overwritten(Io::Read);
}
