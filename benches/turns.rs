//! Measures alternatives in turns, so that other load on the machine affects all of
//! them alike.

use cpu_time::{ProcessTime, ThreadTime};
use std::time::{Duration, Instant};

/// The times of all runs of one alternative.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// Wall-clock time.
    wall: Vec<Duration>,
    /// Processor time of all threads.
    cpu: Vec<Duration>,
    /// Processor time of all threads but the one that measures.
    others: Vec<Duration>,
}

impl Runs {
    /// Wall-clock time in microseconds that a fraction `share` of the runs does not
    /// exceed.
    ///
    /// # Panics
    /// If there are no runs.
    #[must_use]
    pub fn wall(&self, share: f64) -> f64 {
        quantile(&self.wall, share)
    }

    /// Processor time in microseconds that a fraction `share` of the runs does not
    /// exceed.
    ///
    /// # Panics
    /// If there are no runs.
    #[must_use]
    pub fn cpu(&self, share: f64) -> f64 {
        quantile(&self.cpu, share)
    }

    /// Processor time in microseconds of all threads but the measuring one that a
    /// fraction `share` of the runs does not exceed.
    ///
    /// # Panics
    /// If there are no runs.
    #[must_use]
    pub fn others(&self, share: f64) -> f64 {
        quantile(&self.others, share)
    }

    /// The median difference in microseconds between the processor time of all threads
    /// but the measuring one and that of `floor` in the same round.
    ///
    /// # Panics
    /// If there are no runs.
    #[must_use]
    pub fn others_above(&self, floor: &Self) -> f64 {
        let pairs = self.others.iter().zip(&floor.others);
        let mut above: Vec<f64> =
            pairs.map(|(ours, floor)| ours.as_secs_f64() - floor.as_secs_f64()).collect();
        above.sort_unstable_by(f64::total_cmp);
        above[above.len() / 2] * 1e6
    }
}

/// Runs `work`, and lowers `best` to its time if that is shorter.
pub fn time(best: &mut Duration, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    *best = start.elapsed().min(*best);
}

fn quantile(runs: &[Duration], share: f64) -> f64 {
    let mut sorted = runs.to_vec();
    sorted.sort_unstable();
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1].as_secs_f64() * 1e6
}

/// Runs each of `count` alternatives once per round, starting with a different one each
/// time, after one round that is not measured. `run` receives the number of the
/// alternative.
pub fn in_turns(count: usize, rounds: usize, mut run: impl FnMut(usize)) -> Vec<Runs> {
    let mut all = vec![Runs::default(); count];
    (0..count).for_each(&mut run);
    for round in 0..rounds {
        for turn in 0..count {
            let which = (round + turn) % count;
            let (wall, cpu, own) = (Instant::now(), ProcessTime::now(), ThreadTime::now());
            run(which);
            let (wall, cpu, own) = (wall.elapsed(), cpu.elapsed(), own.elapsed());
            all[which].wall.push(wall);
            all[which].cpu.push(cpu);
            all[which].others.push(cpu.saturating_sub(own));
        }
    }
    all
}
