//! The cache of decoded parents of all packs, bounded in bytes.

use super::order::ParentClass;
use super::table::{ParentKey, ParentTable, SlotState};
use super::{Parent, ParentPlanes, ParentStats, Parents};
use crate::{Pools, RebuildError};
use origami_pack::{Pack, StorageId};
use origami_pyramid::TileId;
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
    budget: u64,
    pools: Arc<Pools>,
    table: Mutex<ParentTable>,
    /// Notified whenever a decode that a thread waits for has ended.
    ended: Condvar,
    /// The planes of each slot of the table. Written to only while the table is locked
    /// and where no thread reads, so that no thread ever waits for one of these locks.
    planes: Box<[RwLock<Option<ParentPlanes>>]>,
}

/// How planes come into the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// A lookup missed them.
    Lookup,
    /// The tile was served and offered them for its children.
    Seed,
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
        PackParents { cache: self, storage, finest }
    }

    /// Contents and counters.
    #[must_use]
    pub fn stats(&self) -> ParentStats {
        let table = self.lock();
        ParentStats { bytes: table.order.bytes(), ..table.stats }
    }

    /// Waits until slot `at` is no longer building.
    fn wait<'t>(
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
    fn claim(
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
        Some(PendingSlot { cache: self, at, class })
    }

    /// Evicts the first parent to leave that is not in use. Returns whether there was one.
    fn evict(&self, table: &mut ParentTable) -> bool {
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
    fn read(&self, at: usize) -> Parent<'_> {
        Parent::Cached(self.planes[at].read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends building slot `at` without planes, and notifies the threads that wait for
    /// it.
    fn end_without_planes(&self, mut table: MutexGuard<'_, ParentTable>, at: usize, state: SlotState) {
        table.forget(at);
        if table.slots[at].waiters == 0 {
            table.release(at);
            return;
        }
        table.slots[at].state = state;
        drop(table);
        self.ended.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, ParentTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot that this thread is to fill. If it is dropped unfilled, by a panic, the
/// threads that wait for it try themselves.
struct PendingSlot<'c> {
    cache: &'c ParentCache,
    at: usize,
    class: ParentClass,
}

impl<'c> PendingSlot<'c> {
    /// Fills the slot, and evicts other parents until all fit the budget.
    fn fill(self, planes: ParentPlanes, origin: Origin) -> Parent<'c> {
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
    fn fail(self, error: RebuildError) -> RebuildError {
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

/// The cached parents of one pack.
#[derive(Clone, Copy, Debug)]
pub struct PackParents<'a> {
    cache: &'a ParentCache,
    storage: StorageId,
    finest: u32,
}

impl PackParents<'_> {
    fn key(&self, id: TileId) -> ParentKey {
        ParentKey { storage: self.storage, id }
    }

    fn class(&self, id: TileId) -> ParentClass {
        ParentClass::of(id.z, self.finest)
    }
}

impl Parents for PackParents<'_> {
    fn get_or_decode<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'c>, RebuildError> {
        let (cache, key) = (self.cache, self.key(id));
        let mut table = cache.lock();
        // A lookup counts once, however often it has to wait.
        let mut is_counted = false;
        while let Some(at) = table.find(key) {
            if let SlotState::Building = table.slots[at].state {
                table.stats.misses += u64::from(!is_counted);
                table.stats.waits += u64::from(!is_counted);
                is_counted = true;
                table = cache.wait(table, at)?;
                continue;
            }
            table.stats.hits += u64::from(!is_counted);
            table.mark_used(at);
            return Ok(cache.read(at));
        }
        table.stats.misses += u64::from(!is_counted);
        table.stats.decodes += 1;
        let Some(slot) = cache.claim(table, key, self.class(id)) else { return decode().map(Parent::Owned) };
        match decode() {
            Ok(planes) => Ok(slot.fill(planes, Origin::Lookup)),
            Err(error) => Err(slot.fail(error)),
        }
    }

    fn is_cached(&self, id: TileId) -> bool {
        let mut table = self.cache.lock();
        let Some(at) = table.find(self.key(id)) else { return false };
        if let SlotState::Ready = table.slots[at].state {
            table.order.touch(at);
        }
        true
    }

    fn seed(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        let (cache, key) = (self.cache, self.key(id));
        let table = cache.lock();
        if table.find(key).is_some() {
            return;
        }
        let Some(slot) = cache.claim(table, key, self.class(id)) else { return };
        match make() {
            Ok(planes) => drop(slot.fill(planes, Origin::Seed)),
            // The tile itself was made; its children will report the failure.
            Err(error) => _ = slot.fail(error),
        }
    }
}
