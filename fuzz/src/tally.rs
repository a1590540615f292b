use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What became of a target's executions.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many there were.
    pub executions: u64,
    /// How many reached each stage, in the order they were first met.
    stages: Vec<(&'static str, u64)>,
    /// How often each error was returned, numbers left out.
    errors: BTreeMap<String, u64>,
    /// Time of them all, and of the slowest.
    pub elapsed: Duration,
    pub(crate) slowest: Duration,
    /// Most bytes that one of them had allocated.
    pub(crate) peak: usize,
}

/// Kinds of errors that are told apart.
const MAX_ERRORS: usize = 400;

impl Tally {
    /// Notes that an execution got to `stage`.
    pub fn reach(&mut self, stage: &'static str) {
        match self.stages.iter_mut().find(|known| known.0 == stage) {
            Some((_, count)) => *count += 1,
            None => self.stages.push((stage, 1)),
        }
    }

    /// [`Self::reach`] for several.
    pub fn reach_all(&mut self, stages: &[&'static str]) {
        stages.iter().for_each(|stage| self.reach(stage));
    }

    /// Notes an error that was returned.
    pub fn error(&mut self, error: &dyn fmt::Display) {
        let kind = without_numbers(&error.to_string());
        if self.errors.len() < MAX_ERRORS || self.errors.contains_key(&kind) {
            *self.errors.entry(kind).or_default() += 1;
        }
    }

    /// How many executions got to `stage`.
    #[must_use]
    pub fn reached(&self, stage: &str) -> u64 {
        self.stages.iter().find(|known| known.0 == stage).map_or(0, |known| known.1)
    }
}

/// `text` with `#` for every number, so that it names a kind.
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
