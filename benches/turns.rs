//! Alternatives measured in turns, so that what else the machine does meets all
//! of them alike.

use cpu_time::{ProcessTime, ThreadTime};
use std::time::{Duration, Instant};

/// What one alternative took, run by run: time on the clock, processor time of
/// all threads, and of all but the one that measures.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    wall: Vec<Duration>,
    cpu: Vec<Duration>,
    others: Vec<Duration>,
}

impl Runs {
    /// Microseconds on the clock that `share` of the runs took at most.
    ///
    /// # Panics
    /// If there are no runs.
    #[must_use]
    pub fn wall(&self, share: f64) -> f64 {
        quantile(&self.wall, share)
    }

    /// Microseconds of processor time that `share` of the runs took at most.
    ///
    /// # Panics
    /// If there are no runs.
    #[must_use]
    pub fn cpu(&self, share: f64) -> f64 {
        quantile(&self.cpu, share)
    }

    /// Microseconds of processor time that threads other than the measuring one
    /// took at most in `share` of the runs.
    ///
    /// # Panics
    /// If there are no runs.
    #[must_use]
    pub fn others(&self, share: f64) -> f64 {
        quantile(&self.others, share)
    }

    /// Microseconds by which that time is above that of `floor` in the same
    /// round, in the middle of all rounds.
    ///
    /// # Panics
    /// If there are no runs.
    #[must_use]
    pub fn others_above(&self, floor: &Self) -> f64 {
        let seconds = |time: &Duration| time.as_secs_f64();
        let pairs = self.others.iter().map(seconds).zip(floor.others.iter().map(seconds));
        let mut above: Vec<f64> = pairs.map(|(ours, floor)| ours - floor).collect();
        above.sort_unstable_by(f64::total_cmp);
        above[above.len() / 2] * 1e6
    }
}

fn quantile(runs: &[Duration], share: f64) -> f64 {
    let mut sorted = runs.to_vec();
    sorted.sort_unstable();
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1].as_secs_f64() * 1e6
}

/// Runs each of `count` alternatives once a round, starting with another one
/// each time, after one round that does not count.
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
