//! What work has cost, from the kernel's own accounting.

/// Clock ticks per second in `/proc`, fixed by the Linux ABI.
const TICKS: f64 = 100.0;

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

/// User and system time of all threads of a process, a number or `self`, in seconds.
pub fn cpu_seconds(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

/// A field of a process's status that is an amount of memory, in bytes:
/// `VmHWM`, the most that was resident at once, `VmRSS`, `RssAnon` ...
pub fn memory(process: &str, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| 1024 * kilobytes)
}
