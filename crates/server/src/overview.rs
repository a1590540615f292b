//! Builds the overviews of slides before they are requested.
//!
//! A viewer reads a description of the slide first, and then the tiles that show all of it. If
//! those are predicted, each of them takes its chain of parents on a fresh server. Idle workers
//! build them from the description on.

use crate::artifact::Job;
use crate::background::Background;
use crate::cache::TileCache;
use crate::slide::ServedSlide;
use crate::warm::send_tiles;
use crossbeam::channel::{Receiver, Sender, bounded, select};
use origami_pack::Pack;
use origami_pyramid::{Grid, Pyramid, Size, TileId};
use std::io;
use std::sync::Arc;
use tracing::debug;

/// Pixels on the longer side of a level that fills a screen. Viewers fit a slide into their
/// window, and display a level with up to twice as many pixels.
const SCREEN: u32 = 2048;

/// Maximum number of tiles of an overview. Those of a square level of 2048 px and of all coarser
/// ones are 93 of 256 px. So many take some 30 ms of one worker.
const MAX_TILES: u64 = 128;

/// Maximum number of announced slides that wait for the thread.
const MAX_WAITING: usize = 64;

/// Has the overviews of announced slides built.
pub struct Overviews {
    announced: Sender<Arc<Pack>>,
}

impl Overviews {
    /// Starts the thread that reads announced slides into memory and sends what has to be
    /// rebuilt of their overviews to idle workers through `idle_jobs`.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(background: &mut Background, tiles: TileCache, idle_jobs: Sender<Job>) -> io::Result<Self> {
        let (announced, waiting) = bounded::<Arc<Pack>>(MAX_WAITING);
        background.start("overview".to_owned(), move |stopped| {
            while let Some(pack) = next(&waiting, stopped) {
                let overview = overview(*pack.pyramid());
                let sent = send_tiles(&pack, overview, &tiles, None, &idle_jobs, stopped);
                debug!(pack = %pack.path().display(), tiles = sent, "overview sent to the workers");
            }
        })?;
        Ok(Self { announced })
    }

    /// Reports that `slide` was described to a client, which may request its overview next.
    /// Never waits: if too many slides are announced, this one is forgotten.
    pub fn announce(&self, slide: &ServedSlide) {
        if slide.is_announced_anew() {
            self.announce_pack(&slide.pack);
        }
    }

    /// As [`Self::announce`], however often the slide in `pack` was announced.
    pub fn announce_pack(&self, pack: &Arc<Pack>) {
        // If there is no room, or the thread has stopped, tiles are built when they are requested.
        let _ = self.announced.try_send(Arc::clone(pack));
    }
}

/// The next announced slide; `None` if the server stops.
fn next(waiting: &Receiver<Arc<Pack>>, stopped: &Receiver<()>) -> Option<Arc<Pack>> {
    select! {
        recv(stopped) -> _ => None,
        recv(waiting) -> pack => pack.ok(),
    }
}

/// The tiles that viewers request first, from coarse to fine: those of all levels up to the
/// first that fills a screen, or as many levels as have [`MAX_TILES`] together.
fn overview(pyramid: Pyramid) -> impl Iterator<Item = TileId> {
    let fills_screen = |z: u32| {
        let Size { width, height } = pyramid.level_size(z).unwrap_or_default();
        width.max(height) >= SCREEN
    };
    let mut room = MAX_TILES;
    let mut levels = 0;
    while levels < pyramid.level_count() && !(levels > 0 && fills_screen(levels - 1)) {
        let tiles = pyramid.grid(levels).map_or(0, Grid::count);
        let Some(left) = room.checked_sub(tiles) else { break };
        (room, levels) = (left, levels + 1);
    }
    (0..levels).flat_map(move |z| pyramid.tiles(z))
}

#[cfg(test)]
mod tests;
