//! Leased buffers.

use super::Pools;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// A leased buffer. Dropping it returns the buffer to its pool.
#[derive(Debug)]
pub struct Lease {
    pub(super) pools: Arc<Pools>,
    /// Number of its tier.
    pub(super) tier: usize,
    pub(super) buffer: Box<[u8]>,
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
        // The queue has room for every buffer of the tier, so this cannot fail.
        let _ = tier.free.push(std::mem::take(&mut self.buffer));
    }
}

/// No buffer was free in the tier that a request fits, and no other could be made.
///
/// # Examples
/// ```
/// use origami_render::Pools;
/// // Without a budget there are four buffers of a size.
/// let pools = Pools::new(0);
/// let leases: Vec<_> = (0..4).map(|_| pools.lease(1000).unwrap()).collect();
/// let error = pools.lease(1000).unwrap_err();
/// assert_eq!(error.to_string(), "all 4 buffers of tier 96k are leased, and the budget is used up");
/// drop(leases);
/// assert!(pools.lease(1000).is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all {made} buffers of tier {tier} are leased, and the budget is used up")]
#[non_exhaustive]
pub struct Exhausted {
    /// Name of the tier.
    pub tier: &'static str,
    /// Number of its buffers.
    pub made: usize,
}
