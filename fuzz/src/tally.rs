//! Counts the outcomes of executions.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The outcomes of a target's executions.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Number of executions.
    pub executions: u64,
    /// How many reached each stage, in the order in which stages were first
    /// reached.
    stages: Vec<(&'static str, u64)>,
    /// How often each error was returned, without the numbers in it.
    errors: BTreeMap<String, u64>,
    /// The time of all executions.
    pub elapsed: Duration,
    /// The time of the slowest one.
    pub(crate) slowest: Duration,
    /// The largest number of bytes that one of them had allocated.
    pub(crate) peak: usize,
}

/// The largest number of kinds of errors that are counted.
const MAX_ERRORS: usize = 400;

impl Tally {
    /// Counts an execution that reached `stage`.
    pub fn reach(&mut self, stage: &'static str) {
        match self.stages.iter_mut().find(|known| known.0 == stage) {
            Some((_, count)) => *count += 1,
            None => self.stages.push((stage, 1)),
        }
    }

    /// [`Self::reach`] for several stages.
    pub fn reach_all(&mut self, stages: &[&'static str]) {
        stages.iter().for_each(|stage| self.reach(stage));
    }

    /// Counts an error that was returned.
    pub fn error(&mut self, error: &dyn fmt::Display) {
        let kind = without_numbers(&error.to_string());
        if self.errors.len() < MAX_ERRORS || self.errors.contains_key(&kind) {
            *self.errors.entry(kind).or_default() += 1;
        }
    }

    /// How many executions reached `stage`.
    #[must_use]
    pub fn reached(&self, stage: &str) -> u64 {
        self.stages.iter().find(|known| known.0 == stage).map_or(0, |known| known.1)
    }
}

/// `text` with `#` in place of every number, as the name of a kind of error.
pub fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(' ') {
        if word.starts_with('/') {
            out.push_str("PATH ");
            continue;
        }
        for letter in word.chars() {
            match letter {
                '0'..='9' if out.ends_with('#') => {}
                '0'..='9' => out.push('#'),
                // Further digits of hexadecimal numbers.
                'a'..='f' | 'x' if out.ends_with('#') => {}
                _ => out.push(letter),
            }
        }
    }
    out
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.executions as f64 / self.elapsed.as_secs_f64().max(1e-9);
        let (peak, slowest) = (self.peak >> 10, self.slowest);
        writeln!(
            f,
            "{} executions in {:.1} s, {rate:.0} a second; slowest {slowest:.1?}, at most {peak} KiB",
            self.executions,
            self.elapsed.as_secs_f64()
        )?;
        for (stage, count) in &self.stages {
            writeln!(f, "  {count:>9}  {stage}")?;
        }
        let mut errors: Vec<_> = self.errors.iter().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        writeln!(f, "  {} kinds of errors", errors.len())?;
        for (error, count) in errors {
            writeln!(f, "  {count:>9}    {error}")?;
        }
        Ok(())
    }
}
