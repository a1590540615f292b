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

/// As in [`ParentCache`]: the opened pack, and the tile.
type Key = (StorageId, TileId);

/// Like [`Parents`], but parents may also be shared ones, for which [`Parent`] has no
/// variant.
pub trait Cache: Sync {
    /// As [`Parents::get_or_decode`].
    fn get<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<CachedParent<'c>, RebuildError>;

    /// As [`Parents::seed`].
    fn seed(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>);
}

/// A parent in use.
pub enum CachedParent<'c> {
    Own(Parent<'c>),
    Shared(Arc<ParentPlanes>),
}

impl Deref for CachedParent<'_> {
    type Target = ParentPlanes;

    fn deref(&self) -> &ParentPlanes {
        match self {
            Self::Own(parent) => parent,
            Self::Shared(planes) => planes,
        }
    }
}

/// Our own cache.
pub struct OwnCache(PackParents<'static>);

impl OwnCache {
    pub fn new(budget: usize, pools: Arc<Pools>) -> Self {
        // The bench uses it until it ends.
        let cache: &'static ParentCache = Box::leak(Box::new(ParentCache::new(budget, pools)));
        // None of the parents counts as a coarse one, which the other caches do not know.
        Self(cache.of_storage(StorageId::next(), 0))
    }
}

impl Cache for OwnCache {
    fn get<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<CachedParent<'c>, RebuildError> {
        self.0.get_or_decode(id, decode).map(CachedParent::Own)
    }

    fn seed(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        self.0.seed(id, make);
    }
}

/// `quick_cache`, in which threads wait for the one that has the guard of a key.
pub struct QuickCache {
    storage: StorageId,
    cache: quick_cache::sync::Cache<Key, Arc<ParentPlanes>, BufferLen>,
}

/// The weight of a parent: the length of its buffer.
#[derive(Clone)]
struct BufferLen(Arc<Pools>);

impl Weighter<Key, Arc<ParentPlanes>> for BufferLen {
    fn weight(&self, _: &Key, planes: &Arc<ParentPlanes>) -> u64 {
        planes.bytes(&self.0) as u64
    }
}

impl QuickCache {
    pub fn new(budget: usize, pools: Arc<Pools>) -> Self {
        let max_parents = budget / pools.buffer_len(1);
        let cache = quick_cache::sync::Cache::with_weighter(max_parents, budget as u64, BufferLen(pools));
        Self { storage: StorageId::next(), cache }
    }
}

impl Cache for QuickCache {
    fn get<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<CachedParent<'c>, RebuildError> {
        let key = (self.storage, id);
        self.cache.get_or_insert_with(&key, || decode().map(Arc::new)).map(CachedParent::Shared)
    }

    fn seed(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        let key = (self.storage, id);
        if let GuardResult::Guard(guard) = self.cache.get_value_or_guard(&key, Some(Duration::ZERO))
            && let Ok(planes) = make()
        {
            // It fails only if the key was removed meanwhile, and nothing removes keys.
            _ = guard.insert(Arc::new(planes));
        }
    }
}

/// `moka`, in which waiting threads share values and failures.
pub struct MokaCache {
    storage: StorageId,
    cache: moka::sync::Cache<Key, Arc<ParentPlanes>>,
}

impl MokaCache {
    pub fn new(budget: usize, pools: Arc<Pools>, policy: EvictionPolicy) -> Self {
        let cache = moka::sync::Cache::builder()
            .max_capacity(budget as u64)
            .eviction_policy(policy)
            .weigher(move |_: &Key, planes: &Arc<ParentPlanes>| {
                u32::try_from(planes.bytes(&pools)).unwrap_or(u32::MAX)
            })
            .build();
        Self { storage: StorageId::next(), cache }
    }
}

impl Cache for MokaCache {
    fn get<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<CachedParent<'c>, RebuildError> {
        let planes = self.cache.try_get_with_by_ref(&(self.storage, id), || decode().map(Arc::new));
        planes.map(CachedParent::Shared).map_err(RebuildError::Shared)
    }

    fn seed(&self, id: TileId, make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {
        let key = (self.storage, id);
        if !self.cache.contains_key(&key)
            && let Ok(planes) = make()
        {
            self.cache.insert(key, Arc::new(planes));
        }
    }
}
