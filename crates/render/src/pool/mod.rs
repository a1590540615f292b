//! Fixed-size buffers in tiers, leased and returned without a lock.

mod lease;
#[cfg(test)]
mod tests;
mod tier;

pub use lease::{Exhausted, Lease};
pub use tier::{MAX_LEASE, TierStats};

use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Size, Subsampling, Ycc};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tier::{MIN_BUFFERS, TIERS, Tier};

/// Tiers of fixed-size buffers under one budget.
#[derive(Debug)]
pub struct Pools {
    budget: usize,
    /// Bytes of all buffers, free or leased.
    made: AtomicUsize,
    tiers: [Tier; TIERS.len()],
}

impl Pools {
    /// Tiers of at most `budget` bytes together, but at least 4 buffers each. Buffers
    /// are made when they are first needed and stay until another tier needs their
    /// memory.
    #[must_use]
    pub fn new(budget: usize) -> Arc<Self> {
        let tiers = TIERS.map(|size| Tier::new(size, budget));
        Arc::new(Self { budget, made: AtomicUsize::new(0), tiers })
    }

    /// Leases a buffer of at least `len` bytes from the smallest tier that fits. Its
    /// contents are unspecified.
    ///
    /// # Errors
    /// [`Exhausted`] if the tier has no free buffer and the budget allows no other;
    /// free buffers of other tiers are then gone.
    ///
    /// # Panics
    /// If `len` is above [`MAX_LEASE`] (16 MiB).
    ///
    /// # Examples
    /// ```
    /// use origami_render::Pools;
    /// let pools = Pools::new(1 << 20);
    /// let mut lease = pools.lease(1000).unwrap();
    /// assert_eq!(lease.len(), 96 << 10, "the buffer size of the smallest tier");
    /// lease[..3].copy_from_slice(&[1, 2, 3]);
    /// assert_eq!(pools.stats().next().unwrap().leased, 1);
    /// drop(lease);
    /// assert_eq!(pools.stats().next().unwrap().leased, 0);
    /// ```
    pub fn lease(self: &Arc<Self>, len: usize) -> Result<Lease, Exhausted> {
        let number = self.tier_for(len).expect("a tier for every tile");
        let tier = &self.tiers[number];
        let Some(buffer) = tier.free.pop().or_else(|| self.make(tier)) else {
            tier.exhausted.fetch_add(1, Relaxed);
            return Err(Exhausted { tier: tier.name, made: tier.made.load(Relaxed) });
        };
        tier.leased.fetch_add(1, Relaxed);
        Ok(Lease { pools: Arc::clone(self), tier: number, buffer })
    }

    /// Leases planes of one size. Their samples are unspecified.
    pub(crate) fn lease_planes(
        self: &Arc<Self>,
        size: Size,
        subsampling: Subsampling,
    ) -> Result<Ycc<Lease>, Exhausted> {
        let (width, height) = (size.width as usize, size.height as usize);
        let buffer = self.lease(ycc_len(width, height, subsampling))?;
        Ok(Ycc::new(buffer, width, height, subsampling))
    }

    /// Bytes of the buffer that a lease of `len` bytes gets; `len` itself if it is
    /// above [`MAX_LEASE`].
    ///
    /// # Examples
    /// ```
    /// use origami_render::Pools;
    /// let pools = Pools::new(0);
    /// assert_eq!(pools.buffer_len(1), 96 << 10);
    /// assert_eq!(pools.buffer_len((96 << 10) + 1), 256 << 10);
    /// ```
    #[must_use]
    pub fn buffer_len(&self, len: usize) -> usize {
        self.tier_for(len).map_or(len, |number| self.tiers[number].size)
    }

    /// Number of the smallest tier with buffers of at least `len` bytes.
    fn tier_for(&self, len: usize) -> Option<usize> {
        self.tiers.iter().position(|tier| tier.size >= len)
    }

    /// A new buffer of `tier`, in place of free buffers of other tiers if the budget
    /// requires it, or one that was returned meanwhile.
    fn make(&self, tier: &Tier) -> Option<Box<[u8]>> {
        // First a slot in the tier, so that its queue can take every buffer back.
        let Some(others) = tier.reserve() else { return tier.free.pop() };
        while !self.charge(tier.size) {
            if let Some(buffer) = tier.free.pop() {
                tier.made.fetch_sub(1, Relaxed);
                return Some(buffer);
            }
            if self.retire(tier) {
                continue;
            }
            if others >= MIN_BUFFERS {
                tier.made.fetch_sub(1, Relaxed);
                return None;
            }
            self.made.fetch_add(tier.size, Relaxed);
            break;
        }
        Some(vec![0; tier.size].into_boxed_slice())
    }

    /// Adds `size` to the bytes of all buffers if the budget allows it. Returns whether
    /// it does.
    fn charge(&self, size: usize) -> bool {
        self.made
            .fetch_update(Relaxed, Relaxed, |made| (made + size <= self.budget).then_some(made + size))
            .is_ok()
    }

    /// Drops a free buffer of a tier other than `spared`, preferably a large one.
    /// Returns whether there was one.
    fn retire(&self, spared: &Tier) -> bool {
        for tier in self.tiers.iter().rev().filter(|tier| tier.size != spared.size) {
            if tier.free.pop().is_some() {
                tier.made.fetch_sub(1, Relaxed);
                self.made.fetch_sub(tier.size, Relaxed);
                return true;
            }
        }
        false
    }

    /// Bytes of all buffers, free or leased.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.made.load(Relaxed)
    }

    /// The state of every tier, smallest first.
    pub fn stats(&self) -> impl Iterator<Item = TierStats> + '_ {
        self.tiers.iter().map(Tier::stats)
    }
}
