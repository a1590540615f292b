//! What a run comes to, as text and as JSON.

mod text;

use crate::counters::Counters;
use crate::process::Usage;
use crate::record::{Durations, GROUPS, Measurements};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Views asked for this much too late, in milliseconds, are the client's fault.
const TOO_LATE: f64 = 20.0;
/// A client thread with less of a processor left than this is too busy.
const TOO_BUSY: f64 = 0.85;
/// Shares of all that percentiles are told for, and their names.
const QUANTILES: [(f64, &str); 5] =
    [(0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p99.9")];

/// All that is known of one run.
pub struct LoadReport {
    /// What was measured, for people.
    pub(crate) server: String,
    /// How it was loaded, for people.
    pub(crate) load: String,
    /// Whether times count from a plan (open loop).
    pub(crate) planned: bool,
    /// Whether views mean anything.
    pub(crate) has_views: bool,
    pub(crate) record: Measurements,
    /// From the first view that counts to the last answer.
    pub(crate) took: Duration,
    /// The server's processes, before and after.
    pub(crate) used: Option<(Usage, Usage)>,
    /// What the server counted meanwhile.
    pub(crate) counted: Option<Counters>,
    /// Processor time of the client in seconds, and its threads.
    pub(crate) client_cpu: f64,
    pub(crate) client_threads: usize,
}

impl LoadReport {
    /// Tiles a second that were answered 200.
    fn rate(&self) -> f64 {
        self.record.served() as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// Processor time of the server for each answer, in microseconds.
    fn cpu_micros(&self) -> Option<f64> {
        let (before, after) = self.used?;
        Some(1e6 * (after.cpu_seconds - before.cpu_seconds) / self.record.answered().max(1) as f64)
    }

    /// Share of a processor that each client thread used.
    fn client_share(&self) -> f64 {
        self.client_cpu / self.client_threads as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// Why the client, not the server, may have set the times.
    fn client_at_fault(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let late = self.record.late.quantile(0.99);
        if self.planned && late > TOO_LATE {
            faults.push(format!("it fell behind its schedule by {late:.0} ms (p99)"));
        }
        if self.client_share() > TOO_BUSY {
            let percent = 100.0 * self.client_share();
            faults.push(format!("its threads used {percent:.0} % of a processor each"));
        }
        faults
    }

    /// For programs; times in milliseconds.
    #[must_use]
    pub fn json(&self) -> Value {
        let record = &self.record;
        let by_level: BTreeMap<_, _> = GROUPS.iter().zip(record.tiles.iter().map(times)).collect();
        let used = self.used.map(|(before, after)| {
            json!({
                "cpu_seconds": after.cpu_seconds - before.cpu_seconds,
                "cpu_us_per_tile": self.cpu_micros(),
                "rss_bytes": { "start": before.resident, "end": after.resident },
                "rss_anon_bytes": { "start": before.anonymous, "end": after.anonymous },
            })
        });
        json!({
            "server": self.server,
            "load": self.load,
            "open_loop": self.planned,
            "seconds": self.took.as_secs_f64(),
            "tiles": {
                "wanted": record.wanted(),
                "answered": record.answered(),
                "ok": record.served(),
                "failed": record.failures.values().sum::<u64>(),
                "unfinished": record.unfinished,
                "per_second": self.rate(),
                "bytes": record.bytes,
            },
            "status": record.statuses,
            "failures": record.failures,
            "tile_ms": times(&record.all_tiles()),
            "tile_ms_by_level": by_level,
            "tile_ms_from_sending": times(&record.sent),
            "view_ms": self.has_views.then(|| times(&record.views)),
            "views": self.has_views.then(|| json!({
                "shown": record.views.count(),
                "incomplete": record.incomplete,
                "nothing_new": record.nothing_new,
            })),
            "process": used,
            "counters": self.counted,
            "client": {
                "late_ms": self.planned.then(|| times(&record.late)),
                "cpu_share_per_thread": self.client_share(),
                "bottleneck": !self.client_at_fault().is_empty(),
            },
        })
    }
}

fn times(durations: &Durations) -> Value {
    let mut times = json!({ "max": durations.longest(), "count": durations.count() });
    for (share, name) in QUANTILES {
        times[name] = durations.quantile(share).into();
    }
    times
}
