//! The stages of rebuilding a tile, and the time that they take.

use origami_pyramid::TileId;
use std::time::{Duration, Instant};

/// Steps that are recorded of one tile at most: a long chain of parents has fewer, and nobody
/// reads more.
const MAX_STEPS: usize = 100;

/// A stage of the work on a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Looking up index entries, reading blobs and checking their checksums.
    Read,
    /// Decoding JPEG to planes and coded bytes to coefficients.
    Decode,
    /// Doubling luma and chroma. Exact tiles predict while they decode, which counts as
    /// [`Stage::Decode`].
    Predict,
    /// Adding residuals.
    Apply,
    /// Encoding planes or coefficients as JPEG.
    Encode,
}

impl Stage {
    /// Its name in metrics and traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Decode => "decode",
            Self::Predict => "predict",
            Self::Apply => "apply",
            Self::Encode => "encode",
        }
    }
}

/// Time spent by stage since the last call of [`Rebuilder::take_timings`].
///
/// [`Rebuilder::take_timings`]: crate::Rebuilder::take_timings
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// That of [`Stage::Read`].
    pub read: Duration,
    /// That of [`Stage::Decode`].
    pub decode: Duration,
    /// That of [`Stage::Predict`].
    pub predict: Duration,
    /// That of [`Stage::Apply`].
    pub apply: Duration,
    /// That of [`Stage::Encode`].
    pub encode: Duration,
}

impl Timings {
    fn of(&mut self, stage: Stage) -> &mut Duration {
        match stage {
            Stage::Read => &mut self.read,
            Stage::Decode => &mut self.decode,
            Stage::Predict => &mut self.predict,
            Stage::Apply => &mut self.apply,
            Stage::Encode => &mut self.encode,
        }
    }
}

/// One piece of the work on a tile: a stage has several where parents are decoded first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub stage: Stage,
    /// The tile that it was done for, which may be a parent of the requested one.
    pub tile: TileId,
    /// When it began.
    pub started: Instant,
    /// When it ended.
    pub ended: Instant,
}

/// Measures the stages of a rebuilder.
#[derive(Debug, Default)]
pub(super) struct StageClock {
    pub(super) timings: Timings,
    /// The steps in the order in which they ended; `None` if they are not recorded.
    pub(super) steps: Option<Vec<Step>>,
}

impl StageClock {
    /// Calls `work`, which is a part of `stage` of `tile`.
    pub(super) fn time<T>(&mut self, stage: Stage, tile: TileId, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        let ended = Instant::now();
        *self.timings.of(stage) += ended - started;
        if let Some(steps) = self.steps.as_mut().filter(|steps| steps.len() < MAX_STEPS) {
            steps.push(Step { stage, tile, started, ended });
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILE: TileId = TileId { z: 3, x: 1, y: 2 };

    #[test]
    fn steps_are_recorded_only_when_asked_for_and_never_without_end() {
        let mut clock = StageClock::default();
        assert_eq!(clock.time(Stage::Read, TILE, || 7), 7);
        assert!(clock.steps.is_none());
        clock.steps = Some(Vec::new());
        for _ in 0..2 * MAX_STEPS {
            clock.time(Stage::Decode, TILE, || ());
        }
        let steps = clock.steps.unwrap();
        assert_eq!(steps.len(), MAX_STEPS);
        assert!(steps.iter().all(|step| step.stage == Stage::Decode && step.started <= step.ended));
        assert!(steps.windows(2).all(|pair| pair[0].ended <= pair[1].started));
    }

    #[test]
    fn each_stage_has_a_total_of_its_own() {
        let mut timings = Timings::default();
        let stages = [Stage::Read, Stage::Decode, Stage::Predict, Stage::Apply, Stage::Encode];
        for (seconds, stage) in (1..).zip(stages) {
            *timings.of(stage) += Duration::from_secs(seconds);
        }
        let Timings { read, decode, predict, apply, encode } = timings;
        assert_eq!([read, decode, predict, apply, encode].map(|total| total.as_secs()), [1, 2, 3, 4, 5]);
    }
}
