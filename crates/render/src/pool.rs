//! Fixed-size buffers in tiers, leased and returned without a lock.

use crossbeam::queue::ArrayQueue;
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Size, Subsampling, Ycc};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Buffer sizes. A 256 px 4:2:0 tile fits the first, its JPEG at worst the
/// second; then come larger tiles and other subsamplings.
const TIERS: [(&str, usize); 5] =
    [("96k", 96 << 10), ("256k", 256 << 10), ("1m", 1 << 20), ("4m", 4 << 20), ("16m", 16 << 20)];

/// Most bytes a lease can have.
pub const LARGEST: usize = TIERS[TIERS.len() - 1].1;

/// Buffers of each tier that may exist whatever the budget: what one worker
/// holds at most, which is three parents and the JPEG it writes.
const ALWAYS: usize = 4;

/// Tiers of fixed-size buffers under one budget.
#[derive(Debug)]
pub struct Pools {
    budget: usize,
    /// Bytes of all buffers that exist, free or leased.
    made: AtomicUsize,
    tiers: [Tier; TIERS.len()],
}

#[derive(Debug)]
struct Tier {
    name: &'static str,
    size: usize,
    /// Has room for all buffers there can be.
    free: ArrayQueue<Box<[u8]>>,
    /// Buffers that exist, free or leased.
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
    /// Buffers there are, free or leased.
    pub made: usize,
    /// Buffers out on lease.
    pub leased: usize,
    /// Leases refused since the start.
    pub exhausted: u64,
}

/// No buffer was free in the tier a request fits, and none could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all {made} buffers of tier {tier} are leased, and the budget is used up")]
pub struct Exhausted {
    /// Name of the tier.
    pub tier: &'static str,
    /// How many buffers it has.
    pub made: usize,
}

impl Pools {
    /// Tiers of at most `budget` bytes together, but at least 4 buffers each.
    /// Buffers are made when they are first needed and kept until another tier
    /// needs their memory.
    #[must_use]
    pub fn new(budget: usize) -> Arc<Self> {
        let tier = |(name, size): (&'static str, usize)| Tier {
            name,
            size,
            free: ArrayQueue::new((budget / size).max(ALWAYS)),
            made: AtomicUsize::new(0),
            leased: AtomicUsize::new(0),
            exhausted: AtomicU64::new(0),
        };
        Arc::new(Self { budget, made: AtomicUsize::new(0), tiers: TIERS.map(tier) })
    }

    /// Leases a buffer of at least `len` bytes from the smallest tier that fits.
    /// Its contents are unspecified.
    ///
    /// # Errors
    /// [`Exhausted`] if the tier has none left and the budget allows no more;
    /// free buffers of other tiers are then gone.
    ///
    /// # Panics
    /// If `len` is above the largest tier (16 MiB).
    pub fn lease(self: &Arc<Self>, len: usize) -> Result<Lease, Exhausted> {
        let number = self.tier_of(len).expect("a tier for every tile");
        let tier = &self.tiers[number];
        let Some(buffer) = tier.free.pop().or_else(|| self.make(tier)) else {
            tier.exhausted.fetch_add(1, Relaxed);
            return Err(Exhausted { tier: tier.name, made: tier.made.load(Relaxed) });
        };
        tier.leased.fetch_add(1, Relaxed);
        Ok(Lease { pools: Arc::clone(self), tier: number, buffer })
    }

    /// Leases planes of one size, their samples unspecified.
    pub(crate) fn lease_planes(
        self: &Arc<Self>,
        size: Size,
        subsampling: Subsampling,
    ) -> Result<Ycc<Lease>, Exhausted> {
        let (width, height) = (size.width as usize, size.height as usize);
        let buffer = self.lease(ycc_len(width, height, subsampling))?;
        Ok(Ycc::new(buffer, width, height, subsampling))
    }

    /// Bytes of the buffer that a lease of `len` bytes gets; `len` itself where
    /// no buffer is that large.
    #[must_use]
    pub fn buffer_len(&self, len: usize) -> usize {
        self.tier_of(len).map_or(len, |number| self.tiers[number].size)
    }

    fn tier_of(&self, len: usize) -> Option<usize> {
        self.tiers.iter().position(|tier| tier.size >= len)
    }

    /// A new buffer of `tier`, in place of free ones of other tiers if the
    /// budget asks for it, or one that came back meanwhile.
    fn make(&self, tier: &Tier) -> Option<Box<[u8]>> {
        // First a place in the tier, so that its queue takes all buffers back.
        let room = |made: usize| (made < tier.free.capacity()).then_some(made + 1);
        let Ok(others) = tier.made.fetch_update(Relaxed, Relaxed, room) else { return tier.free.pop() };
        loop {
            let fits = |made: usize| (made + tier.size <= self.budget).then_some(made + tier.size);
            if self.made.fetch_update(Relaxed, Relaxed, fits).is_ok() {
                return Some(vec![0; tier.size].into_boxed_slice());
            }
            if let Some(buffer) = tier.free.pop() {
                tier.made.fetch_sub(1, Relaxed);
                return Some(buffer);
            }
            if self.retire(tier) {
                continue;
            }
            if others < ALWAYS {
                self.made.fetch_add(tier.size, Relaxed);
                return Some(vec![0; tier.size].into_boxed_slice());
            }
            tier.made.fetch_sub(1, Relaxed);
            return None;
        }
    }

    /// Takes a free buffer of another tier than `spared` out of service, a large
    /// one first; whether there was one.
    fn retire(&self, spared: &Tier) -> bool {
        let others = self.tiers.iter().rev().filter(|tier| tier.size != spared.size);
        let Some((tier, buffer)) = others.filter_map(|tier| Some((tier, tier.free.pop()?))).next() else {
            return false;
        };
        drop(buffer);
        tier.made.fetch_sub(1, Relaxed);
        self.made.fetch_sub(tier.size, Relaxed);
        true
    }

    /// The state of every tier, smallest first.
    pub fn stats(&self) -> impl Iterator<Item = TierStats> + '_ {
        self.tiers.iter().map(|tier| TierStats {
            name: tier.name,
            size: tier.size,
            made: tier.made.load(Relaxed),
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
    use proptest::prelude::*;

    const TIER: usize = TIERS[0].1;

    fn made(pools: &Pools) -> usize {
        pools.stats().map(|tier| tier.made * tier.size).sum()
    }

    #[test]
    fn a_tier_never_has_more_buffers_than_the_budget_and_takes_them_back() {
        let pools = Pools::new(8 * TIER);
        let leases: Vec<_> = (0..8).map(|_| pools.lease(TIER).unwrap()).collect();
        assert_eq!(pools.lease(1).unwrap_err(), Exhausted { tier: "96k", made: 8 });
        assert!(pools.lease(TIER + 1).is_ok(), "other tiers have what a worker needs");
        let first = pools.stats().next().unwrap();
        assert_eq!((first.leased, first.exhausted), (8, 1));
        drop(leases);
        assert_eq!(pools.stats().next().unwrap().leased, 0);
        assert_eq!(pools.lease(1).unwrap().len(), TIER);
    }

    #[test]
    fn what_one_worker_needs_is_there_without_any_budget() {
        let pools = Pools::new(0);
        for (_, size) in TIERS {
            let leases: Vec<_> = (0..4).map(|_| pools.lease(size).expect("one of four")).collect();
            assert!(pools.lease(size).is_err());
            drop(leases);
        }
        assert!(made(&pools) <= 4 * LARGEST, "free buffers of one tier make way for another's");
    }

    #[test]
    fn tiers_share_one_budget() {
        let pools = Pools::new(32 << 20);
        for (_, size) in TIERS.iter().chain(TIERS.iter().rev()) {
            let count = (32 << 20) / size;
            let leases: Vec<_> = (0..count).map(|_| pools.lease(*size).expect("all of the budget")).collect();
            assert!(made(&pools) <= 32 << 20);
            drop(leases);
        }
    }

    #[test]
    fn threads_share_a_tier_without_losing_buffers() {
        let pools = Pools::new(8 * TIER);
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

    #[test]
    fn threads_with_buffers_of_all_sizes_keep_to_the_budget() {
        // Each thread holds up to two buffers, of which the largest two tiers
        // are 20 MiB; more than that is there for four of the five.
        let pools = Pools::new(64 << 20);
        let (most, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for thread in 0..6usize {
                let (pools, most, refused) = (&pools, &most, &refused);
                scope.spawn(move || {
                    for round in 0..400 {
                        let size = |number: usize| TIERS[number % TIERS.len()].1;
                        let leases =
                            [pools.lease(size(thread + round)), pools.lease(size(thread * round + 3))];
                        most.fetch_max(pools.made.load(Relaxed), Relaxed);
                        for lease in leases {
                            match lease {
                                Ok(mut lease) => {
                                    lease[0] = thread as u8;
                                    assert_eq!(lease[0], thread as u8);
                                }
                                Err(_) => _ = refused.fetch_add(1, Relaxed),
                            }
                        }
                    }
                });
            }
        });
        // Beyond the budget is only what each tier may always have.
        let always: usize = TIERS.iter().map(|(_, size)| ALWAYS * size).sum();
        assert!(most.into_inner() <= (64 << 20) + always);
        assert_eq!(pools.made.load(Relaxed), made(&pools), "both counts agree when nobody leases");
        assert!(pools.stats().all(|tier| tier.leased == 0 && tier.made == pools.free(tier.name)));
    }

    impl Pools {
        fn free(&self, name: &str) -> usize {
            self.tiers.iter().find(|tier| tier.name == name).map_or(0, |tier| tier.free.len())
        }
    }

    proptest! {
        #[test]
        fn leases_fail_only_beyond_the_budget_and_a_workers_need(
            budget in 0usize..80 << 20,
            steps in proptest::collection::vec((0..TIERS.len(), any::<bool>()), 1..80),
        ) {
            let pools = Pools::new(budget);
            let mut held: Vec<Lease> = Vec::new();
            let mut most = budget;
            for (tier, give_back) in steps {
                if give_back && !held.is_empty() {
                    held.swap_remove(tier % held.len());
                    continue;
                }
                let size = TIERS[tier].1;
                let leased: usize = held.iter().map(|lease| lease.len()).sum();
                let alike = held.iter().filter(|lease| lease.len() == size).count();
                let lease = pools.lease(size);
                // More than that is there only if it was made when it was allowed.
                prop_assert!(lease.is_ok() || (leased + size > budget && alike >= ALWAYS));
                held.extend(lease);
                most = most.max(held.iter().map(|lease| lease.len()).sum());
                prop_assert!(made(&pools) <= most);
            }
        }
    }
}
