//! Looks after a run.

use crate::address::Address;
use crate::counters::{self, Counters};
use crate::driver::Watcher;
use crate::own::Own;
use crate::process::{self, Used};
use crate::progress::Event;
use anyhow::{Context, Result, bail};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A server that is measured.
pub struct Target {
    pub url: String,
    /// For people.
    pub shown: String,
    pub processes: Vec<u32>,
    pub own: Option<Own>,
}

/// Looks after a run: progress, interruption, an own server that ends, and the
/// counts from which it is measured.
pub struct Watch<'a> {
    address: Arc<Address>,
    /// The server.
    pub target: Target,
    interrupted: &'a AtomicBool,
    progress: &'a dyn Fn(Event),
    /// How long there is, if progress is one of time and not of tiles.
    pub timed: Option<Duration>,
    /// Progress so far.
    shown: u64,
    /// The server's use and counters, and the client's processor time, as the
    /// first view that counts was due.
    pub before: Option<(Option<Used>, Option<Counters>, f64)>,
}

impl<'a> Watch<'a> {
    pub fn new(
        address: Arc<Address>,
        target: Target,
        interrupted: &'a AtomicBool,
        progress: &'a dyn Fn(Event),
    ) -> Self {
        Self { address, target, interrupted, progress, timed: None, shown: 0, before: None }
    }
}

impl Watcher for Watch<'_> {
    fn counting(&mut self) -> Result<()> {
        let counters = counters::scrape(&self.address);
        let processes = &self.target.processes;
        let used = (!processes.is_empty()).then(|| process::used(processes)).transpose()?;
        self.before = Some((used, counters, process::cpu_seconds("self").unwrap_or(0.0)));
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
        (self.progress)(Event::Advanced(now - self.shown));
        self.shown = now;
        Ok(())
    }
}
