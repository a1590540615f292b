//! The server with many clients, many packs and few resources.

use crate::memory::anonymous;
use crate::server::Server;
use crate::slides::big_pack;
use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;
use tempfile::TempDir;

/// Maximum memory of its own of a server with 256 MB for its caches.
const MAX_MEMORY: u64 = 300 << 20;

const CLIENTS: u32 = 256;

/// Clients each of which requests the tiles of a family of its own.
struct Clients<'a> {
    server: &'a Server,
    /// Number of the full-resolution level.
    top: u64,
    start: Barrier,
    built: AtomicUsize,
    refused: AtomicUsize,
}

impl<'a> Clients<'a> {
    fn new(server: &'a Server, top: u64) -> Self {
        Self {
            server,
            top,
            start: Barrier::new(CLIENTS as usize + 1),
            built: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }

    fn run(&self, client: u32) {
        self.start.wait();
        // The slide is 70 families wide and 22 high.
        let (x, y) = (4 * (client % 64), 4 * (client / 64) + 4);
        for n in 0..16 {
            self.request(x + n % 4, y + n / 4);
        }
    }

    /// Requests a tile, which is served or refused with the advice to retry.
    fn request(&self, x: u32, y: u32) {
        let response = self.server.get(&format!("/tiles/a/{}/{x}/{y}.jpg", self.top));
        match response.status {
            200 => {
                assert!(response.body.starts_with(&[0xff, 0xd8]) && response.body.ends_with(&[0xff, 0xd9]));
                self.built.fetch_add(1, Relaxed);
            }
            503 => {
                assert!(response.header("retry-after").is_some());
                self.refused.fetch_add(1, Relaxed);
            }
            other => panic!("{other}"),
        }
    }

    /// Requests stored tiles, all of which have to be served, until the clients are `done`;
    /// returns the maximum memory of the server.
    fn watch(&self, done: impl Fn() -> bool) -> u64 {
        self.start.wait();
        let mut max = 0;
        for n in (0..).take_while(|_| !done()) {
            self.server.body(&format!("/tiles/a/{}/{}/{}.jpg", self.top - 3, n % 30, n / 30 % 10));
            max = max.max(anonymous(self.server.pid()));
        }
        max
    }
}

#[test]
fn clients_of_256_cold_families_cost_no_stored_tile_and_little_memory() {
    let Some(pack) = big_pack() else { return };
    let packs = tempfile::tempdir().unwrap();
    fs::copy(pack, packs.path().join("a.origami")).unwrap();
    let server = Server::start_with(packs.path(), &["--memory", "256M"]);
    let top = server.json("/slides/a")["levels"].as_u64().unwrap() - 1;
    let clients = Clients::new(&server, top);
    let max = thread::scope(|scope| {
        let clients = &clients;
        let threads: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || clients.run(client))).collect();
        clients.watch(|| threads.iter().all(ScopedJoinHandle::is_finished))
    });
    println!("{:?} tiles, {:?} refused, {} MiB at most", clients.built, clients.refused, max >> 20);
    assert!(max <= MAX_MEMORY, "{} MiB", max >> 20);
}

/// A folder with `count` links to one pack: `s00000.origami` and so on.
fn many_packs(count: usize) -> TempDir {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../render/tests/golden/v3-luma.origami");
    let packs = tempfile::tempdir().unwrap();
    let first = packs.path().join("s00000.origami");
    fs::copy(golden, &first).unwrap();
    for n in 1..count {
        let path = packs.path().join(format!("s{n:05}.origami"));
        fs::hard_link(&first, &path).or_else(|_| fs::copy(&first, &path).map(|_| ())).unwrap();
    }
    packs
}

#[test]
fn twenty_thousand_packs_are_served_with_256_descriptors() {
    const PACKS: usize = 20_000;
    let packs = many_packs(PACKS);
    let started = Instant::now();
    let server = Server::start_with_descriptors(packs.path(), 256);
    assert_eq!(server.get("/readyz").status, 200);
    println!("{PACKS} packs: ready after {:?}", started.elapsed());
    for n in (0..PACKS).step_by(10) {
        server.body(&format!("/tiles/s{n:05}/0/0/0.jpg"));
    }
    for (offset, limit, expected) in [(0, 100, 100), (19_950, 100, 50), (5_000, 1_000, 1_000)] {
        let page = server.json(&format!("/slides?offset={offset}&limit={limit}"));
        assert_eq!(page["total"], PACKS);
        let slides = page["slides"].as_array().unwrap();
        assert_eq!(slides.len(), expected);
        assert!(slides.iter().all(|slide| slide["error"].is_null()), "{slides:?}");
    }
}
