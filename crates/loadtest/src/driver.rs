//! Views in, latencies out.
//!
//! One thread keeps the time and hands each view over when it is due, whether
//! or not the server has answered the one before; a few others ask for the
//! tiles.

use crate::load::{Load, LoadRun, ask};
use crate::record::Measurements;
use crate::view::View;
use crate::watch::Watch;
use anyhow::{Result, bail};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// How often the main thread looks after things.
const TICK: Duration = Duration::from_millis(20);

/// Puts `views` on the server, looked after by `watch`: all that was measured,
/// and how long it took from the first view that counts to the last answer.
pub fn drive(
    load: Load,
    views: impl Iterator<Item = View> + Send,
    watch: &mut Watch<'_>,
) -> Result<(Measurements, Duration)> {
    let warmup = load.warmup;
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..load.threads).map(|_| unbounded_channel()).unzip();
    if warmup.is_zero() {
        watch.counting()?;
    }
    let run = Arc::new(LoadRun::new(load));
    thread::scope(|scope| {
        let run = &run;
        let clock = scope.spawn(move || keep_time(run, views, &senders));
        let requesters: Vec<_> = receivers
            .into_iter()
            .map(|receiver| scope.spawn(move || ask(Arc::clone(run), receiver)))
            .collect();
        let mut watched = Ok(());
        while watched.is_ok() && !requesters.iter().all(thread::ScopedJoinHandle::is_finished) {
            thread::sleep(TICK);
            let elapsed = run.start.elapsed();
            if watch.before.is_none() && elapsed >= warmup {
                watched = watch.counting();
            }
            watched = watched.and_then(|()| watch.tick(elapsed, run.done.load(Ordering::Relaxed)));
        }
        run.stop.store(watched.is_err(), Ordering::Relaxed);
        let mut last = run.start;
        for asker in requesters {
            last = last.max(asker.join().expect("an asker does not panic")?);
        }
        clock.join().expect("the clock does not panic");
        watched?;
        if let Some(cause) = run.gone.get() {
            let tiles = run.done.load(Ordering::Relaxed);
            bail!("{} is gone after {tiles} tiles: {cause}", run.load.address.url);
        }
        let record = mem::take(&mut *run.record());
        Ok((record, last.saturating_duration_since(run.start + warmup)))
    })
}

/// Hands over each view when it is due. The kernel wakes a sleeping thread
/// within a tenth of a millisecond, which timers of the runtime do not.
fn keep_time(run: &LoadRun, views: impl Iterator<Item = View>, requesters: &[UnboundedSender<View>]) {
    for view in views {
        if let Some(due) = view.due {
            loop {
                let wait = (run.start + due).saturating_duration_since(Instant::now());
                if wait.is_zero() || run.is_over() {
                    break;
                }
                thread::sleep(wait.min(5 * TICK));
            }
        }
        if run.is_over() || requesters[view.viewer % requesters.len()].send(view).is_err() {
            return;
        }
    }
}
