//! What a run comes to, as text and as JSON.

use super::counters::{self, Counters};
use super::process::Used;
use super::record::{Durations, GROUPS, Record};
use crate::report::megabytes;
use crate::text::Line;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// Views asked for this much too late, in milliseconds, are the client's fault.
const TOO_LATE: f64 = 20.0;
/// A client thread with less of a processor left than this is too busy.
const TOO_BUSY: f64 = 0.85;
/// Shares of all that percentiles are told for, and their names.
const QUANTILES: [(f64, &str); 5] =
    [(0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (0.999, "p99.9")];

/// All that is known of one run.
pub struct Report {
    /// What was measured, for people.
    pub server: String,
    /// How it was loaded, for people.
    pub load: String,
    /// Whether times count from a plan (open loop).
    pub planned: bool,
    /// Whether views mean anything.
    pub has_views: bool,
    pub record: Record,
    /// From the first view that counts to the last answer.
    pub took: Duration,
    /// The server's processes, before and after.
    pub used: Option<(Used, Used)>,
    /// What the server counted meanwhile.
    pub counted: Option<Counters>,
    /// Processor time of the client in seconds, and its threads.
    pub client_cpu: f64,
    pub client_threads: usize,
}

impl Report {
    /// Tiles a second that were answered 200.
    pub fn rate(&self) -> f64 {
        self.record.served() as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// Processor time of the server for each answer, in microseconds.
    pub fn cpu_micros(&self) -> Option<f64> {
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
    pub fn json(&self) -> Value {
        let record = &self.record;
        let groups = GROUPS.iter().zip(&record.tiles);
        let by_level: serde_json::Map<_, _> =
            groups.map(|(name, durations)| ((*name).to_owned(), times(durations))).collect();
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

    /// For people.
    pub fn text(&self) -> String {
        let counted = self.counted.as_ref().map(counters::lines).unwrap_or_default();
        let record = &self.record;
        let mut rows: Vec<(&str, String)> =
            vec![("server", self.server.clone()), ("load", self.load.clone())];
        let seconds = self.took.as_secs_f64();
        rows.push((
            "tiles",
            format!(
                "{} in {seconds:.2} s: {:.1} tiles/s, {:.2} MB/s, {} bytes a tile",
                record.answered(),
                self.rate(),
                record.bytes as f64 / 1e6 / seconds.max(1e-9),
                record.bytes / record.answered().max(1),
            ),
        ));
        if self.has_views {
            let shown = record.views.count();
            let incomplete = match record.incomplete {
                0 => String::new(),
                some => format!(", {some} of them incomplete"),
            };
            let nothing_new = match record.nothing_new {
                0 => String::new(),
                some => format!(", {some} more without new tiles"),
            };
            rows.push(("views", format!("{shown}{incomplete}{nothing_new}")));
        }
        let status: Vec<_> =
            record.statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        rows.push(("status", status.join(", ")));
        if let (Some((before, after)), Some(micros)) = (self.used, self.cpu_micros()) {
            let cpu = after.cpu_seconds - before.cpu_seconds;
            rows.push((
                "CPU",
                format!(
                    "{cpu:.2} s, {micros:.0} us a tile, {:.0} % of a processor",
                    100.0 * cpu / seconds.max(1e-9)
                ),
            ));
            rows.push((
                "memory",
                format!(
                    "{} -> {}, of that anonymous {} -> {}",
                    megabytes(before.resident),
                    megabytes(after.resident),
                    megabytes(before.anonymous),
                    megabytes(after.anonymous)
                ),
            ));
        }
        rows.extend(counted.iter().map(|(name, text)| (&**name, text.clone())));
        let late = match self.planned {
            true => format!(", views asked for {:.1} ms late (p99)", record.late.quantile(0.99)),
            false => String::new(),
        };
        let busy = 100.0 * self.client_share();
        rows.push(("client", format!("{busy:.0} % of a processor for each thread{late}")));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text: String =
            rows.iter().map(|(name, value)| format!("{name:<width$}  {}\n", Line(value))).collect();
        text.push('\n');
        text.push_str(&self.table());
        text.push_str(&self.warnings());
        text.trim_end().to_owned()
    }

    fn table(&self) -> String {
        let record = &self.record;
        let heads = QUANTILES.iter().map(|(_, name)| *name).chain(["max"]);
        let mut text = format!("{:<26}{:>9}", "milliseconds", "count");
        heads.for_each(|head| write!(text, "{head:>10}").expect("a String takes every write"));
        text.push('\n');
        let mut row = |name: &str, durations: &Durations| {
            if durations.count() == 0 {
                return;
            }
            let values = QUANTILES.iter().map(|(share, _)| durations.quantile(*share));
            let mut line = format!("{name:<26}{:>9}", durations.count());
            for value in values.chain([durations.longest()]) {
                write!(line, "{value:>10.2}").expect("a String takes every write");
            }
            text.push_str(&line);
            text.push('\n');
        };
        if self.has_views {
            row("view, to its last tile", &record.views);
        }
        let since = if self.planned { "tile, from its view" } else { "tile, from sending" };
        row(since, &record.all_tiles());
        for (name, durations) in GROUPS.iter().zip(&record.tiles) {
            row(&format!("  {name}"), durations);
        }
        if self.planned {
            row("tile, from sending", &record.sent);
        }
        text
    }

    fn warnings(&self) -> String {
        let record = &self.record;
        let mut warnings = Vec::new();
        if record.served() < record.wanted() {
            let missing = record.wanted() - record.served();
            warnings.push(format!("{missing} of {} tiles were not answered 200", record.wanted()));
        }
        for (failure, count) in &record.failures {
            warnings.push(format!("{count} tiles: {failure}"));
        }
        if record.unfinished > 0 {
            warnings.push(format!(
                "{} tiles had not come when the run was over; they count with the time waited so far",
                record.unfinished
            ));
        }
        for fault in self.client_at_fault() {
            warnings.push(format!(
                "THE CLIENT WAS THE BOTTLENECK: {fault}. These times are not the server's; lower the rate, or give --threads"
            ));
        }
        let mut text = String::new();
        for warning in warnings {
            write!(text, "\n! {}", Line(warning)).expect("a String takes every write");
        }
        text
    }
}

fn times(durations: &Durations) -> Value {
    let mut times: serde_json::Map<_, _> = QUANTILES
        .iter()
        .map(|(share, name)| ((*name).to_owned(), json!(durations.quantile(*share))))
        .collect();
    times.insert("max".into(), json!(durations.longest()));
    times.insert("count".into(), json!(durations.count()));
    Value::Object(times)
}
