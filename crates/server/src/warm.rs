//! Warms slides up before they are requested.

use crate::artifact::{Artifact, Job, is_rebuilt};
use crate::background::Background;
use crate::cache::TileCache;
use crate::catalog::Catalog;
use crossbeam::channel::{Receiver, Sender, TryRecvError};
use origami_pack::Pack;
use origami_pyramid::TileId;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tracing::{info, warn};

/// Fraction of the tile cache that may be filled with tiles not yet requested.
const CACHE_FRACTION: f64 = 0.5;

/// Number of tiles that are read together, so that a disk is not waited for at each of them.
const BATCH: usize = 128;

/// Starts a thread that reads the packs of `slides` into memory, coarse levels first,
/// and sends their rebuilt tiles to idle workers through `idle_jobs` until half of the
/// tile cache is filled.
pub fn start(
    background: &mut Background,
    slides: Vec<String>,
    catalog: Arc<Catalog>,
    tiles: TileCache,
    idle_jobs: Sender<Job>,
) -> io::Result<()> {
    background.start("warm".to_owned(), move |stopped| {
        for id in slides {
            let started = Instant::now();
            match catalog.open(&id) {
                Ok(slide) => {
                    let built = warm_slide(&slide.pack, &tiles, &idle_jobs, stopped);
                    info!(id, tiles = built, took = ?started.elapsed(), "slide warmed");
                }
                Err(cause) => warn!(id, %cause, "this slide cannot be warmed"),
            }
        }
    })
}

/// Warms one slide; returns the number of tiles that were sent to the workers.
fn warm_slide(pack: &Arc<Pack>, tiles: &TileCache, idle_jobs: &Sender<Job>, stopped: &Receiver<()>) -> u64 {
    let pyramid = *pack.pyramid();
    let all = (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z));
    send_tiles(pack, all, SendLimit::Filled(tiles), idle_jobs, stopped)
}

/// What ends sending tiles to idle workers before all are sent.
#[derive(Clone, Copy)]
pub enum SendLimit<'a> {
    /// That [`CACHE_FRACTION`] of this cache is filled. The other tiles are still read.
    Filled(&'a TileCache),
    /// That it is this time.
    Deadline(Instant),
}

impl SendLimit<'_> {
    /// Sends `job` as soon as there is room for it. Returns whether that was in time.
    fn send(self, job: Job, idle_jobs: &Sender<Job>) -> bool {
        match self {
            Self::Filled(_) => idle_jobs.send(job).is_ok(),
            Self::Deadline(deadline) => {
                Instant::now() < deadline && idle_jobs.send_deadline(job, deadline).is_ok()
            }
        }
    }
}

/// Reads `ids`, tiles of `pack` from coarse to fine, into memory, and sends those that have to
/// be rebuilt to idle workers, until `limit` is reached or the server stops. Waits until a worker
/// has nothing else to do, for each of them. Returns their number.
pub fn send_tiles(
    pack: &Arc<Pack>,
    mut ids: impl Iterator<Item = TileId>,
    limit: SendLimit<'_>,
    idle_jobs: &Sender<Job>,
    stopped: &Receiver<()>,
) -> u64 {
    let mut sent = 0;
    loop {
        let batch: Vec<TileId> = ids.by_ref().take(BATCH).collect();
        if batch.is_empty() || stopped.try_recv() == Err(TryRecvError::Disconnected) {
            return sent;
        }
        pack.make_all_ready(batch.iter().copied());
        if let SendLimit::Filled(tiles) = limit
            && tiles.is_filled(CACHE_FRACTION)
        {
            continue;
        }
        for id in batch.into_iter().filter(|&id| takes_worker(pack, id)) {
            let job = Job { pack: Arc::clone(pack), artifact: Artifact::Tile(id) };
            let stops = stopped.try_recv() == Err(TryRecvError::Disconnected);
            if stops || !limit.send(job, idle_jobs) {
                return sent;
            }
            sent += 1;
        }
    }
}

/// Whether a worker has to build tile `id`.
fn takes_worker(pack: &Pack, id: TileId) -> bool {
    pack.parent(id).is_some() && pack.entry(id).is_ok_and(|entry| is_rebuilt(pack, id, entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_pack;
    use crossbeam::channel::bounded;
    use std::time::Duration;

    #[test]
    fn no_tile_is_sent_after_the_deadline_even_if_a_worker_is_idle() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(test_pack::create(folder.path()));
        let ids = || pack.pyramid().tiles(pack.pyramid().max_level()).take(3);
        let ((idle_jobs, jobs), (_running, stopped)) = (bounded(8), bounded(0));
        let now = Instant::now();
        assert_eq!(send_tiles(&pack, ids(), SendLimit::Deadline(now), &idle_jobs, &stopped), 0);
        assert_eq!((jobs.len(), Arc::strong_count(&pack)), (0, 1));
        let later = SendLimit::Deadline(now + Duration::from_secs(600));
        assert_eq!(send_tiles(&pack, ids(), later, &idle_jobs, &stopped), 3);
    }

    #[test]
    fn tiles_of_an_overview_do_not_wait_for_a_busy_worker_beyond_the_deadline() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(test_pack::create(folder.path()));
        let ids = pack.pyramid().tiles(pack.pyramid().max_level());
        // No worker ever takes one.
        let ((idle_jobs, _jobs), (_running, stopped)) = (bounded(1), bounded(0));
        let soon = SendLimit::Deadline(Instant::now() + Duration::from_millis(20));
        assert!(send_tiles(&pack, ids, soon, &idle_jobs, &stopped) <= 1);
    }
}
