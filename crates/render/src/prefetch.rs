//! Reading ahead what a viewer will ask for next.

use crossbeam::queue::ArrayQueue;
use origami_pack::{Pack, StorageId};
use origami_pyramid::{Family, Pyramid, TileId};
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Families whose last touch is remembered. One forgets another with the same
/// place, which costs it a look at neighbours that are resident already.
const RECENT: usize = 4096;

/// Families that wait for their neighbours to be read.
const WAITING: usize = 256;

/// A touch so long ago counts no more.
const LATELY: Duration = Duration::from_secs(30);

/// What was read ahead and not used for so long is not expected to be.
const UNUSED: Duration = Duration::from_secs(10);

/// Reads the neighbours of families that are looked at ahead, on a thread of
/// its own, within a budget of bytes.
///
/// A viewer that shows a family soon shows those around it. When a family is
/// touched for the first time lately, the bytes of its 8 neighbours that are
/// not in memory are asked of the kernel, which reads them in the background.
#[derive(Debug)]
pub struct Prefetcher {
    shared: Arc<PrefetchState>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct PrefetchState {
    /// Marks of touched families, by their lower bits; 0 for none.
    recent: Box<[AtomicU64]>,
    touched: ArrayQueue<(Arc<Pack>, Family)>,
    /// Grows every [`LATELY`]; part of the marks.
    epoch: AtomicU64,
    stop: AtomicBool,
    /// Touches not followed because too many waited.
    unfollowed: AtomicU64,
    /// All but those.
    stats: Mutex<PrefetchStats>,
}

/// What a prefetcher has done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrefetchStats {
    /// Families the kernel was asked to read.
    pub issued: u64,
    /// Their bytes.
    pub issued_bytes: u64,
    /// Those of them that were touched afterwards.
    pub useful: u64,
    /// Families not read for want of budget, and touches not followed because
    /// too many waited.
    pub dropped: u64,
    /// Bytes asked for that were neither used nor given up yet; never above
    /// the budget.
    pub outstanding: u64,
}

impl Prefetcher {
    /// Starts the thread, which never has more than `budget` bytes outstanding:
    /// asked for, and neither used nor 10 seconds old.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start(budget: u64) -> io::Result<Self> {
        let shared = Arc::new(PrefetchState {
            recent: (0..RECENT).map(|_| AtomicU64::new(0)).collect(),
            touched: ArrayQueue::new(WAITING),
            epoch: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            unfollowed: AtomicU64::new(0),
            stats: Mutex::default(),
        });
        let ahead = PrefetchThread { shared: Arc::clone(&shared), budget, outstanding: VecDeque::new() };
        let thread = thread::Builder::new().name("prefetch".into()).spawn(move || ahead.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Says that tile `id` of `pack` is being looked at. Allocates nothing and
    /// never waits: a look at one word, unless the family was not touched
    /// lately. Tiles of other levels than the finest families have count for
    /// nothing.
    pub fn touch(&self, pack: &Arc<Pack>, id: TileId) {
        let Some(family) = finest_family(pack.pyramid(), id) else { return };
        let mark = mark(pack.identity(), family, self.shared.epoch.load(Relaxed));
        let place = &self.shared.recent[mark as usize % RECENT];
        if place.load(Relaxed) == mark || place.swap(mark, Relaxed) == mark {
            return;
        }
        match (self.shared.touched.push((Arc::clone(pack), family)), &self.thread) {
            (Ok(()), Some(thread)) => thread.thread().unpark(),
            _ => _ = self.shared.unfollowed.fetch_add(1, Relaxed),
        }
    }

    /// What it has done.
    #[must_use]
    pub fn stats(&self) -> PrefetchStats {
        let stats = *self.shared.stats();
        PrefetchStats { dropped: stats.dropped + self.shared.unfollowed.load(Relaxed), ..stats }
    }
}

impl PrefetchState {
    fn stats(&self) -> MutexGuard<'_, PrefetchStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Prefetcher {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic there has been printed, and cost nothing but reading ahead.
            let _ = thread.join();
        }
    }
}

/// The family of a tile if it is one of the finest families, whose blobs lie
/// together in the file, one family after another. Those of coarser ones are
/// scattered, and few.
fn finest_family(pyramid: &Pyramid, id: TileId) -> Option<Family> {
    let finest = pyramid.family_levels(pyramid.max_level())?;
    pyramid.family_of(id).filter(|family| finest.contains(&family.root.z))
}

/// What tells a family of one pack from all others, and one time from another;
/// never 0.
fn mark(pack: StorageId, Family { root }: Family, epoch: u64) -> u64 {
    let tile = u64::from(root.x) << 24 | u64::from(root.y) | u64::from(root.z) << 48;
    let key = tile ^ pack.get().rotate_left(17) ^ (epoch << 56);
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash ^ hash >> 32) | 1 << 63
}

/// A family that the kernel was asked to read.
struct Issued {
    pack: StorageId,
    family: Family,
    bytes: u64,
    at: Instant,
}

/// The thread's own.
struct PrefetchThread {
    shared: Arc<PrefetchState>,
    budget: u64,
    /// In the order of their times.
    outstanding: VecDeque<Issued>,
}

impl PrefetchThread {
    fn run(mut self) {
        let started = Instant::now();
        while !self.shared.stop.load(Relaxed) {
            self.shared.epoch.store(started.elapsed().as_secs() / LATELY.as_secs(), Relaxed);
            match self.shared.touched.pop() {
                Some((pack, family)) => self.follow(&pack, family),
                None => thread::park_timeout(LATELY),
            }
        }
    }

    /// Reads the neighbours of a family that was touched.
    fn follow(&mut self, pack: &Pack, touched: Family) {
        let identity = pack.identity();
        while self.outstanding.front().is_some_and(|issued| issued.at.elapsed() > UNUSED) {
            self.settle(0);
        }
        if let Some(at) = self.find(identity, touched) {
            self.shared.stats().useful += 1;
            self.settle(at);
        }
        let root = touched.root;
        let grid = pack.pyramid().grid(root.z).unwrap_or_default();
        for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)] {
            let beside = |at: u32, by: i32, count: u32| at.checked_add_signed(by).filter(|&at| at < count);
            let (Some(x), Some(y)) = (beside(root.x, dx, grid.columns), beside(root.y, dy, grid.rows)) else {
                continue;
            };
            let family = Family { root: TileId { x, y, ..root } };
            if self.find(identity, family).is_some() {
                continue;
            }
            // A damaged index is reported by the tile that needs it.
            let Ok(Some(range)) = pack.family_range(family) else { continue };
            let bytes = range.end - range.start;
            // Before anything is asked: some storages begin to read what they are
            // asked for, and a pack may have families of any length.
            let outstanding = self.shared.stats().outstanding;
            if outstanding + bytes > self.budget {
                self.shared.stats().dropped += 1;
                continue;
            }
            if pack.is_in_memory(range.clone()) {
                continue;
            }
            pack.read_ahead(range);
            let mut stats = self.shared.stats();
            stats.issued += 1;
            stats.issued_bytes += bytes;
            stats.outstanding += bytes;
            drop(stats);
            self.outstanding.push_back(Issued { pack: identity, family, bytes, at: Instant::now() });
        }
    }

    fn find(&self, pack: StorageId, family: Family) -> Option<usize> {
        self.outstanding.iter().position(|issued| (issued.pack, issued.family) == (pack, family))
    }

    /// Gives the bytes of an outstanding family back to the budget.
    fn settle(&mut self, at: usize) {
        if let Some(issued) = self.outstanding.remove(at) {
            self.shared.stats().outstanding -= issued.bytes;
        }
    }
}
