//! The number of allocations of a whole request, on all threads that take part in it, counted
//! and bounded: parsing, routing, lookup, the worker that rebuilds, caching and the response.

#[allow(dead_code, reason = "shared with the other tests")]
#[path = "server/client.rs"]
mod client;
#[allow(dead_code, reason = "shared with the other tests")]
#[path = "server/packs.rs"]
mod packs;
#[allow(dead_code, reason = "shared with the other tests")]
#[path = "server/test_server.rs"]
mod test_server;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use test_server::TestServer;

/// Number of allocations of the whole process.
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
#[expect(unsafe_code, reason = "counting allocations takes an allocator")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps to the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps to the contract.
        unsafe { System.realloc(memory, layout, len) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps to the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations beyond the bounds below that a request may need now and then, for the
/// housekeeping of caches and queues.
const HOUSEKEEPING: u64 = 100;

/// Requests each of `targets` over one connection and returns the allocations of each request.
/// The client itself allocates nothing while it waits.
fn count_allocations(stream: &mut TcpStream, targets: &[String]) -> Vec<u64> {
    let requests: Vec<_> =
        targets.iter().map(|target| format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n")).collect();
    let (mut counts, mut buffer) = (Vec::with_capacity(targets.len()), vec![0; 1 << 20]);
    for request in &requests {
        let before = ALLOCATIONS.load(Relaxed);
        stream.write_all(request.as_bytes()).unwrap();
        let mut len = 0;
        while !is_complete(&buffer[..len]) {
            len += stream.read(&mut buffer[len..]).unwrap();
        }
        // What the server does after its response belongs to the request.
        thread::sleep(Duration::from_millis(2));
        counts.push(ALLOCATIONS.load(Relaxed) - before);
    }
    counts
}

/// Whether `response` is a complete 200 with a JPEG in it.
fn is_complete(response: &[u8]) -> bool {
    let Some(head) = response.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    assert!(response.starts_with(b"HTTP/1.1 200 "), "{}", response[..head].escape_ascii());
    let name = b"content-length: ";
    let at = response.windows(name.len()).position(|bytes| bytes.eq_ignore_ascii_case(name)).unwrap();
    let digits = response[at + name.len()..head].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |number, digit| 10 * number + usize::from(digit - b'0'));
    response.len() >= head + 4 + body
}

/// Some tiles of full resolution.
fn finest_tiles(slide: &str) -> Vec<String> {
    let positions = (0..4).flat_map(|y| (0..5).map(move |x| (x, y)));
    positions.map(|(x, y)| format!("/tiles/{slide}/{}/{x}/{y}.jpg", packs::TOP)).collect()
}

/// A stored tile, again and again.
fn stored_tiles(slide: &str) -> Vec<String> {
    vec![format!("/tiles/{slide}/{}/0/0.jpg", packs::TOP - 2); 20]
}

/// Checks that the median request takes at most `max_median` allocations, and none many more.
fn assert_bounded(stream: &mut TcpStream, what: &str, targets: &[String], max_median: u64) {
    let mut counts = count_allocations(stream, targets);
    counts.sort_unstable();
    let (median, max) = (counts[counts.len() / 2], counts[counts.len() - 1]);
    println!("{what}: {median} allocations a request, {max} at most");
    let is_bounded = median <= max_median && max <= max_median + HOUSEKEEPING;
    assert!(median > 0 && is_bounded, "{what}: {counts:?}");
}

#[test]
fn a_request_takes_a_bounded_number_of_allocations_wherever_its_tile_comes_from() {
    let folder = packs::folder(&["warm"]);
    packs::write_pack(folder.path(), "a", 2);
    let mut server = TestServer::start_with(folder.path(), |config| {
        (config.workers, config.speculate, config.prefetch) = (1, false, 0);
        config.rescan = Duration::from_secs(3600);
    });
    let mut stream = TcpStream::connect(server.addr).unwrap();
    // The first requests open packs and allocate buffers.
    for targets in [finest_tiles("warm"), finest_tiles("warm"), stored_tiles("warm"), stored_tiles("a")] {
        count_allocations(&mut stream, &targets);
    }
    assert_bounded(&mut stream, "rebuilt", &finest_tiles("a"), 60);
    assert_bounded(&mut stream, "cached", &finest_tiles("a"), 30);
    assert_bounded(&mut stream, "stored", &stored_tiles("a"), 35);
    // As much as some two hundred cached tiles, however many slides there are.
    assert_bounded(&mut stream, "scrape", &vec!["/metrics".to_owned(); 20], 4000);
    drop(stream);
    server.stop();
}
