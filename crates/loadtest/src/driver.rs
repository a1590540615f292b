//! Puts views on a server and measures the responses.
//!
//! One thread keeps time and hands over each view when it is due, whether or not
//! the server has answered the one before; a few others request the tiles.

use crate::load::{Load, LoadRun};
use crate::measurements::Measurements;
use crate::monitor::RunMonitor;
use crate::requester::request_views;
use crate::view::View;
use anyhow::{Result, bail};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// How often the main thread checks on a run.
const TICK: Duration = Duration::from_millis(20);

/// What was measured.
pub struct Measured {
    pub measurements: Measurements,
    /// From the end of the warm-up to the last response.
    pub duration: Duration,
}

/// Puts `views` on the server, checked by `monitor`.
pub fn drive(
    load: Load,
    views: impl Iterator<Item = View> + Send,
    monitor: &mut RunMonitor<'_>,
) -> Result<Measured> {
    let measured_from = load.warmup;
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..load.threads).map(|_| unbounded_channel()).unzip();
    if measured_from.is_zero() {
        monitor.begin_measuring()?;
    }
    let run = Arc::new(LoadRun::new(load));
    let last_response = thread::scope(|scope| {
        let run = &run;
        let scheduler = scope.spawn(move || hand_over(run, views, &senders));
        let requesters: Vec<_> = receivers
            .into_iter()
            .map(|receiver| scope.spawn(move || request_views(Arc::clone(run), receiver)))
            .collect();
        let monitored = supervise(run, &requesters, monitor);
        run.stop.store(monitored.is_err(), Ordering::Relaxed);
        let mut last = run.start;
        for requester in requesters {
            last = last.max(requester.join().expect("a requester does not panic")?);
        }
        scheduler.join().expect("the scheduler does not panic");
        monitored.map(|()| last)
    })?;
    if let Some(cause) = run.server_gone.get() {
        let tiles = run.finished.load(Ordering::Relaxed);
        bail!("{} is gone after {tiles} tiles: {cause}", run.load.address.url);
    }
    let measurements = mem::take(&mut *run.measurements());
    let duration = last_response.saturating_duration_since(run.start + measured_from);
    Ok(Measured { measurements, duration })
}

/// Checks on the run until all `requesters` have finished.
fn supervise(
    run: &LoadRun,
    requesters: &[ScopedJoinHandle<'_, Result<Instant>>],
    monitor: &mut RunMonitor<'_>,
) -> Result<()> {
    while !requesters.iter().all(ScopedJoinHandle::is_finished) {
        thread::sleep(TICK);
        let elapsed = run.start.elapsed();
        if monitor.before.is_none() && elapsed >= run.load.warmup {
            monitor.begin_measuring()?;
        }
        monitor.tick(elapsed, run.finished.load(Ordering::Relaxed))?;
    }
    Ok(())
}

/// Hands over each view when it is due. The kernel wakes a sleeping thread
/// within a tenth of a millisecond, which the runtime's timers do not.
fn hand_over(run: &LoadRun, views: impl Iterator<Item = View>, requesters: &[UnboundedSender<View>]) {
    for view in views {
        if let Some(due) = view.due {
            wait_until(run, run.start + due);
        }
        if run.is_over() || requesters[view.viewer % requesters.len()].send(view).is_err() {
            return;
        }
    }
}

/// Sleeps until `moment`, or until the run is over.
fn wait_until(run: &LoadRun, moment: Instant) {
    loop {
        let wait = moment.saturating_duration_since(Instant::now());
        if wait.is_zero() || run.is_over() {
            return;
        }
        thread::sleep(wait.min(5 * TICK));
    }
}
