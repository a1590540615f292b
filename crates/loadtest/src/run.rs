//! One run: find the server, put the load on it, count.

use crate::address::Address;
use crate::arguments::LoadArguments;
use crate::driver::drive;
use crate::load::Load;
use crate::own::Own;
use crate::plan::{DURATION, Plan, counted, plan};
use crate::progress::Event;
use crate::report::Report;
use crate::slide::{self, Slide, Wanted};
use crate::watch::{Target, Watch};
use crate::{counters, process};
use anyhow::{Context, Result, bail};
use origami_pack::id;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Measures what `arguments` ask for. Without the address of a server, that is a
/// child process of ours: this program again, with the command `serve`.
///
/// # Errors
/// If there is no server or it ends, there is nothing to ask for, or somebody
/// asked to stop.
pub fn measure(
    arguments: &LoadArguments,
    interrupted: &AtomicBool,
    progress: &dyn Fn(Event),
) -> Result<Report> {
    match &arguments.url {
        Some(url) => {
            let server =
                Target { url: url.clone(), shown: url.clone(), processes: arguments.pid.clone(), own: None };
            measure_target(arguments, server, &arguments.slide, interrupted, progress)
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
            measure_target(arguments, server, &slides, interrupted, progress)
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

/// Measures a server that runs: the slides `ids`, or all.
fn measure_target(
    arguments: &LoadArguments,
    target: Target,
    ids: &[String],
    interrupted: &AtomicBool,
    progress: &dyn Fn(Event),
) -> Result<Report> {
    let address = Arc::new(Address::new(&target.url)?);
    let wanted = Wanted { ids, packs: &arguments.pack, template: &arguments.template, seed: arguments.seed };
    let slides: Arc<[Slide]> = slide::find(&address, &wanted)?.into();
    let Plan { views, shown, connections, threads, end, expected } = plan(arguments, &slides)?;
    let duration = arguments.duration.unwrap_or(DURATION);
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
    progress(match expected {
        Some(tiles) => Event::Tiles(tiles),
        None => Event::Time(duration),
    });
    let mut watch = Watch::new(Arc::clone(&address), target, interrupted, progress);
    watch.timed = expected.is_none().then_some(duration);
    let (record, took) = drive(load, views, &mut watch)?;
    progress(Event::Finished);
    let (used, counters, cpu) = watch.before.context("nothing was counted")?;
    let client_cpu = process::cpu_seconds("self").unwrap_or(0.0) - cpu;
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
