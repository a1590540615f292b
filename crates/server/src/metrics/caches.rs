use super::register::{counters, gauges};
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry};

/// The counters of one cache.
pub struct CacheMetrics {
    /// Weight of all entries.
    pub bytes: IntGauge,
    /// Number of entries.
    pub entries: IntGauge,
    /// Look-ups that found their entry.
    pub hits: IntCounter,
    /// Look-ups that did not.
    pub misses: IntCounter,
    /// Entries dropped for room.
    pub evictions: IntCounter,
}

/// The labelled families behind [`CacheMetrics`].
pub struct Caches {
    bytes: IntGaugeVec,
    entries: IntGaugeVec,
    hits: IntCounterVec,
    misses: IntCounterVec,
    evictions: IntCounterVec,
}

impl Caches {
    /// No look-ups yet.
    pub fn new(registry: &Registry) -> Self {
        Self {
            bytes: gauges(registry, "cache_bytes", "Bytes held.", &["cache"]),
            entries: gauges(registry, "cache_entries", "Entries held.", &["cache"]),
            hits: counters(registry, "cache_hits_total", "Look-ups that found their entry.", &["cache"]),
            misses: counters(
                registry,
                "cache_misses_total",
                "Look-ups that did not find their entry.",
                &["cache"],
            ),
            evictions: counters(registry, "cache_evictions_total", "Entries dropped for room.", &["cache"]),
        }
    }

    /// The series of one cache.
    pub fn of(&self, cache: &str) -> CacheMetrics {
        let label = &[cache];
        CacheMetrics {
            bytes: self.bytes.with_label_values(label),
            entries: self.entries.with_label_values(label),
            hits: self.hits.with_label_values(label),
            misses: self.misses.with_label_values(label),
            evictions: self.evictions.with_label_values(label),
        }
    }
}
