//! Plans which tiles a run requests, and how.

use crate::address::ServerAddress;
use crate::error::LoadError;
use crate::load::Load;
use crate::options::{ClosedLoopOptions, LoadOptions, TileSelection, WalkOptions, Workload};
use crate::progress::LoadEvent;
use crate::requests;
use crate::slide::TargetSlide;
use crate::view::{TileRequest, View};
use crate::walk::{Pace, Walk};
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;

/// Connections of one viewer, as browsers limit them for one host.
const CONNECTIONS: usize = 6;
/// How long tiles are waited for after the last view of a walk.
const GRACE: Duration = Duration::from_secs(10);
/// The end of closed loops, which end by themselves.
const NEVER: Duration = Duration::from_secs(7 * 86_400);
/// Default of the views per second of one viewer.
const RATE: f64 = 2.0;
/// Default of the duration of a walk.
const DURATION: Duration = Duration::from_secs(30);

/// The views of a run, and how their tiles are requested.
pub struct LoadPlan {
    pub views: Box<dyn Iterator<Item = View> + Send>,
    /// A description for people.
    pub label: String,
    pub load: Load,
    /// The number of tiles, or the time it takes.
    pub expected: LoadEvent,
}

/// Plans the workload of `options` on a server.
pub fn plan(
    options: &LoadOptions,
    address: &Arc<ServerAddress>,
    slides: &Arc<[TargetSlide]>,
) -> Result<LoadPlan> {
    let planner = Planner { options, address, slides };
    match &options.workload {
        Workload::Walk(walk) => planner.walk(walk),
        Workload::ClosedLoop(closed) => planner.closed_loop(closed),
    }
}

struct Planner<'a> {
    options: &'a LoadOptions,
    address: &'a Arc<ServerAddress>,
    slides: &'a Arc<[TargetSlide]>,
}

impl Planner<'_> {
    fn walk(&self, walk: &WalkOptions) -> Result<LoadPlan> {
        let (viewers, screen, seed) = (walk.viewers.get(), walk.screen, self.options.seed);
        let rate = walk.rate.unwrap_or(RATE * viewers as f64);
        let duration = walk.duration.unwrap_or(DURATION);
        if walk.warmup >= duration {
            return Err(LoadError::NothingMeasured.into());
        }
        let label = format!(
            "{} of {screen} px, {rate:.1} views/s for {:.0} s, open loop, seed {seed}",
            counted(viewers, "viewer"),
            (duration - walk.warmup).as_secs_f64()
        );
        let pace = Pace { viewers, rate, duration, screen, seed };
        let threads = self.options.threads.get().min(viewers);
        Ok(LoadPlan {
            views: Box::new(Walk::new(Arc::clone(self.slides), pace)),
            label,
            load: Load { warmup: walk.warmup, end: duration + GRACE, ..self.load(CONNECTIONS, threads) },
            expected: LoadEvent::Time(duration),
        })
    }

    fn closed_loop(&self, closed: &ClosedLoopOptions) -> Result<LoadPlan> {
        let seed = self.options.seed;
        match &closed.tiles {
            TileSelection::Fields(count) => self.fields(count.get(), closed.repeat.get()),
            TileSelection::Random(count) => {
                let requests = requests::random(self.slides, count.get(), seed);
                let label = format!("random tiles of the two finest levels, seed {seed}");
                Ok(self.list(&requests, &label, closed))
            }
            TileSelection::Families(count) => {
                let requests = requests::families(self.slides, count.get());
                Ok(self.list(&requests, "tiles of the two finest levels, family by family", closed))
            }
            TileSelection::File(file) => {
                let requests = requests::read(file, self.slides)?;
                Ok(self.list(&requests, &format!("the tiles in {}", file.display()), closed))
            }
        }
    }

    /// Requests fields of view by one viewer.
    fn fields(&self, count: usize, repeat: usize) -> Result<LoadPlan> {
        let seed = self.options.seed;
        let views = requests::fields(self.slides, count, seed)?;
        let label = format!(
            "{} fields of view of 6x4 tiles over {CONNECTIONS} connections, closed loop, seed {seed}",
            views.len()
        );
        Ok(repeated(views, repeat, label, self.load(CONNECTIONS, 1)))
    }

    /// Requests a list of tiles by one viewer for each thread.
    fn list(&self, requests: &[TileRequest], what: &str, closed: &ClosedLoopOptions) -> LoadPlan {
        let concurrency = closed.concurrency.get();
        let threads = self.options.threads.get().min(concurrency);
        let label = format!("{} {what}, over {concurrency} connections, closed loop", requests.len());
        // Connections that do not divide evenly among the threads are rounded up.
        let load = self.load(concurrency.div_ceil(threads), threads);
        repeated(requests::shares(requests, threads), closed.repeat.get(), label, load)
    }

    /// A load without a warm-up or an end, for closed loops.
    fn load(&self, connections: usize, threads: usize) -> Load {
        Load {
            address: Arc::clone(self.address),
            slides: Arc::clone(self.slides),
            connections,
            threads,
            warmup: Duration::ZERO,
            end: NEVER,
            timeout: self.options.timeout,
        }
    }
}

/// A closed loop over `views`, `repeat` times.
fn repeated(views: Vec<View>, repeat: usize, label: String, load: Load) -> LoadPlan {
    let tiles = views.iter().map(|view| view.tiles.len()).sum::<usize>() * repeat;
    let views = Box::new(std::iter::repeat_n(views, repeat).flatten());
    LoadPlan { views, label, load, expected: LoadEvent::Tiles(tiles as u64) }
}

/// A number of things, in words.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
