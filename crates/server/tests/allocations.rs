//! What a whole request takes from the allocator, on all threads it meets,
//! counted and bounded: parsing, routing, look-up, the worker that rebuilds,
//! caching and answering.

#[path = "server/packs.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod packs;

use origami_server::{Config, Server};
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// Memory taken from the allocator by the whole process, in calls.
static TAKEN: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call goes to the system's allocator as it is.
#[expect(unsafe_code, reason = "counting allocations takes an allocator")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        TAKEN.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(memory, layout, len) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Asks for each of `targets` over one connection; the allocations of each
/// request. The client itself takes no memory while it waits.
fn taken(stream: &mut TcpStream, targets: &[String]) -> Vec<u64> {
    let requests: Vec<_> =
        targets.iter().map(|target| format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n")).collect();
    let (mut taken, mut buffer) = (Vec::with_capacity(targets.len()), vec![0; 1 << 20]);
    for request in &requests {
        let before = TAKEN.load(Relaxed);
        stream.write_all(request.as_bytes()).unwrap();
        let mut len = 0;
        while !is_complete(&buffer[..len]) {
            len += stream.read(&mut buffer[len..]).unwrap();
        }
        // What the server does after it has answered belongs to the request.
        thread::sleep(Duration::from_millis(2));
        taken.push(TAKEN.load(Relaxed) - before);
    }
    taken
}

/// Whether `answer` is a whole 200 with a JPEG in it.
fn is_complete(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", answer[..head].escape_ascii());
    let length = b"content-length: ";
    let at = answer.windows(length.len()).position(|bytes| bytes.eq_ignore_ascii_case(length)).unwrap();
    let digits = answer[at + length.len()..head].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |number, digit| 10 * number + usize::from(digit - b'0'));
    answer.len() >= head + 4 + body
}

#[test]
fn a_request_takes_a_bounded_number_of_allocations_however_its_tile_is_come_by() {
    let folder = packs::folder(&["warm"]);
    packs::write_pack(folder.path(), "a", 2);
    let mut config = Config::new(folder.path());
    config.listen.set_port(0);
    (config.workers, config.speculate, config.prefetch) = (1, false, 0);
    config.rescan = Duration::from_secs(3600);
    let server = Server::bind(config).unwrap();
    let addr = server.addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = thread::spawn(move || {
        server.run_until(async {
            let _ = stopped.await;
        })
    });
    let mut stream = TcpStream::connect(addr).unwrap();
    let finest = |slide: &str| -> Vec<_> {
        let ids = (0..4).flat_map(|y| (0..5).map(move |x| (x, y)));
        ids.map(|(x, y)| format!("/tiles/{slide}/{}/{x}/{y}.jpg", packs::TOP)).collect()
    };
    let stored = |slide: &str| vec![format!("/tiles/{slide}/{}/0/0.jpg", packs::TOP - 2); 20];
    // The first requests open packs and make buffers.
    for targets in [finest("warm"), finest("warm"), stored("warm"), stored("a")] {
        taken(&mut stream, &targets);
    }
    // Now and then a request also pays for the housekeeping of caches and queues.
    const HOUSEKEEPING: u64 = 100;
    for (what, targets, most) in
        [("rebuilt", finest("a"), 60), ("cached", finest("a"), 30), ("stored", stored("a"), 35)]
    {
        let mut counts = taken(&mut stream, &targets);
        counts.sort_unstable();
        let (median, max) = (counts[counts.len() / 2], counts[counts.len() - 1]);
        println!("{what}: {median} allocations a request, {max} at most");
        assert!(median > 0 && median <= most && max <= most + HOUSEKEEPING, "{what}: {counts:?}");
    }
    drop(stop);
    drop(stream);
    running.join().unwrap().unwrap();
}
