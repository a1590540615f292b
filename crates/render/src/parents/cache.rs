//! Decoded parents of all packs, bounded in bytes.

use super::table::{Key, State, Table};
use super::{KeptPlanes, Parent, ParentPlanes, Parents};
use crate::{Pools, RebuildError};
use origami_pack::{Pack, StorageId};
use origami_pyramid::TileId;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
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
    table: Mutex<Table>,
    /// Told whenever a decode that somebody waits for has ended.
    ended: Condvar,
    /// The planes of each place of the table. Written to under the table's lock
    /// alone and only where nobody reads, so that no lock is ever waited for.
    planes: Box<[RwLock<Option<ParentPlanes>>]>,
    counters: Counters,
}

#[derive(Debug, Default)]
struct Counters {
    bytes: AtomicU64,
    entries: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    waits: AtomicU64,
    decodes: AtomicU64,
    evictions: AtomicU64,
    left: AtomicU64,
    left_used: AtomicU64,
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
            table: Mutex::new(Table::new(count)),
            ended: Condvar::new(),
            planes: (0..count).map(|_| RwLock::default()).collect(),
            counters: Counters::default(),
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

    /// What it holds and has done; takes no lock.
    #[must_use]
    pub fn stats(&self) -> ParentStats {
        let Counters { bytes, entries, hits, misses, waits, decodes, evictions, left, left_used } =
            &self.counters;
        let [bytes, entries, hits, misses, waits, decodes, evictions, left, left_used] =
            [bytes, entries, hits, misses, waits, decodes, evictions, left, left_used]
                .map(|counter| counter.load(Relaxed));
        ParentStats { bytes, entries, hits, misses, waits, decodes, evictions, left, left_used }
    }

    fn get_or_decode(
        &self,
        key: Key,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'_>, RebuildError> {
        let mut table = self.lock();
        let mut missed = false;
        while let Some(at) = table.find(key) {
            if let State::Building = table.places[at].state {
                self.counters.misses.fetch_add(u64::from(!missed), Relaxed);
                self.counters.waits.fetch_add(u64::from(!missed), Relaxed);
                missed = true;
                table = self.wait(table, at)?;
                continue;
            }
            self.counters.hits.fetch_add(u64::from(!missed), Relaxed);
            self.counters.left_used.fetch_add(u64::from(table.places[at].left), Relaxed);
            table.places[at].left = false;
            table.unlink(at);
            table.link(at);
            return Ok(self.read(at));
        }
        self.counters.misses.fetch_add(u64::from(!missed), Relaxed);
        self.counters.decodes.fetch_add(1, Relaxed);
        let Some(flight) = self.begin(table, key) else { return decode().map(Parent::Own) };
        match decode() {
            Ok(planes) => Ok(flight.land(planes, false)),
            Err(error) => Err(flight.fail(error)),
        }
    }

    fn leave(&self, key: Key, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        let table = self.lock();
        if table.find(key).is_some() {
            return;
        }
        let Some(flight) = self.begin(table, key) else { return };
        match make() {
            Ok(planes) => {
                flight.land(planes, true);
                self.counters.left.fetch_add(1, Relaxed);
            }
            // The tile itself was made; its children report what is wrong.
            Err(error) => _ = flight.fail(error),
        }
    }

    /// Waits until place `at` is no longer building.
    fn wait<'t>(
        &self,
        mut table: MutexGuard<'t, Table>,
        at: usize,
    ) -> Result<MutexGuard<'t, Table>, RebuildError> {
        table.places[at].waiters += 1;
        while let State::Building = table.places[at].state {
            table = self.ended.wait(table).unwrap_or_else(PoisonError::into_inner);
        }
        let place = &mut table.places[at];
        place.waiters -= 1;
        let last = place.waiters == 0;
        let failure = match &place.state {
            State::Failed(error) => Some(Arc::clone(error)),
            State::Abandoned => None,
            _ => return Ok(table),
        };
        if last {
            table.release(at);
        }
        failure.map_or(Ok(table), |error| Err(RebuildError::Shared(error)))
    }

    /// Takes a place for `key`, from another if there is none; `None` if all
    /// are in use.
    fn begin(&self, mut table: MutexGuard<'_, Table>, key: Key) -> Option<Flight<'_>> {
        let at = match table.claim(key) {
            Some(at) => at,
            None if self.evict(&mut table) => table.claim(key)?,
            None => return None,
        };
        Some(Flight { cache: self, at })
    }

    /// Drops the least recently used parent that nobody uses; whether there
    /// was one.
    fn evict(&self, table: &mut Table) -> bool {
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
        self.counters.bytes.fetch_sub(table.places[at].bytes as u64, Relaxed);
        self.counters.entries.fetch_sub(1, Relaxed);
        self.counters.evictions.fetch_add(1, Relaxed);
        true
    }

    /// The planes of a ready place; the table is locked.
    fn read(&self, at: usize) -> Parent<'_> {
        Parent::Kept(KeptPlanes(self.planes[at].read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
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
        (place.state, place.bytes, place.left) = (State::Ready, bytes, left);
        let awaited = place.waiters > 0;
        table.link(at);
        let held = cache.counters.bytes.fetch_add(bytes as u64, Relaxed) + bytes as u64;
        cache.counters.entries.fetch_add(1, Relaxed);
        // Held before room is made, so that it is not the one to go.
        let parent = cache.read(at);
        let mut over = held > cache.budget as u64;
        while over {
            over = cache.evict(&mut table) && cache.counters.bytes.load(Relaxed) > cache.budget as u64;
        }
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
        cache.end(table, at, State::Failed(Arc::clone(&error)));
        RebuildError::Shared(error)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let table = self.cache.lock();
        self.cache.end(table, self.at, State::Abandoned);
    }
}

impl ParentCache {
    /// Tells those who wait for place `at` that nothing comes of it.
    fn end(&self, mut table: MutexGuard<'_, Table>, at: usize, state: State) {
        table.forget(at);
        if table.places[at].waiters == 0 {
            table.release(at);
            return;
        }
        table.places[at].state = state;
        drop(table);
        self.ended.notify_all();
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
        self.cache.get_or_decode((self.storage, id), decode)
    }

    fn leave(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        self.cache.leave((self.storage, id), make);
    }
}
