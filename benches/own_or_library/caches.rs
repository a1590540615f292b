//! The alternatives to [`ParentCache`], for the parents of one pack.

use moka::policy::EvictionPolicy;
use origami_pack::StorageId;
use origami_pyramid::TileId;
use origami_render::{PackParents, Parent, ParentCache, ParentPlanes, Parents, Pools, RebuildError};
use quick_cache::Weighter;
use quick_cache::sync::GuardResult;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// As in the cache itself: the opened pack, and the tile.
type Key = (StorageId, TileId);

/// [`Parents`] whose parents may also be shared ones, which [`Parent`] has no
/// variant for.
pub trait Cache: Sync {
    /// As [`Parents::get_or_decode`].
    fn get<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Held<'c>, RebuildError>;

    /// As [`Parents::leave`].
    fn leave(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>);
}

/// A parent in use.
pub enum Held<'c> {
    Own(Parent<'c>),
    Shared(Arc<ParentPlanes>),
}

impl Deref for Held<'_> {
    type Target = ParentPlanes;

    fn deref(&self) -> &ParentPlanes {
        match self {
            Self::Own(parent) => parent,
            Self::Shared(planes) => planes,
        }
    }
}

/// Ours.
pub struct Own(PackParents<'static>);

impl Own {
    pub fn new(budget: usize, pools: Arc<Pools>) -> Self {
        // It lasts as long as the bench does.
        let cache: &'static ParentCache = Box::leak(Box::new(ParentCache::new(budget, pools)));
        Self(cache.of_storage(StorageId::next()))
    }
}

impl Cache for Own {
    fn get<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Held<'c>, RebuildError> {
        self.0.get_or_decode(id, decode).map(Held::Own)
    }

    fn leave(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        self.0.leave(id, make);
    }
}

/// `quick_cache`, which waits for the thread that holds a key's guard.
pub struct Quick {
    storage: StorageId,
    cache: quick_cache::sync::Cache<Key, Arc<ParentPlanes>, BufferLen>,
}

/// A parent weighs what its buffer has.
#[derive(Clone)]
struct BufferLen(Arc<Pools>);

impl Weighter<Key, Arc<ParentPlanes>> for BufferLen {
    fn weight(&self, _: &Key, planes: &Arc<ParentPlanes>) -> u64 {
        planes.bytes(&self.0) as u64
    }
}

impl Quick {
    pub fn new(budget: usize, pools: Arc<Pools>) -> Self {
        let most = budget / pools.buffer_len(1);
        let cache = quick_cache::sync::Cache::with_weighter(most, budget as u64, BufferLen(pools));
        Self { storage: StorageId::next(), cache }
    }
}

impl Cache for Quick {
    fn get<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Held<'c>, RebuildError> {
        let key = (self.storage, id);
        self.cache.get_or_insert_with(&key, || decode().map(Arc::new)).map(Held::Shared)
    }

    fn leave(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        let key = (self.storage, id);
        if let GuardResult::Guard(guard) = self.cache.get_value_or_guard(&key, Some(Duration::ZERO))
            && let Ok(planes) = make()
        {
            // It fails only if the key was taken out meanwhile, which nobody does.
            _ = guard.insert(Arc::new(planes));
        }
    }
}

/// `moka`, whose waiters share values and failures.
pub struct Moka {
    storage: StorageId,
    cache: moka::sync::Cache<Key, Arc<ParentPlanes>>,
}

impl Moka {
    pub fn new(budget: usize, pools: Arc<Pools>, policy: EvictionPolicy) -> Self {
        let weight = move |_: &Key, planes: &Arc<ParentPlanes>| {
            u32::try_from(planes.bytes(&pools)).unwrap_or(u32::MAX)
        };
        let cache = moka::sync::Cache::builder()
            .max_capacity(budget as u64)
            .eviction_policy(policy)
            .weigher(weight)
            .build();
        Self { storage: StorageId::next(), cache }
    }
}

impl Cache for Moka {
    fn get<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Held<'c>, RebuildError> {
        let found = self.cache.try_get_with_by_ref(&(self.storage, id), || decode().map(Arc::new));
        found.map(Held::Shared).map_err(RebuildError::Shared)
    }

    fn leave(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        let key = (self.storage, id);
        if !self.cache.contains_key(&key)
            && let Ok(planes) = make()
        {
            self.cache.insert(key, Arc::new(planes));
        }
    }
}
