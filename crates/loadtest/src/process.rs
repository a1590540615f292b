//! What processes use, from the kernel's own accounting.

use anyhow::{Context, Result};
use procfs::process::{Process, all_processes};
use procfs::ticks_per_second;

/// What a server has used at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// User and system time of all its threads, to a hundredth of a second.
    pub cpu_seconds: f64,
    /// Memory that is resident; mapped packs included.
    pub resident: u64,
    /// Of that, what no file backs.
    pub anonymous: u64,
}

impl Usage {
    /// By one process alone; `None` if it cannot be looked at.
    fn by(process: u32) -> Option<Self> {
        let process = Process::new(i32::try_from(process).ok()?).ok()?;
        let stat = process.stat().ok()?;
        // In kB; a process that has ended and is not yet reaped has none.
        let status = process.status().ok();
        Some(Self {
            cpu_seconds: (stat.utime + stat.stime) as f64 / ticks_per_second() as f64,
            resident: 1024 * status.as_ref().and_then(|status| status.vmrss).unwrap_or(0),
            anonymous: 1024 * status.as_ref().and_then(|status| status.rssanon).unwrap_or(0),
        })
    }
}

/// Adds up the processes `roots` and all that descend from them.
pub(crate) fn used(roots: &[u32]) -> Result<Usage> {
    let mut sum = Usage { cpu_seconds: 0.0, resident: 0, anonymous: 0 };
    for process in with_descendants(roots)? {
        let used = Usage::by(process);
        if used.is_none() && !roots.contains(&process) {
            // It has ended since it was listed.
            continue;
        }
        let used = used.with_context(|| format!("process {process} cannot be looked at"))?;
        sum.cpu_seconds += used.cpu_seconds;
        sum.resident += used.resident;
        sum.anonymous += used.anonymous;
    }
    Ok(sum)
}

fn with_descendants(roots: &[u32]) -> Result<Vec<u32>> {
    let processes = all_processes().context("/proc")?.filter_map(|process| {
        let stat = process.ok()?.stat().ok()?;
        Some((u32::try_from(stat.pid).ok()?, u32::try_from(stat.ppid).ok()?))
    });
    // Processes, each with its parent.
    let parents: Vec<(u32, u32)> = processes.collect();
    let mut found = roots.to_vec();
    let mut at = 0;
    while let Some(of) = found.get(at).copied() {
        let children = parents.iter().filter(|(_, parent)| *parent == of).map(|(child, _)| *child);
        let new: Vec<_> = children.filter(|child| !found.contains(child)).collect();
        found.extend(new);
        at += 1;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn children_count_with_their_parent() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let found = with_descendants(&[std::process::id()]).unwrap();
        assert!(found.contains(&child.id()) && found.contains(&std::process::id()), "{found:?}");
        assert!(used(&[std::process::id()]).unwrap().resident > 1 << 20);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        let error = used(&[u32::MAX]).unwrap_err().to_string();
        assert!(error.contains("process 4294967295"), "{error}");
    }
}
