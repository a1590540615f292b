//! Signals that end the program.

use anyhow::{Context, Result};
use procfs::process::Process;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::low_level::pipe;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// Ctrl-C, `kill`, a closed terminal, Ctrl-\.
const SIGNALS: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Added to the number of the signal, the exit status of a process that a signal ends, as
/// shells report it.
const ENDED_BY_SIGNAL: i32 = 128;

/// The number of the signal that came last; 0 if none came.
static SIGNAL: AtomicUsize = AtomicUsize::new(0);

/// Only a signal that comes this long after the first is a second one. A terminal that is
/// closed may send SIGHUP twice, through the kernel and through the shell, and `timeout`
/// sends SIGTERM twice.
const PATIENCE: Duration = Duration::from_millis(500);

/// A flag that Ctrl-C, SIGTERM, SIGQUIT and SIGHUP set, so that work can stop cleanly. A
/// second signal ends the process at once, even if a read hangs.
///
/// SIGHUP remains ignored if it was when the program started, as `nohup` wants it.
///
/// Also makes a write beyond the file size limit (`ulimit -f`) fail; by default the
/// system would end the process in the middle of it.
pub fn watch() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    register(&interrupted).context("cannot watch for Ctrl-C")?;
    Ok(interrupted)
}

/// The exit status of a run that a signal interrupted, which is the one that shells report
/// for a process that the signal ended: 130 for Ctrl-C. `None` if no signal came.
pub fn exit_status() -> Option<u8> {
    let signal = i32::try_from(SIGNAL.load(SeqCst)).ok().filter(|&signal| signal != 0)?;
    u8::try_from(ENDED_BY_SIGNAL + signal).ok()
}

fn register(interrupted: &Arc<AtomicBool>) -> io::Result<()> {
    let is_armed = Arc::new(AtomicBool::new(false));
    let (first, notify) = UnixStream::pair()?;
    for signal in SIGNALS {
        if signal == SIGHUP && is_ignored(SIGHUP) {
            continue;
        }
        flag::register_conditional_shutdown(signal, ENDED_BY_SIGNAL + signal, Arc::clone(&is_armed))?;
        flag::register_usize(signal, &SIGNAL, signal as usize)?;
        flag::register(signal, Arc::clone(interrupted))?;
        pipe::register(signal, notify.try_clone()?)?;
    }
    flag::register(SIGXFSZ, Arc::default())?;
    thread::Builder::new().name("origami-signals".into()).spawn(move || arm(first, &is_armed))?;
    Ok(())
}

/// Waits for the first signal, and then has the next one end the process.
fn arm(mut first: UnixStream, is_armed: &AtomicBool) {
    if first.read_exact(&mut [0]).is_ok() {
        thread::sleep(PATIENCE);
        is_armed.store(true, SeqCst);
    }
}

/// Whether this process ignores `signal`; no if the system does not say.
fn is_ignored(signal: i32) -> bool {
    let status = Process::myself().and_then(|process| process.status());
    status.is_ok_and(|status| (status.sigign >> (signal - 1)) & 1 == 1)
}
