//! One worker thread: takes work in the order of its priority and does it.

use super::{Build, IdleCheck, WorkerContext};
use crate::admission::{Admission, QueuedTask, Task};
use crate::artifact::Job;
use crate::build_state::{BuildWork, Recording};
use crate::cache::BuildTrigger;
use crate::error::Error;
use crate::metrics::WorkReason;
use crate::request_context;
use crate::room::Share;
use crate::rows::{MadeStep, RowsStep};
use crate::speculation::{Speculation, families_to_complete};
use bytes::Bytes;
use crossbeam::channel::{Receiver, select, select_biased};
use origami_codec::CodecError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// How long there must have been no request before a worker builds speculatively:
/// longer than the pauses between the requests of a viewer that fetches a field of
/// view.
const REST: Duration = Duration::from_millis(3);

/// The state of one worker thread.
pub(super) struct WorkerThread<'a, B, F> {
    context: &'a WorkerContext<F>,
    /// Disconnected when the worker is to stop.
    stopped: &'a Receiver<()>,
    /// `None` before the first job and after a panic.
    renderer: Option<B>,
    /// The last requested tile, until the rest of its family has been built.
    last_requested: Option<Job>,
    /// Whether [`REST`] has passed without a request.
    rested: bool,
}

/// What a worker does next.
enum Work {
    Requested(QueuedTask),
    /// The rest of the family of this requested tile.
    Family(Job),
    /// A job for an idle worker.
    Idle(Job),
    Stop,
}

impl<'a, B: Build, F: Fn() -> Result<B, CodecError>> WorkerThread<'a, B, F> {
    pub(super) fn new(context: &'a WorkerContext<F>, stopped: &'a Receiver<()>) -> Self {
        Self { context, stopped, renderer: None, last_requested: None, rested: false }
    }

    /// Works until the worker is to stop and no requested work waits any more.
    pub(super) fn run(mut self) {
        loop {
            match self.next_work() {
                Work::Requested(QueuedTask { task: Task::Artifact { job, share, request }, admission }) => {
                    request_context::with_id(request, || self.build_requested(job, share, admission));
                }
                Work::Requested(QueuedTask { task: Task::Rows(step), admission }) => {
                    self.make_rows(*step, admission);
                }
                Work::Family(job) => self.run_speculative(|worker| worker.build_family(&job)),
                Work::Idle(job) => self.run_speculative(|worker| worker.build_idle(&job)),
                Work::Stop => return,
            }
        }
    }

    /// The most urgent requested work, if any waits; otherwise, after [`REST`],
    /// speculative work; otherwise waits for either.
    fn next_work(&mut self) -> Work {
        let (context, stopped) = (self.context, self.stopped);
        let [high, usual, low] = &context.requested.lanes;
        let rest = if self.rested { Duration::ZERO } else { REST };
        let requested = select_biased! {
            recv(high) -> queued => Some(queued),
            recv(usual) -> queued => Some(queued),
            recv(low) -> queued => Some(queued),
            recv(stopped) -> _ => return Work::Stop,
            default(rest) => None,
        };
        self.rested = requested.is_none();
        if let Some(queued) = requested {
            return queued.map_or(Work::Stop, Work::Requested);
        }
        if let Some(job) = self.last_requested.take() {
            return Work::Family(job);
        }
        let requested = select! {
            recv(stopped) -> _ => return Work::Stop,
            recv(context.idle_jobs) -> job => return job.map_or(Work::Stop, Work::Idle),
            recv(high) -> queued => queued,
            recv(usual) -> queued => queued,
            recv(low) -> queued => queued,
        };
        self.rested = false;
        requested.map_or(Work::Stop, Work::Requested)
    }

    /// Builds the artifact of `job`, unless nobody waits for it any more, in the memory of `share`.
    fn build_requested(&mut self, job: Job, share: Option<Arc<Share>>, admission: Admission) {
        let context = self.context;
        let key = job.key();
        if context.flights.remove_abandoned(&key) {
            context.flights.failure_log.metrics.abandoned.inc();
            return;
        }
        let mut steps = Vec::new();
        let recording = context.flights.begin(&key, admission.since);
        let result = self.run_admitted(admission, |worker| match recording {
            Recording::Times => worker.build(&job),
            Recording::Steps => worker.with_renderer(|renderer| renderer.build_in_steps(&job, &mut steps))?,
        });
        drop(share);
        self.last_requested =
            Some(job).filter(|job| context.speculate && families_to_complete(job).next().is_some());
        context.flights.finish_after(key, result, BuildTrigger::Request, steps);
    }

    /// Makes and encodes the next rows of a region, unless nobody waits for them any more.
    fn make_rows(&mut self, step: RowsStep, admission: Admission) {
        let RowsStep { pack, mut region, answer, request } = step;
        if answer.is_closed() {
            self.context.flights.failure_log.metrics.abandoned.inc();
            return;
        }
        let work = BuildWork::begin(admission.since);
        let encoded = self.run_admitted(admission, |worker| {
            let made = worker.with_renderer(|renderer| {
                let pixels = request_context::with_id(request, || renderer.rows(&pack, &mut region.rows));
                pixels.map(|pixels| region.encode(pixels.as_ref()))
            });
            made.and_then(|encoded| encoded)
        });
        // The request may have gone away meanwhile.
        let _ = answer.send(MadeStep { region, encoded, work: work.end(Vec::new()) });
    }

    /// Does requested `work`, and learns from it what such work costs. A client requests
    /// more as soon as it has received the result, and by then the cost must have left
    /// the backlog: `admission` ends here.
    fn run_admitted<T>(&mut self, mut admission: Admission, work: impl FnOnce(&mut Self) -> T) -> T {
        let context = self.context;
        let metrics = &context.flights.failure_log.metrics;
        metrics.queue_seconds.observe(admission.since.elapsed().as_secs_f64());
        admission.begin();
        let started = Instant::now();
        context.busy.fetch_add(1, Relaxed);
        let result = work(self);
        context.busy.fetch_sub(1, Relaxed);
        admission.record_duration(metrics.workers.record_since(started, WorkReason::Requested));
        result
    }

    /// Does `work` that nobody waits for.
    fn run_speculative(&mut self, work: impl FnOnce(&mut Self)) {
        let started = Instant::now();
        work(self);
        self.context.flights.failure_log.metrics.workers.record_since(started, WorkReason::Speculative);
    }

    /// Builds the neighbours of the tile of `job` that have not been requested, until
    /// there is a request for anything.
    fn build_family(&mut self, job: &Job) {
        let (context, stopped) = (self.context, self.stopped);
        let idle = IdleCheck { requested: &context.requested, busy: &context.busy, stopped };
        let speculation = Speculation::new(job, &context.flights, idle);
        // Tiles that fail were reported, and fail again if they are requested.
        let _ = self.with_renderer(|renderer| renderer.speculate(job, &speculation));
        speculation.finish();
    }

    fn build_idle(&mut self, job: &Job) {
        let flights = &self.context.flights;
        let key = job.key();
        if flights.claim(key) {
            let result = self.build(job);
            flights.failure_log.metrics.speculative_built.inc();
            flights.finish(key, result, BuildTrigger::Speculation);
        }
    }

    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        self.with_renderer(|renderer| renderer.build(job))?
    }

    /// Runs `work` with the worker's renderer, which is dropped if `work` panics.
    fn with_renderer<T>(&mut self, work: impl FnOnce(&mut B) -> T) -> Result<T, Error> {
        let mut renderer = match self.renderer.take() {
            Some(renderer) => renderer,
            None => self.context.new_renderer()?,
        };
        if let Ok(result) = catch_unwind(AssertUnwindSafe(|| work(&mut renderer))) {
            self.renderer = Some(renderer);
            return Ok(result);
        }
        // The panic hook has printed where and why. The renderer may be in any state,
        // so it is not used again.
        self.context.flights.failure_log.metrics.worker_panics.inc();
        Err(Error::Internal)
    }
}
