use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Exit status of a process that Ctrl-C ends, as shells count.
const ENDED_BY_CTRL_C: i32 = 130;

/// A flag that Ctrl-C and SIGTERM set. Whoever asks a second time does not want
/// to wait for a read that hangs: that ends the process at once.
///
/// A file that may not grow any further (`ulimit -f`) becomes an error of the
/// write, where the system would end the process in the middle of it.
pub fn watch() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let register = || -> io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag not yet set.
            flag::register_conditional_shutdown(signal, ENDED_BY_CTRL_C, Arc::clone(&interrupted))?;
            flag::register(signal, Arc::clone(&interrupted))?;
        }
        flag::register(SIGXFSZ, Arc::default())?;
        Ok(())
    };
    register().context("cannot watch for Ctrl-C")?;
    Ok(interrupted)
}
