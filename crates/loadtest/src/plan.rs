//! What is asked for in a run, and how.

use crate::arguments::{LoadArguments, Order};
use crate::requests;
use crate::slide::Slide;
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
pub const DURATION: Duration = Duration::from_secs(30);

/// What is asked for, and how.
pub struct Plan {
    pub views: Box<dyn Iterator<Item = View> + Send>,
    /// For people.
    pub shown: String,
    /// Connections of one viewer.
    pub connections: usize,
    pub threads: usize,
    pub end: Duration,
    /// Tiles there will be, if that is known.
    pub expected: Option<u64>,
}

/// Plans what `arguments` ask for.
pub fn plan(arguments: &LoadArguments, slides: &Arc<[Slide]>) -> Result<Plan> {
    let (seed, count, repeat) = (arguments.seed, arguments.count.get(), arguments.repeat.get());
    let again = |views: Vec<View>| {
        let tiles = views.iter().map(|view| view.tiles.len()).sum::<usize>() * repeat;
        let all = std::iter::repeat_n(views, repeat).flatten();
        (Box::new(all) as Box<dyn Iterator<Item = View> + Send>, tiles)
    };
    if let Some(fields) = arguments.fov {
        let views = requests::fields(slides, fields.get(), seed)?;
        let shown = format!(
            "{} fields of view of 6x4 tiles over {CONNECTIONS} connections, closed loop, seed {seed}",
            views.len()
        );
        let (views, tiles) = again(views);
        return Ok(Plan {
            views,
            shown,
            connections: CONNECTIONS,
            threads: 1,
            end: NEVER,
            expected: Some(tiles as u64),
        });
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
        let (views, tiles) = again(requests::dealt(&tiles, threads));
        // What does not divide evenly is rounded up.
        let connections = concurrency.div_ceil(threads);
        return Ok(Plan { views, shown, connections, threads, end: NEVER, expected: Some(tiles as u64) });
    }
    let viewers = arguments.viewers.get();
    let pace = Pace {
        viewers,
        rate: arguments.rate.unwrap_or(RATE * viewers as f64),
        duration: arguments.duration.unwrap_or(DURATION),
        screen: arguments.screen,
        seed,
    };
    if arguments.warmup >= pace.duration {
        bail!("--warmup leaves nothing of --duration");
    }
    let shown = format!(
        "{} of {}x{} px, {:.1} views/s for {:.0} s, open loop, seed {seed}",
        counted(viewers, "viewer"),
        pace.screen.0,
        pace.screen.1,
        pace.rate,
        (pace.duration - arguments.warmup).as_secs_f64()
    );
    Ok(Plan {
        views: Box::new(Walk::new(Arc::clone(slides), pace)),
        shown,
        connections: CONNECTIONS,
        threads: arguments.threads.get().min(viewers),
        end: pace.duration + GRACE,
        expected: None,
    })
}

/// So many things, in words.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
