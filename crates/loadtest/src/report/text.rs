//! A report for people.

use super::{LoadReport, QUANTILES};
use crate::counters;
use crate::record::{Durations, GROUPS};
use origami_units::size::megabytes;
use origami_units::text::Line;

impl LoadReport {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let counted = self.counted.as_ref().map(counters::lines).unwrap_or_default();
        let record = &self.record;
        let seconds = self.took.as_secs_f64();
        let rate = self.rate();
        let megabytes_a_second = record.bytes as f64 / 1e6 / seconds.max(1e-9);
        let (answered, bytes) = (record.answered(), record.bytes / record.answered().max(1));
        let tiles = format!(
            "{answered} in {seconds:.2} s: {rate:.1} tiles/s, {megabytes_a_second:.2} MB/s, {bytes} bytes a tile"
        );
        let mut rows = vec![("server", self.server.clone()), ("load", self.load.clone()), ("tiles", tiles)];
        if self.has_views {
            let mut views = record.views.count().to_string();
            if record.incomplete > 0 {
                views += &format!(", {} of them incomplete", record.incomplete);
            }
            if record.nothing_new > 0 {
                views += &format!(", {} more without new tiles", record.nothing_new);
            }
            rows.push(("views", views));
        }
        let status: Vec<_> =
            record.statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        rows.push(("status", status.join(", ")));
        if let (Some((before, after)), Some(micros)) = (self.used, self.cpu_micros()) {
            let cpu = after.cpu_seconds - before.cpu_seconds;
            let percent = 100.0 * cpu / seconds.max(1e-9);
            rows.push(("CPU", format!("{cpu:.2} s, {micros:.0} us a tile, {percent:.0} % of a processor")));
            let [from, to, anonymous_from, anonymous_to] =
                [before.resident, after.resident, before.anonymous, after.anonymous].map(megabytes);
            let memory = format!("{from} -> {to}, of that anonymous {anonymous_from} -> {anonymous_to}");
            rows.push(("memory", memory));
        }
        rows.extend(counted.iter().map(|(name, text)| (&**name, text.clone())));
        let mut client = format!("{:.0} % of a processor for each thread", 100.0 * self.client_share());
        if self.planned {
            client += &format!(", views asked for {:.1} ms late (p99)", record.late.quantile(0.99));
        }
        rows.push(("client", client));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let rows: String =
            rows.iter().map(|(name, value)| format!("{name:<width$}  {}\n", Line(value))).collect();
        format!("{rows}\n{}{}", self.table(), self.warnings()).trim_end().to_owned()
    }

    fn table(&self) -> String {
        let record = &self.record;
        let heads: String = QUANTILES.iter().map(|(_, name)| format!("{name:>10}")).collect();
        let mut text = format!("{:<26}{:>9}{heads}{:>10}\n", "milliseconds", "count", "max");
        let mut row = |name: &str, durations: &Durations| {
            let (count, longest) = (durations.count(), durations.longest());
            if count > 0 {
                let quantiles = QUANTILES.map(|(share, _)| format!("{:>10.2}", durations.quantile(share)));
                text += &format!("{name:<26}{count:>9}{}{longest:>10.2}\n", quantiles.concat());
            }
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
        warnings.into_iter().map(|warning| format!("\n! {}", Line(warning))).collect()
    }
}
