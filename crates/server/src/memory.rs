//! How much memory there is, and what of it each kind of thing may take.

use procfs::ProcessCGroup;
use procfs::process::Process;
use rustix::system::sysinfo;
use std::fs;
use std::path::Path;

/// Least budget that is shared out; below it a server could not hold one tile
/// of each kind.
const LEAST: u64 = 32 << 20;

/// What is assumed where there is no `/proc` to tell which limits hold.
const UNKNOWN: u64 = 2 << 30;

/// Bytes of memory this process may have: the smallest limit of its control
/// groups, version 2 or 1, or else what the machine has. The list of groups is read
/// whole or not at all: one line that does not parse, and none of them counts.
#[must_use]
pub fn limit() -> u64 {
    let Ok(process) = Process::myself() else { return UNKNOWN };
    let machine = sysinfo();
    let ram = machine.totalram * u64::from(machine.mem_unit);
    let groups = process.cgroups().into_iter().flatten();
    groups.flat_map(|group| limits(&group, Path::new("/sys/fs/cgroup"))).fold(ram, u64::min)
}

/// The limits set for `group` and for all groups around it, under the mount
/// point `root`.
fn limits(group: &ProcessCGroup, root: &Path) -> Vec<u64> {
    let (root, file) = match group.controllers.as_slice() {
        [] => (root.to_owned(), "memory.max"),
        names if names.iter().any(|name| name == "memory") => (root.join("memory"), "memory.limit_in_bytes"),
        _ => return Vec::new(),
    };
    // In a container the path may be that of the machine, which is not mounted.
    let inner = root.join(group.pathname.trim_start_matches('/'));
    let around = inner.ancestors().take_while(|folder| folder.starts_with(&root));
    around.filter_map(|folder| fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok()).collect()
}

/// MemoryShares of one budget, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryShares {
    /// Encoded tiles.
    pub tiles: u64,
    /// Thumbnails.
    pub thumbnails: u64,
    /// Decoded parents.
    pub parents: u64,
    /// Open packs.
    pub packs: u64,
    /// What exact packs are coded with.
    pub models: u64,
}

impl MemoryShares {
    /// MemoryShares `memory` out: half of it for tiles, a quarter for parents, 1/16
    /// for open packs and their models, 1/32 for thumbnails. The rest is for
    /// workers, what they decode and encode pixels in, connections, and the
    /// allocator.
    #[must_use]
    pub fn of(memory: u64) -> Self {
        let memory = memory.max(LEAST);
        let (packs, models) = (memory / 32, memory / 32);
        Self { tiles: memory / 2, thumbnails: memory / 32, parents: memory / 4, packs, models }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use procfs::{FromRead, ProcessCGroups};

    #[test]
    fn the_smallest_limit_of_all_groups_around_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/memory.max", "1000000\n");
        write("a/b/memory.max", "max\n");
        write("memory/c/memory.limit_in_bytes", "500000\n");
        let all = |groups: &str| -> Vec<u64> {
            let groups = ProcessCGroups::from_read(groups.as_bytes()).unwrap();
            groups.into_iter().flat_map(|group| limits(&group, root.path())).collect()
        };
        assert_eq!(all("0::/a/b\n"), [1_000_000]);
        assert_eq!(all("5:cpu,memory:/c/d\n4:cpu:/a\n0::/a\n"), [500_000, 1_000_000]);
        assert!(all("0::/\n").is_empty());
    }

    #[test]
    fn this_machine_has_memory() {
        assert!((64 << 20..1 << 50).contains(&limit()));
    }

    #[test]
    fn no_budget_is_overspent() {
        for memory in [32 << 20, 256 << 20, 64 << 30, u64::MAX] {
            let MemoryShares { tiles, thumbnails, parents, packs, models } = MemoryShares::of(memory);
            assert!(tiles + thumbnails + parents + packs + models <= memory / 8 * 7, "{memory}");
        }
        assert_eq!(MemoryShares::of(0), MemoryShares::of(LEAST));
    }
}
