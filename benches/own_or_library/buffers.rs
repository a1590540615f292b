//! Pools of buffers, measured: a lease, a write to each of its pages, the return.

use crate::allocators::Block;
use crate::table::{self, Row};
use object_pool::{Pool, ReusableOwned};
use origami_benches::turns::in_turns;
use origami_render::{Lease, Pools};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::thread;

/// What the planes of a 256 px tile take: the smallest tier.
const LEN: usize = 96 << 10;

/// What a page takes that the system has to make when it is first written to.
const PAGE: usize = 4096;

/// Buffers leased in one run, by all threads together.
const LEASES: usize = 16_000;

const ROUNDS: usize = 60;

/// `LEN` bytes from somewhere, given back when dropped.
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

/// What the library makes where it has none.
fn fresh() -> Box<[u8]> {
    vec![0; LEN].into_boxed_slice()
}

/// Leases buffers, `held` at the same time.
fn lease<B: Buffer>(make: impl Fn() -> B, held: usize, count: usize) {
    let mut buffers = Vec::with_capacity(held);
    for _ in 0..count / held {
        for _ in 0..held {
            let mut buffer = make();
            buffer.touch();
            buffers.push(buffer);
        }
        buffers.clear();
    }
}

/// Does so on several threads.
fn run<B: Buffer>(make: impl Fn() -> B + Sync, held: usize, threads: usize) {
    if threads == 1 {
        lease(make, held, LEASES);
        return;
    }
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| lease(&make, held, LEASES / threads));
        }
    });
}

fn table(held: usize, threads: usize) {
    let pools = Pools::new(64 * LEN);
    let pool: Arc<Pool<Box<[u8]>>> = Arc::new(Pool::new(0, fresh));
    let runs = in_turns(4, ROUNDS, |which| match which {
        0 => run(|| pools.lease(LEN).expect("a buffer"), held, threads),
        1 => run(|| pool.pull_owned(fresh), held, threads),
        2 => run(|| Vec::<u8>::with_capacity(LEN), held, threads),
        _ => run(Block::<LEN>::new, held, threads),
    });
    let names = [
        "ours: tiers, one budget, counted",
        "object-pool: one size, no bound, not counted",
        "no pool: mimalloc",
        "no pool: the system's allocator",
    ];
    let rows: Vec<_> =
        names.iter().zip(&runs).map(|(name, runs)| Row { name, runs, more: String::new() }).collect();
    table::print(&format!("a buffer of 96 KiB, {held} held, threads: {threads}, us"), "", &rows, LEASES);
}

pub fn measure() {
    for held in [1, 8] {
        for threads in [1, 2] {
            table(held, threads);
        }
    }
}
