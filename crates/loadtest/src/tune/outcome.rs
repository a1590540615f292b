//! What tuning comes to, as text and as JSON.

use super::ROUNDS;
use super::candidate::{Candidate, Change};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What came out.
pub struct TuningOutcome {
    /// All that was tried, with the round it last walked in, best first; "as it
    /// is" leads.
    pub(super) table: Vec<(u32, Candidate)>,
    /// The last rival of what is.
    pub(super) best: Candidate,
    pub(super) first: Candidate,
    /// Walks the best candidate won of all in the last round.
    pub(super) won: usize,
    pub(super) taken: bool,
    pub(super) noise: f64,
}

impl TuningOutcome {
    /// Keys and values of the settings to change, if any are clearly better than
    /// the present ones.
    #[must_use]
    pub fn better(&self) -> Option<Vec<(&'static str, String)>> {
        let pair = |change: &Change| (change.key, change.value.clone());
        self.taken.then(|| self.best.changes.iter().map(pair).collect())
    }

    fn verdict(&self) -> String {
        let Self { best, first, won, taken, .. } = self;
        let (gain, noise) = (100.0 * (1.0 - best.ratio(first)), 100.0 * self.noise);
        let (name, walks) = (best.name(), best.walks.len());
        if *taken {
            let (cpu, of) = (best.cpu_micros(), first.cpu_micros());
            return format!(
                "best: {name}: p99 {gain:.0} % lower (better in {won} of {walks} walks; noise {noise:.0} %), {cpu:.0} us of CPU a tile against {of:.0}"
            );
        }
        let why = match best.fault(first) {
            Some(fault) => fault.to_owned(),
            None => format!(
                "p99 {gain:.0} % lower and better in {won} of {walks} walks is within the noise of {noise:.0} %"
            ),
        };
        format!("keep what is: the best rival, {name}, is not clearly better ({why})")
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("round   p99, ms   ratio  CPU/tile, us   ratio  settings\n");
        for (round, candidate) in &self.table {
            // Ratios are to "as it is" of the same round, which only the last has
            // kept; the others' are left to their order.
            let shown = |ratio: f64| if *round == ROUNDS { format!("{ratio:.2}") } else { String::new() };
            let (p99, cpu, name) = (candidate.p99(), candidate.cpu_micros(), candidate.name());
            let p99_ratio = shown(candidate.ratio(&self.first));
            let cpu_ratio = shown(cpu / self.first.cpu_micros().max(1e-9));
            text += &format!("{round:>5}  {p99:>8.1}  {p99_ratio:>6}  {cpu:>12.0}  {cpu_ratio:>6}  {name}\n");
        }
        text + "\n" + &self.verdict()
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let tried = |(round, candidate): &(u32, Candidate)| {
            json!({
                "round": round,
                "settings": settings(candidate),
                "p99_ms": candidate.p99(),
                "cpu_us_per_tile": candidate.cpu_micros(),
                "walks": candidate.walks.len(),
            })
        };
        json!({
            "tried": self.table.iter().map(tried).collect::<Vec<_>>(),
            "best": settings(&self.best),
            "ratio": self.best.ratio(&self.first),
            "noise": self.noise,
            "won": self.won,
            "taken": self.taken,
            "verdict": self.verdict(),
        })
    }
}

fn settings(candidate: &Candidate) -> BTreeMap<&str, &str> {
    candidate.changes.iter().map(|change| (change.key, &*change.value)).collect()
}
