//! Checks on a run while it lasts.

use crate::address::ServerAddress;
use crate::child_server::ChildServer;
use crate::counters::{self, Counters};
use crate::process::{Usage, UsageSpan};
use crate::progress::LoadEvent;
use anyhow::{Context, Result, bail};
use cpu_time::ProcessTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A server that is measured.
pub struct MeasuredServer {
    pub address: Arc<ServerAddress>,
    /// A description for people.
    pub label: String,
    /// Its processes, if they are known.
    pub processes: Vec<u32>,
    pub child: Option<ChildServer>,
}

/// What had been used and counted when measuring began.
pub struct Snapshot {
    /// The server's processor time and memory, if its processes are known.
    usage: Option<Usage>,
    /// The server's counters, if it has any.
    counters: Option<Counters>,
    /// The client's processor time.
    client_cpu: ProcessTime,
}

/// What was used and counted while the run was measured.
pub struct Work {
    /// By the server's processes, if they are known.
    pub usage: Option<UsageSpan>,
    /// By the server, if it has counters.
    pub counters: Option<Counters>,
    /// The client's processor time in seconds.
    pub client_cpu: f64,
}

/// Reports the progress of a run, and ends it when it is interrupted or the child
/// server has ended.
pub struct RunMonitor<'a> {
    pub server: MeasuredServer,
    pub interrupted: &'a AtomicBool,
    pub progress: &'a dyn Fn(LoadEvent),
    /// What progress counts: time or tiles.
    pub expected: LoadEvent,
    /// The progress reported so far.
    pub reported: u64,
    /// Taken when the warm-up was over.
    pub before: Option<Snapshot>,
}

impl RunMonitor<'_> {
    /// Takes the snapshot that measuring begins with.
    pub fn begin_measuring(&mut self) -> Result<()> {
        let counters = counters::scrape(&self.server.address);
        let processes = &self.server.processes;
        let usage = (!processes.is_empty()).then(|| Usage::of_trees(processes)).transpose()?;
        self.before = Some(Snapshot { usage, counters, client_cpu: ProcessTime::now() });
        Ok(())
    }

    /// Measures the work since [`Self::begin_measuring`], and ends a child server.
    pub fn end_measuring(self) -> Result<Work> {
        let Snapshot { usage, counters, client_cpu } = self.before.context("nothing was counted")?;
        let client_cpu = client_cpu.elapsed().as_secs_f64();
        let usage = match usage {
            Some(start) => Some(UsageSpan { start, end: Usage::of_trees(&self.server.processes)? }),
            None => None,
        };
        let counters = counters.and_then(|before| {
            let after = counters::scrape(&self.server.address)?;
            Some(counters::difference(&before, &after))
        });
        Ok(Work { usage, counters, client_cpu })
    }

    /// Called from time to time with the time and the number of tiles so far; an
    /// error ends the run.
    pub fn tick(&mut self, elapsed: Duration, tiles: u64) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            bail!("interrupted after {tiles} tiles");
        }
        if let Some(child) = &mut self.server.child {
            child.check().with_context(|| format!("after {tiles} tiles"))?;
        }
        let progress = match self.expected {
            LoadEvent::Time(all) => u64::try_from(elapsed.min(all).as_millis()).unwrap_or(u64::MAX),
            _ => tiles,
        };
        (self.progress)(LoadEvent::Advanced(progress - self.reported));
        self.reported = progress;
        Ok(())
    }
}
