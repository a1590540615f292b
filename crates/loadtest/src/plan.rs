//! What is asked for in a run, and how.

use crate::address::ServerAddress;
use crate::arguments::{LoadArguments, Order};
use crate::load::Load;
use crate::progress::LoadEvent;
use crate::requests;
use crate::slide::TargetSlide;
use crate::view::View;
use crate::walk::{Pace, Walk};
use anyhow::{Result, bail};
use std::sync::Arc;
use std::time::Duration;

/// Connections of one viewer, as browsers limit them for one host.
const CONNECTIONS: usize = 6;
/// How long tiles are waited for after the last view of a walk.
const GRACE: Duration = Duration::from_secs(10);
/// Closed loops end by themselves.
const NEVER: Duration = Duration::from_secs(7 * 86_400);
/// Views a second of one viewer.
const RATE: f64 = 2.0;

/// How long to walk if nothing else is said.
const DURATION: Duration = Duration::from_secs(30);

/// What is asked for, and how.
pub struct LoadPlan {
    pub views: Box<dyn Iterator<Item = View> + Send>,
    /// For people.
    pub shown: String,
    pub load: Load,
    /// Tiles there will be, or how long it takes.
    pub expected: LoadEvent,
}

/// Plans what `arguments` ask for.
pub fn plan(
    arguments: &LoadArguments,
    address: &Arc<ServerAddress>,
    slides: &Arc<[TargetSlide]>,
) -> Result<LoadPlan> {
    let load = |connections, threads, warmup, end| {
        let (address, slides) = (Arc::clone(address), Arc::clone(slides));
        Load { address, slides, connections, threads, warmup, end, timeout: arguments.timeout }
    };
    let (seed, count, repeat) = (arguments.seed, arguments.count.get(), arguments.repeat.get());
    let closed = |views: Vec<View>, shown, connections, threads| {
        let tiles = views.iter().map(|view| view.tiles.len()).sum::<usize>() * repeat;
        let views = Box::new(std::iter::repeat_n(views, repeat).flatten());
        let load = load(connections, threads, Duration::ZERO, NEVER);
        LoadPlan { views, shown, load, expected: LoadEvent::Tiles(tiles as u64) }
    };
    if let Some(fields) = arguments.fov {
        let views = requests::fields(slides, fields.get(), seed)?;
        let shown = format!(
            "{} fields of view of 6x4 tiles over {CONNECTIONS} connections, closed loop, seed {seed}",
            views.len()
        );
        return Ok(closed(views, shown, CONNECTIONS, 1));
    }
    let listed = match (&arguments.tiles, arguments.requests) {
        (Some(file), _) => Some((requests::read(file, slides)?, format!("the tiles in {}", file.display()))),
        (None, Some(Order::Random)) => {
            let tiles = requests::random(slides, count, seed);
            Some((tiles, format!("random tiles of the two finest levels, seed {seed}")))
        }
        (None, Some(Order::Families)) => Some((
            requests::families(slides, count),
            "tiles of the two finest levels, family by family".into(),
        )),
        (None, None) => None,
    };
    if let Some((tiles, what)) = listed {
        let concurrency = arguments.concurrency.get();
        let threads = arguments.threads.get().min(concurrency);
        let shown = format!("{} {what}, over {concurrency} connections, closed loop", tiles.len());
        // What does not divide evenly is rounded up.
        let connections = concurrency.div_ceil(threads);
        return Ok(closed(requests::dealt(&tiles, threads), shown, connections, threads));
    }
    let (viewers, screen) = (arguments.viewers.get(), arguments.screen);
    let rate = arguments.rate.unwrap_or(RATE * viewers as f64);
    let duration = arguments.duration.unwrap_or(DURATION);
    if arguments.warmup >= duration {
        bail!("--warmup leaves nothing of --duration");
    }
    let shown = format!(
        "{} of {screen} px, {rate:.1} views/s for {:.0} s, open loop, seed {seed}",
        counted(viewers, "viewer"),
        (duration - arguments.warmup).as_secs_f64()
    );
    Ok(LoadPlan {
        views: Box::new(Walk::new(Arc::clone(slides), Pace { viewers, rate, duration, screen, seed })),
        shown,
        load: load(CONNECTIONS, arguments.threads.get().min(viewers), arguments.warmup, duration + GRACE),
        expected: LoadEvent::Time(duration),
    })
}

/// So many things, in words.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
