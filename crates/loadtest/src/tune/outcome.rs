//! What tuning comes to, as text and as JSON.

use super::candidate::{Candidate, Change};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What came out.
pub struct Outcome {
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
    /// The last round.
    pub(super) last: u32,
}

impl Outcome {
    /// Keys and values of the settings to change, if any are clearly better than
    /// the present ones.
    #[must_use]
    pub fn better(&self) -> Option<Vec<(&'static str, String)>> {
        let pair = |change: &Change| (change.key, change.value.clone());
        self.taken.then(|| self.best.changes.iter().map(pair).collect())
    }

    fn verdict(&self) -> String {
        let Self { best, first, won, taken, noise, .. } = self;
        let percent = |ratio: f64| 100.0 * ratio;
        let gain = percent(1.0 - best.ratio(first));
        let walks = best.walks.len();
        let name = best.name();
        if *taken {
            let (cpu, of) = (best.cpu_micros(), first.cpu_micros());
            return format!(
                "best: {name}: p99 {gain:.0} % lower (better in {won} of {walks} walks; noise {:.0} %), {cpu:.0} us of CPU a tile against {of:.0}",
                percent(*noise)
            );
        }
        let why = match best.fault(first) {
            Some(fault) => fault.to_owned(),
            None => format!(
                "p99 {gain:.0} % lower and better in {won} of {walks} walks is within the noise of {:.0} %",
                percent(*noise)
            ),
        };
        format!("keep what is: the best rival, {name}, is not clearly better ({why})")
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "{:>5}  {:>8}  {:>6}  {:>12}  {:>6}  {}\n",
            "round", "p99, ms", "ratio", "CPU/tile, us", "ratio", "settings"
        );
        // Ratios are to "as it is" of the same round, which only the last has kept;
        // the others' are left to their order.
        for (round, candidate) in &self.table {
            let ratios = if *round == self.last {
                (
                    format!("{:.2}", candidate.ratio(&self.first)),
                    format!("{:.2}", candidate.cpu_micros() / self.first.cpu_micros().max(1e-9)),
                )
            } else {
                (String::new(), String::new())
            };
            text.push_str(&format!(
                "{round:>5}  {:>8.1}  {:>6}  {:>12.0}  {:>6}  {}\n",
                candidate.p99(),
                ratios.0,
                candidate.cpu_micros(),
                ratios.1,
                candidate.name()
            ));
        }
        text.push('\n');
        text.push_str(&self.verdict());
        text
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
