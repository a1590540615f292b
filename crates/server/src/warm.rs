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
    send_tiles(pack, all, tiles, Some(CACHE_FRACTION), idle_jobs, stopped)
}

/// Reads `ids`, tiles of `pack` from coarse to fine, into memory, and sends those that have to
/// be rebuilt to idle workers, until `cache_fraction` of the tile cache is filled, if that is
/// limited, or the server stops. Waits until a worker has nothing else to do, for each of them. Returns their number.
pub fn send_tiles(
    pack: &Arc<Pack>,
    mut ids: impl Iterator<Item = TileId>,
    tiles: &TileCache,
    cache_fraction: Option<f64>,
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
        if cache_fraction.is_some_and(|fraction| tiles.is_filled(fraction)) {
            continue;
        }
        for id in batch.into_iter().filter(|&id| takes_worker(pack, id)) {
            let job = Job { pack: Arc::clone(pack), artifact: Artifact::Tile(id) };
            let stops = stopped.try_recv() == Err(TryRecvError::Disconnected);
            if stops || idle_jobs.send(job).is_err() {
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
