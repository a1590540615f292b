//! The worker threads that build artifacts.
//!
//! Each worker owns a renderer. A job that panics fails, and its worker gets a new
//! renderer; the thread lives on. Requested work comes first, the most urgent before all
//! other. A worker without any builds the tiles beside the last one it built, and then jobs
//! that warm the caches.

#[cfg(test)]
mod tests;
mod thread;

use crate::admission::WaitingTasks;
use crate::artifact::Job;
use crate::background::Background;
use crate::build_state::BuildStep;
use crate::config::Config;
use crate::error::Error;
use crate::single_flight::SingleFlight;
use crate::speculation::Speculation;
use bytes::Bytes;
use core_affinity::CoreId;
use crossbeam::channel::{Receiver, Sender, TryRecvError, bounded};
use origami_codec::CodecError;
use origami_pack::Pack;
use origami_pyramid::Rgb;
use origami_render::RegionRows;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use thread::WorkerThread;
use tracing::{error, warn};

/// Builds artifacts on a worker thread, which is the thread it is created on.
pub trait Build {
    /// The encoded artifact of `job`.
    fn build(&mut self, job: &Job) -> Result<Bytes, Error>;

    /// As [`Self::build`]; adds what was done to `steps`, as far as that is known.
    fn build_in_steps(&mut self, job: &Job, steps: &mut Vec<BuildStep>) -> Result<Bytes, Error> {
        let _ = steps;
        self.build(job)
    }

    /// The next finished rows of a region of `pack`; `None` if there are no more.
    fn rows(&mut self, pack: &Pack, rows: &mut RegionRows) -> Result<Option<Rgb>, Error>;

    /// Builds the neighbours of `job`'s tile as long as `speculation` claims them.
    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>);
}

/// What the worker threads share. It is dropped with the last of them; nothing is
/// built after that.
struct WorkerContext<F> {
    requested: WaitingTasks,
    /// Jobs for workers that have nothing else to do.
    idle_jobs: Receiver<Job>,
    /// Keeps `idle_jobs` connected as long as there are workers.
    _idle_sender: Sender<Job>,
    flights: SingleFlight,
    /// Whether idle workers build the neighbours of requested tiles.
    speculate: bool,
    /// Number of workers that do requested work now.
    busy: AtomicUsize,
    make_renderer: F,
}

/// Starts threads that do the `requested` work. When `background` is dropped, they end
/// once no requested work waits any more. Each creates its renderer with
/// `make_renderer` before its first job and again after each panic.
///
/// Jobs sent to the returned channel are built by workers that have nothing else to
/// do; sending waits until there is room.
///
/// # Errors
/// If a thread cannot be started.
pub fn start<B: Build>(
    background: &mut Background,
    config: &Config,
    requested: WaitingTasks,
    flights: &SingleFlight,
    make_renderer: impl Fn() -> Result<B, CodecError> + Send + Sync + 'static,
) -> io::Result<Sender<Job>> {
    let count = config.workers.max(1);
    let (idle_sender, idle_jobs) = bounded(count);
    let context = Arc::new(WorkerContext {
        requested,
        idle_jobs,
        _idle_sender: idle_sender.clone(),
        flights: flights.clone(),
        speculate: config.speculate,
        busy: AtomicUsize::new(0),
        make_renderer,
    });
    let processors = if config.pin { core_affinity::get_core_ids().unwrap_or_default() } else { Vec::new() };
    for number in 0..count {
        let context = Arc::clone(&context);
        let processor = processors.get(number % processors.len().max(1)).copied();
        background.start(format!("worker-{number}"), move |stopped| {
            pin(processor);
            WorkerThread::new(&context, stopped).run();
        })?;
    }
    Ok(idle_sender)
}

/// Pins the calling thread to `processor`, one of those available to the process.
fn pin(processor: Option<CoreId>) {
    if let Some(processor) = processor
        && !core_affinity::set_for_current(processor)
    {
        warn!(processor = processor.id, "a worker cannot be pinned");
    }
}

impl<B, F: Fn() -> Result<B, CodecError>> WorkerContext<F> {
    fn new_renderer(&self) -> Result<B, Error> {
        (self.make_renderer)().map_err(|cause| {
            error!(%cause, "a worker cannot be equipped");
            Error::Internal
        })
    }
}

impl<F> Drop for WorkerContext<F> {
    fn drop(&mut self) {
        // Disconnects the queue first, so that requests which come after the waiting
        // ones have been released are rejected.
        self.requested = WaitingTasks::closed();
        self.flights.close();
    }
}

/// Determines whether the workers have nothing to do but speculation.
pub struct IdleCheck<'a> {
    requested: &'a WaitingTasks,
    busy: &'a AtomicUsize,
    stopped: &'a Receiver<()>,
}

impl IdleCheck<'_> {
    /// Whether no requested work waits or is being done, and the server is not
    /// stopping.
    pub fn is_idle(&self) -> bool {
        self.requested.is_empty()
            && self.busy.load(Relaxed) == 0
            && self.stopped.try_recv() == Err(TryRecvError::Empty)
    }
}
