//! The outcome of tuning, as text and as JSON.

use super::candidate::{Candidate, SettingChange};
use super::search::ROUNDS;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::iter;

/// The smallest gain that counts as one, however quiet the machine is.
const MIN_GAIN: f64 = 0.05;

/// A candidate, and the last round in which it walked.
pub struct TriedCandidate {
    pub round: u32,
    pub candidate: Candidate,
}

/// The outcome of tuning.
pub struct TuningOutcome {
    /// All candidates, the baseline first, then those of the last round, then
    /// the dropped ones.
    tried: Vec<TriedCandidate>,
    /// The best rival of the baseline.
    best: Candidate,
    /// The present settings.
    baseline: Candidate,
    /// How many walks of the last round the best candidate won.
    won: usize,
    /// Whether the best candidate is clearly better than the baseline.
    taken: bool,
    /// How far the baseline strays from itself, as a fraction.
    noise: f64,
}

impl TuningOutcome {
    /// Judges the candidates of the last round: the baseline and its rivals, the
    /// best first. `dropped` are those of earlier rounds.
    pub(super) fn new(last: Vec<Candidate>, dropped: Vec<TriedCandidate>) -> Self {
        let (baseline, best) = (last[0].clone(), last[1].clone());
        let won =
            best.walks.iter().zip(&baseline.walks).filter(|(best, present)| best.p99 < present.p99).count();
        let noise = baseline.noise().max(MIN_GAIN);
        let nearly_all = won + 1 >= best.walks.len() && won > best.walks.len() / 2;
        let taken = nearly_all && best.score(&baseline) < 1.0 - noise;
        let last = last.into_iter().map(|candidate| TriedCandidate { round: ROUNDS, candidate });
        Self { tried: last.chain(dropped).collect(), best, baseline, won, taken, noise }
    }

    /// The settings to change, if any are clearly better than the present ones.
    #[must_use]
    pub fn better(&self) -> Option<&[SettingChange]> {
        self.taken.then_some(&*self.best.changes)
    }

    fn verdict(&self) -> String {
        let Self { best, baseline, won, .. } = self;
        let (gain, noise) = (100.0 * (1.0 - best.ratio(baseline)), 100.0 * self.noise);
        let (name, walks) = (best.name(), best.walks.len());
        if self.taken {
            let (cpu, present_cpu) = (best.cpu_micros(), baseline.cpu_micros());
            return format!(
                "best: {name}: p99 {gain:.0} % lower (better in {won} of {walks} walks; noise {noise:.0} %), {cpu:.0} us of CPU a tile against {present_cpu:.0}"
            );
        }
        let why = match best.fault(baseline) {
            Some(fault) => fault.to_owned(),
            None => format!(
                "p99 {gain:.0} % lower and better in {won} of {walks} walks is within the noise of {noise:.0} %"
            ),
        };
        format!("keep what is: the best rival, {name}, is not clearly better ({why})")
    }

    /// The outcome for people: a table of all candidates, and the verdict.
    #[must_use]
    pub fn text(&self) -> String {
        let heads = "round   p99, ms   ratio  CPU/tile, us   ratio  settings\n".to_owned();
        let rows = self.tried.iter().map(|tried| self.row(tried));
        iter::once(heads).chain(rows).chain(["\n".to_owned(), self.verdict()]).collect()
    }

    /// A row of the table. Ratios are to the baseline of the same round. Only the
    /// last round's baseline is kept, so rows of earlier rounds have none.
    fn row(&self, TriedCandidate { round, candidate }: &TriedCandidate) -> String {
        let (p99, cpu, name) = (candidate.p99(), candidate.cpu_micros(), candidate.name());
        let [p99_ratio, cpu_ratio] = if *round == ROUNDS {
            [candidate.ratio(&self.baseline), cpu / self.baseline.cpu_micros().max(1e-9)]
                .map(|ratio| format!("{ratio:.2}"))
        } else {
            <[String; 2]>::default()
        };
        format!("{round:>5}  {p99:>8.1}  {p99_ratio:>6}  {cpu:>12.0}  {cpu_ratio:>6}  {name}\n")
    }

    /// The outcome for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "tried": self.tried.iter().map(TriedCandidate::json).collect::<Vec<_>>(),
            "best": settings(&self.best),
            "ratio": self.best.ratio(&self.baseline),
            "noise": self.noise,
            "won": self.won,
            "taken": self.taken,
            "verdict": self.verdict(),
        })
    }
}

impl TriedCandidate {
    fn json(&self) -> Value {
        json!({
            "round": self.round,
            "settings": settings(&self.candidate),
            "p99_ms": self.candidate.p99(),
            "cpu_us_per_tile": self.candidate.cpu_micros(),
            "walks": self.candidate.walks.len(),
        })
    }
}

fn settings(candidate: &Candidate) -> BTreeMap<&str, &str> {
    candidate.changes.iter().map(|change| (change.key, &*change.value)).collect()
}
