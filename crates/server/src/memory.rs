//! How much memory there is, and what of it each kind of thing may take.

use std::fs;
use std::path::Path;

/// Least budget that is shared out; below it a server could not hold one tile
/// of each kind.
const LEAST: u64 = 32 << 20;

/// Bytes of memory this process may have: the smallest limit of its control
/// groups, version 2 or 1, or else what the machine has.
#[must_use]
pub fn limit() -> u64 {
    const UNKNOWN: u64 = 2 << 30;
    let ram = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text)).unwrap_or(UNKNOWN);
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    group_limits(&groups, Path::new("/sys/fs/cgroup")).fold(ram, u64::min)
}

/// `MemTotal` of `/proc/meminfo` in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// The limits set for the groups of `/proc/self/cgroup` and for all groups
/// around them, under the mount point `root`.
fn group_limits<'a>(groups: &'a str, root: &'a Path) -> impl Iterator<Item = u64> + 'a {
    let memory = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        match controllers {
            "" => Some((root.to_owned(), "memory.max", path)),
            _ if controllers.split(',').any(|name| name == "memory") => {
                Some((root.join("memory"), "memory.limit_in_bytes", path))
            }
            _ => None,
        }
    });
    memory.flat_map(|(root, file, path)| {
        // In a container the path may be that of the machine, which is not mounted.
        let inner = root.join(path.trim_start_matches('/'));
        let around: Vec<_> = inner.ancestors().take_while(|folder| folder.starts_with(&root)).collect();
        let read = |folder: &Path| fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok();
        around.into_iter().filter_map(read).collect::<Vec<u64>>()
    })
}

/// Shares of one budget, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
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

impl Shares {
    /// Shares `memory` out: half of it for tiles, a quarter for parents, 1/16
    /// for open packs and their models, 1/32 for thumbnails. The rest is for
    /// workers, connections and the allocator.
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
        let limits = |groups| {
            let mut limits: Vec<_> = group_limits(groups, root.path()).collect();
            limits.sort_unstable();
            limits
        };
        assert_eq!(limits("0::/a/b\n"), [1_000_000]);
        assert_eq!(limits("5:cpu,memory:/c/d\n4:cpu:/a\n0::/a\n"), [500_000, 1_000_000]);
        assert!(limits("0::/\n").is_empty());
        assert!(limits("nonsense").is_empty());
    }

    #[test]
    fn this_machine_has_memory() {
        assert!((64 << 20..1 << 50).contains(&limit()));
        assert_eq!(total("MemFree: 1 kB\nMemTotal:       16 kB\n"), Some(16 << 10));
        assert_eq!(total("MemTotal: much"), None);
    }

    #[test]
    fn no_budget_is_overspent() {
        for memory in [32 << 20, 256 << 20, 64 << 30, u64::MAX] {
            let Shares { tiles, thumbnails, parents, packs, models } = Shares::of(memory);
            assert!(tiles + thumbnails + parents + packs + models <= memory / 8 * 7, "{memory}");
        }
        assert_eq!(Shares::of(0), Shares::of(LEAST));
    }
}
