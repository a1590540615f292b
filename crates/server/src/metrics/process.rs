//! The metrics of reloads and upgrades.

use super::register::Register;
use prometheus::{IntCounter, IntGauge};
use std::time::{SystemTime, UNIX_EPOCH};

/// The labels of `upgrades_total`.
const RESULTS: [&str; 2] = ["failed", "handed_over"];

/// How reloads and upgrades went.
pub struct ProcessMetrics {
    /// `upgrades_total{result}`, in the order of [`RESULTS`].
    upgrades: [IntCounter; RESULTS.len()],
    /// `config_last_reload_successful`.
    reload_succeeded: IntGauge,
    /// `config_last_reload_success_timestamp_seconds`.
    reloaded_at: IntGauge,
}

impl ProcessMetrics {
    /// Starting counts as a reload that succeeded.
    pub(super) fn new(register: &Register) -> Self {
        let upgrades = register.counters(
            "upgrades_total",
            "Upgrades: whether another process took this one's place.",
            &["result"],
        );
        let metrics = Self {
            upgrades: RESULTS.map(|result| upgrades.with_label_values(&[result])),
            reload_succeeded: register.gauge(
                "config_last_reload_successful",
                "1 if the settings could be read the last time they were, otherwise 0.",
            ),
            reloaded_at: register.gauge(
                "config_last_reload_success_timestamp_seconds",
                "When the settings were last read successfully, in Unix time.",
            ),
        };
        metrics.reloaded(true);
        metrics
    }

    /// Counts an upgrade.
    pub fn upgraded(&self, has_succeeded: bool) {
        self.upgrades[usize::from(has_succeeded)].inc();
    }

    /// Records that the settings were read, or could not be.
    pub fn reloaded(&self, has_succeeded: bool) {
        self.reload_succeeded.set(has_succeeded.into());
        if has_succeeded {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            self.reloaded_at.set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        }
    }
}
