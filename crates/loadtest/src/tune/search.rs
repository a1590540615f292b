//! The rounds of a search for settings.

use super::candidate::{Candidate, candidates, combined};
use super::outcome::{TriedCandidate, TuningOutcome};
use super::{TunableSettings, Tuning};
use anyhow::{Context, Result};
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;
use std::time::Duration;

/// Rounds, which share the time equally.
pub const ROUNDS: u32 = 4;
/// Target duration of one walk.
const WALK: Duration = Duration::from_secs(2);
/// The maximum number of walks of a candidate in one round.
const MAX_WALKS: u32 = 8;

/// A search in progress.
pub struct Search<'a> {
    tuning: &'a Tuning<'a>,
    interrupted: &'a AtomicBool,
    /// Candidates that are still in the search; the baseline is the first.
    candidates: Vec<Candidate>,
    /// Candidates of earlier rounds.
    dropped: Vec<TriedCandidate>,
    /// The seed of the next walk.
    seed: u64,
}

/// How a round spends its time.
struct Round {
    /// Walks of each candidate.
    walks: u32,
    /// The duration of one walk.
    duration: Duration,
}

impl<'a> Search<'a> {
    pub fn new(tuning: &'a Tuning<'a>, present: &dyn TunableSettings, interrupted: &'a AtomicBool) -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        let candidates = candidates(present, processors);
        Self { tuning, interrupted, candidates, dropped: Vec::new(), seed: tuning.options.seed }
    }

    pub fn run(mut self, progress: &dyn Fn(String)) -> Result<TuningOutcome> {
        for number in 1..=ROUNDS {
            let round = self.plan_round()?;
            progress(format!(
                "round {number} of {ROUNDS}: {} settings, {} walks of {:.1} s each",
                self.candidates.len(),
                round.walks,
                round.duration.as_secs_f64()
            ));
            self.walk_round(&round)?;
            self.rank(number);
        }
        Ok(self.outcome())
    }

    fn plan_round(&self) -> Result<Round> {
        let share = self.tuning.duration / ROUNDS / u32::try_from(self.candidates.len())?;
        let walks = (share.as_millis() / WALK.as_millis()).clamp(1, u128::from(MAX_WALKS)) as u32;
        Ok(Round { walks, duration: share / walks })
    }

    /// Runs the walks of a round: each walk once for every candidate.
    fn walk_round(&mut self, round: &Round) -> Result<()> {
        for candidate in &mut self.candidates {
            candidate.walks.clear();
        }
        for walk in 0..round.walks {
            // The order rotates, or each candidate would always find the machine
            // as the same other one left it.
            for turn in 0..self.candidates.len() {
                let index = (turn + walk as usize) % self.candidates.len();
                let candidate = &mut self.candidates[index];
                let result = self
                    .tuning
                    .walk_once(candidate, round.duration, self.seed, self.interrupted)
                    .with_context(|| candidate.name())?;
                candidate.walks.push(result);
            }
            self.seed += 1;
        }
        Ok(())
    }

    /// Sorts the rivals after round `number` and drops the worse half; before the
    /// last round, all but the best. After the first round, adds a combination of
    /// the changes that helped. After the last round, only sorts.
    fn rank(&mut self, number: u32) {
        let joining = if number == 1 { combined(&self.candidates) } else { None };
        let baseline = self.candidates[0].clone();
        self.candidates[1..].sort_by(|a, b| a.score(&baseline).total_cmp(&b.score(&baseline)));
        if number == ROUNDS {
            return;
        }
        let rivals = self.candidates.len() - 1;
        let remaining = if number + 1 == ROUNDS { rivals.min(1) } else { rivals.div_ceil(2) };
        let dropped = self.candidates.drain(1 + remaining..);
        self.dropped.extend(dropped.map(|candidate| TriedCandidate { round: number, candidate }));
        self.candidates.extend(joining);
    }

    /// Judges the candidates of the last round.
    fn outcome(mut self) -> TuningOutcome {
        self.dropped.reverse();
        TuningOutcome::new(self.candidates, self.dropped)
    }
}
