//! Runs a load: finds the server, loads it and measures it.

use crate::address::ServerAddress;
use crate::child_server::ChildServer;
use crate::driver::{Measured, drive};
use crate::error::LoadError;
use crate::monitor::{MeasuredServer, RunMonitor, Work};
use crate::options::{LoadOptions, ServerOptions, TileSelection, Workload};
use crate::plan::{LoadPlan, counted, plan};
use crate::progress::LoadEvent;
use crate::report::LoadReport;
use crate::slide::{self, TargetSlide};
use anyhow::{Context, Result, bail};
use origami_pack::id;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Measures a server. If `options` name packs and not a URL, the server is started
/// as a child process.
///
/// # Errors
/// If there is no server or it ends, there are no tiles to request, or
/// `interrupted` was set.
pub fn measure(
    options: &LoadOptions,
    interrupted: &AtomicBool,
    progress: &dyn Fn(LoadEvent),
) -> Result<LoadReport, LoadError> {
    run(options, interrupted, progress).map_err(LoadError::new)
}

/// As [`measure`], but errors keep their context.
pub fn run(
    options: &LoadOptions,
    interrupted: &AtomicBool,
    progress: &dyn Fn(LoadEvent),
) -> Result<LoadReport> {
    let Target { server, slide_ids } = Target::find(options)?;
    let address = Arc::clone(&server.address);
    let slides: Arc<[TargetSlide]> = slide::find(&address, options, &slide_ids)?.into();
    let LoadPlan { views, label, load, expected } = plan(options, &address, &slides)?;
    let client_threads = load.threads;
    let server_label = format!("{}, {}", server.label, counted(slides.len(), "slide"));
    progress(expected);
    let mut monitor = RunMonitor { server, interrupted, progress, expected, reported: 0, before: None };
    let Measured { measurements, duration } = drive(load, views, &mut monitor)?;
    progress(LoadEvent::Finished);
    let Work { usage, counters, client_cpu } = monitor.end_measuring()?;
    Ok(LoadReport {
        server: server_label,
        load: label,
        open_loop: matches!(options.workload, Workload::Walk(_)),
        has_views: has_views(&options.workload),
        measurements,
        duration,
        usage,
        counters,
        client_cpu,
        client_threads,
    })
}

/// Whether the views of a workload are those of viewers, and not only shares of a
/// list.
fn has_views(workload: &Workload) -> bool {
    match workload {
        Workload::Walk(_) => true,
        Workload::ClosedLoop(closed) => matches!(closed.tiles, TileSelection::Fields(_)),
    }
}

/// The server to measure, and the slides to request tiles of; all if there are no
/// ids.
struct Target {
    server: MeasuredServer,
    slide_ids: Vec<String>,
}

impl Target {
    /// Finds the server, or starts it.
    fn find(options: &LoadOptions) -> Result<Self> {
        match &options.server {
            ServerOptions::Running { url, processes, .. } => {
                let server = MeasuredServer {
                    address: Arc::new(ServerAddress::new(url).map_err(LoadError::Address)?),
                    label: url.clone(),
                    processes: processes.clone(),
                    child: None,
                };
                Ok(Self { server, slide_ids: options.slides.clone() })
            }
            ServerOptions::Child { packs, arguments } => Self::start_child(packs, arguments, &options.slides),
        }
    }

    /// Serves the folder `packs`. If `packs` is a single pack, it is served with those
    /// beside it, none of whose tiles are requested.
    fn start_child(packs: &Path, arguments: &[OsString], slides: &[String]) -> Result<Self> {
        let options: String =
            arguments.iter().map(|argument| format!(" {}", argument.to_string_lossy())).collect();
        let label = format!("own, {}{options}", packs.display());
        if packs.is_dir() {
            return Self::start(packs, slides.to_owned(), arguments, label);
        }
        if !packs.exists() {
            bail!("{}: there is no such folder or pack", packs.display());
        }
        let id = id::of_pack(packs).with_context(|| format!("{}: not a pack", packs.display()))?;
        let folder = match packs.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Self::start(folder, vec![id], arguments, label)
    }

    /// Serves `folder`, in which tiles of the slides `slide_ids` are requested.
    fn start(folder: &Path, slide_ids: Vec<String>, arguments: &[OsString], label: String) -> Result<Self> {
        let child = ChildServer::start(folder, arguments)?;
        let server = MeasuredServer {
            address: Arc::new(ServerAddress::new(&child.url).map_err(LoadError::Address)?),
            label,
            processes: vec![child.id()],
            child: Some(child),
        };
        Ok(Self { server, slide_ids })
    }
}
