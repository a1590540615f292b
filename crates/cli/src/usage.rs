//! What work has cost, from the kernel's own accounting.

use cpu_time::ProcessTime;
use procfs::process::{ClearRefs, Process};

/// Begins to count: processor time so far. The kernel is asked to forget the peak
/// so far; where it refuses, the peak is that of the whole process.
pub fn begin() -> ProcessTime {
    let _ = Process::myself().and_then(|process| process.clear_refs(ClearRefs::PeakRSS));
    ProcessTime::now()
}

/// Processor time and peak memory since `begin` as text, empty where the kernel
/// does not say.
pub fn since(begin: ProcessTime) -> String {
    let status = Process::myself().and_then(|process| process.status());
    let Some(kilobytes) = status.ok().and_then(|status| status.vmhwm) else { return String::new() };
    let (seconds, megabytes) = (begin.elapsed().as_secs_f64(), kilobytes as f64 * 1024.0 / 1e6);
    format!(", {seconds:.1} s of CPU, peak memory {megabytes:.0} MB")
}
