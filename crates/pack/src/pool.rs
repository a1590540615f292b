//! Fixed-size buffers in tiers, leased and returned without a lock.

use crossbeam::queue::ArrayQueue;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Buffer sizes. A 256 px 4:2:0 tile fits the first, its JPEG at worst the
/// second; then come larger tiles and other subsamplings.
const TIERS: [(&str, usize); 5] =
    [("96k", 96 << 10), ("256k", 256 << 10), ("1m", 1 << 20), ("4m", 4 << 20), ("16m", 16 << 20)];

/// Most bytes a lease can have.
pub(crate) const LARGEST: usize = TIERS[TIERS.len() - 1].1;

/// Tiers of fixed-size buffers.
#[derive(Debug)]
pub struct Pools {
    tiers: Vec<Tier>,
}

#[derive(Debug)]
struct Tier {
    name: &'static str,
    size: usize,
    free: ArrayQueue<Box<[u8]>>,
    /// Buffers that exist, free or leased; never above the queue's capacity.
    made: AtomicUsize,
    leased: AtomicUsize,
    exhausted: AtomicU64,
}

/// What one tier holds at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierStats {
    /// Name of the tier, its buffer size.
    pub name: &'static str,
    /// Bytes of one buffer.
    pub size: usize,
    /// Most buffers there can be.
    pub capacity: usize,
    /// Buffers out on lease.
    pub leased: usize,
    /// Leases refused since the start.
    pub exhausted: u64,
}

/// No buffer was free in the tier a request fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all {capacity} buffers of tier {tier} are leased")]
pub struct Exhausted {
    /// Name of the tier.
    pub tier: &'static str,
    /// How many buffers it has.
    pub capacity: usize,
}

impl Pools {
    /// Tiers of at most `budget` bytes each, but at least 8 buffers. Buffers
    /// are made when they are first needed and kept.
    #[must_use]
    pub fn new(budget: usize) -> Arc<Self> {
        let tier = |(name, size): (&'static str, usize)| Tier {
            name,
            size,
            free: ArrayQueue::new((budget / size).max(8)),
            made: AtomicUsize::new(0),
            leased: AtomicUsize::new(0),
            exhausted: AtomicU64::new(0),
        };
        Arc::new(Self { tiers: TIERS.map(tier).into() })
    }

    /// Leases a buffer of at least `len` bytes from the smallest tier that fits.
    /// Its contents are unspecified.
    ///
    /// # Errors
    /// [`Exhausted`] if the tier has none left; nothing is allocated beyond it.
    ///
    /// # Panics
    /// If `len` is above the largest tier (16 MiB).
    pub fn lease(self: &Arc<Self>, len: usize) -> Result<Lease, Exhausted> {
        let number = self.tiers.iter().position(|tier| tier.size >= len).expect("a tier for every tile");
        let tier = &self.tiers[number];
        let buffer = tier.free.pop().or_else(|| {
            let capacity = tier.free.capacity();
            let room = tier.made.fetch_update(Relaxed, Relaxed, |made| (made < capacity).then_some(made + 1));
            room.is_ok().then(|| vec![0; tier.size].into_boxed_slice())
        });
        let Some(buffer) = buffer else {
            tier.exhausted.fetch_add(1, Relaxed);
            return Err(Exhausted { tier: tier.name, capacity: tier.free.capacity() });
        };
        tier.leased.fetch_add(1, Relaxed);
        Ok(Lease { pools: Arc::clone(self), tier: number, buffer })
    }

    /// The state of every tier, smallest first.
    pub fn stats(&self) -> impl Iterator<Item = TierStats> + '_ {
        self.tiers.iter().map(|tier| TierStats {
            name: tier.name,
            size: tier.size,
            capacity: tier.free.capacity(),
            leased: tier.leased.load(Relaxed),
            exhausted: tier.exhausted.load(Relaxed),
        })
    }
}

/// A leased buffer; dropping it gives it back.
#[derive(Debug)]
pub struct Lease {
    pools: Arc<Pools>,
    tier: usize,
    buffer: Box<[u8]>,
}

impl Lease {
    /// Bytes of the whole buffer.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.buffer.len()
    }
}

impl Deref for Lease {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.buffer
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let tier = &self.pools.tiers[self.tier];
        tier.leased.fetch_sub(1, Relaxed);
        // There are never more buffers than places, so this cannot fail.
        let _ = tier.free.push(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_never_has_more_buffers_than_its_capacity_and_takes_them_back() {
        let pools = Pools::new(0);
        let leases: Vec<_> = (0..8).map(|_| pools.lease(98_304).unwrap()).collect();
        assert_eq!(pools.lease(1).unwrap_err(), Exhausted { tier: "96k", capacity: 8 });
        assert!(pools.lease(98_305).is_ok(), "other tiers are not touched");
        let first = pools.stats().next().unwrap();
        assert_eq!((first.leased, first.exhausted), (8, 1));
        drop(leases);
        assert_eq!(pools.stats().next().unwrap().leased, 0);
        assert_eq!(pools.lease(1).unwrap().len(), 98_304);
    }

    #[test]
    fn threads_share_a_tier_without_losing_buffers() {
        let pools = Pools::new(0);
        std::thread::scope(|scope| {
            for id in 0..8u8 {
                let pools = &pools;
                scope.spawn(move || {
                    for _ in 0..2000 {
                        let mut lease = pools.lease(100).expect("one for each thread");
                        lease.fill(id);
                        assert!(lease.iter().all(|&byte| byte == id), "a buffer has one owner");
                    }
                });
            }
        });
        let leases: Vec<_> = (0..8).map(|_| pools.lease(100).unwrap()).collect();
        assert_eq!(leases.len(), 8);
    }
}
