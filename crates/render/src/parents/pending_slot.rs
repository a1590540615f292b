//! A place in the parent cache while its parent is decoded.

use super::order::ParentClass;
use super::table::SlotState;
use super::{Parent, ParentCache, ParentPlanes};
use crate::RebuildError;
use std::sync::{Arc, PoisonError};

/// How planes come into the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A lookup missed them.
    Lookup,
    /// The tile was served and offered them for its children.
    Seed,
}

/// A slot that this thread is to fill. If it is dropped unfilled, by a panic, the
/// threads that wait for it try themselves.
pub(super) struct PendingSlot<'c> {
    cache: &'c ParentCache,
    at: usize,
    class: ParentClass,
}

impl<'c> PendingSlot<'c> {
    /// Slot `at` of `cache`, which is marked as building, for a parent of `class`.
    pub fn new(cache: &'c ParentCache, at: usize, class: ParentClass) -> Self {
        Self { cache, at, class }
    }

    /// Fills the slot, and evicts other parents until all fit the budget.
    pub fn fill(self, planes: ParentPlanes, origin: Origin) -> Parent<'c> {
        let Self { cache, at, class } = self;
        std::mem::forget(self);
        let bytes = planes.bytes(&cache.pools) as u64;
        let is_seed = origin == Origin::Seed;
        let mut table = cache.lock();
        *cache.planes[at].write().unwrap_or_else(PoisonError::into_inner) = Some(planes);
        let slot = &mut table.slots[at];
        slot.state = SlotState::Ready;
        slot.is_unused_seed = is_seed;
        let is_awaited = slot.waiters > 0;
        table.order.add(at, class, bytes);
        table.stats.entries += 1;
        table.stats.seeded += u64::from(is_seed);
        // In use before others are evicted, so that it is not evicted itself.
        let parent = cache.read(at);
        while table.order.bytes() > cache.budget && cache.evict(&mut table) {}
        drop(table);
        if is_awaited {
            cache.ended.notify_all();
        }
        parent
    }

    /// Ends without planes. Returns `error`, shared if other threads waited.
    pub fn fail(self, error: RebuildError) -> RebuildError {
        let (cache, at) = (self.cache, self.at);
        std::mem::forget(self);
        let mut table = cache.lock();
        if table.slots[at].waiters == 0 {
            table.forget(at);
            table.release(at);
            return error;
        }
        let error = Arc::new(error);
        cache.end_without_planes(table, at, SlotState::Failed(Arc::clone(&error)));
        RebuildError::Shared(error)
    }
}

impl Drop for PendingSlot<'_> {
    fn drop(&mut self) {
        let table = self.cache.lock();
        self.cache.end_without_planes(table, self.at, SlotState::Abandoned);
    }
}
