//! The tiers of a pool: buffers of one size each.

use crossbeam::queue::ArrayQueue;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Name and buffer size of a tier.
#[derive(Clone, Copy, Debug)]
pub(super) struct TierSize {
    pub name: &'static str,
    pub bytes: usize,
}

/// The sizes of buffers, smallest first. A 256 px 4:2:0 tile fits the first, its JPEG
/// at worst the second. The others are for larger tiles and other subsamplings.
pub(super) const TIERS: [TierSize; 5] = [
    TierSize { name: "96k", bytes: 96 << 10 },
    TierSize { name: "256k", bytes: 256 << 10 },
    TierSize { name: "1m", bytes: 1 << 20 },
    TierSize { name: "4m", bytes: 4 << 20 },
    TierSize { name: "16m", bytes: 16 << 20 },
];

/// Maximum length of a lease in bytes: the buffer size of the largest tier.
pub const MAX_LEASE: usize = TIERS[TIERS.len() - 1].bytes;

/// Buffers that each tier may have whatever the budget: the maximum that one worker
/// uses at a time, which is three parents and the JPEG it writes.
pub(super) const MIN_BUFFERS: usize = 4;

/// Buffers of one size.
#[derive(Debug)]
pub(super) struct Tier {
    pub name: &'static str,
    pub size: usize,
    /// Has room for all buffers that the tier may have.
    pub free: ArrayQueue<Box<[u8]>>,
    /// Number of buffers, free or leased.
    pub made: AtomicUsize,
    pub leased: AtomicUsize,
    pub exhausted: AtomicU64,
}

impl Tier {
    /// A tier without buffers, for at most `budget` bytes of them.
    pub fn new(size: TierSize, budget: usize) -> Self {
        Self {
            name: size.name,
            size: size.bytes,
            free: ArrayQueue::new((budget / size.bytes).max(MIN_BUFFERS)),
            made: AtomicUsize::new(0),
            leased: AtomicUsize::new(0),
            exhausted: AtomicU64::new(0),
        }
    }

    /// Counts one more buffer and returns how many there were before; `None` if there
    /// are as many as the queue of free buffers has room for.
    pub fn reserve(&self) -> Option<usize> {
        let room = self.free.capacity();
        self.made.fetch_update(Relaxed, Relaxed, |made| (made < room).then_some(made + 1)).ok()
    }

    /// The current state.
    pub fn stats(&self) -> TierStats {
        TierStats {
            name: self.name,
            size: self.size,
            made: self.made.load(Relaxed),
            leased: self.leased.load(Relaxed),
            exhausted: self.exhausted.load(Relaxed),
        }
    }
}

/// The state of one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierStats {
    /// Name of the tier, its buffer size.
    pub name: &'static str,
    /// Bytes of one buffer.
    pub size: usize,
    /// Number of buffers, free or leased.
    pub made: usize,
    /// Number of leased buffers.
    pub leased: usize,
    /// Leases refused since the pool was created.
    pub exhausted: u64,
}
