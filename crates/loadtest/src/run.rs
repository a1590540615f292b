//! One run: find the server, put the load on it, count.

use crate::address::ServerAddress;
use crate::arguments::LoadArguments;
use crate::child_server::ChildServer;
use crate::driver::drive;
use crate::plan::{LoadPlan, counted, plan};
use crate::progress::LoadEvent;
use crate::report::LoadReport;
use crate::slide::{self, TargetSlide};
use crate::watch::{MeasuredServer, Watch};
use crate::{counters, process};
use anyhow::{Context, Result, bail};
use origami_pack::id;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Measures what `arguments` ask for. Without the address of a server, that is a
/// child process of ours: this program again, with the command `serve`.
///
/// # Errors
/// If there is no server or it ends, there is nothing to ask for, or somebody
/// asked to stop.
pub fn measure(
    arguments: &LoadArguments,
    interrupted: &AtomicBool,
    progress: &dyn Fn(LoadEvent),
) -> Result<LoadReport> {
    let (target, ids) = target(arguments)?;
    let address = Arc::clone(&target.address);
    let slides: Arc<[TargetSlide]> = slide::find(&address, arguments, &ids)?.into();
    let LoadPlan { views, shown, load, expected } = plan(arguments, &address, &slides)?;
    let planned = !arguments.is_closed();
    let client_threads = load.threads;
    let server = format!("{}, {}", target.shown, counted(slides.len(), "slide"));
    progress(expected);
    let mut watch = Watch { target, interrupted, progress, expected, shown: 0, before: None };
    let (record, took) = drive(load, views, &mut watch)?;
    progress(LoadEvent::Finished);
    let (used, counters, cpu) = watch.before.context("nothing was counted")?;
    let client_cpu = cpu.elapsed().as_secs_f64();
    let used = match used {
        Some(before) => Some((before, process::used(&watch.target.processes)?)),
        None => None,
    };
    let counted =
        counters.and_then(|before| Some(counters::difference(&before, &counters::scrape(&address)?)));
    Ok(LoadReport {
        server,
        load: shown,
        planned,
        has_views: planned || arguments.fov.is_some(),
        record,
        took,
        used,
        counted,
        client_cpu,
        client_threads,
    })
}

/// The server to measure, started if it is to be our own, and the slides to look
/// at; all if none are named.
fn target(arguments: &LoadArguments) -> Result<(MeasuredServer, Vec<String>)> {
    if let Some(url) = &arguments.url {
        let (address, processes) = (Arc::new(ServerAddress::new(url)?), arguments.pid.clone());
        return Ok((
            MeasuredServer { address, shown: url.clone(), processes, own: None },
            arguments.slide.clone(),
        ));
    }
    let (folder, slides) = folder_of(&arguments.packs, &arguments.slide)?;
    let (own, url) = ChildServer::start(&folder, &arguments.serve)?;
    let options: String =
        arguments.serve.iter().map(|option| format!(" {}", option.to_string_lossy())).collect();
    let target = MeasuredServer {
        address: Arc::new(ServerAddress::new(&url)?),
        shown: format!("own, {}{options}", arguments.packs.display()),
        processes: vec![own.id()],
        own: Some(own),
    };
    Ok((target, slides))
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
