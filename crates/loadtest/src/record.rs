//! What a run has measured.

use crate::http::RequestFailure;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// Levels that are told apart, by how many lie below them.
pub const GROUPS: [&str; 3] = ["L0", "L1", "coarser"];

/// Durations in microseconds, to three digits.
pub struct Durations(Histogram<u64>);

impl Default for Durations {
    fn default() -> Self {
        Self(Histogram::new(3).expect("three digits are possible"))
    }
}

impl Durations {
    pub fn add(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.0.record(micros).expect("it grows as it has to");
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The duration in milliseconds that a share of all does not exceed; 0 of none.
    pub fn quantile(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1e3
    }

    /// The longest, in milliseconds.
    pub fn longest(&self) -> f64 {
        self.0.max() as f64 / 1e3
    }
}

/// Everything that is counted.
#[derive(Default)]
pub struct Measurements {
    /// From the moment a tile was wanted to its last byte, by [`GROUPS`]; in a
    /// closed loop it is wanted when it is sent for.
    pub tiles: [Durations; GROUPS.len()],
    /// From sending for a tile to its last byte.
    pub sent: Durations,
    /// From the moment a view was wanted to the last byte of its last tile.
    pub views: Durations,
    /// How much later than planned a view was asked for.
    pub late: Durations,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer, by what happened.
    pub failures: BTreeMap<String, u64>,
    /// Tiles still wanted at the end.
    pub unfinished: u64,
    /// Views with at least one tile that was not answered 200.
    pub incomplete: u64,
    /// Views all of whose tiles the viewer had.
    pub nothing_new: u64,
    /// Bytes of bodies.
    pub bytes: u64,
}

/// How one tile ended.
pub enum TileResult {
    /// Answered with a status and a body of so many bytes.
    Answered(u16, u64),
    /// Not answered.
    Failed(RequestFailure),
    /// Not answered when the run was over.
    Unfinished,
    /// Not even sent for when the run was over.
    Unsent,
}

impl Measurements {
    /// Counts one tile. What was given up counts with the time waited so far,
    /// or a slow server would look fast; refusals, which are quick, have no
    /// place among latencies.
    pub fn tile(&mut self, group: usize, waited: Duration, sent: Duration, ended: &TileResult) {
        match ended {
            TileResult::Answered(status, bytes) => {
                *self.statuses.entry(*status).or_default() += 1;
                self.bytes += bytes;
            }
            TileResult::Failed(failure) => *self.failures.entry(failure.to_string()).or_default() += 1,
            TileResult::Unfinished | TileResult::Unsent => self.unfinished += 1,
        }
        match ended {
            TileResult::Answered(200, _)
            | TileResult::Failed(RequestFailure::Late)
            | TileResult::Unfinished => self.sent.add(sent),
            TileResult::Unsent => {}
            TileResult::Answered(..) | TileResult::Failed(_) => return,
        }
        self.tiles[group].add(waited);
    }

    /// All tiles that were wanted.
    pub fn wanted(&self) -> u64 {
        self.answered() + self.failures.values().sum::<u64>() + self.unfinished
    }

    /// Tiles that got an answer, whatever its status.
    pub fn answered(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Tiles that came.
    pub fn served(&self) -> u64 {
        self.statuses.get(&200).copied().unwrap_or(0)
    }

    /// Latencies of tiles of all levels.
    pub fn all_tiles(&self) -> Durations {
        let mut all = Durations::default();
        self.tiles.iter().for_each(|group| all.0.add(&group.0).expect("it grows as it has to"));
        all
    }
}
