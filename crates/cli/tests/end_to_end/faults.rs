//! The server with many clients, many packs, and little to live on.

use crate::memory::anonymous;
use crate::served::Served;
use crate::slides::big_pack;
use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Instant;
use tempfile::TempDir;

/// Most memory of its own that a server with 256 MB for its caches may take.
const MOST: u64 = 300 << 20;

#[test]
fn clients_of_256_cold_families_cost_others_no_tile_and_the_server_little_memory() {
    const CLIENTS: u32 = 256;
    let Some(pack) = big_pack() else { return };
    let packs = tempfile::tempdir().unwrap();
    fs::copy(pack, packs.path().join("a.origami")).unwrap();
    let server = Served::start_with(packs.path(), &["--memory", "256M"]);
    let top = serde_json::from_slice::<serde_json::Value>(&server.body("/slides/a")).unwrap()["levels"]
        .as_u64()
        .unwrap()
        - 1;
    let start = Barrier::new(CLIENTS as usize + 1);
    let (busy, built, refused) =
        (AtomicUsize::new(CLIENTS as usize), AtomicUsize::new(0), AtomicUsize::new(0));
    let most = thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, start, busy, built, refused) = (&server, &start, &busy, &built, &refused);
            scope.spawn(move || {
                start.wait();
                // The slide is 70 families wide and 22 high.
                let (x, y) = (4 * (client % 64), 4 * (client / 64) + 4);
                for n in 0..16 {
                    let answer = server.get(&format!("/tiles/a/{top}/{}/{}.jpg", x + n % 4, y + n / 4));
                    match answer.status {
                        200 => {
                            assert!(
                                answer.body.starts_with(&[0xff, 0xd8])
                                    && answer.body.ends_with(&[0xff, 0xd9])
                            );
                            built.fetch_add(1, Relaxed);
                        }
                        503 => {
                            assert!(answer.header("retry-after").is_some());
                            refused.fetch_add(1, Relaxed);
                        }
                        other => panic!("{other}"),
                    }
                }
                busy.fetch_sub(1, Relaxed);
            });
        }
        start.wait();
        let mut most = 0;
        for n in (0..).take_while(|_| busy.load(Relaxed) > 0) {
            server.body(&format!("/tiles/a/{}/{}/{}.jpg", top - 3, n % 30, n / 30 % 10));
            most = most.max(anonymous(server.pid()));
        }
        most
    });
    println!("{built:?} tiles, {refused:?} refused, {} MiB at most", most >> 20);
    assert!(most <= MOST, "{} MiB", most >> 20);
}

/// A folder with so many packs, which are one file: `s00000.origami` and so on.
fn many_packs(count: usize) -> TempDir {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../render/tests/golden/v2-luma.origami");
    let packs = tempfile::tempdir().unwrap();
    let name = |n| packs.path().join(format!("s{n:05}.origami"));
    fs::copy(golden, name(0)).unwrap();
    for n in 1..count {
        fs::hard_link(name(0), name(n)).or_else(|_| fs::copy(name(0), name(n)).map(|_| ())).unwrap();
    }
    packs
}

#[test]
fn twenty_thousand_packs_are_served_with_256_descriptors() {
    const PACKS: usize = 20_000;
    let packs = many_packs(PACKS);
    let started = Instant::now();
    let server = Served::start_with_descriptors(packs.path(), 256);
    assert_eq!(server.get("/readyz").status, 200);
    println!("{PACKS} packs: ready after {:?}", started.elapsed());
    for n in (0..PACKS).step_by(10) {
        server.body(&format!("/tiles/s{n:05}/0/0/0.jpg"));
    }
    for (offset, limit, expected) in [(0, 100, 100), (19_950, 100, 50), (5_000, 1_000, 1_000)] {
        let page = server.body(&format!("/slides?offset={offset}&limit={limit}"));
        let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
        assert_eq!(page["total"], PACKS);
        let slides = page["slides"].as_array().unwrap();
        assert_eq!(slides.len(), expected);
        assert!(slides.iter().all(|slide| slide["error"].is_null()), "{slides:?}");
    }
}
