//! What processes use, from the kernel's own accounting.

use anyhow::{Context, Result};
use std::fs;

/// Clock ticks per second in `/proc`, fixed by the Linux ABI.
const TICKS: f64 = 100.0;

/// What a server has used at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// User and system time of all its threads, to a hundredth of a second.
    pub cpu_seconds: f64,
    /// Memory that is resident; mapped packs included.
    pub resident: u64,
    /// Of that, what no file backs.
    pub anonymous: u64,
}

/// User and system time of all threads of a process, a number or `self`, in seconds.
#[must_use]
pub fn cpu_seconds(process: &str) -> Option<f64> {
    let stat = stat(process)?;
    let ticks = |field: usize| stat.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

/// What the kernel says of a process, from its state on.
fn stat(process: &str) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold spaces.
    Some(stat.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

/// A field of a process's status that is an amount of memory, in bytes:
/// `VmHWM`, the most that was resident at once, `VmRSS`, `RssAnon` ...
#[must_use]
pub fn memory(process: &str, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| 1024 * kilobytes)
}

/// Adds up the processes `roots` and all that descend from them.
pub(crate) fn used(roots: &[u32]) -> Result<Used> {
    let mut sum = Used { cpu_seconds: 0.0, resident: 0, anonymous: 0 };
    for process in with_descendants(roots)? {
        let name = process.to_string();
        let cpu = cpu_seconds(&name);
        if cpu.is_none() && !roots.contains(&process) {
            // It has ended since it was listed.
            continue;
        }
        sum.cpu_seconds += cpu.with_context(|| format!("process {process} cannot be looked at"))?;
        sum.resident += memory(&name, "VmRSS").unwrap_or(0);
        sum.anonymous += memory(&name, "RssAnon").unwrap_or(0);
    }
    Ok(sum)
}

fn with_descendants(roots: &[u32]) -> Result<Vec<u32>> {
    let processes = fs::read_dir("/proc").context("/proc")?.filter_map(|entry| {
        let process = entry.ok()?.file_name().into_string().ok()?;
        Some((process.parse().ok()?, stat(&process)?.get(1)?.parse().ok()?))
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
