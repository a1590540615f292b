//! Tiles of one colour, which need no parent and wait for no worker.

use crate::artifact::{Artifact, Constant};
use crate::cache::TileCache;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::metrics::TileSource;
use actix_web::web::Data;
use bytes::Bytes;
use origami_pack::Pack;
use origami_pyramid::TileId;
use origami_render::{Families, Format, LARGEST, Models, Pools, Uncached};

/// Encodes one-colour tiles where they are asked for. That takes some 100
/// microseconds, and is done once for each colour, size and level of a pack:
/// glass has few.
pub struct ConstantTiles {
    tiles: TileCache,
    /// Used for single tiles only.
    families: Families,
    failure_log: Data<FailureLog>,
}

impl ConstantTiles {
    /// Tiles are kept in `tiles`; there are buffers for `threads`, each of which
    /// makes one tile at a time.
    pub fn new(tiles: TileCache, threads: usize, failure_log: Data<FailureLog>) -> Self {
        let pools = Pools::new(threads.max(1) * LARGEST);
        Self { tiles, families: Families::new(pools, Models::new(0)), failure_log }
    }

    /// The JPEG of tile `id`, which is of one colour, and where it came from.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the level's tables cannot say so,
    /// [`Error::Busy`] if there is no buffer.
    pub fn get(&self, pack: &Pack, id: TileId, constant: Constant) -> Result<(Bytes, TileSource), Error> {
        let key = (pack.identity(), Artifact::Constant(constant));
        if let Some(jpeg) = self.tiles.get(&key) {
            return Ok((jpeg, TileSource::Cache));
        }
        self.tiles.miss(&key);
        let tile = self.families.tile(pack, id, &Uncached);
        let artifact = Artifact::Tile(id, Format::Jpeg);
        let tile = tile.map_err(|cause| self.failure_log.answer(pack, artifact, &cause))?;
        let jpeg = Bytes::copy_from_slice(&tile);
        self.tiles.insert(key, jpeg.clone(), false);
        Ok((jpeg, TileSource::Blank))
    }
}
