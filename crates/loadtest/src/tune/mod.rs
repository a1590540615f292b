//! Which settings of the server suit this machine.
//!
//! Successive halving: every candidate is one set of settings, the first is what
//! the server would take anyway. In each round all candidates walk the same
//! walks in turn, so that whatever else the machine does hits all of them, and
//! those that did worse drop out. The last round is the best against the first.

mod candidate;
mod outcome;

pub use candidate::TUNED;
pub use outcome::TuningOutcome;

use crate::arguments::LoadArguments;
use crate::run;
use anyhow::{Context, Result, bail};
use candidate::{Candidate, Change, Walked, candidates, together};
use origami_units::duration;
use std::ffi::OsString;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;
use std::time::Duration;

/// Time for everything if none is given.
const DURATION: Duration = Duration::from_secs(180);
/// Least time in which anything could be seen.
const LEAST: Duration = Duration::from_secs(5);
/// Rounds, which share the time equally.
const ROUNDS: u32 = 4;
/// Time of one walk to aim at, and most walks of a candidate in one round.
const WALK: Duration = Duration::from_secs(2);
const MOST_WALKS: u32 = 8;
/// Least gain that is one, however quiet the machine.
const LEAST_GAIN: f64 = 0.05;

/// The settings a server started here would have.
pub trait TunableSettings {
    /// The present value of the setting `key`, as text.
    fn value(&self, key: &str) -> String;

    /// `value` for `key` as it stands in the server's file of settings.
    fn line(&self, key: &str, value: &str) -> String;
}

/// A search for settings, in the time there is for it.
pub struct Tuning<'a> {
    arguments: &'a LoadArguments,
    total: Duration,
}

impl<'a> Tuning<'a> {
    /// Takes the time from `arguments`, which also say how the server is loaded.
    ///
    /// # Errors
    /// If that is too short to see anything.
    pub fn new(arguments: &'a LoadArguments) -> Result<Self> {
        let total = arguments.duration.unwrap_or(DURATION);
        if total < LEAST {
            bail!("--duration {}: tuning needs {} at least", duration::text(total), duration::text(LEAST));
        }
        Ok(Self { arguments, total })
    }

    /// Tries what differs from the `present` settings; `progress` is told of
    /// each round that begins, in words.
    ///
    /// # Errors
    /// If a server cannot be started or measured, or somebody asked to stop.
    pub fn run(
        &self,
        present: &dyn TunableSettings,
        interrupted: &AtomicBool,
        progress: &dyn Fn(String),
    ) -> Result<TuningOutcome> {
        let processors = available_parallelism().map_or(1, usize::from);
        let mut candidates = candidates(present, processors);
        let mut out: Vec<(u32, Candidate)> = Vec::new();
        let mut seed = self.arguments.seed;
        for round in 1..=ROUNDS {
            let share = self.total / ROUNDS / u32::try_from(candidates.len())?;
            let walks = (share.as_millis() / WALK.as_millis()).clamp(1, u128::from(MOST_WALKS)) as u32;
            candidates.iter_mut().for_each(|candidate| candidate.walks.clear());
            let (settings, duration) = (candidates.len(), share / walks);
            let seconds = duration.as_secs_f64();
            progress(format!(
                "round {round} of {ROUNDS}: {settings} settings, {walks} walks of {seconds:.1} s each"
            ));
            for walk in 0..walks {
                // Who goes first changes, or it would always find the machine as
                // the last left it.
                for turn in 0..candidates.len() {
                    let at = (turn + walk as usize) % candidates.len();
                    let candidate = &mut candidates[at];
                    let walked = self.walked(candidate, duration, seed, interrupted);
                    let walked = walked.with_context(|| candidate.name())?;
                    candidate.walks.push(walked);
                }
                seed += 1;
            }
            let joined = if round == 1 { together(&candidates) } else { None };
            let first = candidates[0].clone();
            candidates[1..].sort_by(|a, b| a.score(&first).total_cmp(&b.score(&first)));
            if round == ROUNDS {
                break;
            }
            // Beside the first: half of the others, of which one is left for the last round.
            let rivals = if round + 1 == ROUNDS { 1 } else { (candidates.len() - 1).div_ceil(2) };
            for dropped in candidates.drain(1 + rivals.min(candidates.len() - 1)..) {
                out.push((round, dropped));
            }
            candidates.extend(joined);
        }
        out.reverse();
        Ok(outcome(candidates, out))
    }

    /// One walk of `candidate` on a fresh server.
    fn walked(
        &self,
        candidate: &Candidate,
        duration: Duration,
        seed: u64,
        interrupted: &AtomicBool,
    ) -> Result<Walked> {
        let option = |Change { key, value, .. }: &Change| {
            OsString::from(format!("--{}={value}", key.replace('_', "-")))
        };
        let mut arguments = self.arguments.clone();
        arguments.serve.extend(candidate.changes.iter().map(option));
        arguments.duration = Some(duration);
        arguments.warmup = Duration::ZERO;
        arguments.seed = seed;
        let report = run::measure(&arguments, interrupted, &|_| ())?;
        Ok(Walked::of(&report))
    }
}

/// Judges the two that are left after the last round; `out` are those that
/// dropped out, the last of them first.
fn outcome(last: Vec<Candidate>, out: Vec<(u32, Candidate)>) -> TuningOutcome {
    let (first, best) = (last[0].clone(), last[1].clone());
    let won = best.walks.iter().zip(&first.walks).filter(|(best, first)| best.p99 < first.p99).count();
    let noise = first.noise().max(LEAST_GAIN);
    let nearly_all = won + 1 >= best.walks.len() && won > best.walks.len() / 2;
    let taken = nearly_all && best.score(&first) < 1.0 - noise;
    let table = last.into_iter().map(|candidate| (ROUNDS, candidate)).chain(out).collect();
    TuningOutcome { table, best, first, won, taken, noise }
}
