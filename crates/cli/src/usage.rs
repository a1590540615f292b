//! What work has cost, from the kernel's own accounting.

use origami_loadtest::process::{cpu_seconds, memory};

/// What a piece of work costs, from where it began.
pub struct Usage {
    cpu_seconds: Option<f64>,
}

impl Usage {
    /// Begins to count. The kernel is asked to forget the peak so far; where it
    /// refuses, the peak is that of the whole process.
    pub fn begin() -> Self {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self { cpu_seconds: cpu_seconds("self") }
    }

    /// Processor time and peak memory since then as text, empty where the
    /// kernel does not say.
    pub fn text(&self) -> String {
        let (Some(before), Some(now), Some(peak)) =
            (self.cpu_seconds, cpu_seconds("self"), memory("self", "VmHWM"))
        else {
            return String::new();
        };
        format!(", {:.1} s of CPU, peak memory {:.0} MB", now - before, peak as f64 / 1e6)
    }
}
