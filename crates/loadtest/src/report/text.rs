//! A report for people.

use super::{QUANTILES, Report};
use crate::counters;
use crate::record::{Durations, GROUPS};
use origami_units::size::megabytes;
use origami_units::text::Line;
use std::fmt::Write;

impl Report {
    /// For people.
    #[must_use]
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
