use crate::PackSlideError;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether the threads of one slide should give up: because somebody asked, or
/// because another of them failed.
pub(crate) struct Stop<'a> {
    asked: &'a AtomicBool,
    failed: AtomicBool,
}

impl<'a> Stop<'a> {
    /// Listens to `asked`, which belongs to the caller and is never set here.
    pub fn new(asked: &'a AtomicBool) -> Self {
        Self { asked, failed: AtomicBool::new(false) }
    }

    /// [`PackSlideError::Interrupted`] if it is time to give up.
    pub fn check(&self) -> Result<(), PackSlideError> {
        let stop = self.asked.load(Relaxed) || self.failed.load(Relaxed);
        if stop { Err(PackSlideError::Interrupted) } else { Ok(()) }
    }

    /// Runs a part of the work; if that fails, everybody else gives up.
    pub fn unless_failed<T>(
        &self,
        work: impl FnOnce() -> Result<T, PackSlideError>,
    ) -> Result<T, PackSlideError> {
        work().inspect_err(|_| self.failed.store(true, Relaxed))
    }
}

/// Of two parts that ran side by side, both results, or the error that made
/// the other give up.
pub(crate) fn both<A, B>(
    a: Result<A, PackSlideError>,
    b: Result<B, PackSlideError>,
) -> Result<(A, B), PackSlideError> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(PackSlideError::Interrupted), Err(cause)) | (Err(cause), _) | (Ok(_), Err(cause)) => Err(cause),
    }
}
