//! What an idle worker may build: the tiles next to one that was asked for.

use crate::builds::Builds;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::product::{Job, Key, Product, is_rebuilt};
use bytes::Bytes;
use origami_pack::Pack;
use origami_pyramid::{Family, TileId};
use std::sync::{Arc, Mutex, PoisonError};

/// Whether the family of the product of `job` is worth building: that of a
/// predicted tile, whose parents are at hand.
pub fn is_speculated_on(job: &Job) -> bool {
    family_of(job).is_some()
}

/// The family of a predicted tile.
pub fn family_of(job: &Job) -> Option<Family> {
    let Product::Tile(id) = job.product else { return None };
    let pyramid = job.pack.pyramid();
    pyramid.depth(id.z).filter(|&depth| depth < 2).and_then(|_| pyramid.family_of(id))
}

/// Building the rest of a family on the level of the tile that was asked for,
/// which its viewer is looking at.
pub struct Speculation<'a> {
    pack: Arc<Pack>,
    level: u32,
    builds: &'a Builds,
    metrics: &'a Metrics,
    /// Whether there still is nothing else to do.
    idle: &'a (dyn Fn() -> bool + Sync),
    /// What was claimed and is not built yet.
    claimed: Mutex<Vec<Key>>,
}

impl<'a> Speculation<'a> {
    /// Around the tile of `job`, as long as `idle`.
    pub fn new(
        job: &Job,
        builds: &'a Builds,
        metrics: &'a Metrics,
        idle: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        let level = match job.product {
            Product::Tile(id) => id.z,
            Product::Constant(_) | Product::Thumbnail(_) => u32::MAX,
        };
        Self { pack: Arc::clone(&job.pack), level, builds, metrics, idle, claimed: Mutex::default() }
    }

    fn key(&self, id: TileId) -> Key {
        (self.pack.identity(), Product::Tile(id))
    }

    /// Whether tile `id` is worth building: it is on the level that is looked at,
    /// not there, and takes a worker.
    pub fn wants(&self, id: TileId) -> bool {
        id.z == self.level
            && !self.builds.is_there(&self.key(id))
            && self.pack.entry(id).is_ok_and(|entry| is_rebuilt(&self.pack, id, entry))
    }

    /// Whether there still is nothing else to do.
    pub fn is_idle(&self) -> bool {
        (self.idle)()
    }

    /// Claims tile `id`, as long as there is nothing else to do and nobody builds
    /// it already.
    pub fn claims(&self, id: TileId) -> bool {
        let key = self.key(id);
        let claimed = (self.idle)() && self.builds.claim(key);
        if claimed {
            self.claimed.lock().unwrap_or_else(PoisonError::into_inner).push(key);
        }
        claimed
    }

    /// Hands over a tile that was claimed.
    pub fn built(&self, id: TileId, answer: Result<Bytes, Error>) {
        let key = self.key(id);
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).retain(|claimed| *claimed != key);
        self.metrics.speculative_built.inc();
        self.builds.finish(key, answer, true);
    }

    /// Lets those go who wait for what was claimed and then not built, because
    /// something failed or panicked.
    pub fn finish(self) {
        for key in self.claimed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            self.builds.finish(key, Err(Error::Internal), true);
        }
    }
}
