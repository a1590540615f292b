//! Sets of settings that are tried, and how the server performed with them.

use super::TunableSettings;
use crate::report::LoadReport;

/// The settings that are tried.
pub const TUNED: [&str; 6] = ["workers", "http_threads", "speculate", "prefetch", "pin", "huge_pages"];

/// The maximum CPU per tile, as a ratio to that of the present settings.
const MAX_CPU_RATIO: f64 = 1.05;
/// The maximum of refused or missing tiles, as a fraction above that of the present
/// settings.
const MAX_REFUSED: f64 = 0.001;

/// A setting with another value than the present one.
#[derive(Clone, Debug)]
pub struct SettingChange {
    /// Its name.
    pub key: &'static str,
    /// Its value, as text.
    pub value: String,
    /// The line of the settings file that sets it.
    pub line: String,
}

impl SettingChange {
    /// The option of `origami serve` that sets it.
    pub(super) fn option(&self) -> String {
        format!("--{}={}", self.key.replace('_', "-"), self.value)
    }
}

/// A set of settings: changes to the present ones, and how the server performed
/// with them.
#[derive(Clone, Default)]
pub struct Candidate {
    pub changes: Vec<SettingChange>,
    /// One for each walk of the current round.
    pub walks: Vec<WalkResult>,
}

/// How the server performed in one walk.
#[derive(Clone, Copy)]
pub struct WalkResult {
    /// p99 of the latency of tiles from their view, in milliseconds.
    pub p99: f64,
    cpu_seconds: f64,
    /// Tiles that were answered.
    tiles: u64,
    /// Tiles that were not answered 200, as a fraction.
    missing: f64,
}

impl WalkResult {
    /// The result of a run.
    pub fn of(report: &LoadReport) -> Self {
        let measured = &report.measurements;
        let wanted = measured.wanted().max(1) as f64;
        Self {
            p99: measured.all_tiles().quantile(0.99),
            cpu_seconds: report.usage.map_or(0.0, |usage| usage.cpu_seconds()),
            tiles: measured.answered(),
            missing: (wanted - measured.served() as f64) / wanted,
        }
    }
}

impl Candidate {
    /// A name for people: the lines of the changed settings.
    pub fn name(&self) -> String {
        match &self.changes[..] {
            [] => "as it is".to_owned(),
            changes => changes.iter().map(|change| &*change.line).collect::<Vec<_>>().join(", "),
        }
    }

    /// p99 of the latency of tiles in milliseconds, the median over the walks.
    pub fn p99(&self) -> f64 {
        median(self.walks.iter().map(|walk| walk.p99))
    }

    /// Processor time of the server for each tile, in microseconds.
    pub fn cpu_micros(&self) -> f64 {
        let tiles: u64 = self.walks.iter().map(|walk| walk.tiles).sum();
        1e6 * self.walks.iter().map(|walk| walk.cpu_seconds).sum::<f64>() / tiles.max(1) as f64
    }

    /// Tiles that were not answered 200, as a fraction: the mean over the walks.
    fn missing(&self) -> f64 {
        self.walks.iter().map(|walk| walk.missing).sum::<f64>() / self.walks.len().max(1) as f64
    }

    /// p99 as a ratio to that of the `baseline` on the same walk, the median over
    /// the walks.
    pub fn ratio(&self, baseline: &Self) -> f64 {
        median(self.walks.iter().zip(&baseline.walks).map(|(mine, other)| mine.p99 / other.p99.max(1e-3)))
    }

    /// Why it cannot be chosen, whatever its latency.
    pub fn fault(&self, baseline: &Self) -> Option<&'static str> {
        if self.missing() > baseline.missing() + MAX_REFUSED {
            return Some("refuses more tiles");
        }
        (self.cpu_micros() > MAX_CPU_RATIO * baseline.cpu_micros()).then_some("costs more CPU")
    }

    /// The sort key of candidates: the lowest is the best.
    pub fn score(&self, baseline: &Self) -> f64 {
        if self.fault(baseline).is_some() { f64::INFINITY } else { self.ratio(baseline) }
    }

    /// How far its own p99 strays from walk to walk, as a fraction: the median
    /// distance from the median.
    pub fn noise(&self) -> f64 {
        let median_p99 = self.p99();
        median(self.walks.iter().map(|walk| (walk.p99 - median_p99).abs())) / median_p99.max(1e-3)
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

/// The candidates of the first round: the present settings, and every set that
/// differs from them in one setting.
pub fn candidates(present: &dyn TunableSettings, processors: usize) -> Vec<Candidate> {
    let mut candidates = vec![Candidate::default()];
    for key in TUNED {
        let present_value = present.value(key);
        let mut values = values(key, &present_value, processors);
        values.retain(|value| *value != present_value);
        values.dedup();
        candidates.extend(values.into_iter().map(|value| {
            let line = present.line(key, &value);
            Candidate { changes: vec![SettingChange { key, value, line }], walks: Vec::new() }
        }));
    }
    candidates
}

/// The values of a setting that are worth trying.
fn values(key: &str, present: &str, processors: usize) -> Vec<String> {
    match key {
        "workers" => {
            let fewer = processors.saturating_sub(1).max(1);
            [fewer, processors, processors + 1, 2 * processors].map(|count| count.to_string()).into()
        }
        "http_threads" => [1, processors.div_ceil(2), processors].map(|count| count.to_string()).into(),
        "prefetch" => ["0", "64MiB", "256MiB"].map(String::from).into(),
        // The others are switches.
        _ => vec![(present != "true").to_string()],
    }
}

/// Combines the best value of every setting that did better alone than the baseline
/// (the first candidate). `None` if fewer than two settings did.
pub fn combined(candidates: &[Candidate]) -> Option<Candidate> {
    let baseline = &candidates[0];
    let mut better: Vec<&Candidate> =
        candidates[1..].iter().filter(|candidate| candidate.score(baseline) < 1.0).collect();
    better.sort_by(|a, b| a.score(baseline).total_cmp(&b.score(baseline)));
    let mut changes: Vec<SettingChange> = Vec::new();
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

    /// The present settings, with the p99 of each walk and the CPU time of each.
    fn present(p99: &[f64], cpu_seconds: f64) -> Candidate {
        let walks =
            p99.iter().map(|p99| WalkResult { p99: *p99, cpu_seconds, tiles: 1000, missing: 0.0 }).collect();
        Candidate { changes: Vec::new(), walks }
    }

    /// One changed setting, with the p99 of two walks that are alike.
    fn changed(key: &'static str, value: &str, p99: f64, cpu_seconds: f64) -> Candidate {
        let change = SettingChange { key, value: value.to_owned(), line: format!("{key} = {value}") };
        Candidate { changes: vec![change], ..present(&[p99, p99], cpu_seconds) }
    }

    /// The defaults of a server on two processors.
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
            let [SettingChange { key, value, .. }] = &candidate.changes[..] else {
                panic!("{}", candidate.name())
            };
            assert_ne!(*value, Defaults.value(key), "{key}");
        }
        for key in TUNED {
            let mut changes = candidates.iter().flat_map(|candidate| &candidate.changes);
            assert!(changes.any(|change| change.key == key), "{key}");
        }
    }

    #[test]
    fn what_did_better_alone_is_combined() {
        let candidates = [
            present(&[10.0, 10.0], 0.3),
            changed("workers", "3", 9.0, 0.3),
            changed("workers", "4", 8.0, 0.3),
            changed("pin", "true", 7.0, 0.3),
            changed("speculate", "false", 5.0, 0.4),
            changed("prefetch", "0", 11.0, 0.2),
        ];
        let combined = combined(&candidates).unwrap();
        assert_eq!(combined.name(), "pin = true, workers = 4", "more CPU and more latency are left out");
    }

    #[test]
    fn ratios_are_taken_walk_by_walk() {
        let baseline = present(&[10.0, 100.0, 20.0], 0.3);
        let other = present(&[9.0, 90.0, 18.0], 0.3);
        assert!((other.ratio(&baseline) - 0.9).abs() < 1e-9, "a slow moment affects both");
        assert!(other.fault(&baseline).is_none());
        assert!((baseline.noise() - 0.5).abs() < 1e-9);
    }
}
