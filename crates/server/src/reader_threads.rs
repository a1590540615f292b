//! A bounded number of threads that wait for a disk.

use crate::error::Error;
use crate::request_context;
use actix_web::web;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Limits how many requests wait for a disk at once, each on a thread of its own; more of
/// them wait for a thread. Clones share the limit. A disk that hangs takes all threads of
/// one limit, so disks that have nothing to do with each other need one each.
#[derive(Clone)]
pub struct ReaderThreads {
    free: Arc<Semaphore>,
    progress: Arc<Progress>,
}

/// When a thread was last taken or given back.
struct Progress {
    created: Instant,
    /// In milliseconds since `created`.
    last: AtomicU64,
}

/// A thread that is taken.
struct TakenThread {
    progress: Arc<Progress>,
    _permit: OwnedSemaphorePermit,
}

impl Progress {
    fn millis(&self) -> u64 {
        self.created.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
    }

    fn note(&self) {
        self.last.store(self.millis(), Relaxed);
    }

    fn age(&self) -> Duration {
        Duration::from_millis(self.millis().saturating_sub(self.last.load(Relaxed)))
    }
}

impl Drop for TakenThread {
    fn drop(&mut self) {
        self.progress.note();
    }
}

impl ReaderThreads {
    /// At most `count` requests wait at once, at least 1.
    pub fn new(count: usize) -> Self {
        let progress = Progress { created: Instant::now(), last: AtomicU64::new(0) };
        Self { free: Arc::new(Semaphore::new(count.max(1))), progress: Arc::new(progress) }
    }

    /// Whether all threads are taken and none of them was taken or given back within `limit`:
    /// the disk that they wait for does not answer.
    pub fn are_stuck(&self, limit: Duration) -> bool {
        self.free.available_permits() == 0 && self.progress.age() > limit
    }

    /// Runs `work`, which may wait for the disk, on one of the threads.
    ///
    /// # Errors
    /// [`Error::Internal`] if there is no thread to wait on, because the server is
    /// stopping.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _span = request_context::span("storage wait");
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| Error::Internal)?;
        self.progress.note();
        let taken = TakenThread { progress: Arc::clone(&self.progress), _permit: permit };
        let result = web::block(move || {
            // If the request goes away, its permit is returned only once the disk has
            // answered: the thread is taken until then.
            let _taken = taken;
            work()
        });
        result.await.map_err(|_| Error::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::rt::System;
    use crossbeam::channel::bounded;
    use tokio::time::timeout;

    #[test]
    fn a_thread_is_taken_until_the_disk_answers_even_if_its_request_gives_up() {
        let threads = ReaderThreads::new(1);
        let (answer, disk) = bounded::<()>(0);
        System::new().block_on(async {
            let short = Duration::from_millis(50);
            let hanging = threads.run(move || disk.recv().is_err());
            assert!(timeout(short, hanging).await.is_err(), "it gives up");
            assert!(timeout(short, threads.run(|| ())).await.is_err(), "there is no second thread");
            assert!(threads.are_stuck(short) && !threads.are_stuck(Duration::from_secs(3600)));
            drop(answer);
            let next = timeout(Duration::from_secs(10), threads.clone().run(|| 7)).await;
            assert_eq!(next, Ok(Ok(7)), "the thread is free again");
            assert!(!threads.are_stuck(Duration::ZERO), "a thread that is free could be taken");
        });
    }
}
