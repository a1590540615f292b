//! What an idle worker may build: the tiles next to one that was asked for.

use crate::builds::Builds;
use crate::error::Error;
use crate::product::{Job, Key, Product, is_rebuilt};
use bytes::Bytes;
use origami_pyramid::{Family, TileId};
use origami_render::{FamilyVisitor, Format, RebuildError, Tile};
use std::sync::{Mutex, PoisonError};

/// The family of the product of `job` if the rest of it is worth building: that of a
/// predicted tile, whose parents are at hand, with others on its level. Viewers, which
/// want what lies around a tile too, ask for JPEGs.
pub fn family_of(job: &Job) -> Option<Family> {
    let Product::Tile(id, Format::Jpeg) = job.product else { return None };
    job.pack.parent(id)?;
    job.pack.pyramid().family_of(id).filter(|family| family.root != id)
}

/// Building the rest of a family on the level of the tile that was asked for,
/// which its viewer is looking at.
pub struct Speculation<'a> {
    job: &'a Job,
    builds: &'a Builds,
    /// Whether there still is nothing else to do.
    idle: &'a (dyn Fn() -> bool + Sync),
    /// What was claimed and is not built yet.
    claimed: Mutex<Vec<Key>>,
}

impl<'a> Speculation<'a> {
    /// Around the tile of `job`, as long as `idle`.
    pub fn new(job: &'a Job, builds: &'a Builds, idle: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { job, builds, idle, claimed: Mutex::default() }
    }

    fn key(&self, id: TileId) -> Key {
        (self.job.pack.identity(), Product::Tile(id, Format::Jpeg))
    }

    /// Hands over a tile that was claimed.
    pub fn built(&self, id: TileId, answer: Result<Bytes, Error>) {
        let key = self.key(id);
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).retain(|claimed| *claimed != key);
        self.builds.damage.metrics.speculative_built.inc();
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

impl FamilyVisitor for Speculation<'_> {
    /// Whether tile `id` is worth building: it is on the level that is looked at,
    /// not there, and takes a worker.
    fn wants(&self, id: TileId) -> bool {
        let pack = &self.job.pack;
        matches!(self.job.product, Product::Tile(asked, _) if asked.z == id.z)
            && !self.builds.is_there(&self.key(id))
            && pack.entry(id).is_ok_and(|entry| is_rebuilt(pack, id, entry))
    }

    /// Claims tile `id`, as long as there is nothing else to do and nobody builds
    /// it already.
    fn claims(&self, id: TileId) -> bool {
        let key = self.key(id);
        let claimed = (self.idle)() && self.builds.claim(key);
        if claimed {
            self.claimed.lock().unwrap_or_else(PoisonError::into_inner).push(key);
        }
        claimed
    }

    fn is_over(&self) -> bool {
        !(self.idle)()
    }

    fn take(&self, id: TileId, tile: Result<Tile, RebuildError>) -> Result<(), RebuildError> {
        let damage = &self.builds.damage;
        damage.metrics.tile_builds.inc();
        let product = Product::Tile(id, Format::Jpeg);
        let answer = tile.map(|tile| Bytes::copy_from_slice(&tile));
        self.built(id, answer.map_err(|cause| damage.answer(&self.job.pack, product, &cause)));
        Ok(())
    }
}
