//! Signals that end the program.

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Exit status of a process that Ctrl-C ends, as shells report it.
const ENDED_BY_CTRL_C: i32 = 130;

/// A flag that Ctrl-C and SIGTERM set, so that work can stop cleanly. A second
/// signal ends the process at once, even if a read hangs.
///
/// Also makes a write beyond the file size limit (`ulimit -f`) fail; by default the
/// system would end the process in the middle of it.
pub fn watch() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    register(&interrupted).context("cannot watch for Ctrl-C")?;
    Ok(interrupted)
}

fn register(interrupted: &Arc<AtomicBool>) -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In this order, or the first signal would already find the flag set.
        flag::register_conditional_shutdown(signal, ENDED_BY_CTRL_C, Arc::clone(interrupted))?;
        flag::register(signal, Arc::clone(interrupted))?;
    }
    flag::register(SIGXFSZ, Arc::default())?;
    Ok(())
}
