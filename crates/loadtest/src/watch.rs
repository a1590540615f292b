//! Looks after a run.

use crate::address::ServerAddress;
use crate::child_server::ChildServer;
use crate::counters::{self, Counters};
use crate::process::{self, Usage};
use crate::progress::LoadEvent;
use anyhow::{Context, Result, bail};
use cpu_time::ProcessTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A server that is measured.
pub struct MeasuredServer {
    pub address: Arc<ServerAddress>,
    /// For people.
    pub shown: String,
    pub processes: Vec<u32>,
    pub own: Option<ChildServer>,
}

/// Looks after a run: progress, interruption, an own server that ends, and the
/// counts from which it is measured.
pub struct Watch<'a> {
    /// The server.
    pub target: MeasuredServer,
    pub interrupted: &'a AtomicBool,
    pub progress: &'a dyn Fn(LoadEvent),
    /// What progress counts: time or tiles.
    pub expected: LoadEvent,
    /// Progress so far.
    pub shown: u64,
    /// The server's use and counters, and the client's processor time, as the
    /// first view that counts was due.
    pub before: Option<(Option<Usage>, Option<Counters>, ProcessTime)>,
}

impl Watch<'_> {
    /// The first view that counts is due now.
    pub fn counting(&mut self) -> Result<()> {
        let counters = counters::scrape(&self.target.address);
        let processes = &self.target.processes;
        let used = (!processes.is_empty()).then(|| process::used(processes)).transpose()?;
        self.before = Some((used, counters, ProcessTime::now()));
        Ok(())
    }

    /// Called now and then with the time and tiles so far; an error ends the run.
    pub fn tick(&mut self, elapsed: Duration, tiles: u64) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            bail!("interrupted after {tiles} tiles");
        }
        if let Some(own) = &mut self.target.own {
            own.check().with_context(|| format!("after {tiles} tiles"))?;
        }
        let now = match self.expected {
            LoadEvent::Time(all) => u64::try_from(elapsed.min(all).as_millis()).unwrap_or(u64::MAX),
            _ => tiles,
        };
        (self.progress)(LoadEvent::Advanced(now - self.shown));
        self.shown = now;
        Ok(())
    }
}
