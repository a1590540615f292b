//! Searches for the settings of the server that suit this machine.
//!
//! Successive halving: every candidate is one set of settings; the first, the
//! baseline, has those that the server would have anyway. In each round all
//! candidates walk the same walks in turn, so that other work on the machine
//! affects all of them, and those that did worse are dropped. The last round is
//! between the best and the baseline.

mod candidate;
mod outcome;
mod search;

pub use candidate::{SettingChange, TUNED};
pub use outcome::TuningOutcome;

use crate::error::LoadError;
use crate::options::{LoadOptions, ServerOptions, WalkOptions, Workload};
use crate::run;
use anyhow::Result;
use candidate::{Candidate, WalkResult};
use search::Search;
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Default of the time for everything.
const DURATION: Duration = Duration::from_secs(180);
/// The shortest time in which a difference could be seen.
const MIN_DURATION: Duration = Duration::from_secs(5);

/// The settings a server started here would have.
pub trait TunableSettings {
    /// The present value of the setting `key`, as text.
    fn value(&self, key: &str) -> String;

    /// The line of the server's settings file that sets `key` to `value`.
    fn line(&self, key: &str, value: &str) -> String;
}

/// A search for settings, with a limited time.
pub struct Tuning<'a> {
    options: &'a LoadOptions,
    packs: &'a Path,
    arguments: &'a [OsString],
    walk: &'a WalkOptions,
    duration: Duration,
}

impl<'a> Tuning<'a> {
    /// Tunes a child server for the walks of `options`, whose duration is the time
    /// for everything.
    ///
    /// # Errors
    /// If that is too short to see a difference, or the options are those of
    /// another server or load.
    pub fn new(options: &'a LoadOptions) -> Result<Self, LoadError> {
        let ServerOptions::Child { packs, arguments } = &options.server else {
            return Err(LoadError::NotTunable);
        };
        let Workload::Walk(walk) = &options.workload else { return Err(LoadError::NotTunable) };
        let duration = walk.duration.unwrap_or(DURATION);
        if duration < MIN_DURATION {
            return Err(LoadError::TuningTooShort { duration, minimum: MIN_DURATION });
        }
        Ok(Self { options, packs, arguments, walk, duration })
    }

    /// Tries settings that differ from the `present` ones; `progress` receives a
    /// description of each round as it begins.
    ///
    /// # Errors
    /// If a server cannot be started or measured, or `interrupted` was set.
    pub fn run(
        &self,
        present: &dyn TunableSettings,
        interrupted: &AtomicBool,
        progress: &dyn Fn(String),
    ) -> Result<TuningOutcome, LoadError> {
        Search::new(self, present, interrupted).run(progress).map_err(LoadError::other)
    }

    /// One walk of `candidate` on a fresh server.
    fn walk_once(
        &self,
        candidate: &Candidate,
        duration: Duration,
        seed: u64,
        interrupted: &AtomicBool,
    ) -> Result<WalkResult> {
        let mut arguments = self.arguments.to_vec();
        arguments.extend(candidate.changes.iter().map(|change| OsString::from(change.option())));
        let walk = WalkOptions { duration: Some(duration), warmup: Duration::ZERO, ..self.walk.clone() };
        let options = LoadOptions {
            server: ServerOptions::Child { packs: self.packs.to_owned(), arguments },
            workload: Workload::Walk(walk),
            seed,
            ..self.options.clone()
        };
        let report = run::run(&options, interrupted, &|_| ())?;
        Ok(WalkResult::of(&report))
    }
}
