//! Decoded parents of all packs, bounded in bytes.

use super::table::{Key, ParentTable, SlotState};
use super::{Parent, ParentPlanes, Parents};
use crate::{Pools, RebuildError};
use origami_pack::{Pack, StorageId};
use origami_pyramid::TileId;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

/// Places there are at least, so that small budgets serve large tiles.
const FEWEST: usize = 16;

/// Keeps decoded parents up to a number of bytes; the least recently used go
/// first, because a parent is wanted by its children, which are asked for at
/// about the same time.
///
/// A parent that is not there is decoded by the first thread that asks; others
/// wait for it. What fails is told to all who waited, and not kept. Those in
/// use are not evicted, so the bound may be passed by what the threads hold;
/// those evicted give their buffers back at once. Nothing is allocated after
/// [`Self::new`] but for the errors that threads share.
#[derive(Debug)]
pub struct ParentCache {
    budget: usize,
    pools: Arc<Pools>,
    table: Mutex<ParentTable>,
    /// Told whenever a decode that somebody waits for has ended.
    ended: Condvar,
    /// The planes of each place of the table. Written to under the table's lock
    /// alone and only where nobody reads, so that no lock is ever waited for.
    planes: Box<[RwLock<Option<ParentPlanes>>]>,
}

/// What a cache holds now and has done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParentStats {
    /// Bytes of the buffers held.
    pub bytes: u64,
    /// Parents held.
    pub entries: u64,
    /// Look-ups that found their parent.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Those of the misses that waited for another thread's decode.
    pub waits: u64,
    /// Parents decoded because they were missed.
    pub decodes: u64,
    /// Parents dropped for room.
    pub evictions: u64,
    /// Parents left by tiles that were served.
    pub left: u64,
    /// Those of them that were found by a look-up.
    pub left_used: u64,
}

impl ParentCache {
    /// A cache of `budget` bytes of buffers leased from `pools`.
    #[must_use]
    pub fn new(budget: usize, pools: Arc<Pools>) -> Self {
        let count = (budget / pools.buffer_len(1)).clamp(FEWEST, u32::MAX as usize / 2);
        Self {
            budget,
            pools,
            table: Mutex::new(ParentTable::new(count)),
            ended: Condvar::new(),
            planes: (0..count).map(|_| RwLock::default()).collect(),
        }
    }

    /// The parents of `pack`, as it was opened.
    #[must_use]
    pub fn of(&self, pack: &Pack) -> PackParents<'_> {
        self.of_storage(pack.identity())
    }

    /// The parents of the pack in this storage.
    #[must_use]
    pub fn of_storage(&self, storage: StorageId) -> PackParents<'_> {
        PackParents { cache: self, storage }
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> ParentStats {
        self.lock().stats
    }

    /// Waits until place `at` is no longer building.
    fn wait<'t>(
        &self,
        mut table: MutexGuard<'t, ParentTable>,
        at: usize,
    ) -> Result<MutexGuard<'t, ParentTable>, RebuildError> {
        table.places[at].waiters += 1;
        while let SlotState::Building = table.places[at].state {
            table = self.ended.wait(table).unwrap_or_else(PoisonError::into_inner);
        }
        let place = &mut table.places[at];
        place.waiters -= 1;
        let last = place.waiters == 0;
        let failure = match &place.state {
            SlotState::Failed(error) => Some(Arc::clone(error)),
            SlotState::Abandoned => None,
            _ => return Ok(table),
        };
        if last {
            table.release(at);
        }
        failure.map_or(Ok(table), |error| Err(RebuildError::Shared(error)))
    }

    /// Takes a place for `key`, from another if there is none; `None` if all
    /// are in use.
    fn begin(&self, mut table: MutexGuard<'_, ParentTable>, key: Key) -> Option<Flight<'_>> {
        let at = match table.claim(key) {
            Some(at) => at,
            None if self.evict(&mut table) => table.claim(key)?,
            None => return None,
        };
        Some(Flight { cache: self, at })
    }

    /// Drops the least recently used parent that nobody uses; whether there
    /// was one.
    fn evict(&self, table: &mut ParentTable) -> bool {
        let evicted = table.oldest_first().find_map(|at| {
            // Whoever reads has locked it; nobody can begin to meanwhile.
            let mut place = self.planes[at].try_write().ok()?;
            place.take().map(|planes| (at, planes))
        });
        let Some((at, planes)) = evicted else { return false };
        drop(planes);
        table.unlink(at);
        table.forget(at);
        table.release(at);
        table.stats.bytes -= table.places[at].bytes as u64;
        table.stats.entries -= 1;
        table.stats.evictions += 1;
        true
    }

    /// The planes of a ready place; the table is locked.
    fn read(&self, at: usize) -> Parent<'_> {
        Parent::Kept(self.planes[at].read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells those who wait for place `at` that nothing comes of it.
    fn end(&self, mut table: MutexGuard<'_, ParentTable>, at: usize, state: SlotState) {
        table.forget(at);
        if table.places[at].waiters == 0 {
            table.release(at);
            return;
        }
        table.places[at].state = state;
        drop(table);
        self.ended.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, ParentTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that this thread fills. Dropped unfilled, by a panic, those who wait
/// for it try themselves.
struct Flight<'c> {
    cache: &'c ParentCache,
    at: usize,
}

impl<'c> Flight<'c> {
    /// Fills the place, and evicts others until all fit.
    fn land(self, planes: ParentPlanes, left: bool) -> Parent<'c> {
        let (cache, at) = (self.cache, self.at);
        std::mem::forget(self);
        let bytes = planes.bytes(&cache.pools);
        let mut table = cache.lock();
        *cache.planes[at].write().unwrap_or_else(PoisonError::into_inner) = Some(planes);
        let place = &mut table.places[at];
        (place.state, place.bytes, place.left) = (SlotState::Ready, bytes, left);
        let awaited = place.waiters > 0;
        table.link(at);
        table.stats.bytes += bytes as u64;
        table.stats.entries += 1;
        table.stats.left += u64::from(left);
        // Held before room is made, so that it is not the one to go.
        let parent = cache.read(at);
        while table.stats.bytes > cache.budget as u64 && cache.evict(&mut table) {}
        drop(table);
        if awaited {
            cache.ended.notify_all();
        }
        parent
    }

    /// Ends without planes; `error` comes back, shared if others waited.
    fn fail(self, error: RebuildError) -> RebuildError {
        let (cache, at) = (self.cache, self.at);
        std::mem::forget(self);
        let mut table = cache.lock();
        if table.places[at].waiters == 0 {
            table.forget(at);
            table.release(at);
            return error;
        }
        let error = Arc::new(error);
        cache.end(table, at, SlotState::Failed(Arc::clone(&error)));
        RebuildError::Shared(error)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let table = self.cache.lock();
        self.cache.end(table, self.at, SlotState::Abandoned);
    }
}

/// The parents of one pack.
#[derive(Clone, Copy, Debug)]
pub struct PackParents<'a> {
    cache: &'a ParentCache,
    storage: StorageId,
}

impl Parents for PackParents<'_> {
    fn get_or_decode<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'c>, RebuildError> {
        let (cache, key) = (self.cache, (self.storage, id));
        let mut table = cache.lock();
        let mut missed = false;
        while let Some(at) = table.find(key) {
            if let SlotState::Building = table.places[at].state {
                table.stats.misses += u64::from(!missed);
                table.stats.waits += u64::from(!missed);
                missed = true;
                table = cache.wait(table, at)?;
                continue;
            }
            table.stats.hits += u64::from(!missed);
            let left = std::mem::take(&mut table.places[at].left);
            table.stats.left_used += u64::from(left);
            table.unlink(at);
            table.link(at);
            return Ok(cache.read(at));
        }
        table.stats.misses += u64::from(!missed);
        table.stats.decodes += 1;
        let Some(flight) = cache.begin(table, key) else { return decode().map(Parent::Own) };
        match decode() {
            Ok(planes) => Ok(flight.land(planes, false)),
            Err(error) => Err(flight.fail(error)),
        }
    }

    fn leave(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        let (cache, key) = (self.cache, (self.storage, id));
        let table = cache.lock();
        if table.find(key).is_some() {
            return;
        }
        let Some(flight) = cache.begin(table, key) else { return };
        match make() {
            Ok(planes) => drop(flight.land(planes, true)),
            // The tile itself was made; its children report what is wrong.
            Err(error) => _ = flight.fail(error),
        }
    }
}
