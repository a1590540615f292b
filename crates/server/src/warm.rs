//! Warms slides up before they are requested.

use crate::artifact::{Artifact, Job, is_rebuilt};
use crate::background::Background;
use crate::cache::TileCache;
use crate::catalog::Catalog;
use crossbeam::channel::{Receiver, Sender, TryRecvError};
use origami_pack::{Level, Pack};
use origami_pyramid::TileId;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tracing::{info, warn};

/// Fraction of the tile cache that may be filled with tiles not yet requested.
const CACHE_FRACTION: f64 = 0.5;

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
    let mut sent = 0;
    for (z, level) in (0..).zip(pack.levels()) {
        for id in pack.pyramid().tiles(z) {
            if stopped.try_recv() == Err(TryRecvError::Disconnected) {
                return sent;
            }
            pack.make_ready(id);
            if !takes_worker(pack, level, id) || (sent % 64 == 0 && tiles.is_filled(CACHE_FRACTION)) {
                continue;
            }
            // Waits until a worker has nothing else to do.
            let job = Job { pack: Arc::clone(pack), artifact: Artifact::Tile(id) };
            if idle_jobs.send(job).is_err() {
                return sent;
            }
            sent += 1;
        }
    }
    sent
}

/// Whether a worker has to build tile `id` of `level`.
fn takes_worker(pack: &Pack, level: &Level, id: TileId) -> bool {
    level.is_predicted() && pack.entry(id).is_ok_and(|entry| is_rebuilt(pack, id, entry))
}
