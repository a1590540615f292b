//! The report of a run for people.

use super::{LoadReport, QUANTILES};
use crate::counters;
use crate::measurements::{Durations, LEVEL_GROUPS};
use crate::process::UsageSpan;
use origami_units::size::megabytes;
use origami_units::text::Line;

/// One of the lines that the report begins with.
struct Row {
    name: String,
    value: String,
}

impl Row {
    fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl LoadReport {
    /// The report for people: rows of totals, a table of latencies, and warnings.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = self.rows();
        let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let rows: String =
            rows.iter().map(|Row { name, value }| format!("{name:<width$}  {}\n", Line(value))).collect();
        format!("{rows}\n{}{}", self.table(), self.warnings()).trim_end().to_owned()
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = vec![
            Row::new("server", &*self.server),
            Row::new("load", &*self.load),
            Row::new("tiles", self.tiles()),
        ];
        if self.has_views {
            rows.push(Row::new("views", self.views()));
        }
        rows.push(Row::new("status", self.statuses()));
        if let Some(usage) = &self.usage {
            rows.push(Row::new("CPU", self.cpu(usage)));
            rows.push(Row::new("memory", memory(usage)));
        }
        let counters = self.counters.as_ref().map(counters::lines).unwrap_or_default();
        rows.extend(counters.into_iter().map(|line| Row::new(line.name, line.counts)));
        rows.push(Row::new("client", self.client()));
        rows
    }

    fn tiles(&self) -> String {
        let (answered, bytes) = (self.measurements.answered(), self.measurements.bytes);
        format!(
            "{answered} in {:.2} s: {:.1} tiles/s, {:.2} MB/s, {} bytes a tile",
            self.duration.as_secs_f64(),
            self.rate(),
            bytes as f64 / 1e6 / self.seconds(),
            bytes / answered.max(1)
        )
    }

    fn views(&self) -> String {
        let mut views = self.measurements.views.count().to_string();
        if self.measurements.incomplete_views > 0 {
            views += &format!(", {} of them incomplete", self.measurements.incomplete_views);
        }
        if self.measurements.views_without_new_tiles > 0 {
            views += &format!(", {} more without new tiles", self.measurements.views_without_new_tiles);
        }
        views
    }

    fn statuses(&self) -> String {
        let statuses = self.measurements.statuses.iter();
        statuses.map(|(status, count)| format!("{status}: {count}")).collect::<Vec<_>>().join(", ")
    }

    fn cpu(&self, usage: &UsageSpan) -> String {
        let (seconds, micros) = (usage.cpu_seconds(), self.cpu_micros(usage));
        let percent = 100.0 * seconds / self.seconds();
        format!("{seconds:.2} s, {micros:.0} us a tile, {percent:.0} % of a processor")
    }

    fn client(&self) -> String {
        let mut client = format!("{:.0} % of a processor for each thread", 100.0 * self.client_share());
        if self.open_loop {
            let late = self.measurements.lateness.quantile(0.99);
            client += &format!(", views asked for {late:.1} ms late (p99)");
        }
        client
    }

    fn table(&self) -> String {
        let measured = &self.measurements;
        let names: String = QUANTILES.iter().map(|(_, name)| format!("{name:>10}")).collect();
        let mut table = format!("{:<26}{:>9}{names}{:>10}\n", "milliseconds", "count", "max");
        if self.has_views {
            table += &table_row("view, to its last tile", &measured.views);
        }
        let since = if self.open_loop { "tile, from its view" } else { "tile, from sending" };
        table += &table_row(since, &measured.all_tiles());
        for (name, durations) in LEVEL_GROUPS.iter().zip(&measured.tiles) {
            table += &table_row(&format!("  {name}"), durations);
        }
        if self.open_loop {
            table += &table_row("tile, from sending", &measured.tiles_from_sending);
        }
        table
    }

    fn warnings(&self) -> String {
        let measured = &self.measurements;
        let mut warnings = Vec::new();
        if measured.served() < measured.wanted() {
            let missing = measured.wanted() - measured.served();
            warnings.push(format!("{missing} of {} tiles were not answered 200", measured.wanted()));
        }
        for (failure, count) in &measured.failures {
            warnings.push(format!("{count} tiles: {failure}"));
        }
        if measured.unfinished > 0 {
            warnings.push(format!(
                "{} tiles had not come when the run was over; they count with the time waited so far",
                measured.unfinished
            ));
        }
        for fault in self.client_faults() {
            warnings.push(format!(
                "THE CLIENT WAS THE BOTTLENECK: {fault}. These times are not the server's; lower the rate, or give --threads"
            ));
        }
        warnings.into_iter().map(|warning| format!("\n! {}", Line(warning))).collect()
    }
}

fn memory(usage: &UsageSpan) -> String {
    let UsageSpan { start, end } = usage;
    format!(
        "{} -> {}, of that anonymous {} -> {}",
        megabytes(start.resident),
        megabytes(end.resident),
        megabytes(start.anonymous),
        megabytes(end.anonymous)
    )
}

/// A row of the table of latencies; empty if there are none.
fn table_row(name: &str, durations: &Durations) -> String {
    let (count, max) = (durations.count(), durations.max());
    if count == 0 {
        return String::new();
    }
    let quantiles = QUANTILES.map(|(quantile, _)| format!("{:>10.2}", durations.quantile(quantile)));
    format!("{name:<26}{count:>9}{}{max:>10.2}\n", quantiles.concat())
}
