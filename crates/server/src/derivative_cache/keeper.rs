//! The thread that writes files, removes them, and looks for those of other servers.

use super::{Shared, Task, entry};
use blake3::Hash;
use bytes::Bytes;
use crossbeam::channel::{Receiver, TryRecvError, select};
use std::collections::HashSet;
use std::io;
use std::time::{Duration, Instant, SystemTime};
use tracing::warn;

/// How often the folder is looked through.
const RESCAN: Duration = Duration::from_secs(600);

/// How long the end of the server may be delayed by what waits to be written.
const STOP_LIMIT: Duration = Duration::from_secs(1);

/// An entry written this recently may be missing in a list of the files that was begun
/// before: clocks of file systems are coarse, and those of servers differ.
const RECENT: Duration = Duration::from_secs(60);

/// Looks through the folder, and then carries out `tasks` until `stopped` is disconnected.
pub fn run(shared: &Shared, tasks: &Receiver<Task>, stopped: &Receiver<()>) {
    shared.scan_unless_stopped(stopped);
    let mut next_scan = Instant::now() + RESCAN;
    loop {
        select! {
            recv(tasks) -> task => if let Ok(task) = task { shared.carry_out(task) },
            recv(stopped) -> _ => break,
            default(next_scan.saturating_duration_since(Instant::now())) => {}
        }
        if Instant::now() >= next_scan {
            shared.scan_unless_stopped(stopped);
            next_scan = Instant::now() + RESCAN;
        }
    }
    let started = Instant::now();
    while started.elapsed() < STOP_LIMIT
        && let Ok(task) = tasks.try_recv()
    {
        shared.carry_out(task);
    }
}

impl Shared {
    fn carry_out(&self, task: Task) {
        match task {
            Task::Write { name, key, image } => {
                if let Err(cause) = self.write(name, &key, &image) {
                    self.report_unwritten(&cause);
                }
                self.waiting.remove(name);
            }
            // It may have been written again since it was evicted or discarded.
            Task::Remove(name) if !self.index.contains_key(&name) => self.remove(name),
            Task::Remove(_) => {}
        }
    }

    fn write(&self, name: Hash, key: &str, image: &Bytes) -> io::Result<()> {
        // A request that waited for the same build may have kept it before.
        if self.index.contains_key(&name) {
            return Ok(());
        }
        let file = self.folder.write(name, &entry::head(key, image), image)?;
        self.index.insert(name, file);
        // On its own it evicts only after some dozens of insertions.
        self.index.run_pending_tasks();
        Ok(())
    }

    fn remove(&self, name: Hash) {
        self.index.invalidate(&name);
        if let Err(cause) = self.folder.remove(name) {
            self.report_damaged(name, &cause.to_string());
        }
    }

    fn scan_unless_stopped(&self, stopped: &Receiver<()>) {
        let is_stopped = || stopped.try_recv() == Err(TryRecvError::Disconnected);
        if let Err(cause) = self.scan(is_stopped) {
            warn!(folder = %self.folder.path().display(), %cause, "the derivative cache cannot be listed");
        }
    }

    /// Makes the index one of the files that are there. `is_stopped` ends the search early.
    pub fn scan(&self, is_stopped: impl Fn() -> bool) -> io::Result<()> {
        let started = SystemTime::now();
        let Some(files) = self.folder.list(is_stopped)? else { return Ok(()) };
        for (name, file) in &files {
            if file.age() > self.max_age {
                self.remove(*name);
            } else if !self.index.contains_key(name) {
                self.index.insert(*name, *file);
            }
        }
        let present: HashSet<_> = files.into_iter().map(|(name, _)| name).collect();
        // Other servers have removed the rest.
        for (name, file) in &self.index {
            let is_recent = started.duration_since(file.written).unwrap_or_default() < RECENT;
            if !is_recent && !present.contains(&*name) {
                self.index.invalidate(&*name);
            }
        }
        self.index.run_pending_tasks();
        Ok(())
    }
}
