//! What an idle worker may build: the tiles next to one that was asked for.

use crate::artifact::{Artifact, Job, Key, is_rebuilt};
use crate::error::Error;
use crate::single_flight::SingleFlight;
use bytes::Bytes;
use origami_pyramid::{Family, TileId};
use origami_render::{FamilyVisitor, Format, RebuildError, TileJpeg};
use std::sync::{Mutex, PoisonError};

/// The family of the artifact of `job` if the rest of it is worth building: that of a
/// predicted tile, whose parents are at hand, with others on its level. Viewers, which
/// want what lies around a tile too, ask for JPEGs.
pub fn family_of(job: &Job) -> Option<Family> {
    let Artifact::Tile(id, Format::Jpeg) = job.artifact else { return None };
    job.pack.parent(id)?;
    job.pack.pyramid().family_of(id).filter(|family| family.root != id)
}

/// Building the rest of a family on the level of the tile that was asked for,
/// which its viewer is looking at.
pub struct Speculation<'a> {
    job: &'a Job,
    flights: &'a SingleFlight,
    /// Whether there still is nothing else to do.
    idle: &'a (dyn Fn() -> bool + Sync),
    /// What was claimed and is not built yet.
    claimed: Mutex<Vec<Key>>,
}

impl<'a> Speculation<'a> {
    /// Around the tile of `job`, as long as `idle`.
    pub fn new(job: &'a Job, flights: &'a SingleFlight, idle: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { job, flights, idle, claimed: Mutex::default() }
    }

    fn key(&self, id: TileId) -> Key {
        (self.job.pack.identity(), Artifact::Tile(id, Format::Jpeg))
    }

    /// Hands over a tile that was claimed.
    pub fn built(&self, id: TileId, answer: Result<Bytes, Error>) {
        let key = self.key(id);
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).retain(|claimed| *claimed != key);
        self.flights.failure_log.metrics.speculative_built.inc();
        self.flights.finish(key, answer, true);
    }

    /// Lets those go who wait for what was claimed and then not built, because
    /// something failed or panicked.
    pub fn finish(self) {
        for key in self.claimed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            self.flights.finish(key, Err(Error::Internal), true);
        }
    }
}

impl FamilyVisitor for Speculation<'_> {
    /// Whether tile `id` is worth building: it is on the level that is looked at,
    /// not there, and takes a worker.
    fn wants(&self, id: TileId) -> bool {
        let pack = &self.job.pack;
        matches!(self.job.artifact, Artifact::Tile(asked, _) if asked.z == id.z)
            && !self.flights.is_there(&self.key(id))
            && pack.entry(id).is_ok_and(|entry| is_rebuilt(pack, id, entry))
    }

    /// Claims tile `id`, as long as there is nothing else to do and nobody builds
    /// it already.
    fn claims(&self, id: TileId) -> bool {
        let key = self.key(id);
        let claimed = (self.idle)() && self.flights.claim(key);
        if claimed {
            self.claimed.lock().unwrap_or_else(PoisonError::into_inner).push(key);
        }
        claimed
    }

    fn is_over(&self) -> bool {
        !(self.idle)()
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let failure_log = &self.flights.failure_log;
        failure_log.metrics.tile_builds.inc();
        let artifact = Artifact::Tile(id, Format::Jpeg);
        let answer = tile.map(|tile| Bytes::copy_from_slice(&tile));
        self.built(id, answer.map_err(|cause| failure_log.answer(&self.job.pack, artifact, &cause)));
        Ok(())
    }
}
