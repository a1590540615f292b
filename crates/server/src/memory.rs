//! The memory available to the process, and its division among caches.

use procfs::ProcessCGroup;
use procfs::process::Process;
use rustix::system::sysinfo;
use std::fs;
use std::path::Path;

/// Smallest budget, in bytes; a smaller one would not hold one tile of each kind, and is taken
/// for this.
pub const MIN_BUDGET: u64 = 32 << 20;

/// The limit assumed without a `/proc` to read the limits from, in bytes.
const ASSUMED_LIMIT: u64 = 2 << 30;

/// Bytes of derivatives that may wait to be written, however much memory there is: a disk
/// that is too slow for them is not helped by more.
const MAX_UNWRITTEN: u64 = 64 << 20;

/// Bytes of memory available to this process: the smallest limit of its control
/// groups, version 2 or 1, or else the memory of the machine. If one line of the
/// list of groups does not parse, the whole list is ignored.
#[must_use]
pub fn limit() -> u64 {
    let Ok(process) = Process::myself() else { return ASSUMED_LIMIT };
    let machine = sysinfo();
    let ram = machine.totalram * u64::from(machine.mem_unit);
    let groups = process.cgroups().into_iter().flatten();
    groups.flat_map(|group| limits(&group, Path::new(MOUNT_POINT), Bound::Limit)).fold(ram, u64::min)
}

/// Bytes of memory above which the kernel slows this process down and reclaims what it has:
/// the smallest such bound of its control groups of version 2. `None` if there is none.
#[must_use]
pub fn throttle() -> Option<u64> {
    let groups = Process::myself().and_then(|process| process.cgroups()).into_iter().flatten();
    groups.flat_map(|group| limits(&group, Path::new(MOUNT_POINT), Bound::Throttle)).min()
}

/// Where control groups are mounted.
const MOUNT_POINT: &str = "/sys/fs/cgroup";

/// A bound of the memory of a control group.
#[derive(Clone, Copy)]
enum Bound {
    /// A process that would exceed it is killed.
    Limit,
    /// A process that exceeds it is slowed down; only in version 2.
    Throttle,
}

/// The bounds set for `group` and for all groups that contain it, under the mount
/// point `root`.
fn limits(group: &ProcessCGroup, root: &Path, bound: Bound) -> Vec<u64> {
    let (root, file) = match (group.controllers.as_slice(), bound) {
        ([], Bound::Limit) => (root.to_owned(), "memory.max"),
        ([], Bound::Throttle) => (root.to_owned(), "memory.high"),
        (names, Bound::Limit) if names.iter().any(|name| name == "memory") => {
            (root.join("memory"), "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    // In a container, the path may be relative to the host's root, which is not
    // mounted; groups that cannot be read are skipped.
    let innermost = root.join(group.pathname.trim_start_matches('/'));
    let folders = innermost.ancestors().take_while(|folder| folder.starts_with(&root));
    folders.filter_map(|folder| fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok()).collect()
}

/// A part of the memory budget, as metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryPart {
    /// Encoded tiles.
    Tiles,
    /// Thumbnails.
    Thumbnails,
    /// Pictures that are cached.
    Pictures,
    /// Decoded parents.
    Parents,
    /// Open packs.
    OpenPacks,
    /// Models of exact packs.
    Models,
    /// Large pictures while they are made.
    Making,
    /// Large bodies that clients have not read yet.
    Bodies,
    /// Buffers of pixels, without those of cached parents.
    Buffers,
    /// What nothing else has: connections, the allocator, derivatives that wait to be written.
    Rest,
}

impl MemoryPart {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Tiles,
        Self::Thumbnails,
        Self::Pictures,
        Self::Parents,
        Self::OpenPacks,
        Self::Models,
        Self::Making,
        Self::Bodies,
        Self::Buffers,
        Self::Rest,
    ];

    /// Its label in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiles => "tiles",
            Self::Thumbnails => "thumbnails",
            Self::Pictures => "pictures",
            Self::Parents => "parents",
            Self::OpenPacks => "open_packs",
            Self::Models => "models",
            Self::Making => "making",
            Self::Bodies => "bodies",
            Self::Buffers => "buffers",
            Self::Rest => "rest",
        }
    }
}

/// The shares of one memory budget, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryShares {
    /// The whole budget.
    pub budget: u64,
    /// Encoded tiles.
    pub tiles: u64,
    /// Thumbnails.
    pub thumbnails: u64,
    /// Pictures: regions of slides, at any size.
    pub pictures: u64,
    /// Large bodies that clients have not read yet: pictures, and regions that are made
    /// while they are sent.
    pub bodies: u64,
    /// Derivatives that wait to be written to their cache on disk, if there is one.
    pub unwritten: u64,
    /// Large pictures while they are made, with what their encoders take.
    pub making: u64,
    /// Decoded parents.
    pub parents: u64,
    /// Open packs.
    pub packs: u64,
    /// Models of exact packs.
    pub models: u64,
    /// Buffers of pixels, without those of cached parents. Their number is bounded by that of
    /// the threads that use them and not by this share, which very large tiles can exceed.
    pub buffers: u64,
}

impl MemoryShares {
    /// Divides `memory` bytes: 11/32 for tiles, a quarter for parents, an eighth for large
    /// pictures while they are made, 1/16 for buffers of pixels, and 1/32 each for open packs,
    /// their models, thumbnails, pictures, and bodies that are being sent. The rest is for
    /// connections, the allocator, and derivatives that wait to be written.
    #[must_use]
    pub fn of(memory: u64) -> Self {
        let memory = memory.max(MIN_BUDGET);
        let small = memory / 32;
        Self {
            budget: memory,
            tiles: memory / 2 - 5 * small,
            thumbnails: small,
            pictures: small,
            bodies: small,
            unwritten: (memory / 16).min(MAX_UNWRITTEN),
            making: memory / 8,
            parents: memory / 4,
            packs: small,
            models: small,
            buffers: memory / 16,
        }
    }

    /// The share of `part`, in bytes. Those of all parts together are the budget.
    #[must_use]
    pub fn of_part(&self, part: MemoryPart) -> u64 {
        match part {
            MemoryPart::Tiles => self.tiles,
            MemoryPart::Thumbnails => self.thumbnails,
            MemoryPart::Pictures => self.pictures,
            MemoryPart::Parents => self.parents,
            MemoryPart::OpenPacks => self.packs,
            MemoryPart::Models => self.models,
            MemoryPart::Making => self.making,
            MemoryPart::Bodies => self.bodies,
            MemoryPart::Buffers => self.buffers,
            MemoryPart::Rest => {
                let others = MemoryPart::ALL.into_iter().filter(|other| *other != MemoryPart::Rest);
                self.budget - others.map(|other| self.of_part(other)).sum::<u64>()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use procfs::{FromRead, ProcessCGroups};

    /// The limits of all of `groups`, listed as in `/proc/self/cgroup`.
    fn all_limits(groups: &str, root: &Path, bound: Bound) -> Vec<u64> {
        let groups = ProcessCGroups::from_read(groups.as_bytes()).unwrap();
        groups.into_iter().flat_map(|group| limits(&group, root, bound)).collect()
    }

    #[test]
    fn limits_of_all_enclosing_groups_are_found() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("a/memory.max", "1000000\n"),
            ("a/b/memory.max", "max\n"),
            ("a/b/memory.high", "700000\n"),
            ("memory/c/memory.limit_in_bytes", "500000\n"),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!(all_limits("0::/a/b\n", root.path(), Bound::Limit), [1_000_000]);
        assert_eq!(all_limits("0::/a/b\n", root.path(), Bound::Throttle), [700_000]);
        let two_hierarchies = "5:cpu,memory:/c/d\n4:cpu:/a\n0::/a\n";
        assert_eq!(all_limits(two_hierarchies, root.path(), Bound::Limit), [500_000, 1_000_000]);
        assert!(all_limits(two_hierarchies, root.path(), Bound::Throttle).is_empty());
        assert!(all_limits("0::/\n", root.path(), Bound::Limit).is_empty());
    }

    #[test]
    fn this_machine_has_memory() {
        assert!((64 << 20..1 << 50).contains(&limit()));
    }

    #[test]
    fn no_budget_is_overspent() {
        for memory in [32 << 20, 256 << 20, 64 << 30, u64::MAX] {
            let shares = MemoryShares::of(memory);
            let parts = MemoryPart::ALL.map(|part| shares.of_part(part));
            assert_eq!(parts.iter().sum::<u64>(), memory);
            let rest = shares.of_part(MemoryPart::Rest);
            assert!(shares.unwritten <= memory / 16 && memory / 16 <= rest, "{memory}: {rest}");
        }
        assert_eq!(MemoryShares::of(0), MemoryShares::of(MIN_BUDGET));
    }
}
