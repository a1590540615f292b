//! What this process has cost so far, from the kernel's own accounting.

/// Clock ticks per second in `/proc`, fixed by the Linux ABI.
const TICKS: f64 = 100.0;

/// Processor time and peak memory as text, empty where the kernel does not say.
pub fn text() -> String {
    let (Some(seconds), Some(peak)) = (cpu_seconds(), peak_bytes()) else { return String::new() };
    format!(", {seconds:.1} s of CPU, peak memory {:.0} MB", peak as f64 / 1e6)
}

/// User and system time of all threads in seconds.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

/// The most memory that was resident at once, in bytes.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| 1024 * kilobytes)
}
