//! The machine that measures.

/// Fails if the load average over a minute is 1 or more: something else is running, and
/// clock times would say nothing.
///
/// # Errors
/// A sentence with the load.
pub fn require_idle() -> Result<(), String> {
    let text = std::fs::read_to_string("/proc/loadavg").map_err(|error| format!("/proc/loadavg: {error}"))?;
    let load = text.split(' ').next().and_then(|load| load.parse::<f64>().ok());
    match load {
        Some(load) if load < 1.0 => Ok(()),
        _ => Err(format!("the load is {}: measure while nothing else runs", text.trim())),
    }
}
