//! Packs that claim to be others, and packs that somebody writes to while they
//! are served.

use crate::client::{Answer, get};
use crate::exact_packs::ExactPlan;
use crate::packs::{BLANK, GENERATION, TOP, write_pack};
use crate::running::Running;
use origami_codec::Colour;
use origami_pack::{Entry, Io, Mode, Pack};
use origami_pyramid::TileId;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Where a pack's header has its own checksum.
const HEADER_CRC: usize = 124;

fn tile(server: &Running, slide: &str, id: TileId) -> Answer {
    get(server.addr, &format!("/tiles/{slide}/{}/{}/{}", id.z, id.x, id.y))
}

fn ids() -> impl Iterator<Item = TileId> {
    let fine = (0..4).flat_map(|y| (0..6).map(move |x| TileId { z: TOP, x, y }));
    let coarse = (0..2).flat_map(|y| (0..3).map(move |x| TileId { z: TOP - 1, x, y }));
    fine.chain(coarse).chain((0..TOP - 1).map(|z| TileId { z, x: 0, y: 0 }))
}

/// Gives the pack at `path` the generation of the one at `of`, under a good
/// checksum.
fn forge_generation(path: &Path, of: &Path) {
    let (mut bytes, honest) = (fs::read(path).unwrap(), fs::read(of).unwrap());
    bytes[GENERATION..GENERATION + 8].copy_from_slice(&honest[GENERATION..GENERATION + 8]);
    let crc = crc32fast::hash(&bytes[..HEADER_CRC]);
    bytes[HEADER_CRC..HEADER_CRC + 4].copy_from_slice(&crc.to_le_bytes());
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_pack_that_claims_the_generation_of_another_answers_for_itself_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (id, seed) in [("good", 1), ("evil", 2)] {
        write_pack(folder.path(), id, seed);
    }
    ExactPlan { colour: Colour::Ycc, predicted: 2 }.write(folder.path(), "exact");
    let path = |id: &str| folder.path().join(format!("{id}.origami"));
    let all = |server: &Running| -> Vec<Vec<u8>> {
        // In turns, so that each finds what the others left.
        let answers = ids().flat_map(|id| ["exact", "evil", "good"].map(|slide| tile(server, slide, id)));
        answers.inspect(|answer| assert_eq!(answer.status, 200)).map(|answer| answer.body).collect()
    };
    let honest = all(&Running::start(folder.path()));
    for id in ["evil", "exact"] {
        forge_generation(&path(id), &path("good"));
    }
    let server = Running::start(folder.path());
    assert!(all(&server) == honest, "a tile of another slide");
    assert_eq!(server.scrape()["origami_worker_panics_total"], 0.0);
}

/// Bytes of blobs of the pack at `path` that a decoder believes: the height in
/// the frame headers of stored tiles, and the beginnings of all others.
fn spots(path: &Path) -> Vec<u64> {
    let (pack, bytes) = (Pack::open(path).unwrap(), fs::read(path).unwrap());
    let blobs = ids().filter_map(|id| match pack.entry(id).unwrap() {
        Entry::Blob { offset, len, .. } => Some((id, offset, len)),
        _ => None,
    });
    let spot = |(id, offset, len): (TileId, u64, u32)| {
        let blob = &bytes[offset as usize..][..len as usize];
        let frame = blob.windows(2).position(|pair| pair == [0xff, 0xc0]);
        let stored = pack.level(id.z).unwrap().mode == Mode::Stored;
        offset + frame.filter(|_| stored).map_or(1, |at| at + 5) as u64
    };
    blobs.map(spot).collect()
}

/// Writes to the file under the server all the time; every answer is the right
/// one or an error, and nothing else comes of it.
fn hammer(io: Io) {
    let folder = tempfile::tempdir().unwrap();
    write_pack(folder.path(), "a", 3);
    let path = folder.path().join("a.origami");
    let good: Vec<Vec<u8>> = {
        let server = Running::start(folder.path());
        ids().map(|id| tile(&server, "a", id).body).collect()
    };
    let (spots, honest) = (spots(&path), fs::read(&path).unwrap());
    assert!(spots.len() > 20);
    let server = Running::start_with(folder.path(), |config| {
        config.io = io;
        // Nothing is kept, and the file is not opened anew: its time changes all the while.
        config.memory = 0;
        config.rescan = Duration::from_secs(3600);
    });
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            let mut round = 0u32;
            while !over.load(Relaxed) {
                round = round.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                for &at in &spots {
                    file.write_all_at(&[0xf0, (round >> 24) as u8], at).unwrap();
                }
                thread::sleep(Duration::from_micros(u64::from(round >> 20) % 300));
                for &at in &spots {
                    file.write_all_at(&honest[at as usize..at as usize + 2], at).unwrap();
                }
                thread::sleep(Duration::from_micros(u64::from(round >> 10) % 300));
            }
        });
        let (mut right, mut refused) = (0, 0);
        let begun = Instant::now();
        let mut size = 16;
        while begun.elapsed() < Duration::from_secs(4) {
            for (id, good) in ids().zip(&good) {
                let answer = tile(&server, "a", id);
                match answer.status {
                    200 => assert!(answer.body == *good, "another tile {id}"),
                    500 => refused += 1,
                    other => panic!("{other} for {id}"),
                }
                right += u32::from(answer.status == 200);
            }
            size = 16 + (size - 15) % 900;
            let thumbnail = get(server.addr, &format!("/slides/a/thumbnail?size={size}"));
            assert!([200, 500].contains(&thumbnail.status), "{}", thumbnail.status);
        }
        over.store(true, Relaxed);
        println!("{io}: {right} tiles, {refused} refused");
        assert!(right > 0);
    });
    // As it was, the file gives what it gave.
    for (id, good) in ids().zip(&good) {
        assert!(tile(&server, "a", id).body == *good, "{id}");
    }
    assert_eq!(server.scrape()["origami_worker_panics_total"], 0.0);
    assert_ne!(tile(&server, "a", BLANK).status, 500, "a tile without bytes cannot be hurt");
}

#[test]
fn a_mapped_pack_that_is_written_to_all_the_time_gives_right_tiles_or_errors() {
    hammer(Io::Map);
}

#[test]
fn a_pack_read_by_position_that_is_written_to_all_the_time_gives_right_tiles_or_errors() {
    hammer(Io::Read);
}
