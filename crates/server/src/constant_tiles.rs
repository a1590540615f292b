//! Encodes tiles of one colour, which need neither a parent nor a worker.

use crate::artifact::{Artifact, ArtifactKey, Constant, ServedTile};
use crate::cache::{BuildTrigger, TileCache};
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::metrics::TileSource;
use actix_web::web::Data;
use bytes::Bytes;
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::{Families, MAX_LEASE, Models, Pools, Uncached};
use std::sync::Arc;

/// Encodes one-colour tiles on the thread that handles the request. That takes
/// about 100 microseconds and happens once for each colour, size and level of a
/// pack; background glass has few colours.
pub struct ConstantTiles {
    tiles: TileCache,
    pools: Arc<Pools>,
    /// Used for single tiles only.
    families: Families,
    failure_log: Data<FailureLog>,
}

impl ConstantTiles {
    /// Caches tiles in `tiles`. Has buffers for `threads` threads, each of which
    /// makes one tile at a time.
    pub fn new(tiles: TileCache, threads: usize, failure_log: Data<FailureLog>) -> Self {
        let pools = Pools::new(threads.max(1) * MAX_LEASE);
        let families = Families::new(Arc::clone(&pools), Models::new(0));
        Self { tiles, pools, families, failure_log }
    }

    /// Bytes of its buffers.
    pub fn buffer_bytes(&self) -> usize {
        self.pools.bytes()
    }

    /// The JPEG of tile `id`, which has one colour.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the level's tables cannot express the colour,
    /// [`Error::Busy`] if no buffer is free.
    pub fn get(&self, pack: &Pack, id: TileId, constant: Constant) -> Result<ServedTile, Error> {
        let key = ArtifactKey { pack: pack.storage_id(), artifact: Artifact::Constant(constant) };
        if let Some(bytes) = self.tiles.get(&key) {
            return Ok(ServedTile { bytes, source: TileSource::Cache });
        }
        self.tiles.count_miss(&key);
        let tile = self
            .families
            .tile(pack, id, &Uncached)
            .map_err(|cause| self.failure_log.report_build(pack, Artifact::Tile(id), &cause))?;
        let bytes = Bytes::copy_from_slice(&tile);
        self.tiles.insert(key, bytes.clone(), BuildTrigger::Request);
        Ok(ServedTile { bytes, source: TileSource::Blank })
    }
}
