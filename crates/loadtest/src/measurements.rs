//! What a run measures.

use crate::http::RequestFailure;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// Groups of levels whose tiles are measured separately: full resolution, the level
/// above it, and all others.
pub const LEVEL_GROUPS: [&str; 3] = ["L0", "L1", "coarser"];

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
        self.0.record(micros).expect("the histogram grows as needed");
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The duration in milliseconds that the fraction `quantile` of all does not
    /// exceed; 0 if there are none.
    pub fn quantile(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e3
    }

    /// The longest, in milliseconds.
    pub fn max(&self) -> f64 {
        self.0.max() as f64 / 1e3
    }
}

/// Everything that is counted.
#[derive(Default)]
pub struct Measurements {
    /// From the moment a tile was needed to its last byte, by [`LEVEL_GROUPS`].
    /// In a closed loop a tile is needed when its request is sent.
    pub tiles: [Durations; LEVEL_GROUPS.len()],
    /// From sending a tile's request to its last byte.
    pub tiles_from_sending: Durations,
    /// From the moment a view was due to the last byte of its last tile.
    pub views: Durations,
    /// How long after it was due a view was requested.
    pub lateness: Durations,
    /// Responses by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without a response, by what happened.
    pub failures: BTreeMap<String, u64>,
    /// Tiles that were needed and had not arrived when the run was over.
    pub unfinished: u64,
    /// Views with at least one tile that was not answered 200.
    pub incomplete_views: u64,
    /// Views all of whose tiles the viewer already had.
    pub views_without_new_tiles: u64,
    /// Bytes of all bodies.
    pub bytes: u64,
}

/// How the request for one tile ended.
pub enum TileResult {
    /// With a response.
    Answered {
        status: u16,
        /// The length of the body.
        bytes: u64,
    },
    /// Without a complete response.
    Failed(RequestFailure),
    /// Sent, but not answered when the run was over.
    Unfinished,
    /// Not sent when the run was over.
    Unsent,
}

impl Measurements {
    /// Counts one tile: `waited` since it was needed, `sent` since its request
    /// was sent. A tile that was given up counts with the time waited so far,
    /// or a slow server would look fast; refusals, which are quick, do not count
    /// as latencies.
    pub fn add_tile(&mut self, level_group: usize, waited: Duration, sent: Duration, result: &TileResult) {
        match result {
            TileResult::Answered { status, bytes } => {
                *self.statuses.entry(*status).or_default() += 1;
                self.bytes += bytes;
            }
            TileResult::Failed(failure) => *self.failures.entry(failure.to_string()).or_default() += 1,
            TileResult::Unfinished | TileResult::Unsent => self.unfinished += 1,
        }
        match result {
            TileResult::Answered { status: 200, .. }
            | TileResult::Failed(RequestFailure::Timeout)
            | TileResult::Unfinished => self.tiles_from_sending.add(sent),
            TileResult::Unsent => {}
            TileResult::Answered { .. } | TileResult::Failed(_) => return,
        }
        self.tiles[level_group].add(waited);
    }

    /// All tiles that were needed.
    pub fn wanted(&self) -> u64 {
        self.answered() + self.failures.values().sum::<u64>() + self.unfinished
    }

    /// Tiles with a response, whatever its status.
    pub fn answered(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Tiles answered 200.
    pub fn served(&self) -> u64 {
        self.statuses.get(&200).copied().unwrap_or(0)
    }

    /// Latencies of the tiles of all levels.
    pub fn all_tiles(&self) -> Durations {
        let mut all = Durations::default();
        for group in &self.tiles {
            all.0.add(&group.0).expect("the histogram grows as needed");
        }
        all
    }
}
