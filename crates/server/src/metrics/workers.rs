//! How busy the workers are.

use super::register::Register;
use prometheus::Counter;
use std::time::{Duration, Instant};

/// Why a worker works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkReason {
    /// A request waits for the result.
    Requested,
    /// A request may come for it, and none waits for anything.
    Speculative,
}

/// The labels of [`WorkReason`], in its order.
const REASONS: [&str; 2] = ["requested", "speculative"];

/// `worker_busy_seconds_total{work}`, in the order of [`WorkReason`].
pub struct WorkerMetrics {
    busy: [Counter; REASONS.len()],
}

impl WorkerMetrics {
    /// All series at zero.
    pub fn new(register: &Register) -> Self {
        let busy = register.times(
            "worker_busy_seconds_total",
            "Time that workers spent on builds, by whether a request waited for them.",
            &["work"],
        );
        Self { busy: REASONS.map(|work| busy.with_label_values(&[work])) }
    }

    /// Records work that has begun at `started` and ends now. Returns how long it took.
    pub fn record_since(&self, started: Instant, reason: WorkReason) -> Duration {
        let took = started.elapsed();
        self.busy[reason as usize].inc_by(took.as_secs_f64());
        took
    }
}
