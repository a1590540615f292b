//! The report of a run, as text and as JSON.

mod text;

use crate::counters::Counters;
use crate::measurements::{Durations, LEVEL_GROUPS, Measurements};
use crate::process::UsageSpan;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Views requested later than this, in milliseconds, are the client's fault.
const MAX_LATENESS_MS: f64 = 20.0;
/// A client thread that uses more than this fraction of a processor is too busy.
const MAX_CLIENT_SHARE: f64 = 0.85;
/// The quantiles that are reported, and their names.
const QUANTILES: [(f64, &str); 5] =
    [(0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p99.9")];

/// What was measured in one run.
pub struct LoadReport {
    /// A description of the server, for people.
    pub(crate) server: String,
    /// A description of the load, for people.
    pub(crate) load: String,
    /// Whether latencies count from a schedule.
    pub(crate) open_loop: bool,
    /// Whether the views are those of viewers.
    pub(crate) has_views: bool,
    pub(crate) measurements: Measurements,
    /// From the end of the warm-up to the last response.
    pub(crate) duration: Duration,
    /// The usage of the server's processes, if they are known.
    pub(crate) usage: Option<UsageSpan>,
    /// What the server counted meanwhile, if it has counters.
    pub(crate) counters: Option<Counters>,
    /// Processor time of the client in seconds.
    pub(crate) client_cpu: f64,
    pub(crate) client_threads: usize,
}

impl LoadReport {
    /// The duration in seconds, never 0.
    fn seconds(&self) -> f64 {
        self.duration.as_secs_f64().max(1e-9)
    }

    /// Tiles per second that were answered 200.
    fn rate(&self) -> f64 {
        self.measurements.served() as f64 / self.seconds()
    }

    /// Processor time of the server for each response, in microseconds.
    fn cpu_micros(&self, usage: &UsageSpan) -> f64 {
        1e6 * usage.cpu_seconds() / self.measurements.answered().max(1) as f64
    }

    /// The fraction of a processor that each client thread used.
    fn client_share(&self) -> f64 {
        self.client_cpu / self.client_threads as f64 / self.seconds()
    }

    /// Why latencies may be the client's and not the server's.
    fn client_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let late = self.measurements.lateness.quantile(0.99);
        if self.open_loop && late > MAX_LATENESS_MS {
            faults.push(format!("it fell behind its schedule by {late:.0} ms (p99)"));
        }
        if self.client_share() > MAX_CLIENT_SHARE {
            let percent = 100.0 * self.client_share();
            faults.push(format!("its threads used {percent:.0} % of a processor each"));
        }
        faults
    }

    /// The report for programs; times in milliseconds.
    #[must_use]
    pub fn json(&self) -> Value {
        let measured = &self.measurements;
        let by_level: BTreeMap<_, _> = LEVEL_GROUPS.iter().zip(measured.tiles.iter().map(times)).collect();
        json!({
            "server": self.server,
            "load": self.load,
            "open_loop": self.open_loop,
            "seconds": self.duration.as_secs_f64(),
            "tiles": {
                "wanted": measured.wanted(),
                "answered": measured.answered(),
                "ok": measured.served(),
                "failed": measured.failures.values().sum::<u64>(),
                "unfinished": measured.unfinished,
                "per_second": self.rate(),
                "bytes": measured.bytes,
            },
            "status": measured.statuses,
            "failures": measured.failures,
            "tile_ms": times(&measured.all_tiles()),
            "tile_ms_by_level": by_level,
            "tile_ms_from_sending": times(&measured.tiles_from_sending),
            "view_ms": self.has_views.then(|| times(&measured.views)),
            "views": self.has_views.then(|| json!({
                "shown": measured.views.count(),
                "incomplete": measured.incomplete_views,
                "nothing_new": measured.views_without_new_tiles,
            })),
            "process": self.usage.as_ref().map(|usage| self.usage_json(usage)),
            "counters": self.counters,
            "client": {
                "late_ms": self.open_loop.then(|| times(&measured.lateness)),
                "cpu_share_per_thread": self.client_share(),
                "bottleneck": !self.client_faults().is_empty(),
            },
        })
    }

    fn usage_json(&self, usage: &UsageSpan) -> Value {
        let UsageSpan { start, end } = usage;
        json!({
            "cpu_seconds": usage.cpu_seconds(),
            "cpu_us_per_tile": self.cpu_micros(usage),
            "rss_bytes": { "start": start.resident, "end": end.resident },
            "rss_anon_bytes": { "start": start.anonymous, "end": end.anonymous },
        })
    }
}

fn times(durations: &Durations) -> Value {
    let mut times = json!({ "max": durations.max(), "count": durations.count() });
    for (quantile, name) in QUANTILES {
        times[name] = durations.quantile(quantile).into();
    }
    times
}
