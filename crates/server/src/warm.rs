//! Making slides ready before anybody asks for them.

use crate::cache::TileCache;
use crate::catalog::Catalog;
use crate::product::{Job, Product, is_rebuilt};
use crossbeam::channel::Sender;
use origami_pack::{Mode, Pack};
use origami_pyramid::TileId;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use tracing::{info, warn};

/// Share of the room for tiles that is filled with what nobody has asked for.
const SHARE: f64 = 0.5;

/// The thread that warms; dropping it ends it.
pub struct Warming {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Warming {
    /// Reads the packs of `slides` into memory, coarse levels first, and has
    /// their rebuilt tiles built in the workers' spare time until half the room
    /// for tiles is taken.
    pub fn start(
        slides: Vec<String>,
        catalog: Arc<Catalog>,
        tiles: TileCache,
        spare_time: Sender<Job>,
    ) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let warm = move || {
            for id in slides {
                let started = Instant::now();
                match catalog.open(&id) {
                    Ok(slide) => {
                        let built = slide_tiles(&slide.pack, &tiles, &spare_time, &stopped);
                        info!(id, tiles = built, took = ?started.elapsed(), "slide warmed");
                    }
                    Err(cause) => warn!(id, %cause, "this slide cannot be warmed"),
                }
            }
        };
        let thread = thread::Builder::new().name("warm".into()).spawn(warm)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

/// Warms one slide; returns the number of tiles that were given to the workers.
fn slide_tiles(pack: &Arc<Pack>, tiles: &TileCache, spare_time: &Sender<Job>, stopped: &AtomicBool) -> u64 {
    let mut built = 0;
    for (z, level) in (0..).zip(pack.levels()) {
        for id in (0..level.rows).flat_map(|y| (0..level.columns).map(move |x| TileId { z, x, y })) {
            if stopped.load(Ordering::Relaxed) {
                return built;
            }
            pack.make_ready(id);
            let rebuilt =
                level.mode != Mode::Stored && pack.entry(id).is_ok_and(|entry| is_rebuilt(pack, id, entry));
            if rebuilt && !(built % 64 == 0 && tiles.is_filled(SHARE)) {
                // Waits until a worker has nothing else to do.
                let job = Job { pack: Arc::clone(pack), product: Product::Tile(id) };
                if spare_time.send(job).is_err() {
                    return built;
                }
                built += 1;
            }
        }
    }
    built
}

impl Drop for Warming {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It only panics where the process is beyond repair anyway.
            let _ = thread.join();
        }
    }
}
