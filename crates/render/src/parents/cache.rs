//! The cache of decoded parents of all packs, bounded in bytes.

use super::order::ParentClass;
use super::pending_slot::PendingSlot;
use super::table::{ParentKey, ParentTable, SlotState};
use super::{PackParents, Parent, ParentPlanes, ParentStats};
use crate::{Pools, RebuildError};
use origami_pack::{Pack, StorageId};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

/// Minimum number of slots, so that small budgets serve large tiles.
const MIN_SLOTS: usize = 16;

/// Caches decoded parents up to a number of bytes. The least recently used are evicted
/// first, because the children of a parent are requested at about the same time; but coarse
/// ones, which are few and serve whole regions, only after the finest ones, as long as they
/// take no more than half of the bytes.
///
/// The first thread that requests a missing parent decodes it; others wait for it. A
/// failure is returned to all that waited, and not cached. Parents in use are not
/// evicted, so the bound may be exceeded by what the threads are using; evicted parents
/// return their buffers at once. Nothing is allocated after [`Self::new`] except errors
/// that threads share.
///
/// A thread that decodes a parent may request that one's own parent meanwhile. It then waits
/// only for a thread that decodes a coarser tile of the same pack, and the table is not locked
/// while anybody decodes, so threads never wait in a circle.
///
/// # Examples
/// ```
/// # use origami_pack::Pack;
/// # use origami_pyramid::TileId;
/// # use origami_render::{ParentCache, Pools, Rebuilder};
/// # use std::sync::Arc;
/// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
/// let pools = Pools::new(16 << 20);
/// let cache = ParentCache::new(8 << 20, Arc::clone(&pools));
/// let mut rebuilder = Rebuilder::new(pools).unwrap();
/// // Two tiles with the same parent.
/// for x in [2, 3] {
///     rebuilder.tile(&pack, TileId { z: 8, x, y: 0 }, &cache.of(&pack)).unwrap();
/// }
/// let stats = cache.stats();
/// assert!(stats.hits > 0);
/// assert_eq!(stats.decodes, stats.entries, "every parent was decoded once");
/// ```
#[derive(Debug)]
pub struct ParentCache {
    pub(super) budget: u64,
    pub(super) pools: Arc<Pools>,
    table: Mutex<ParentTable>,
    /// Notified whenever a decode that a thread waits for has ended.
    pub(super) ended: Condvar,
    /// The planes of each slot of the table. Written to only while the table is locked
    /// and where no thread reads, so that no thread ever waits for one of these locks.
    pub(super) planes: Box<[RwLock<Option<ParentPlanes>>]>,
}

impl ParentCache {
    /// A cache for `budget` bytes of buffers leased from `pools`.
    #[must_use]
    pub fn new(budget: usize, pools: Arc<Pools>) -> Self {
        let count = (budget / pools.buffer_len(1)).clamp(MIN_SLOTS, u32::MAX as usize / 2);
        Self {
            budget: budget as u64,
            pools,
            table: Mutex::new(ParentTable::new(count)),
            ended: Condvar::new(),
            planes: (0..count).map(|_| RwLock::default()).collect(),
        }
    }

    /// The parents of `pack`. Packs opened twice have parents of their own each time.
    #[must_use]
    pub fn of(&self, pack: &Pack) -> PackParents<'_> {
        let finest = (0..=pack.pyramid().max_level()).rfind(|&z| pack.is_parent(z));
        self.of_storage(pack.storage_id(), finest.unwrap_or_default())
    }

    /// The parents of the pack in this storage. `finest` is the finest level that others are
    /// predicted from.
    #[must_use]
    pub fn of_storage(&self, storage: StorageId, finest: u32) -> PackParents<'_> {
        PackParents::new(self, storage, finest)
    }

    /// Contents and counters.
    #[must_use]
    pub fn stats(&self) -> ParentStats {
        let table = self.lock();
        ParentStats { bytes: table.order.bytes(), ..table.stats }
    }

    /// Waits until slot `at` is no longer building.
    pub(super) fn wait<'t>(
        &self,
        mut table: MutexGuard<'t, ParentTable>,
        at: usize,
    ) -> Result<MutexGuard<'t, ParentTable>, RebuildError> {
        table.slots[at].waiters += 1;
        while let SlotState::Building = table.slots[at].state {
            table = self.ended.wait(table).unwrap_or_else(PoisonError::into_inner);
        }
        let slot = &mut table.slots[at];
        slot.waiters -= 1;
        let is_last_waiter = slot.waiters == 0;
        let failure = match &slot.state {
            SlotState::Failed(error) => Some(Arc::clone(error)),
            SlotState::Abandoned => None,
            _ => return Ok(table),
        };
        if is_last_waiter {
            table.release(at);
        }
        match failure {
            Some(error) => Err(RebuildError::Shared(error)),
            None => Ok(table),
        }
    }

    /// Claims a slot for `key`, evicting another parent if there is none; `None` if all
    /// are in use.
    pub(super) fn claim(
        &self,
        mut table: MutexGuard<'_, ParentTable>,
        key: ParentKey,
        class: ParentClass,
    ) -> Option<PendingSlot<'_>> {
        let at = match table.claim(key) {
            Some(at) => at,
            None if self.evict(&mut table) => table.claim(key)?,
            None => return None,
        };
        Some(PendingSlot::new(self, at, class))
    }

    /// Evicts the first parent to leave that is not in use. Returns whether there was one.
    pub(super) fn evict(&self, table: &mut ParentTable) -> bool {
        let evicted = table.leaving(self.budget).find_map(|at| {
            // A parent in use is locked, and no use can begin while the table is locked.
            let mut planes = self.planes[at].try_write().ok()?;
            planes.take().map(|planes| (at, planes))
        });
        let Some((at, planes)) = evicted else { return false };
        drop(planes);
        let class = table.order.remove(at);
        table.forget(at);
        table.release(at);
        table.stats.entries -= 1;
        table.stats.evictions += 1;
        table.stats.coarse_evictions += u64::from(!class.is_finest());
        true
    }

    /// The planes of a ready slot. The table must be locked.
    pub(super) fn read(&self, at: usize) -> Parent<'_> {
        Parent::Cached(self.planes[at].read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends building slot `at` without planes, and notifies the threads that wait for
    /// it.
    pub(super) fn end_without_planes(
        &self,
        mut table: MutexGuard<'_, ParentTable>,
        at: usize,
        state: SlotState,
    ) {
        table.forget(at);
        if table.slots[at].waiters == 0 {
            table.release(at);
            return;
        }
        table.slots[at].state = state;
        drop(table);
        self.ended.notify_all();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ParentTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
