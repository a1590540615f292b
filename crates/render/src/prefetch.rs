//! Reads ahead the tiles that a viewer will probably request next.

use crossbeam::queue::ArrayQueue;
use origami_pack::{Pack, StorageId};
use origami_pyramid::{Family, Pyramid, TileId};
use std::collections::VecDeque;
use std::io;
use std::iter;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Number of slots for recently touched families. A family that displaces another from
/// its slot costs that one a redundant check of neighbours that are in memory already.
const RECENT_SLOTS: usize = 4096;

/// Maximum number of touches that wait for the thread.
const MAX_QUEUED: usize = 256;

/// Maximum number of families that count against the budget: few enough to look for one among all
/// of them, which takes a microsecond, some 40 times a touch.
const MAX_OUTSTANDING: usize = 1024;

/// A family counts as recently touched for at most this long.
const RECENT_PERIOD: Duration = Duration::from_secs(30);

/// A family that was read ahead and not touched for this long no longer counts against
/// the budget.
const EXPIRY: Duration = Duration::from_secs(10);

/// Reads ahead the neighbours of families that are viewed, on a thread of its own and
/// within a budget of bytes.
///
/// A viewer that shows a family will soon show those around it. When a family is touched
/// that was not touched recently, the bytes of its 8 neighbours are requested from the
/// kernel, which reads them in the background, unless they are in memory. Before them come
/// the coarser families that the touched one and its neighbours are predicted from, if the
/// levels of their roots are predicted.
#[derive(Debug)]
pub struct Prefetcher {
    shared: Arc<PrefetchState>,
    thread: Option<JoinHandle<()>>,
}

/// What the threads that touch share with the thread that reads.
#[derive(Debug)]
struct PrefetchState {
    /// Fingerprints of touched families, in slots by their lower bits; 0 for none.
    recent: Box<[AtomicU64]>,
    touches: ArrayQueue<Touch>,
    /// Counts [`RECENT_PERIOD`]s; part of the fingerprints.
    epoch: AtomicU64,
    stop: AtomicBool,
    /// Touches dropped because the queue was full.
    unqueued: AtomicU64,
    /// All other counters.
    stats: Mutex<PrefetchStats>,
}

/// A family that was touched.
#[derive(Debug)]
struct Touch {
    pack: Arc<Pack>,
    family: Family,
}

/// What a prefetcher has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrefetchStats {
    /// Families that were read ahead.
    pub issued: u64,
    /// Bytes of these families.
    pub issued_bytes: u64,
    /// Families that were read ahead and then touched, or have finer ones in them that were.
    pub useful: u64,
    /// Families not read for lack of budget or because too many are outstanding, and touches
    /// dropped because too many were waiting.
    pub dropped: u64,
    /// Bytes read ahead that were neither used nor expired; never above the budget.
    pub outstanding: u64,
}

impl Prefetcher {
    /// Starts the thread. It never has more than `budget` bytes outstanding: bytes that
    /// were read ahead less than 10 seconds ago and have not been used.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(budget: u64) -> io::Result<Self> {
        let shared = Arc::new(PrefetchState {
            recent: (0..RECENT_SLOTS).map(|_| AtomicU64::new(0)).collect(),
            touches: ArrayQueue::new(MAX_QUEUED),
            epoch: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            unqueued: AtomicU64::new(0),
            stats: Mutex::default(),
        });
        let reader = PrefetchThread { shared: Arc::clone(&shared), budget, outstanding: VecDeque::new() };
        let thread = thread::Builder::new().name("prefetch".into()).spawn(move || reader.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Reports that tile `id` of `pack` is being viewed. Allocates nothing and never
    /// waits: it compares one word if the family was touched recently.
    pub fn touch(&self, pack: &Arc<Pack>, id: TileId) {
        let Some(family) = pack.pyramid().family_of(id) else { return };
        let fingerprint = fingerprint(pack.storage_id(), family, self.shared.epoch.load(Relaxed));
        let slot = &self.shared.recent[fingerprint as usize % RECENT_SLOTS];
        if slot.load(Relaxed) == fingerprint || slot.swap(fingerprint, Relaxed) == fingerprint {
            return;
        }
        let queued = self.shared.touches.push(Touch { pack: Arc::clone(pack), family });
        match (queued, &self.thread) {
            (Ok(()), Some(thread)) => thread.thread().unpark(),
            _ => _ = self.shared.unqueued.fetch_add(1, Relaxed),
        }
    }

    /// Counters since the start.
    #[must_use]
    pub fn stats(&self) -> PrefetchStats {
        let stats = *self.shared.stats();
        PrefetchStats { dropped: stats.dropped + self.shared.unqueued.load(Relaxed), ..stats }
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
            // A panic of the thread has been printed, and only ended reading ahead.
            let _ = thread.join();
        }
    }
}

/// The coarser families that tiles of `family` are predicted from, the nearest first. A family
/// is contiguous in the file, whatever its levels.
fn containing(pack: &Pack, family: Family) -> impl Iterator<Item = Family> + '_ {
    iter::successors(container(pack, family), |family| container(pack, *family))
}

/// The family of the tile that the root of `family` is predicted from.
fn container(pack: &Pack, family: Family) -> Option<Family> {
    pack.pyramid().family_of(pack.parent(family.root)?)
}

/// The families around `family`, those that share an edge with it first.
fn neighbours(pyramid: &Pyramid, family: Family) -> impl Iterator<Item = Family> + use<> {
    const OFFSETS: [(i32, i32); 8] = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)];
    let root = family.root;
    let grid = pyramid.grid(root.z).unwrap_or_default();
    OFFSETS.into_iter().filter_map(move |(dx, dy)| {
        let (x, y) = (root.x.checked_add_signed(dx)?, root.y.checked_add_signed(dy)?);
        grid.contains(x, y).then_some(Family { root: TileId { x, y, ..root } })
    })
}

/// Distinguishes a family of a pack from all others, and one epoch from another; never 0.
fn fingerprint(pack: StorageId, Family { root }: Family, epoch: u64) -> u64 {
    let tile = u64::from(root.x) << 24 | u64::from(root.y) | u64::from(root.z) << 48;
    let key = tile ^ pack.get().rotate_left(17) ^ (epoch << 56);
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash ^ hash >> 32) | 1 << 63
}

/// A family that was read ahead.
struct Issued {
    pack: StorageId,
    family: Family,
    bytes: u64,
    at: Instant,
}

/// The thread that reads ahead.
struct PrefetchThread {
    shared: Arc<PrefetchState>,
    budget: u64,
    /// Families that count against the budget, the oldest first.
    outstanding: VecDeque<Issued>,
}

impl PrefetchThread {
    fn run(mut self) {
        let started = Instant::now();
        while !self.shared.stop.load(Relaxed) {
            self.shared.epoch.store(started.elapsed().as_secs() / RECENT_PERIOD.as_secs(), Relaxed);
            match self.shared.touches.pop() {
                Some(Touch { pack, family }) => self.follow(&pack, family),
                None => thread::park_timeout(RECENT_PERIOD),
            }
        }
    }

    /// Reads the neighbours of a family that was touched, and what they and it are predicted
    /// from.
    fn follow(&mut self, pack: &Pack, touched: Family) {
        while self.outstanding.front().is_some_and(|issued| issued.at.elapsed() > EXPIRY) {
            self.settle(0);
        }
        for family in iter::once(touched).chain(containing(pack, touched)) {
            if let Some(at) = self.find(pack.storage_id(), family) {
                self.shared.stats().useful += 1;
                self.settle(at);
            }
        }
        self.read_all(pack, containing(pack, touched));
        let above = container(pack, touched);
        for family in neighbours(pack.pyramid(), touched) {
            if container(pack, family) != above {
                self.read_all(pack, containing(pack, family));
            }
            self.read(pack, family);
        }
    }

    fn read_all(&mut self, pack: &Pack, families: impl Iterator<Item = Family>) {
        for family in families {
            self.read(pack, family);
        }
    }

    /// Reads a family ahead, unless it is outstanding or in memory already, or exceeds
    /// the budget.
    fn read(&mut self, pack: &Pack, family: Family) {
        let storage = pack.storage_id();
        if self.find(storage, family).is_some() {
            return;
        }
        // A damaged index is reported by the tile that needs it.
        let Ok(Some(range)) = pack.family_range(family) else { return };
        let bytes = range.end - range.start;
        // Checked before the storage is queried: some storages begin to read the bytes
        // they are queried about, and a pack may have families of any length.
        let outstanding = self.shared.stats().outstanding;
        if outstanding + bytes > self.budget || self.outstanding.len() == MAX_OUTSTANDING {
            self.shared.stats().dropped += 1;
            return;
        }
        if pack.is_in_memory(range.clone()) {
            return;
        }
        pack.read_ahead(range);
        let mut stats = self.shared.stats();
        stats.issued += 1;
        stats.issued_bytes += bytes;
        stats.outstanding += bytes;
        drop(stats);
        self.outstanding.push_back(Issued { pack: storage, family, bytes, at: Instant::now() });
    }

    /// Position of a family among the outstanding ones.
    fn find(&self, pack: StorageId, family: Family) -> Option<usize> {
        self.outstanding.iter().position(|issued| issued.pack == pack && issued.family == family)
    }

    /// Returns the bytes of an outstanding family to the budget.
    fn settle(&mut self, at: usize) {
        if let Some(issued) = self.outstanding.remove(at) {
            self.shared.stats().outstanding -= issued.bytes;
        }
    }
}
