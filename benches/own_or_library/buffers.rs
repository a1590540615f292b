//! Times pools of buffers: leasing a buffer, writing to each of its pages, returning it.

use crate::allocators::Block;
use crate::table::{self, Row};
use object_pool::{Pool, ReusableOwned};
use origami_benches::turns::in_turns;
use origami_render::{Lease, Pools};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::thread;

/// Length of the planes of a 256 px tile in bytes: the smallest tier.
const LEN: usize = 96 << 10;

/// Length of a page in bytes. The system maps one when it is first written to.
const PAGE: usize = 4096;

/// Number of leases in one run, by all threads together.
const LEASES: usize = 16_000;

const ROUNDS: usize = 60;

/// A buffer of `LEN` bytes, which is returned or freed when it is dropped.
trait Buffer {
    /// Writes to each page.
    fn touch(&mut self);
}

impl Buffer for Lease {
    fn touch(&mut self) {
        write(self, 1);
    }
}

impl Buffer for ReusableOwned<Box<[u8]>> {
    fn touch(&mut self) {
        write(self, 1);
    }
}

impl Buffer for Vec<u8> {
    fn touch(&mut self) {
        write(self.spare_capacity_mut(), MaybeUninit::new(1));
    }
}

impl Buffer for Block<LEN> {
    fn touch(&mut self) {
        write(self.bytes(), MaybeUninit::new(1));
    }
}

fn write<T: Copy>(bytes: &mut [T], value: T) {
    bytes.iter_mut().step_by(PAGE).for_each(|byte| *byte = value);
    black_box(bytes);
}

/// A new buffer for the library's pool.
fn new_buffer() -> Box<[u8]> {
    vec![0; LEN].into_boxed_slice()
}

/// Leases `count` buffers, `at_once` at the same time.
fn lease<B: Buffer>(make: impl Fn() -> B, at_once: usize, count: usize) {
    let mut buffers = Vec::with_capacity(at_once);
    for _ in 0..count / at_once {
        for _ in 0..at_once {
            let mut buffer = make();
            buffer.touch();
            buffers.push(buffer);
        }
        buffers.clear();
    }
}

/// Leases [`LEASES`] buffers on several threads.
fn run<B: Buffer>(make: impl Fn() -> B + Sync, at_once: usize, threads: usize) {
    if threads == 1 {
        lease(make, at_once, LEASES);
        return;
    }
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| lease(&make, at_once, LEASES / threads));
        }
    });
}

fn print_table(at_once: usize, threads: usize) {
    let pools = Pools::new(64 * LEN);
    let pool: Arc<Pool<Box<[u8]>>> = Arc::new(Pool::new(0, new_buffer));
    let runs = in_turns(4, ROUNDS, |which| match which {
        0 => run(|| pools.lease(LEN).expect("a buffer"), at_once, threads),
        1 => run(|| pool.pull_owned(new_buffer), at_once, threads),
        2 => run(|| Vec::<u8>::with_capacity(LEN), at_once, threads),
        _ => run(Block::<LEN>::new, at_once, threads),
    });
    let names = [
        "ours: tiers, one budget, counted",
        "object-pool: one size, no bound, not counted",
        "no pool: mimalloc",
        "no pool: the system's allocator",
    ];
    let rows: Vec<_> =
        names.iter().zip(&runs).map(|(name, runs)| Row { name, runs, details: String::new() }).collect();
    table::print(&format!("a buffer of 96 KiB, {at_once} held, threads: {threads}, us"), "", &rows, LEASES);
}

pub fn measure() {
    for at_once in [1, 8] {
        for threads in [1, 2] {
            print_table(at_once, threads);
        }
    }
}
