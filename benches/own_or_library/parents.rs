//! Caches of decoded parents, measured: parents that are kept, parents that are
//! missed, what viewers want, and many threads that want the same one.
//!
//! Decoding is only filling a buffer here. A real one takes much longer, the same
//! for all, so a lower share of hits costs more than these times say.

use crate::allocators;
use crate::caches::{Cache, Moka, Own, Quick};
use crate::table::{self, Row};
use crate::walk;
use fastrand::Rng;
use moka::policy::EvictionPolicy;
use origami_benches::turns::in_turns;
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Subsampling, TileId, Ycc};
use origami_render::{Exhausted, ParentPlanes, Pools, RebuildError};
use std::hint::black_box;
use std::iter::Sum;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

/// A tile's side; its planes fill a buffer of the smallest tier.
const SIDE: usize = 256;

/// Parents there is room for, but for what viewers want.
const ROOM: usize = 64;

/// Viewers at the same time, on all threads together.
const VIEWERS: usize = 4;

const ROUNDS: usize = 60;

/// Threads that want the same parent.
const TOGETHER: usize = 8;

/// Makes a cache of a budget that leases from the pools.
type Make = fn(usize, Arc<Pools>) -> Box<dyn Cache>;

static ALTERNATIVES: [(&str, Make); 4] = [
    ("ours", |budget, pools| Box::new(Own::new(budget, pools))),
    ("quick_cache", |budget, pools| Box::new(Quick::new(budget, pools))),
    ("moka, TinyLFU", |budget, pools| Box::new(Moka::new(budget, pools, EvictionPolicy::tiny_lfu()))),
    ("moka, LRU", |budget, pools| Box::new(Moka::new(budget, pools, EvictionPolicy::lru()))),
];

/// Planes of a whole tile, their samples written.
fn decoded(pools: &Arc<Pools>) -> Result<ParentPlanes, RebuildError> {
    let mut buffer = pools.lease(ycc_len(SIDE, SIDE, Subsampling::S420))?;
    buffer.fill(128);
    Ok(ParentPlanes::Samples(Ycc::new(buffer, SIDE, SIDE, Subsampling::S420)))
}

/// What look-ups did besides taking time.
#[derive(Clone, Copy, Default)]
struct Work {
    lookups: u64,
    decodes: u64,
    /// Calls that took memory from the allocator.
    taken: u64,
}

impl Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, work| Self {
            lookups: sum.lookups + work.lookups,
            decodes: sum.decodes + work.decodes,
            taken: sum.taken + work.taken,
        })
    }
}

/// What is looked up.
struct Scenario {
    title: &'static str,
    /// Parents there is room for.
    room: usize,
    /// Of one run after the other, again from the first after the last: what
    /// each thread looks up. All runs have as many look-ups.
    runs: Vec<Vec<Vec<TileId>>>,
    /// Every run means parents that were never looked up before.
    is_fresh: bool,
}

/// A cache, and what each of its runs did.
struct Subject {
    cache: Box<dyn Cache>,
    pools: Arc<Pools>,
    done: Vec<Work>,
}

impl Subject {
    /// With room for `room` parents. Beyond that there are buffers enough that
    /// none is refused, so that it shows how many are out.
    fn new(make: Make, room: usize) -> Self {
        let budget = room * Pools::new(0).buffer_len(ycc_len(SIDE, SIDE, Subsampling::S420));
        let pools = Pools::new(budget + (1 << 30));
        Self { cache: make(budget, Arc::clone(&pools)), pools, done: Vec::new() }
    }

    fn run(&mut self, scenario: &Scenario) {
        let turn = self.done.len();
        let threads = &scenario.runs[turn % scenario.runs.len()];
        let z = if scenario.is_fresh { turn as u32 } else { 0 };
        let this = &*self;
        let work: Work = match threads.as_slice() {
            [ids] => this.look_up(ids, z),
            threads => thread::scope(|scope| {
                let threads: Vec<_> =
                    threads.iter().map(|ids| scope.spawn(move || this.look_up(ids, z))).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
            }),
        };
        self.done.push(work);
    }

    /// Looks `ids` up, on level `z`.
    fn look_up(&self, ids: &[TileId], z: u32) -> Work {
        let (before, mut decodes) = (allocators::taken(), 0);
        for &id in ids {
            let mut decode = || {
                decodes += 1;
                decoded(&self.pools)
            };
            let held = self.cache.get(TileId { z, ..id }, &mut decode).expect("a buffer");
            black_box(&*held);
        }
        Work { lookups: ids.len() as u64, decodes, taken: allocators::taken() - before }
    }

    /// Of all look-ups that were measured: the share that found their parent, in
    /// percent, the MiB of buffers that were out at most, and allocations each.
    fn more(&self) -> String {
        let work: Work = self.done[1..].iter().copied().sum();
        let lookups = work.lookups as f64;
        let hits = 100.0 * (1.0 - work.decodes as f64 / lookups);
        // Buffers are made only when all are out, and kept.
        let bytes: usize = self.pools.stats().map(|tier| tier.made * tier.size).sum();
        let mib = bytes as f64 / f64::from(1 << 20);
        format!(" {hits:7.2} {mib:6.1} {:11.4}", work.taken as f64 / lookups)
    }
}

fn table(scenario: &Scenario) {
    let mut subjects = ALTERNATIVES.map(|(_, make)| Subject::new(make, scenario.room));
    let runs = in_turns(subjects.len(), ROUNDS, |which| subjects[which].run(scenario));
    let measured = ALTERNATIVES.iter().zip(&runs).zip(&subjects);
    let rows: Vec<_> =
        measured.map(|(((name, _), runs), subject)| Row { name, runs, more: subject.more() }).collect();
    let lookups: usize = scenario.runs[0].iter().map(Vec::len).sum();
    table::print(scenario.title, "  hits %    MiB allocations", &rows, lookups);
}

/// Parents that are kept, half as many as there is room for.
fn kept(title: &'static str, threads: usize) -> Scenario {
    const LOOKUPS: usize = 100_000;
    let mut rng = Rng::with_seed(1);
    let mut any = || TileId { z: 0, x: rng.u32(..ROOM as u32 / 2), y: 0 };
    let ids: Vec<Vec<_>> = (0..threads).map(|_| (0..LOOKUPS / threads).map(|_| any()).collect()).collect();
    Scenario { title, room: ROOM, runs: vec![ids], is_fresh: false }
}

/// Parents that were never looked up before, so that each evicts another.
fn missed(title: &'static str, threads: usize) -> Scenario {
    const LOOKUPS: usize = 2_000;
    let each = (LOOKUPS / threads) as u32;
    let ids: Vec<Vec<_>> =
        (0..threads as u32).map(|y| (0..each).map(|x| TileId { z: 0, x, y }).collect()).collect();
    Scenario { title, room: ROOM, runs: vec![ids], is_fresh: true }
}

/// What viewers want, another walk in each of many runs.
fn wanted(title: &'static str, threads: usize) -> Scenario {
    const LOOKUPS: usize = 8_000;
    let mut rng = Rng::with_seed(2);
    let mut walk = || walk::parents(&mut rng, VIEWERS / threads, LOOKUPS / threads);
    let runs = (0..=ROUNDS).map(|_| (0..threads).map(|_| walk()).collect()).collect();
    Scenario { title, room: (walk::PARENTS * walk::PARENTS / 4) as usize, runs, is_fresh: false }
}

/// What becomes of decoding the parent that all want.
#[derive(Clone, Copy)]
enum Outcome {
    Good,
    Failure,
    /// Who decodes first panics; nobody else does.
    Panic,
}

/// How often a parent was decoded that all threads want at once, and how many
/// of them got it.
struct Answers {
    decodes: usize,
    good: usize,
}

fn together(subject: &Subject, outcome: Outcome) -> Answers {
    let (decodes, good, ready) = (AtomicUsize::new(0), AtomicUsize::new(0), Barrier::new(TOGETHER));
    let id = TileId { z: outcome as u32, x: 0, y: 0 };
    let decode = || {
        let number = decodes.fetch_add(1, Relaxed);
        // Long enough for all to come.
        thread::sleep(Duration::from_millis(20));
        match outcome {
            Outcome::Failure => Err(RebuildError::Exhausted(Exhausted { tier: "none", made: 0 })),
            // Says nothing on stderr.
            Outcome::Panic if number == 0 => resume_unwind(Box::new("a decoder's panic")),
            Outcome::Panic | Outcome::Good => decoded(&subject.pools),
        }
    };
    let ask = || {
        ready.wait();
        let asked = catch_unwind(AssertUnwindSafe(|| subject.cache.get(id, &mut &decode).is_ok()));
        good.fetch_add(usize::from(asked.unwrap_or(false)), Relaxed);
    };
    thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(ask);
        }
    });
    Answers { decodes: decodes.into_inner(), good: good.into_inner() }
}

/// Many threads that want one missing parent.
fn answers() {
    let title = format!("decodes, {TOGETHER} threads that want one missing parent");
    println!("\n{title:62}     good  failing  panicking");
    for (name, make) in ALTERNATIVES {
        let subject = Subject::new(make, ROOM);
        let [good, failing, panicking] =
            [Outcome::Good, Outcome::Failure, Outcome::Panic].map(|outcome| together(&subject, outcome));
        assert!(good.decodes == 1 && good.good == TOGETHER, "{name}: all get what one decoded");
        assert_eq!(failing.good, 0, "{name}: there is nothing to get");
        assert_eq!(panicking.good, TOGETHER - 1, "{name}: a panic is one thread's own");
        println!("  {name:60} {:8} {:8} {:10}", good.decodes, failing.decodes, panicking.decodes);
        let left = TileId { z: 9, x: 0, y: 0 };
        subject.cache.leave(left, &mut || decoded(&subject.pools));
        let found = subject.cache.get(left, &mut || panic!("{name}: what was left is not found"));
        assert!(found.is_ok());
    }
}

pub fn measure() {
    table(&kept("a parent that is kept, 1 thread, us", 1));
    table(&kept("a parent that is kept, 2 threads, us", 2));
    table(&missed("a parent that is missed, filled, room for 6 MiB, 1 thread, us", 1));
    table(&missed("a parent that is missed, filled, room for 6 MiB, 2 threads, us", 2));
    table(&wanted("a parent of 4 viewers, room for 24 MiB of 96, 1 thread, us", 1));
    table(&wanted("a parent of 4 viewers, room for 24 MiB of 96, 2 threads, us", 2));
    answers();
}
