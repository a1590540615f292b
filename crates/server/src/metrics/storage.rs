//! How long requests wait for storage.

use super::register::Register;
use prometheus::{Histogram, IntGauge};
use std::time::Instant;

/// A page that is read from a local disk takes from 0.1 ms (NVMe) to some 10 ms (a disk with
/// heads); one from a remote one may take any time.
const STORAGE_SECONDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Waits of requests for what is not in memory: for a reader to be free, and for the storage
/// itself.
#[derive(Clone)]
pub struct StorageMetrics {
    /// `storage_wait_seconds`
    seconds: Histogram,
    /// `storage_waiting`
    waiting: IntGauge,
}

/// A wait, which lasts until this is dropped. So a request that gives up is counted with the
/// time that it waited, and the longest waits are not missing.
pub struct StorageWait {
    metrics: StorageMetrics,
    since: Instant,
}

impl StorageMetrics {
    /// No waits yet.
    pub fn new(register: &Register) -> Self {
        let help = "Time requests waited for storage: for a free reader, and for what it read.";
        Self {
            seconds: register.histogram("storage_wait_seconds", help, &STORAGE_SECONDS),
            waiting: register.gauge("storage_waiting", "Requests that wait for storage now."),
        }
    }

    /// Begins a wait.
    pub fn wait(&self) -> StorageWait {
        self.waiting.inc();
        StorageWait { metrics: self.clone(), since: Instant::now() }
    }
}

impl Drop for StorageWait {
    fn drop(&mut self) {
        self.metrics.waiting.dec();
        self.metrics.seconds.observe(self.since.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_gives_up_is_counted_with_the_time_it_waited() {
        let metrics = StorageMetrics::new(&Register::default());
        let (waited, given_up) = (metrics.wait(), metrics.wait());
        assert_eq!((metrics.waiting.get(), metrics.seconds.get_sample_count()), (2, 0));
        drop(given_up);
        assert_eq!((metrics.waiting.get(), metrics.seconds.get_sample_count()), (1, 1));
        drop(waited);
        assert_eq!((metrics.waiting.get(), metrics.seconds.get_sample_count()), (0, 2));
    }
}
