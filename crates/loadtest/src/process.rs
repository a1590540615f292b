//! Processor time and memory of processes, from the kernel's own accounting.

use anyhow::{Context, Result};
use procfs::process::{Process, all_processes};
use procfs::ticks_per_second;

/// What a server has used up to one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time of all threads, in steps of 10 ms.
    pub cpu_seconds: f64,
    /// Resident memory in bytes, mapped packs included.
    pub resident: u64,
    /// The part of it that no file backs.
    pub anonymous: u64,
}

/// The usage of a server at the beginning and the end of a run.
#[derive(Clone, Copy, Debug)]
pub struct UsageSpan {
    pub start: Usage,
    pub end: Usage,
}

impl UsageSpan {
    /// Processor time used in between.
    pub fn cpu_seconds(&self) -> f64 {
        self.end.cpu_seconds - self.start.cpu_seconds
    }
}

impl Usage {
    /// The usage of one process alone; `None` if it cannot be read.
    fn of_process(process: u32) -> Option<Self> {
        let process = Process::new(i32::try_from(process).ok()?).ok()?;
        let stat = process.stat().ok()?;
        // In kB; a process that has ended and is not reaped yet has none.
        let status = process.status().ok();
        Some(Self {
            cpu_seconds: (stat.utime + stat.stime) as f64 / ticks_per_second() as f64,
            resident: 1024 * status.as_ref().and_then(|status| status.vmrss).unwrap_or(0),
            anonymous: 1024 * status.as_ref().and_then(|status| status.rssanon).unwrap_or(0),
        })
    }

    /// The usage of the processes `roots` and all their descendants.
    pub fn of_trees(roots: &[u32]) -> Result<Self> {
        let mut sum = Self::default();
        for process in with_descendants(roots)? {
            let usage = Self::of_process(process);
            if usage.is_none() && !roots.contains(&process) {
                // It has ended since it was listed.
                continue;
            }
            let usage = usage.with_context(|| format!("process {process} cannot be looked at"))?;
            sum.cpu_seconds += usage.cpu_seconds;
            sum.resident += usage.resident;
            sum.anonymous += usage.anonymous;
        }
        Ok(sum)
    }
}

/// A running process and its parent.
struct ProcessEntry {
    id: u32,
    parent: u32,
}

impl ProcessEntry {
    /// `None` if the process has ended since it was listed.
    fn of(process: &Process) -> Option<Self> {
        let stat = process.stat().ok()?;
        Some(Self { id: u32::try_from(stat.pid).ok()?, parent: u32::try_from(stat.ppid).ok()? })
    }
}

fn with_descendants(roots: &[u32]) -> Result<Vec<u32>> {
    let processes: Vec<_> =
        all_processes().context("/proc")?.filter_map(|process| ProcessEntry::of(&process.ok()?)).collect();
    let mut family = roots.to_vec();
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        for process in processes.iter().filter(|process| process.parent == parent) {
            if !family.contains(&process.id) {
                family.push(process.id);
            }
        }
        next += 1;
    }
    Ok(family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn children_count_with_their_parent() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let family = with_descendants(&[std::process::id()]).unwrap();
        assert!(family.contains(&child.id()) && family.contains(&std::process::id()), "{family:?}");
        assert!(Usage::of_trees(&[std::process::id()]).unwrap().resident > 1 << 20);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_does_not_exist_is_an_error() {
        let error = Usage::of_trees(&[u32::MAX]).unwrap_err().to_string();
        assert!(error.contains("process 4294967295"), "{error}");
    }
}
