//! Processor time and memory that work has used, from the kernel's accounting.

use cpu_time::ProcessTime;
use procfs::process::{ClearRefs, Process};

/// Begins to measure. If the kernel refuses to reset the peak memory, [`since`]
/// reports the peak of the whole process.
pub fn begin() -> ProcessTime {
    let _ = Process::myself().and_then(|process| process.clear_refs(ClearRefs::PeakRSS));
    ProcessTime::now()
}

/// Processor time and peak memory since `begin` as text; empty if the kernel does
/// not report them.
pub fn since(begin: ProcessTime) -> String {
    let status = Process::myself().and_then(|process| process.status());
    let Some(kilobytes) = status.ok().and_then(|status| status.vmhwm) else { return String::new() };
    let (seconds, megabytes) = (begin.elapsed().as_secs_f64(), kilobytes as f64 * 1024.0 / 1e6);
    format!(", {seconds:.1} s of CPU, peak memory {megabytes:.0} MB")
}
