//! Work that takes long: it can be stopped, and it has threads of its own.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Why work on a slide ended early, whatever the work was.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// Somebody asked to stop.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// The system has no more threads to give.
    #[error("cannot start {wanted} threads: {error}")]
    Threads {
        /// How many were asked for.
        wanted: usize,
        /// What the system said.
        error: io::Error,
    },
    /// The slide's file could not be read to its end, or vanished.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Whether the threads of one slide should give up: because somebody asked, or
/// because another of them failed.
pub struct Stop<'a> {
    asked: &'a AtomicBool,
    failed: AtomicBool,
}

impl<'a> Stop<'a> {
    /// Listens to `asked`, which belongs to the caller and is never set here.
    #[must_use]
    pub fn new(asked: &'a AtomicBool) -> Self {
        Self { asked, failed: AtomicBool::new(false) }
    }

    /// Asks whether to go on.
    ///
    /// # Errors
    /// [`WorkError::Interrupted`] if it is time to give up.
    pub fn check(&self) -> Result<(), WorkError> {
        let stop = self.asked.load(Relaxed) || self.failed.load(Relaxed);
        if stop { Err(WorkError::Interrupted) } else { Ok(()) }
    }

    /// Runs a part of the work; if that fails, everybody else gives up.
    ///
    /// # Errors
    /// Those of the work.
    pub fn unless_failed<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        work().inspect_err(|_| self.failed.store(true, Relaxed))
    }
}

/// So many threads to work on.
///
/// # Errors
/// If the system has no more to give.
pub fn threads(wanted: NonZeroUsize) -> Result<ThreadPool, WorkError> {
    let wanted = wanted.get();
    ThreadPoolBuilder::new()
        .num_threads(wanted)
        .thread_name(|number| format!("origami-work-{number}"))
        .build()
        .map_err(|error| WorkError::Threads { wanted, error: io::Error::other(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_that_fails_stops_the_others_and_not_the_caller() {
        let asked = AtomicBool::new(false);
        let stop = Stop::new(&asked);
        assert_eq!(stop.unless_failed(|| Ok::<_, ()>(7)), Ok(7));
        assert!(stop.check().is_ok());
        assert_eq!(stop.unless_failed(|| Err::<(), _>("no")), Err("no"));
        assert!(matches!(stop.check(), Err(WorkError::Interrupted)));
        assert!(!asked.load(Relaxed));
    }
}
