//! Builds the neighbours of a requested tile while there is nothing else to do.

use crate::artifact::{Artifact, ArtifactKey, Job, is_rebuilt};
use crate::cache::BuildTrigger;
use crate::error::Error;
use crate::single_flight::SingleFlight;
use crate::worker::IdleCheck;
use bytes::Bytes;
use origami_pyramid::{Family, TileId};
use origami_render::{FamilyVisitor, RebuildError, TileJpeg};
use std::sync::{Mutex, PoisonError};

/// The family of `job`'s artifact, if the rest of it is worth building: the artifact
/// is a predicted tile, whose parents are in memory, and the family has other tiles on
/// its level. Derivatives do not count: what displays neighbouring tiles too is a viewer,
/// and viewers request the tiles' own JPEGs.
pub fn family_to_complete(job: &Job) -> Option<Family> {
    let Artifact::Tile(id) = job.artifact else { return None };
    job.pack.parent(id)?;
    job.pack.pyramid().family_of(id).filter(|family| family.root != id)
}

/// Builds the rest of a requested tile's family on the level of that tile, which
/// its viewer displays.
pub struct Speculation<'a> {
    /// The job of the requested tile.
    job: &'a Job,
    flights: &'a SingleFlight,
    idle: IdleCheck<'a>,
    /// Tiles that were claimed and are not built yet.
    claimed: Mutex<Vec<ArtifactKey>>,
}

impl<'a> Speculation<'a> {
    /// Speculation around the tile of `job` for as long as the workers are `idle`.
    pub fn new(job: &'a Job, flights: &'a SingleFlight, idle: IdleCheck<'a>) -> Self {
        Self { job, flights, idle, claimed: Mutex::default() }
    }

    fn key(&self, id: TileId) -> ArtifactKey {
        ArtifactKey { pack: self.job.pack.storage_id(), artifact: Artifact::Tile(id) }
    }

    /// Finishes the build of a claimed tile.
    pub fn finish_tile(&self, id: TileId, result: Result<Bytes, Error>) {
        let key = self.key(id);
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).retain(|claimed| *claimed != key);
        self.flights.failure_log.metrics.speculative_built.inc();
        self.flights.finish(key, result, BuildTrigger::Speculation);
    }

    /// Releases the requests that wait for tiles which were claimed but not built
    /// because of a failure or a panic.
    pub fn finish(self) {
        for key in self.claimed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            self.flights.finish(key, Err(Error::Internal), BuildTrigger::Speculation);
        }
    }
}

impl FamilyVisitor for Speculation<'_> {
    /// Whether tile `id` is worth building: it is on the requested tile's level, is not
    /// cached, and takes a worker.
    fn wants(&self, id: TileId) -> bool {
        let pack = &self.job.pack;
        matches!(self.job.artifact, Artifact::Tile(requested) if requested.z == id.z)
            && !self.flights.is_cached(&self.key(id))
            && pack.entry(id).is_ok_and(|entry| is_rebuilt(pack, id, entry))
    }

    /// Claims tile `id`, unless there is something else to do or its build is in
    /// flight already.
    fn claims(&self, id: TileId) -> bool {
        let key = self.key(id);
        let claimed = self.idle.is_idle() && self.flights.claim(key);
        if claimed {
            self.claimed.lock().unwrap_or_else(PoisonError::into_inner).push(key);
        }
        claimed
    }

    fn is_over(&self) -> bool {
        !self.idle.is_idle()
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let failure_log = &self.flights.failure_log;
        failure_log.metrics.tile_builds.inc();
        let result = tile
            .map(|tile| Bytes::copy_from_slice(&tile))
            .map_err(|cause| failure_log.report_build(&self.job.pack, Artifact::Tile(id), &cause));
        self.finish_tile(id, result);
        Ok(())
    }
}
