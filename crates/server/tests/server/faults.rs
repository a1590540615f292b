//! Packs that are truncated, overwritten, replaced and removed while many clients request
//! their tiles.

use crate::client::{Response, connect, send, try_receive};
use crate::packs::{finest_first, folder, generation, write_pack};
use crate::test_server::{TestServer, eventually};
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const CLIENTS: usize = 8;
const ROUNDS: usize = 6;
/// How long the file stays in each state.
const PAUSE: Duration = Duration::from_millis(40);

/// What is served of slides `a` and `b`: the bodies of tiles by tile and ETag.
#[derive(Default)]
struct Expected {
    bodies: HashMap<(String, String), Vec<u8>>,
}

impl Expected {
    /// Adds the tiles of slide `id` as they are served now.
    fn add(&mut self, server: &TestServer, id: &str) {
        for tile in tiles() {
            let response = server.get(&format!("/tiles/{id}/{tile}"));
            assert_eq!(response.status, 200, "{tile}");
            self.bodies.insert((tile, tag(&response)), response.body);
        }
    }

    /// Whether `tile` was served with this ETag and body before.
    fn has(&self, tile: &str, response: &Response) -> bool {
        self.bodies.get(&(tile.to_owned(), tag(response))) == Some(&response.body)
    }
}

/// The tiles of a slide, as they are written in URLs.
fn tiles() -> Vec<String> {
    finest_first().map(|id| id.to_string()).collect()
}

fn tag(response: &Response) -> String {
    response.header("etag").expect("an ETag").to_owned()
}

/// Requests tiles of a slide whose pack changes, `a`, and of one whose pack does not, `b`.
struct Clients<'a> {
    addr: SocketAddr,
    expected: &'a Expected,
    tiles: Vec<String>,
    done: AtomicBool,
    served: AtomicUsize,
    refused: AtomicUsize,
}

impl<'a> Clients<'a> {
    fn new(server: &TestServer, expected: &'a Expected) -> Self {
        Self {
            addr: server.addr,
            expected,
            tiles: tiles(),
            done: AtomicBool::new(false),
            served: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }

    /// Requests tiles until all clients are done.
    fn run(&self, client: usize) {
        for n in (client..).step_by(3).take_while(|_| !self.done.load(Relaxed)) {
            let tile = &self.tiles[n % self.tiles.len()];
            self.check_unchanged(tile);
            self.check_changing(tile);
        }
    }

    fn check_unchanged(&self, tile: &str) {
        let response = self.try_get("b", tile).expect("the other slide is untouched");
        assert_eq!(response.status, 200, "tile {tile} of the other slide");
        assert!(self.expected.has(tile, &response), "other bytes in {tile}");
    }

    fn check_changing(&self, tile: &str) {
        match self.try_get("a", tile) {
            Ok(response) if response.status == 200 => {
                assert!(self.expected.has(tile, &response), "wrong bytes under a good tag: {tile}");
                self.served.fetch_add(1, Relaxed);
            }
            Ok(response) => {
                assert!(matches!(response.status, 404 | 500), "{} for {tile}", response.status);
                self.refused.fetch_add(1, Relaxed);
            }
            // The connection broke before the end of the response.
            Err(_) => _ = self.refused.fetch_add(1, Relaxed),
        }
    }

    fn try_get(&self, slide: &str, tile: &str) -> io::Result<Response> {
        let mut stream = connect(self.addr);
        send(&mut stream, "GET", format!("/tiles/{slide}/{tile}"), &[]);
        try_receive(stream, "GET")
    }
}

/// A folder with slides `a` and `b`, and what the clients of a server of it may see.
struct Slides {
    packs: TempDir,
    /// Two packs of slide `a`.
    good: [Vec<u8>; 2],
    expected: Expected,
}

impl Slides {
    /// Slide `a` is the first of the good packs.
    fn new() -> Self {
        let elsewhere = folder(&[]);
        let good = [1, 2].map(|seed| {
            write_pack(elsewhere.path(), "a", seed);
            fs::read(elsewhere.path().join("a.origami")).unwrap()
        });
        let packs = folder(&[]);
        write_pack(packs.path(), "b", 3);
        let path = packs.path().join("a.origami");
        let mut expected = Expected::default();
        for pack in &good {
            fs::write(&path, pack).unwrap();
            let server = TestServer::start(packs.path());
            expected.add(&server, "a");
            expected.add(&server, "b");
        }
        replace(&path, &good[0]).unwrap();
        Self { packs, good, expected }
    }
}

/// Changes the pack of slide `a` again and again while clients request its tiles and those of
/// slide `b`. `change` gets the path, two good packs and the number of the round; after each
/// round slide `a` has to be the second of them.
fn serves_nothing_wrong_during(change: impl Fn(&Path, &[Vec<u8>; 2], usize) -> io::Result<()>) {
    let Slides { packs, good, expected } = Slides::new();
    let path = packs.path().join("a.origami");
    // Little memory, so that not every tile comes from the cache.
    let server = TestServer::start_with(packs.path(), |config| config.memory = 32 << 20);
    let clients = Clients::new(&server, &expected);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let clients = &clients;
            scope.spawn(move || clients.run(client));
        }
        let changed = (0..ROUNDS).try_for_each(|round| change(&path, &good, round));
        clients.done.store(true, Relaxed);
        changed.unwrap();
    });
    println!("{:?} responses were right, {:?} refused", clients.served, clients.refused);
    assert_recovers(&server, &expected, &generation(&good[1]));
}

/// Waits until slide `a` has this generation and all of its tiles are served again.
fn assert_recovers(server: &TestServer, expected: &Expected, generation: &str) {
    eventually("the new generation", || {
        let response = server.get("/slides/a");
        response.status == 200 && response.json()["generation"].as_str() == Some(generation)
    });
    eventually("the new pack's tiles", || {
        tiles().iter().all(|tile| {
            let response = server.get(&format!("/tiles/a/{tile}"));
            if response.status == 200 {
                assert!(expected.has(tile, &response), "wrong bytes afterwards: {tile}");
            }
            response.status == 200
        })
    });
}

/// Puts `pack` at `path` in one step.
fn replace(path: &Path, pack: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, pack)?;
    fs::rename(new, path)
}

/// Overwrites the file in place.
fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}

#[test]
fn a_pack_truncated_under_load_is_never_served_wrong_and_recovers() {
    serves_nothing_wrong_during(|path, good, round| {
        let lens = [0, 100, 4096, good[0].len() / 2, good[0].len() - 1, good[0].len() * 3 / 4];
        OpenOptions::new().write(true).open(path)?.set_len(lens[round] as u64)?;
        thread::sleep(PAUSE);
        replace(path, &good[(round + 1) % 2])?;
        thread::sleep(PAUSE);
        replace(path, &good[1])
    });
}

#[test]
fn a_pack_overwritten_with_garbage_under_load_is_never_served_wrong_and_recovers() {
    serves_nothing_wrong_during(|path, good, round| {
        let mut garbage = good[round % 2].clone();
        // All of it, or all after the header.
        let first = if round % 3 == 0 { 0 } else { 128 };
        for (n, byte) in garbage.iter_mut().enumerate().skip(first) {
            *byte ^= (n * 31 + round) as u8 | 1;
        }
        overwrite(path, &garbage)?;
        thread::sleep(PAUSE);
        replace(path, &good[1])?;
        thread::sleep(PAUSE);
        Ok(())
    });
}

#[test]
fn a_pack_overwritten_with_another_good_one_under_load_is_never_served_wrong() {
    serves_nothing_wrong_during(|path, good, _| {
        for pack in [&good[1], &good[0], &good[1]] {
            overwrite(path, pack)?;
            thread::sleep(PAUSE);
        }
        // As `cp` does it: truncated to nothing first.
        fs::write(path, &good[0])?;
        thread::sleep(PAUSE);
        fs::write(path, &good[1])
    });
}

#[test]
fn a_pack_renamed_over_and_removed_under_load_is_never_served_wrong() {
    serves_nothing_wrong_during(|path, good, round| {
        replace(path, &good[round % 2])?;
        thread::sleep(PAUSE);
        fs::remove_file(path)?;
        thread::sleep(PAUSE);
        replace(path, &good[1])?;
        thread::sleep(PAUSE);
        Ok(())
    });
}
