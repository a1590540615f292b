//! What work has cost, from the kernel's own accounting.

use origami_loadtest::process::{cpu_seconds, memory};

/// Begins to count: processor time so far. The kernel is asked to forget the peak
/// so far; where it refuses, the peak is that of the whole process.
pub fn begin() -> Option<f64> {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    cpu_seconds("self")
}

/// Processor time and peak memory since `begin` as text, empty where the kernel
/// does not say.
pub fn since(begin: Option<f64>) -> String {
    let (Some(before), Some(now), Some(peak)) = (begin, cpu_seconds("self"), memory("self", "VmHWM")) else {
        return String::new();
    };
    format!(", {:.1} s of CPU, peak memory {:.0} MB", now - before, peak as f64 / 1e6)
}
