//! Making slides ready before anybody asks for them.

use crate::artifact::{Artifact, Job, is_rebuilt};
use crate::background::Background;
use crate::cache::TileCache;
use crate::catalog::Catalog;
use crossbeam::channel::{Receiver, Sender, TryRecvError};
use origami_pack::Pack;
use origami_render::Format;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tracing::{info, warn};

/// Share of the room for tiles that is filled with what nobody has asked for.
const SHARE: f64 = 0.5;

/// Reads the packs of `slides` into memory, coarse levels first, and has their
/// rebuilt tiles built in the workers' spare time until half the room for tiles
/// is taken.
pub fn start(
    background: &mut Background,
    slides: Vec<String>,
    catalog: Arc<Catalog>,
    tiles: TileCache,
    spare_time: Sender<Job>,
) -> io::Result<()> {
    background.start("warm".to_owned(), move |stopped| {
        for id in slides {
            let started = Instant::now();
            match catalog.open(&id) {
                Ok(slide) => {
                    let built = slide_tiles(&slide.pack, &tiles, &spare_time, stopped);
                    info!(id, tiles = built, took = ?started.elapsed(), "slide warmed");
                }
                Err(cause) => warn!(id, %cause, "this slide cannot be warmed"),
            }
        }
    })
}

/// Warms one slide; returns the number of tiles that were given to the workers.
fn slide_tiles(pack: &Arc<Pack>, tiles: &TileCache, spare_time: &Sender<Job>, stopped: &Receiver<()>) -> u64 {
    let mut built = 0;
    for (z, level) in (0..).zip(pack.levels()) {
        for id in pack.pyramid().tiles(z) {
            if stopped.try_recv() == Err(TryRecvError::Disconnected) {
                return built;
            }
            pack.make_ready(id);
            let rebuilt =
                level.is_predicted() && pack.entry(id).is_ok_and(|entry| is_rebuilt(pack, id, entry));
            if rebuilt && !(built % 64 == 0 && tiles.is_filled(SHARE)) {
                // Waits until a worker has nothing else to do.
                let job = Job { pack: Arc::clone(pack), artifact: Artifact::Tile(id, Format::Jpeg) };
                if spare_time.send(job).is_err() {
                    return built;
                }
                built += 1;
            }
        }
    }
    built
}
