//! Builds the overviews of slides before they are requested.
//!
//! A viewer reads a description of the slide first, and then the tiles that show all of it. If
//! those are predicted, each of them takes its chain of parents on a fresh server. Idle workers
//! build them from the description on.

mod announced;

use crate::artifact::Job;
use crate::background::Background;
use crate::slide::ServedSlide;
use crate::warm::{SendLimit, send_tiles};
use announced::AnnouncedPacks;
use crossbeam::channel::{Receiver, Sender, bounded, select};
use origami_pack::Pack;
use origami_pyramid::{Grid, Pyramid, Size, TileId};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tracing::debug;

/// Pixels on the longer side of a level that fills a screen. Viewers fit a slide into their
/// window, and display a level with up to twice as many pixels.
const SCREEN: u32 = 2048;

/// Maximum number of tiles of an overview. Those of a square level of 2048 px and of all coarser
/// ones are 93 of 256 px. So many take some 30 ms of one worker.
const MAX_TILES: u64 = 128;

/// Has the overviews of announced slides built.
pub struct Overviews {
    announced: Arc<Mutex<AnnouncedPacks>>,
    /// Tells the thread that something was announced since it looked last.
    news: Sender<()>,
}

impl Overviews {
    /// Starts the thread that reads announced slides into memory and sends what has to be
    /// rebuilt of their overviews to idle workers through `idle_jobs`.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(background: &mut Background, idle_jobs: Sender<Job>) -> io::Result<Self> {
        let (news, has_news) = bounded(1);
        let announced = Arc::<Mutex<AnnouncedPacks>>::default();
        let waiting = Arc::clone(&announced);
        background.start("overview".to_owned(), move |stopped| {
            while wait_for_news(&has_news, stopped) {
                while let Some((pack, deadline)) = lock(&waiting).take_newest(Instant::now()) {
                    let overview = overview(*pack.pyramid());
                    let limit = SendLimit::Deadline(deadline);
                    let sent = send_tiles(&pack, overview, limit, &idle_jobs, stopped);
                    debug!(pack = %pack.path().display(), tiles = sent, "overview sent to the workers");
                }
            }
        })?;
        Ok(Self { announced, news })
    }

    /// Reports that `slide` was described to a client, which may request its overview next.
    /// Never waits for the thread: if that has no time for the slide soon, the tiles are built
    /// when they are requested.
    pub fn announce(&self, slide: &ServedSlide) {
        if slide.is_announced_anew() {
            self.announce_pack(&slide.pack);
        }
    }

    /// As [`Self::announce`], however often the slide in `pack` was announced.
    pub fn announce_pack(&self, pack: &Arc<Pack>) {
        lock(&self.announced).add(pack, Instant::now());
        // If there is news already, the thread will find this, too.
        let _ = self.news.try_send(());
    }
}

fn lock(announced: &Mutex<AnnouncedPacks>) -> MutexGuard<'_, AnnouncedPacks> {
    announced.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until something was announced. Returns whether it was; otherwise the server stops.
fn wait_for_news(has_news: &Receiver<()>, stopped: &Receiver<()>) -> bool {
    select! {
        recv(stopped) -> _ => false,
        recv(has_news) -> news => news.is_ok(),
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
