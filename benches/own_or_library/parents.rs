//! Times caches of decoded parents: lookups that hit, lookups that miss, the lookups of
//! viewers, and many threads that request the same parent.
//!
//! Decoding only fills a buffer here. Real decoding takes much longer, the same for all
//! caches, so a lower hit rate costs more than these times show.

use crate::allocators;
use crate::caches::{Cache, MokaCache, OwnCache, QuickCache};
use crate::table::{self, Row};
use crate::walk;
use fastrand::Rng;
use moka::policy::EvictionPolicy;
use origami_benches::turns::in_turns;
use origami_codec::CodecError;
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Subsampling, TileId, Ycc};
use origami_render::{ParentPlanes, Pools, RebuildError};
use std::hint::black_box;
use std::iter::Sum;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

/// Side of a tile in pixels; its planes fill a buffer of the smallest tier.
const SIDE: usize = 256;

/// Number of parents that fit into the caches, except for the lookups of viewers.
const CAPACITY: usize = 64;

/// Viewers at the same time, on all threads together.
const VIEWERS: usize = 4;

const ROUNDS: usize = 60;

/// Number of threads that request the same parent.
const THREADS_TOGETHER: usize = 8;

/// Makes a cache with a budget in bytes whose buffers are leased from the pools.
type Make = fn(usize, Arc<Pools>) -> Box<dyn Cache>;

static ALTERNATIVES: [(&str, Make); 4] = [
    ("ours", |budget, pools| Box::new(OwnCache::new(budget, pools))),
    ("quick_cache", |budget, pools| Box::new(QuickCache::new(budget, pools))),
    ("moka, TinyLFU", |budget, pools| Box::new(MokaCache::new(budget, pools, EvictionPolicy::tiny_lfu()))),
    ("moka, LRU", |budget, pools| Box::new(MokaCache::new(budget, pools, EvictionPolicy::lru()))),
];

/// Planes of a whole tile, with all samples written.
fn decode(pools: &Arc<Pools>) -> Result<ParentPlanes, RebuildError> {
    let mut buffer = pools.lease(ycc_len(SIDE, SIDE, Subsampling::S420))?;
    buffer.fill(128);
    Ok(ParentPlanes::Samples(Ycc::new(buffer, SIDE, SIDE, Subsampling::S420)))
}

/// Counts of lookups and their side effects.
#[derive(Clone, Copy, Default)]
struct Work {
    lookups: u64,
    decodes: u64,
    /// Calls that allocated memory.
    allocations: u64,
}

impl Sum for Work {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, work| Self {
            lookups: sum.lookups + work.lookups,
            decodes: sum.decodes + work.decodes,
            allocations: sum.allocations + work.allocations,
        })
    }
}

/// A sequence of lookups.
struct Scenario {
    title: &'static str,
    /// Number of parents that fit into the cache.
    capacity: usize,
    /// The lookups of each thread, for each run; after the last run the first follows
    /// again. All runs have the same number of lookups.
    runs: Vec<Vec<Vec<TileId>>>,
    /// Whether every run looks up parents that were never looked up before.
    is_fresh: bool,
}

/// A cache, and the work of each of its runs.
struct Subject {
    cache: Box<dyn Cache>,
    pools: Arc<Pools>,
    done: Vec<Work>,
}

impl Subject {
    /// With a cache for `capacity` parents. The pools have more buffers than that, so
    /// that no lease is refused and the number of buffers in use can be measured.
    fn new(make: Make, capacity: usize) -> Self {
        let budget = capacity * Pools::new(0).buffer_len(ycc_len(SIDE, SIDE, Subsampling::S420));
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

    /// Looks up `ids`, but on level `z`.
    fn look_up(&self, ids: &[TileId], z: u32) -> Work {
        let (before, mut decodes) = (allocators::allocations(), 0);
        for &id in ids {
            let parent = self.cache.get(TileId { z, ..id }, &mut || {
                decodes += 1;
                decode(&self.pools)
            });
            black_box(&*parent.expect("a buffer"));
        }
        let allocations = allocators::allocations() - before;
        Work { lookups: ids.len() as u64, decodes, allocations }
    }

    /// For all measured lookups: the hit rate in percent, the maximum MiB of buffers in
    /// use, and allocations per lookup.
    fn details(&self) -> String {
        let work: Work = self.done[1..].iter().copied().sum();
        let lookups = work.lookups as f64;
        let hits = 100.0 * (1.0 - work.decodes as f64 / lookups);
        // A buffer is made only when all others are in use, and is never freed.
        let bytes: usize = self.pools.stats().map(|tier| tier.made * tier.size).sum();
        let mib = bytes as f64 / f64::from(1 << 20);
        format!(" {hits:7.2} {mib:6.1} {:11.4}", work.allocations as f64 / lookups)
    }
}

fn print_table(scenario: &Scenario) {
    let mut subjects = ALTERNATIVES.map(|(_, make)| Subject::new(make, scenario.capacity));
    let runs = in_turns(subjects.len(), ROUNDS, |which| subjects[which].run(scenario));
    let measured = ALTERNATIVES.iter().zip(&runs).zip(&subjects);
    let rows: Vec<_> =
        measured.map(|(((name, _), runs), subject)| Row { name, runs, details: subject.details() }).collect();
    let lookups: usize = scenario.runs[0].iter().map(Vec::len).sum();
    table::print(scenario.title, "  hits %    MiB allocations", &rows, lookups);
}

/// Cached parents, half as many as fit.
fn hits(title: &'static str, threads: usize) -> Scenario {
    const LOOKUPS: usize = 100_000;
    let mut rng = Rng::with_seed(1);
    let mut run: Vec<Vec<TileId>> = Vec::new();
    for _ in 0..threads {
        let columns = (0..LOOKUPS / threads).map(|_| rng.u32(..CAPACITY as u32 / 2));
        run.push(columns.map(|x| TileId { z: 0, x, y: 0 }).collect());
    }
    Scenario { title, capacity: CAPACITY, runs: vec![run], is_fresh: false }
}

/// Parents that were never looked up before, so that each evicts another.
fn misses(title: &'static str, threads: usize) -> Scenario {
    const LOOKUPS: usize = 2_000;
    let each = (LOOKUPS / threads) as u32;
    let run: Vec<Vec<_>> =
        (0..threads as u32).map(|y| (0..each).map(|x| TileId { z: 0, x, y }).collect()).collect();
    Scenario { title, capacity: CAPACITY, runs: vec![run], is_fresh: true }
}

/// The lookups of viewers, who walk differently in each of many runs.
fn views(title: &'static str, threads: usize) -> Scenario {
    const LOOKUPS: usize = 8_000;
    let mut rng = Rng::with_seed(2);
    let mut runs = Vec::new();
    for _ in 0..=ROUNDS {
        let walks = (0..threads).map(|_| walk::parents(&mut rng, VIEWERS / threads, LOOKUPS / threads));
        runs.push(walks.collect());
    }
    Scenario { title, capacity: (walk::PARENTS * walk::PARENTS / 4) as usize, runs, is_fresh: false }
}

/// The result of decoding the parent that all threads request.
#[derive(Clone, Copy)]
enum DecodeOutcome {
    Success,
    Failure,
    /// The first thread to decode panics, others succeed.
    Panic,
}

/// Threads that request the same missing parent at the same time.
struct Stampede<'a> {
    subject: &'a Subject,
    id: TileId,
    outcome: DecodeOutcome,
    /// Where the threads wait for each other.
    ready: Barrier,
    /// How often the parent was decoded.
    decodes: AtomicUsize,
    /// How many threads got it.
    successes: AtomicUsize,
}

impl<'a> Stampede<'a> {
    fn run(subject: &'a Subject, outcome: DecodeOutcome) -> Self {
        let stampede = Self {
            subject,
            id: TileId { z: outcome as u32, x: 0, y: 0 },
            outcome,
            ready: Barrier::new(THREADS_TOGETHER),
            decodes: AtomicUsize::new(0),
            successes: AtomicUsize::new(0),
        };
        thread::scope(|scope| {
            for _ in 0..THREADS_TOGETHER {
                scope.spawn(|| stampede.request());
            }
        });
        stampede
    }

    fn request(&self) {
        self.ready.wait();
        let result =
            catch_unwind(AssertUnwindSafe(|| self.subject.cache.get(self.id, &mut || self.decode()).is_ok()));
        self.successes.fetch_add(usize::from(result.unwrap_or(false)), Relaxed);
    }

    fn decode(&self) -> Result<ParentPlanes, RebuildError> {
        let number = self.decodes.fetch_add(1, Relaxed);
        // Long enough for all other threads to request it.
        thread::sleep(Duration::from_millis(20));
        match self.outcome {
            DecodeOutcome::Failure => {
                let error = CodecError::Tile("a decoder's failure");
                Err(RebuildError::Codec { path: String::new(), id: self.id, error })
            }
            // Prints nothing to stderr.
            DecodeOutcome::Panic if number == 0 => resume_unwind(Box::new("a decoder's panic")),
            DecodeOutcome::Panic | DecodeOutcome::Success => decode(&self.subject.pools),
        }
    }

    fn decodes(&self) -> usize {
        self.decodes.load(Relaxed)
    }

    fn successes(&self) -> usize {
        self.successes.load(Relaxed)
    }
}

/// Prints how often a missing parent is decoded that many threads request, and checks
/// what they get.
fn print_stampedes() {
    let title = format!("decodes, {THREADS_TOGETHER} threads that want one missing parent");
    println!("\n{title:62}     good  failing  panicking");
    for (name, make) in ALTERNATIVES {
        let subject = Subject::new(make, CAPACITY);
        let good = Stampede::run(&subject, DecodeOutcome::Success);
        assert_eq!(good.decodes(), 1, "{name}: one decode for all");
        assert_eq!(good.successes(), THREADS_TOGETHER, "{name}: all get what one decoded");
        let failing = Stampede::run(&subject, DecodeOutcome::Failure);
        assert_eq!(failing.successes(), 0, "{name}: there is nothing to get");
        let panicking = Stampede::run(&subject, DecodeOutcome::Panic);
        assert_eq!(panicking.successes(), THREADS_TOGETHER - 1, "{name}: a panic affects one thread only");
        println!("  {name:60} {:8} {:8} {:10}", good.decodes(), failing.decodes(), panicking.decodes());
        check_seeding(name, &subject);
    }
}

/// Fails unless a seeded parent is found.
fn check_seeding(name: &str, subject: &Subject) {
    let id = TileId { z: 9, x: 0, y: 0 };
    subject.cache.seed(id, &mut || decode(&subject.pools));
    let parent = subject.cache.get(id, &mut || panic!("{name}: the seeded parent is not found"));
    assert!(parent.is_ok());
}

pub fn measure() {
    print_table(&hits("a parent that is kept, 1 thread, us", 1));
    print_table(&hits("a parent that is kept, 2 threads, us", 2));
    print_table(&misses("a parent that is missed, filled, room for 6 MiB, 1 thread, us", 1));
    print_table(&misses("a parent that is missed, filled, room for 6 MiB, 2 threads, us", 2));
    print_table(&views("a parent of 4 viewers, room for 24 MiB of 96, 1 thread, us", 1));
    print_table(&views("a parent of 4 viewers, room for 24 MiB of 96, 2 threads, us", 2));
    print_stampedes();
}
