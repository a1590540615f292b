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

/// The families whose tiles on the level of `job`'s artifact are worth building: that of the
/// artifact if it is a predicted tile, whose parents are in memory. A root is alone on its
/// level in its family; it has the families of those roots beside it that are predicted from
/// the same parent. Derivatives have none: what displays neighbouring tiles too is a viewer,
/// and viewers request the tiles' own JPEGs.
pub fn families_to_complete(job: &Job) -> impl Iterator<Item = Family> + use<> {
    let pyramid = *job.pack.pyramid();
    let predicted = match job.artifact {
        Artifact::Tile(id) => job.pack.parent(id).map(|parent| (id, parent)),
        Artifact::Constant(_) | Artifact::Encoded(..) => None,
    };
    let roots = predicted.and_then(|(id, parent)| {
        let root = pyramid.family_of(id)?.root;
        Some(pyramid.tiles_under(if root == id { parent } else { root }, root.z))
    });
    roots.into_iter().flatten().map(|root| Family { root })
}

/// Builds the tiles beside a requested one, on the level of that, which its viewer displays.
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

    /// The tiles of `family` that are built, and those that they are predicted from: all that
    /// is read for them, since what is above its root is cached with the parents of the
    /// requested tile. None if all that it would build is cached.
    pub fn sources(&self, family: Family) -> Vec<TileId> {
        let tiles = self.job.pack.pyramid().family_tiles(family);
        let sources: Vec<TileId> = tiles.filter(|id| Some(id.z) <= self.level()).collect();
        // Which tiles are wanted depends on their entries: these are waited for together.
        self.job.pack.read_entries_ahead(sources.iter().copied());
        if sources.iter().any(|id| self.wants(*id)) { sources } else { Vec::new() }
    }

    /// The level that is built on.
    fn level(&self) -> Option<u32> {
        match self.job.artifact {
            Artifact::Tile(id) => Some(id.z),
            Artifact::Constant(_) | Artifact::Encoded(..) => None,
        }
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
        self.level() == Some(id.z)
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
