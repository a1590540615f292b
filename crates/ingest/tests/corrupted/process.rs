//! What the process has used, C libraries included.

use crate::trial::MAX_MEMORY;
use std::fs;

/// Prints the most memory that this process has had, and fails if that is more than one variant
/// may take.
pub fn check_peak() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    println!("peak of the process, with the programs it has loaded: {:.1} MB", kib as f64 * 1024.0 / 1e6);
    assert!(kib << 10 < MAX_MEMORY, "{kib} KiB");
}
