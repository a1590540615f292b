//! Builds each artifact once, however many requests wait for it.

use crate::admission::{Admission, AdmissionQueue, Task};
use crate::artifact::{ArtifactKey, Job};
use crate::build_state::{BuildResult, BuildState, BuildStep, Recording};
use crate::cache::{BuildTrigger, TileCache};
use crate::costs::WorkKind;
use crate::error::{Busy, Error};
use crate::failure_log::FailureLog;
use crate::picture_memory::{self, PictureMemory};
use crate::request_context;
use crate::request_id::RequestId;
use crate::room::Share;
use crate::traces::ActiveSpan;
use crate::urgency::Urgency;
use actix_web::rt;
use actix_web::web::Data;
use dashmap::{DashMap, Entry};
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Connects requests to the workers. A build in flight is a channel whose receivers
/// are the requests that wait for it: a request that goes away, for whatever reason,
/// drops its receiver and does not affect the others.
#[derive(Clone)]
pub struct SingleFlight {
    in_flight: Arc<DashMap<ArtifactKey, watch::Sender<BuildState>>>,
    tiles: TileCache,
    pictures: Arc<PictureMemory>,
    /// The way to the workers.
    pub queue: AdmissionQueue,
    /// Where failures and metrics are recorded.
    pub failure_log: Data<FailureLog>,
}

/// A build that is not queued yet. If it is dropped, as the tasks of a thread are that ends
/// because the server stops, the requests that joined the build from other threads hear of it.
struct WaitingForMemory<'a> {
    flights: &'a SingleFlight,
    key: ArtifactKey,
}

impl Drop for WaitingForMemory<'_> {
    fn drop(&mut self) {
        self.flights.finish(self.key, Err(Error::Busy(Busy::Stopping)), BuildTrigger::Request);
    }
}

/// A request that waits for a build.
struct WaitingRequest {
    build: watch::Receiver<BuildState>,
    joined: Instant,
    /// The span of the wait, if the request is traced.
    span: Option<ActiveSpan>,
}

impl Drop for WaitingRequest {
    /// Notes what the request waited for, whether it has the result or gives up.
    fn drop(&mut self) {
        let work = match &*self.build.borrow() {
            // Nobody knows what was done for it, or nothing was.
            BuildState::Done { work: None, .. } => return,
            state => state.work().cloned(),
        };
        request_context::note_queue_wait(self.joined, work.as_deref());
        if let Some(span) = &self.span {
            span.add_build(self.joined, work.as_deref());
        }
    }
}

impl SingleFlight {
    /// No build is in flight yet. Builds go through `queue` and end up in `tiles`; those of large
    /// pictures take their memory from `pictures`.
    pub fn new(
        tiles: TileCache,
        pictures: PictureMemory,
        queue: AdmissionQueue,
        failure_log: Data<FailureLog>,
    ) -> Self {
        Self { in_flight: Arc::default(), tiles, pictures: Arc::new(pictures), queue, failure_log }
    }

    /// The artifact of `job`, from a build in flight or from a new one of this `urgency`.
    /// A build that waits already keeps the urgency of the request that came first, even
    /// if this one is more urgent: it would have to be found in its lane. A large picture is
    /// queued when there is memory for it. Whoever calls this bounds the time.
    ///
    /// # Errors
    /// The error of the build, which goes to all requests that wait for it and is
    /// not cached; [`Error::Busy`] if the queue is full or the server is stopping.
    pub async fn get(&self, job: Job, urgency: Urgency) -> BuildResult {
        let (span, joined) = (request_context::span("build"), Instant::now());
        let mut request = WaitingRequest { build: self.join(job, urgency)?, joined, span };
        let result = request.build.wait_for(BuildState::is_done).await.ok().and_then(|state| state.result());
        // Without a result, the workers are gone.
        result.unwrap_or(Err(Error::Busy(Busy::Stopping)))
    }

    /// Joins the build of `job`'s artifact, or begins it. Returns the channel on which the
    /// artifact arrives, unless it is there already.
    fn join(&self, job: Job, urgency: Urgency) -> Result<watch::Receiver<BuildState>, Error> {
        let (key, waits) = (job.key(), &self.failure_log.metrics.single_flight_waits);
        let vacant = match self.in_flight.entry(key) {
            Entry::Occupied(build) => {
                waits.inc();
                if request_context::is_traced() {
                    build.get().send_if_modified(|state| {
                        state.ask_for_steps();
                        false
                    });
                }
                return Ok(build.get().subscribe());
            }
            Entry::Vacant(vacant) => vacant,
        };
        // If a build ended since this request's cache lookup, its artifact is in the
        // cache now: it is inserted there before it is removed from `in_flight`.
        if let Some(tile) = self.tiles.peek(&key) {
            waits.inc();
            return Ok(watch::channel(BuildState::Done { result: Ok(tile), work: None }).1);
        }
        let recording = if request_context::is_traced() { Recording::Steps } else { Recording::Times };
        let (sender, receiver) = watch::channel(BuildState::Waiting(recording));
        let request = request_context::current_id();
        if let Some(bytes) = picture_memory::counted_bytes(&job) {
            drop(vacant.insert(sender));
            // A task of its own, because others may join the build before it is queued.
            drop(rt::spawn(self.clone().queue_when_free(job, urgency, bytes, request)));
        } else {
            let admission = self.queue.admit(WorkKind::of(&job), urgency)?;
            drop(vacant.insert(sender));
            self.push(job, None, admission, request);
        }
        Ok(receiver)
    }

    /// Admits a build that takes `bytes` of memory and queues it, as soon as they are free and
    /// if somebody still waits for it then. Until then it is not among the work that others
    /// have before them: workers would not begin it, whoever else asks for something.
    async fn queue_when_free(self, job: Job, urgency: Urgency, bytes: u64, request: Option<RequestId>) {
        let key = job.key();
        let waiting = WaitingForMemory { flights: &self, key };
        let share = self.pictures.take(bytes).await;
        mem::forget(waiting);
        if self.remove_abandoned(&key) {
            self.failure_log.metrics.abandoned.inc();
            return;
        }
        // Others wait for the memory that it holds from now on, so they also wait for what
        // would overtake it.
        let urgency = if urgency == Urgency::Low { Urgency::Usual } else { urgency };
        match self.queue.admit(WorkKind::of(&job), urgency) {
            Ok(admission) => self.push(job, Some(share), admission, request),
            Err(busy) => self.finish(key, Err(busy), BuildTrigger::Request),
        }
    }

    /// Queues an admitted build for `request`, with its `share` of memory. If there are no workers
    /// any more, that is its result.
    fn push(&self, job: Job, share: Option<Arc<Share>>, admission: Admission, request: Option<RequestId>) {
        let key = job.key();
        if let Err(stopping) = self.queue.push(Task::Artifact { job, share, request }, admission) {
            self.finish(key, Err(stopping), BuildTrigger::Request);
        }
    }

    /// Whether the artifact of `job` is not expected to be there within `time`. A build in
    /// flight never counts as late: it is better joined than begun again with less effort.
    pub fn is_late(&self, job: &Job, urgency: Urgency, time: Duration) -> bool {
        !self.is_begun(&job.key()) && self.queue.is_late(job, urgency, time)
    }

    /// Whether the artifact of `key` is being built or in the cache, so that one more request
    /// for it makes no more work.
    pub fn is_begun(&self, key: &ArtifactKey) -> bool {
        // In this order: a build that ends is in the cache before it is no longer in flight.
        self.in_flight.contains_key(key) || self.is_cached(key)
    }

    /// Removes the queued build of `key` if no request waits for it any more, so that
    /// the next request starts a new one. Returns whether it was removed.
    pub fn remove_abandoned(&self, key: &ArtifactKey) -> bool {
        self.in_flight.remove_if(key, |_, build| build.receiver_count() == 0).is_some()
    }

    /// Begins the build of `key`, which was queued at `queued`, on the calling worker. Returns how
    /// much of it is to be recorded.
    pub fn begin(&self, key: &ArtifactKey, queued: Instant) -> Recording {
        let mut recording = Recording::Times;
        if let Some(build) = self.in_flight.get(key) {
            // Nobody is woken: requests look at this only when they have the result or give up.
            build.send_if_modified(|state| {
                recording = state.begin(queued);
                false
            });
        }
        recording
    }

    /// Claims the build of `key` without a request. Returns whether it was claimed,
    /// which it is not if the artifact is cached or its build is in flight.
    pub fn claim(&self, key: ArtifactKey) -> bool {
        let Entry::Vacant(vacant) = self.in_flight.entry(key) else { return false };
        if self.tiles.peek(&key).is_some() {
            return false;
        }
        let mut state = BuildState::Waiting(Recording::Times);
        state.begin(Instant::now());
        drop(vacant.insert(watch::Sender::new(state)));
        true
    }

    /// Ends the build of `key`: caches its artifact, if it succeeded, and sends the
    /// result to all requests that wait. `trigger` is [`BuildTrigger::Speculation`] if
    /// it was [`Self::claim`]ed.
    pub fn finish(&self, key: ArtifactKey, result: BuildResult, trigger: BuildTrigger) {
        self.finish_after(key, result, trigger, Vec::new());
    }

    /// As [`Self::finish`], of a build that took these `steps`.
    pub fn finish_after(
        &self,
        key: ArtifactKey,
        result: BuildResult,
        trigger: BuildTrigger,
        steps: Vec<BuildStep>,
    ) {
        if let Ok(tile) = &result {
            self.tiles.insert(key, tile.clone(), trigger);
        }
        if let Some((_, build)) = self.in_flight.remove(&key) {
            if trigger == BuildTrigger::Speculation && build.receiver_count() > 0 {
                // Counts the first use, as a request's lookup would.
                self.tiles.get(&key);
            }
            build.send_modify(|state| state.end(result, steps));
        }
    }

    /// Releases all requests that still wait, because there are no workers any more.
    pub fn close(&self) {
        self.in_flight.clear();
    }

    /// Whether the artifact of `key` is in the cache.
    pub fn is_cached(&self, key: &ArtifactKey) -> bool {
        self.tiles.peek(key).is_some()
    }

    /// From now on, no task is expected to wait longer than `wait` for a worker.
    pub fn set_queue_wait(&self, wait: Duration) {
        self.queue.set_wait(wait);
    }

    /// Bytes of all large pictures that are being made.
    pub fn picture_bytes(&self) -> u64 {
        self.pictures.taken()
    }

    /// Number of tasks that no worker has taken yet.
    pub fn queue_depth(&self) -> usize {
        self.queue.depth()
    }
}
