//! How far a build is, as the requests that wait for it see it.

use crate::error::Error;
use bytes::Bytes;
use origami_pyramid::TileId;
use origami_render::Step;
use std::sync::Arc;
use std::time::Instant;

/// What becomes of a build.
pub type BuildResult = Result<Bytes, Error>;

/// How far a build is.
#[derive(Clone, Debug)]
pub enum BuildState {
    /// No worker has begun.
    Waiting(Recording),
    /// A worker is at it.
    Running(Arc<BuildWork>),
    /// It has ended.
    Done {
        /// Its result.
        result: BuildResult,
        /// What was done for it; `None` if that was not measured.
        work: Option<Arc<BuildWork>>,
    },
}

/// How much of a build is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// When it waited and when it ran.
    Times,
    /// Also what the worker did when, because a request that waits for it is traced.
    Steps,
}

/// The work on a build.
#[derive(Clone, Debug)]
pub struct BuildWork {
    /// When it was queued.
    pub queued: Instant,
    /// When a worker began.
    pub begun: Instant,
    /// When that worker was finished, if it is.
    pub ended: Option<Instant>,
    /// What it did meanwhile, as far as that is recorded.
    pub steps: Vec<BuildStep>,
}

/// A part of the work on a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildStep {
    /// What was done.
    pub name: &'static str,
    /// The tile that it was done for, if it was one.
    pub tile: Option<TileId>,
    /// When it began.
    pub started: Instant,
    /// When it ended.
    pub ended: Instant,
}

impl From<Step> for BuildStep {
    fn from(Step { stage, tile, started, ended }: Step) -> Self {
        Self { name: stage.name(), tile: Some(tile), started, ended }
    }
}

impl BuildWork {
    /// Work that begins now and was queued at `queued`.
    pub fn begin(queued: Instant) -> Self {
        Self { queued, begun: Instant::now(), ended: None, steps: Vec::new() }
    }

    /// The same, ended now, with what was done.
    #[must_use]
    pub fn end(&self, steps: Vec<BuildStep>) -> Self {
        Self { queued: self.queued, begun: self.begun, ended: Some(Instant::now()), steps }
    }
}

impl BuildState {
    /// The result, if there is one.
    pub fn result(&self) -> Option<BuildResult> {
        match self {
            Self::Done { result, .. } => Some(result.clone()),
            Self::Waiting(_) | Self::Running(_) => None,
        }
    }

    /// The work, if it has begun and is measured.
    pub fn work(&self) -> Option<&Arc<BuildWork>> {
        match self {
            Self::Waiting(_) => None,
            Self::Running(work) => Some(work),
            Self::Done { work, .. } => work.as_ref(),
        }
    }

    /// Whether it has ended.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    /// Lets the steps be recorded, unless a worker has begun.
    pub fn ask_for_steps(&mut self) {
        if let Self::Waiting(recording) = self {
            *recording = Recording::Steps;
        }
    }

    /// Begins the work that was queued at `queued`. Returns how much of it is to be recorded.
    pub fn begin(&mut self, queued: Instant) -> Recording {
        let recording = if let Self::Waiting(recording) = self { *recording } else { Recording::Times };
        *self = Self::Running(Arc::new(BuildWork::begin(queued)));
        recording
    }

    /// Ends it with `result`, after `steps`.
    pub fn end(&mut self, result: BuildResult, steps: Vec<BuildStep>) {
        let work = self.work().map(|work| Arc::new(work.end(steps)));
        *self = Self::Done { result, work };
    }
}
