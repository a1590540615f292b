//! Counts what became of the variants.

use crate::trial::Trial;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// The variants of one seed, or of all.
#[derive(Clone, Default)]
pub struct Row {
    variants: u64,
    refused: u64,
    opened: u64,
    whole: u64,
    damaged: u64,
    untidy: u64,
    memory: usize,
    time: Duration,
}

impl Row {
    pub fn add(&mut self, trial: &Trial) {
        self.join(&Self {
            variants: 1,
            refused: u64::from(!trial.opened),
            opened: trial.opened.into(),
            whole: trial.whole.into(),
            damaged: u64::from(trial.damaged > 0),
            untidy: u64::from(trial.untidy > 0),
            memory: trial.memory,
            time: trial.time,
        });
    }

    /// Adds the variants of another row.
    fn join(&mut self, other: &Self) {
        self.variants += other.variants;
        self.refused += other.refused;
        self.opened += other.opened;
        self.whole += other.whole;
        self.damaged += other.damaged;
        self.untidy += other.untidy;
        self.memory = self.memory.max(other.memory);
        self.time = self.time.max(other.time);
    }
}

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { variants, refused, opened, whole, damaged, untidy, memory, time } = self;
        write!(
            f,
            "{variants:>8} {refused:>8} {opened:>8} {whole:>8} {damaged:>8} {untidy:>8} {:>9.1} {:>8.2}",
            *memory as f64 / 1e6,
            time.as_secs_f64()
        )
    }
}

/// A table of all seeds, by name.
pub fn table(rows: &[(&str, Row)]) -> String {
    let mut text = String::from(
        "seed                          variants  refused   opened read all  painted   untidy  worst MB  worst s\n",
    );
    let mut all = Row::default();
    for (name, row) in rows {
        all.join(row);
        text += &format!("{name:<28} {row}\n");
    }
    text + &format!("{:<28} {all}\n", "all")
}
