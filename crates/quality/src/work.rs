//! Long-running work: a way to stop it, and the threads it runs on.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Why work on a slide ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// The caller requested a stop.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// The system cannot start more threads.
    #[error("cannot start {wanted} threads")]
    Threads {
        /// Number of threads requested.
        wanted: usize,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
    /// The slide's file could not be read to its end, or no longer exists.
    #[error("{}", .path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
}

/// Stops all threads that work on one slide: because the caller requests it, or
/// because one of them failed.
pub struct Stop<'a> {
    requested: &'a AtomicBool,
    failed: AtomicBool,
}

impl<'a> Stop<'a> {
    /// Watches `requested`, which belongs to the caller and is never set here.
    #[must_use]
    pub fn new(requested: &'a AtomicBool) -> Self {
        Self { requested, failed: AtomicBool::new(false) }
    }

    /// Checks whether to continue.
    ///
    /// # Errors
    /// [`WorkError::Interrupted`] if it is time to stop.
    pub fn check(&self) -> Result<(), WorkError> {
        let stop = self.requested.load(Relaxed) || self.failed.load(Relaxed);
        if stop { Err(WorkError::Interrupted) } else { Ok(()) }
    }

    /// Runs a part of the work. If it fails, all other parts stop at their next
    /// [`Self::check`].
    ///
    /// # Errors
    /// Those of the work.
    pub fn unless_failed<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        work().inspect_err(|_| self.failed.store(true, Relaxed))
    }
}

/// A pool of `wanted` threads.
///
/// # Errors
/// [`WorkError::Threads`] if the system cannot start that many.
pub fn threads(wanted: NonZeroUsize) -> Result<ThreadPool, WorkError> {
    let wanted = wanted.get();
    ThreadPoolBuilder::new()
        .num_threads(wanted)
        .thread_name(|number| format!("origami-work-{number}"))
        .build()
        // Only its text: rayon's error also has the system's error, with the same text,
        // as its cause, so a chain of causes would show it twice.
        .map_err(|error| WorkError::Threads { wanted, error: io::Error::other(error.to_string()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failing_part_stops_the_others_but_does_not_set_the_callers_flag() {
        let requested = AtomicBool::new(false);
        let stop = Stop::new(&requested);
        assert_eq!(stop.unless_failed(|| Ok::<_, ()>(7)), Ok(7));
        assert!(stop.check().is_ok());
        assert_eq!(stop.unless_failed(|| Err::<(), _>("no")), Err("no"));
        assert!(matches!(stop.check(), Err(WorkError::Interrupted)));
        assert!(!requested.load(Relaxed));
    }
}
