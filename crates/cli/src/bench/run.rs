//! One run: find the server, put the load on it, count.

use super::address::Address;
use super::arguments::{Arguments, Order};
use super::counters::{self, Counters};
use super::load::{self, Load, Watcher};
use super::own::Own;
use super::process::{self, Used};
use super::report::Report;
use super::requests;
use super::slide::{self, Slide, Wanted};
use super::view::View;
use super::walk::{Pace, Walk};
use crate::progress::Progress;
use crate::usage;
use anyhow::{Context, Result, bail};
use origami_pack::id;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// Measures what `arguments` ask for, with a bar of progress or without.
pub fn measure(arguments: &Arguments, interrupted: &AtomicBool, bar: bool) -> Result<Report> {
    match &arguments.url {
        Some(url) => {
            let server =
                Target { url: url.clone(), shown: url.clone(), processes: arguments.pid.clone(), own: None };
            of(arguments, server, &arguments.slide, interrupted, bar)
        }
        None => {
            let (folder, slides) = folder_of(&arguments.packs, &arguments.slide)?;
            let own = Own::start(&folder, &arguments.serve)?;
            let options: String =
                arguments.serve.iter().map(|option| format!(" {}", option.to_string_lossy())).collect();
            let server = Target {
                url: own.url.clone(),
                shown: format!("own, {}{options}", arguments.packs.display()),
                processes: vec![own.id()],
                own: Some(own),
            };
            of(arguments, server, &slides, interrupted, bar)
        }
    }
}

/// The folder to serve and the slides to look at: a single pack is served with
/// those beside it, which are left alone.
fn folder_of(packs: &Path, slides: &[String]) -> Result<(PathBuf, Vec<String>)> {
    if packs.is_dir() {
        return Ok((packs.to_owned(), slides.to_owned()));
    }
    if !packs.exists() {
        bail!("{}: there is no such folder or pack", packs.display());
    }
    let id = id::of_pack(packs).with_context(|| format!("{}: not a pack", packs.display()))?;
    let folder = match packs.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    Ok((folder.to_owned(), vec![id.to_owned()]))
}

/// A server that is measured.
struct Target {
    url: String,
    /// For people.
    shown: String,
    processes: Vec<u32>,
    own: Option<Own>,
}

fn of(
    arguments: &Arguments,
    target: Target,
    ids: &[String],
    interrupted: &AtomicBool,
    bar: bool,
) -> Result<Report> {
    let address = Arc::new(Address::new(&target.url)?);
    let wanted = Wanted { ids, packs: &arguments.pack, template: &arguments.template, seed: arguments.seed };
    let slides: Arc<[Slide]> = slide::find(&address, &wanted)?.into();
    let Plan { views, shown, connections, threads, end, expected } = plan(arguments, &slides)?;
    let planned = !arguments.is_closed();
    let load = Load {
        address: Arc::clone(&address),
        slides: Arc::clone(&slides),
        connections,
        threads,
        warmup: if planned { arguments.warmup } else { Duration::ZERO },
        end,
        timeout: arguments.timeout,
    };
    let server = format!("{}, {}", target.shown, counted(slides.len(), "slide"));
    let mut watch = Watch {
        address: Arc::clone(&address),
        target,
        interrupted,
        progress: bar.then(|| match expected {
            Some(tiles) => Progress::tiles("bench", tiles),
            None => Progress::time("bench", arguments.duration.unwrap_or(DURATION)),
        }),
        timed: expected.is_none().then(|| arguments.duration.unwrap_or(DURATION)),
        shown: 0,
        before: None,
    };
    let (record, took) = load::run(load, views, &mut watch)?;
    if let Some(progress) = &watch.progress {
        progress.finish();
    }
    let (used, counters, cpu) = watch.before.context("nothing was counted")?;
    let client_cpu = usage::cpu_seconds("self").unwrap_or(0.0) - cpu;
    let used = used
        .map(|used| Ok::<_, anyhow::Error>((used, process::used(&watch.target.processes)?)))
        .transpose()?;
    let counted =
        counters.and_then(|before| Some(counters::difference(&before, &counters::scrape(&address)?)));
    Ok(Report {
        server,
        load: shown,
        planned,
        has_views: planned || arguments.fov.is_some(),
        record,
        took,
        used,
        counted,
        client_cpu,
        client_threads: threads,
    })
}

/// What is asked for, and how.
struct Plan {
    views: Box<dyn Iterator<Item = View> + Send>,
    /// For people.
    shown: String,
    connections: usize,
    threads: usize,
    end: Duration,
    /// Tiles there will be, if that is known.
    expected: Option<u64>,
}

fn plan(arguments: &Arguments, slides: &Arc<[Slide]>) -> Result<Plan> {
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

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Looks after a run: progress, interruption, an own server that ends, and the
/// counts from which it is measured.
struct Watch<'a> {
    address: Arc<Address>,
    target: Target,
    interrupted: &'a AtomicBool,
    progress: Option<Progress>,
    /// How long there is, if progress is one of time and not of tiles.
    timed: Option<Duration>,
    /// Progress so far.
    shown: u64,
    /// The server's use and counters, and the client's processor time.
    before: Option<(Option<Used>, Option<Counters>, f64)>,
}

impl Watcher for Watch<'_> {
    fn counting(&mut self) -> Result<()> {
        let counters = counters::scrape(&self.address);
        let processes = &self.target.processes;
        let used = (!processes.is_empty()).then(|| process::used(processes)).transpose()?;
        self.before = Some((used, counters, usage::cpu_seconds("self").unwrap_or(0.0)));
        Ok(())
    }

    fn tick(&mut self, elapsed: Duration, tiles: u64) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            bail!("interrupted after {tiles} tiles");
        }
        if let Some(own) = &mut self.target.own {
            own.check().with_context(|| format!("after {tiles} tiles"))?;
        }
        let now = match self.timed {
            Some(all) => u64::try_from(elapsed.min(all).as_millis()).unwrap_or(u64::MAX),
            None => tiles,
        };
        if let Some(progress) = &self.progress {
            progress.advance(now - self.shown);
        }
        self.shown = now;
        Ok(())
    }
}
