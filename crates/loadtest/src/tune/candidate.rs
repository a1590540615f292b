//! Sets of settings that are tried, and how the server did with them.

use super::TunableSettings;
use crate::report::LoadReport;

/// The settings that are tried.
pub const TUNED: [&str; 6] = ["workers", "http_threads", "speculate", "prefetch", "pin", "huge_pages"];

/// Most CPU per tile, as a ratio to what the present settings take.
const CPU_LIMIT: f64 = 1.05;
/// Most refused or missing tiles, as a share above that of the present settings.
const REFUSED_LIMIT: f64 = 0.001;

/// One setting with another value than the present one.
#[derive(Clone)]
pub struct Change {
    pub key: &'static str,
    pub value: String,
    /// As in `origami.toml`.
    pub line: String,
}

/// A set of settings: changes to the present ones, and how the server did with
/// them.
#[derive(Clone, Default)]
pub struct Candidate {
    pub changes: Vec<Change>,
    /// One for each walk of the present round.
    pub walks: Vec<Walked>,
}

/// How the server did in one walk.
#[derive(Clone, Copy)]
pub struct Walked {
    /// p99 of tiles from their view, in milliseconds.
    pub p99: f64,
    cpu_seconds: f64,
    tiles: u64,
    /// Tiles that were not answered 200, as a share.
    missing: f64,
}

impl Walked {
    /// What a run comes to.
    pub fn of(report: &LoadReport) -> Self {
        let record = &report.record;
        let wanted = record.wanted().max(1) as f64;
        Self {
            p99: record.all_tiles().quantile(0.99),
            cpu_seconds: report.used.map_or(0.0, |(before, after)| after.cpu_seconds - before.cpu_seconds),
            tiles: record.answered(),
            missing: (wanted - record.served() as f64) / wanted,
        }
    }
}

impl Candidate {
    /// For people.
    pub fn name(&self) -> String {
        match &self.changes[..] {
            [] => "as it is".to_owned(),
            changes => changes.iter().map(|change| &*change.line).collect::<Vec<_>>().join(", "),
        }
    }

    /// Median over the walks, in milliseconds.
    pub fn p99(&self) -> f64 {
        median(self.walks.iter().map(|walk| walk.p99))
    }

    /// Processor time of the server for each tile.
    pub fn cpu_micros(&self) -> f64 {
        let tiles: u64 = self.walks.iter().map(|walk| walk.tiles).sum();
        1e6 * self.walks.iter().map(|walk| walk.cpu_seconds).sum::<f64>() / tiles.max(1) as f64
    }

    fn missing(&self) -> f64 {
        self.walks.iter().map(|walk| walk.missing).sum::<f64>() / self.walks.len().max(1) as f64
    }

    /// Median over the walks of p99 as a ratio to `first` on the same walk.
    pub fn ratio(&self, first: &Self) -> f64 {
        median(self.walks.iter().zip(&first.walks).map(|(mine, other)| mine.p99 / other.p99.max(1e-3)))
    }

    /// Why it cannot be chosen, whatever its latency.
    pub fn fault(&self, first: &Self) -> Option<&'static str> {
        if self.missing() > first.missing() + REFUSED_LIMIT {
            return Some("refuses more tiles");
        }
        (self.cpu_micros() > CPU_LIMIT * first.cpu_micros()).then_some("costs more CPU")
    }

    /// What candidates are ordered by.
    pub fn score(&self, first: &Self) -> f64 {
        if self.fault(first).is_some() { f64::INFINITY } else { self.ratio(first) }
    }

    /// How far its own p99 strays from walk to walk, as a share: the median
    /// distance from the median.
    pub fn noise(&self) -> f64 {
        let middle = self.p99();
        median(self.walks.iter().map(|walk| (walk.p99 - middle).abs())) / middle.max(1e-3)
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count => f64::midpoint(values[(count - 1) / 2], values[count / 2]),
    }
}

/// The candidates of the first round: the present settings, and everything that
/// differs from them in one.
pub fn candidates(present: &dyn TunableSettings, processors: usize) -> Vec<Candidate> {
    let mut candidates = vec![Candidate::default()];
    for key in TUNED {
        let now = present.value(key);
        let mut values = values(key, &now, processors);
        values.retain(|value| *value != now);
        values.dedup();
        candidates.extend(values.into_iter().map(|value| {
            let line = present.line(key, &value);
            Candidate { changes: vec![Change { key, value, line }], walks: Vec::new() }
        }));
    }
    candidates
}

/// The values of a setting that are worth trying.
fn values(key: &str, now: &str, processors: usize) -> Vec<String> {
    let numbers = |values: &[usize]| values.iter().map(ToString::to_string).collect();
    match key {
        "workers" => {
            numbers(&[processors.saturating_sub(1).max(1), processors, processors + 1, 2 * processors])
        }
        "http_threads" => numbers(&[1, processors.div_ceil(2), processors]),
        "prefetch" => ["0", "64MiB", "256MiB"].map(String::from).into(),
        // The others are switches.
        _ => vec![(now != "true").to_string()],
    }
}

/// The best value of every setting that did better than the first candidate,
/// together.
pub fn together(candidates: &[Candidate]) -> Option<Candidate> {
    let first = &candidates[0];
    let mut better: Vec<&Candidate> =
        candidates[1..].iter().filter(|candidate| candidate.score(first) < 1.0).collect();
    better.sort_by(|a, b| a.score(first).total_cmp(&b.score(first)));
    let mut changes: Vec<Change> = Vec::new();
    for change in better.iter().flat_map(|candidate| &candidate.changes) {
        if changes.iter().all(|taken| taken.key != change.key) {
            changes.push(change.clone());
        }
    }
    (changes.len() > 1).then(|| Candidate { changes, walks: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(changes: &[(&'static str, &str)], p99: &[f64], cpu: f64) -> Candidate {
        let change = |(key, value): &(&'static str, &str)| Change {
            key,
            value: (*value).to_owned(),
            line: format!("{key} = {value}"),
        };
        let walk = |p99: &f64| Walked { p99: *p99, cpu_seconds: cpu, tiles: 1000, missing: 0.0 };
        Candidate { changes: changes.iter().map(change).collect(), walks: p99.iter().map(walk).collect() }
    }

    /// What a server has by default on two processors.
    struct Defaults;

    impl TunableSettings for Defaults {
        fn value(&self, key: &str) -> String {
            let value = match key {
                "workers" => "2",
                "http_threads" => "1",
                "speculate" => "true",
                "prefetch" => "64MiB",
                _ => "false",
            };
            value.to_owned()
        }

        fn line(&self, key: &str, value: &str) -> String {
            format!("{key} = {value}")
        }
    }

    #[test]
    fn every_candidate_of_the_first_round_changes_one_setting_to_something_else() {
        let candidates = candidates(&Defaults, 2);
        assert!(candidates[0].changes.is_empty());
        for candidate in &candidates[1..] {
            let [Change { key, value, .. }] = &candidate.changes[..] else { panic!("{}", candidate.name()) };
            assert_ne!(*value, Defaults.value(key), "{key}");
        }
        let changed =
            |key| candidates.iter().flat_map(|tried| &tried.changes).any(|change| change.key == key);
        for key in TUNED {
            assert!(changed(key), "{key}");
        }
    }

    #[test]
    fn what_did_better_alone_is_tried_together() {
        let candidates = [
            candidate(&[], &[10.0, 10.0], 0.3),
            candidate(&[("workers", "3")], &[9.0, 9.0], 0.3),
            candidate(&[("workers", "4")], &[8.0, 8.0], 0.3),
            candidate(&[("pin", "true")], &[7.0, 7.0], 0.3),
            candidate(&[("speculate", "false")], &[5.0, 5.0], 0.4),
            candidate(&[("prefetch", "0")], &[11.0, 11.0], 0.2),
        ];
        let joined = together(&candidates).unwrap();
        assert_eq!(joined.name(), "pin = true, workers = 4", "more CPU and more latency are left out");
    }

    #[test]
    fn ratios_are_taken_walk_by_walk() {
        let first = candidate(&[], &[10.0, 100.0, 20.0], 0.3);
        let other = candidate(&[], &[9.0, 90.0, 18.0], 0.3);
        assert!((other.ratio(&first) - 0.9).abs() < 1e-9, "a slow moment hits both");
        assert!(other.fault(&first).is_none());
        assert!((first.noise() - 0.5).abs() < 1e-9);
    }
}
