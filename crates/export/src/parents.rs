use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use origami_pack::{ParentPlanes, Parents, Pools, RebuildError};
use origami_pyramid::TileId;
use std::sync::Arc;

/// Bytes of decoded parents that are kept: those that two rows of a level go
/// back to, in slides of up to half a million pixels across.
const KEPT: u64 = 128 << 20;

/// Most bytes of buffers of each size. Far more than [`KEPT`] and what any
/// number of workers holds, so that none of them ever goes without.
const BUFFERS: usize = 8 << 30;

/// Decoded parents of one pack, the least recently used going first.
pub(crate) struct Kept {
    planes: Cache<TileId, Arc<ParentPlanes>>,
}

/// The buffers for parents and tiles, and a cache of parents in them.
pub(crate) fn buffers() -> (Arc<Pools>, Kept) {
    let pools = Pools::new(BUFFERS);
    let leased = Arc::clone(&pools);
    let planes = Cache::builder()
        .max_capacity(KEPT)
        .eviction_policy(EvictionPolicy::lru())
        .weigher(move |_, planes: &Arc<ParentPlanes>| {
            u32::try_from(planes.bytes(&leased)).unwrap_or(u32::MAX)
        })
        .build();
    (pools, Kept { planes })
}

impl Parents for Kept {
    fn get_or_decode(
        &self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Arc<ParentPlanes>, RebuildError> {
        let planes = self.planes.try_get_with(id, || decode().map(Arc::new));
        // Otherwise evictions wait for more insertions, buffers in hand.
        self.planes.run_pending_tasks();
        planes.map_err(|error| Arc::try_unwrap(error).unwrap_or_else(RebuildError::Shared))
    }
}
