use super::{count_eviction, measure, weight};
use crate::metrics::Metrics;
use actix_web::web::Data;
use moka::policy::EvictionPolicy;
use origami_pack::{ParentPlanes, Parents, Pools, RebuildError};
use origami_pyramid::TileId;
use std::sync::Arc;

/// Decoded parents of all packs. The least recently used go first: a parent is
/// wanted by its children, which are asked for at about the same time.
///
/// Parents stand in leased buffers, so the cache must let go of them as soon as
/// it is full, or the pools run dry.
#[derive(Clone)]
pub struct ParentCache {
    entries: moka::sync::Cache<(u64, TileId), Arc<ParentPlanes>>,
    metrics: Data<Metrics>,
}

impl ParentCache {
    /// A cache of `bytes` of buffers leased from `pools`.
    pub fn new(bytes: u64, pools: Arc<Pools>, metrics: Data<Metrics>) -> Self {
        let evicted = metrics.clone();
        let entries = moka::sync::Cache::builder()
            .max_capacity(bytes)
            .eviction_policy(EvictionPolicy::lru())
            .weigher(move |_, planes: &Arc<ParentPlanes>| weight(planes.bytes(&pools)))
            .eviction_listener(move |_, _, cause| count_eviction(&evicted.parents, cause))
            .build();
        Self { entries, metrics }
    }

    /// The parents of the pack with this generation.
    pub fn of(&self, generation: u64) -> PackParents<'_> {
        PackParents { cache: self, generation }
    }

    /// Writes what the cache holds now into the metrics.
    pub fn measure(&self) {
        self.entries.run_pending_tasks();
        measure(&self.metrics.parents, self.entries.weighted_size(), self.entries.entry_count());
    }
}

/// The parents of one pack.
pub struct PackParents<'a> {
    cache: &'a ParentCache,
    generation: u64,
}

impl Parents for PackParents<'_> {
    fn get_or_decode(
        &self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Arc<ParentPlanes>, RebuildError> {
        let metrics = &self.cache.metrics;
        let key = (self.generation, id);
        if let Some(planes) = self.cache.entries.get(&key) {
            metrics.parents.hits.inc();
            return Ok(planes);
        }
        metrics.parents.misses.inc();
        let decoded = self.cache.entries.try_get_with(key, || {
            metrics.parent_decodes.inc();
            decode().map(Arc::new)
        });
        // Otherwise evictions wait for more insertions, buffers in hand.
        self.cache.entries.run_pending_tasks();
        decoded.map_err(|failure| Arc::try_unwrap(failure).unwrap_or_else(RebuildError::Shared))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::ENTRY_OVERHEAD;
    use crate::cache::tests::pack;
    use origami_pack::Rebuilder;

    #[test]
    fn parents_give_their_buffers_back_when_the_cache_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let pack = pack(folder.path());
        let pools = Pools::new(0);
        let metrics = Data::new(Metrics::new());
        let room = 4;
        let bytes = room * (96 << 10) + room * ENTRY_OVERHEAD as u64;
        let cache = ParentCache::new(bytes, Arc::clone(&pools), metrics.clone());
        let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
        let z = pack.pyramid().max_level();
        // 64 roots and 256 L1 parents pass through a pool of 8 buffers: those that
        // are kept and the four of one worker.
        for id in (0..32).flat_map(|y| (0..32).map(move |x| TileId { z, x, y })) {
            rebuilder.tile(&pack, id, &cache.of(pack.generation())).expect("a free buffer");
        }
        assert!(metrics.parent_decodes.get() >= 320);
        cache.measure();
        assert_eq!(metrics.parents.entries.get(), room as i64);
        assert!(metrics.parents.evictions.get() >= 320 - room);
    }
}
