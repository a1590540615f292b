//! The named threads that build.
//!
//! A worker owns what it builds with. A job that panics costs its own answer
//! and that equipment, which is made anew; the thread lives on. What was asked
//! for comes first; a worker that has nothing to do builds the rest of the family
//! of what it built last, and then what warms the caches.

use crate::admission::QueuedJob;
use crate::artifact::Job;
use crate::background::Background;
use crate::config::Config;
use crate::error::Error;
use crate::single_flight::SingleFlight;
use crate::speculation::{Speculation, family_of};
use bytes::Bytes;
use core_affinity::CoreId;
use crossbeam::channel::{Receiver, Sender, TryRecvError, bounded, never, select, select_biased};
use origami_codec::CodecError;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tracing::{error, warn};

/// How long nothing must have been asked for before a worker builds what nobody
/// asked for: longer than a viewer that fetches a field of view pauses between
/// its requests.
const REST: Duration = Duration::from_millis(3);

/// What a worker thread builds with. Made on the thread that uses it.
pub trait Build {
    /// The finished artifact of `job`.
    fn build(&mut self, job: &Job) -> Result<Bytes, Error>;

    /// SingleFlight the tiles next to that of `job` as long as `speculation` wants
    /// them.
    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>);
}

/// Everything the worker threads share. When the last of them is gone, so is
/// everybody's hope of an answer.
struct WorkerContext<F> {
    requested: Receiver<QueuedJob>,
    /// Both ends: it must not look closed while there are workers.
    speculative: (Sender<Job>, Receiver<Job>),
    flights: SingleFlight,
    speculate: bool,
    /// Workers that build what was requested, at this moment.
    busy: AtomicUsize,
    make: F,
}

/// Starts threads that take `requested` jobs, and that end, once they are told to,
/// when none of those waits any more. Each makes its equipment with `make` before its first job and after each
/// panic. What is sent to the end that is returned is built by workers that have
/// nothing else to do; sending waits until there is room.
pub fn start<B: Build>(
    background: &mut Background,
    config: &Config,
    requested: Receiver<QueuedJob>,
    flights: &SingleFlight,
    make: impl Fn() -> Result<B, CodecError> + Send + Sync + 'static,
) -> io::Result<Sender<Job>> {
    let count = config.workers.max(1);
    let speculative = bounded(count);
    let spare_time = speculative.0.clone();
    let (flights, speculate, busy) = (flights.clone(), config.speculate, AtomicUsize::new(0));
    let bench = Arc::new(WorkerContext { requested, speculative, flights, speculate, busy, make });
    let processors = if config.pin { core_affinity::get_core_ids().unwrap_or_default() } else { Vec::new() };
    for number in 0..count {
        let bench = Arc::clone(&bench);
        let processor = processors.get(number % processors.len().max(1)).copied();
        background.start(format!("worker-{number}"), move |stopped| {
            pin(processor);
            bench.work(stopped);
        })?;
    }
    Ok(spare_time)
}

impl<F> Drop for WorkerContext<F> {
    fn drop(&mut self) {
        // Whoever comes later than those who are let go is turned away.
        self.requested = never();
        self.flights.close();
    }
}

/// Keeps the calling thread on `processor`, one of those the process may use.
fn pin(processor: Option<CoreId>) {
    if let Some(processor) = processor
        && !core_affinity::set_for_current(processor)
    {
        warn!(processor = processor.id, "a worker cannot be pinned");
    }
}

/// What a worker does next.
enum Next {
    Requested(QueuedJob),
    /// The rest of the family of a tile that was requested.
    Family(Job),
    Speculative(Job),
    Stop,
}

impl<B: Build, F: Fn() -> Result<B, CodecError>> WorkerContext<F> {
    fn work(&self, stopped: &Receiver<()>) {
        let metrics = &self.flights.failure_log.metrics;
        let mut equipment = None;
        // The last tile that was requested, until its family has been built.
        let (mut last, mut rested) = (None, false);
        loop {
            match self.next(stopped, &mut last, &mut rested) {
                Next::Requested(queued) => {
                    let key = queued.job.key();
                    if !self.flights.is_wanted(&key) {
                        metrics.abandoned.inc();
                        continue;
                    }
                    metrics.queue_seconds.observe(queued.since.elapsed().as_secs_f64());
                    let started = Instant::now();
                    self.busy.fetch_add(1, Relaxed);
                    let answer = self.build(&mut equipment, &queued.job);
                    self.busy.fetch_sub(1, Relaxed);
                    queued.took(started.elapsed());
                    last = Some(queued.job.clone()).filter(|job| self.speculate && family_of(job).is_some());
                    // The answer makes its requester ask for more: what this
                    // job counted for must have been given back by then.
                    drop(queued);
                    self.flights.finish(key, answer, false);
                }
                Next::Family(job) => self.build_family(stopped, &mut equipment, &job),
                Next::Speculative(job) => {
                    let key = job.key();
                    if self.flights.claim(key) {
                        let answer = self.build(&mut equipment, &job);
                        metrics.speculative_built.inc();
                        self.flights.finish(key, answer, true);
                    }
                }
                Next::Stop => return,
            }
        }
    }

    /// What was asked for, if anything was; otherwise, after a rest, what nobody
    /// asked for; otherwise waits for either. `rested` until something is asked
    /// for again.
    fn next(&self, stopped: &Receiver<()>, last: &mut Option<Job>, rested: &mut bool) -> Next {
        let rest = if *rested { Duration::ZERO } else { REST };
        let asked = select_biased! {
            recv(self.requested) -> queued => Some(queued),
            recv(stopped) -> _ => return Next::Stop,
            default(rest) => None,
        };
        *rested = asked.is_none();
        if let Some(queued) = asked {
            return queued.map_or(Next::Stop, Next::Requested);
        }
        if let Some(job) = last.take() {
            return Next::Family(job);
        }
        select! {
            recv(stopped) -> _ => Next::Stop,
            recv(self.speculative.1) -> job => job.map_or(Next::Stop, Next::Speculative),
            recv(self.requested) -> queued => {
                *rested = false;
                queued.map_or(Next::Stop, Next::Requested)
            }
        }
    }

    fn build(&self, equipment: &mut Option<B>, job: &Job) -> Result<Bytes, Error> {
        self.equipped(equipment, |owned| owned.build(job)).and_then(|answer| answer)
    }

    /// SingleFlight what nobody has asked for next to the tile of `job`, until
    /// somebody asks for anything.
    fn build_family(&self, stopped: &Receiver<()>, equipment: &mut Option<B>, job: &Job) {
        let (requested, busy) = (&self.requested, &self.busy);
        let idle = || {
            requested.is_empty() && busy.load(Relaxed) == 0 && stopped.try_recv() == Err(TryRecvError::Empty)
        };
        let speculation = Speculation::new(job, &self.flights, &idle);
        // What fails is found out again, and reported, by whoever asks for it.
        let _ = self.equipped(equipment, |owned| owned.speculate(job, &speculation));
        speculation.finish();
    }

    /// Runs `work` with what a worker builds with, which a panic costs it.
    fn equipped<T>(&self, equipment: &mut Option<B>, work: impl FnOnce(&mut B) -> T) -> Result<T, Error> {
        let mut owned = match equipment.take().map_or_else(&self.make, Ok) {
            Ok(owned) => owned,
            Err(cause) => {
                error!(%cause, "a worker cannot be equipped");
                return Err(Error::Internal);
            }
        };
        match catch_unwind(AssertUnwindSafe(|| work(&mut owned))) {
            Ok(result) => {
                *equipment = Some(owned);
                Ok(result)
            }
            // The panic hook has printed where and why; whatever state the
            // equipment is in goes with it.
            Err(_) => {
                self.flights.failure_log.metrics.worker_panics.inc();
                Err(Error::Internal)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::AdmissionQueue;
    use crate::artifact::Artifact;
    use crate::cache::TileCache;
    use crate::cache::tests::pack;
    use crate::error::Busy;
    use crate::failure_log::FailureLog;
    use crate::memory::MemoryShares;
    use crate::metrics::Metrics;
    use actix_web::rt::{spawn, time::sleep};
    use actix_web::web::Data;
    use origami_pack::Pack;
    use origami_pyramid::TileId;
    use origami_render::{FamilyVisitor as _, Format};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use tempfile::TempDir;

    /// What thumbnails of these sizes do instead.
    const PANIC: u32 = 1;
    const HOLD: u32 = 2;

    /// Equipment that answers at once, panics, or waits until it is let go.
    struct Fake {
        begun: Sender<()>,
        end: Receiver<()>,
    }

    impl Build for Fake {
        fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
            match job.artifact {
                Artifact::Thumbnail(PANIC, _) => panic!("fails on purpose"),
                Artifact::Thumbnail(HOLD, _) => {
                    let _ = self.begun.send(());
                    let _ = self.end.recv();
                }
                _ => {}
            }
            Ok(Bytes::from_static(b"jpeg"))
        }

        fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
            let Artifact::Tile(id, _) = job.artifact else { panic!("{:?} has no family", job.artifact) };
            for at in (0..4).flat_map(|y| (0..4).map(move |x| TileId { x, y, ..id })) {
                if speculation.claims(at) {
                    speculation.built(at, self.build(job));
                }
            }
        }
    }

    struct Works {
        workers: Option<Background>,
        spare_time: Sender<Job>,
        flights: SingleFlight,
        metrics: Data<Metrics>,
        /// How often equipment was made.
        made: Arc<AtomicU32>,
        /// Held jobs that have begun.
        begun: Receiver<()>,
        /// Lets held jobs go when dropped.
        end: Option<Sender<()>>,
        pack: Arc<Pack>,
        _folder: TempDir,
    }

    impl Works {
        fn start(count: usize, wait: Duration, speculate: bool) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (metrics, made) = (Data::new(Metrics::new()), Arc::new(AtomicU32::new(0)));
            let tiles = TileCache::new(MemoryShares::of(32 << 20), metrics.clone());
            let (queue, requested) = AdmissionQueue::new(count, wait);
            let flights = SingleFlight::new(tiles, queue, Data::new(FailureLog::new(metrics.clone())));
            let ((begin, begun), (end, held)) = (bounded(64), bounded(0));
            let counter = Arc::clone(&made);
            let make = move || {
                counter.fetch_add(1, Ordering::Relaxed);
                Ok(Fake { begun: begin.clone(), end: held.clone() })
            };
            let config = Config { workers: count, speculate, pin: true, ..Config::new(folder.path()) };
            let mut workers = Background::new();
            let spare_time = start(&mut workers, &config, requested, &flights, make).unwrap();
            let pack = Arc::new(pack(folder.path()));
            Self {
                workers: Some(workers),
                spare_time,
                flights,
                metrics,
                made,
                begun,
                end: Some(end),
                pack,
                _folder: folder,
            }
        }

        fn job(&self, artifact: Artifact) -> Job {
            Job { pack: Arc::clone(&self.pack), artifact }
        }

        async fn get(&self, artifact: Artifact) -> Result<Bytes, Error> {
            self.flights.get(self.job(artifact)).await
        }

        fn ask(&self, artifact: Artifact) -> actix_web::rt::task::JoinHandle<Result<Bytes, Error>> {
            let (flights, job) = (self.flights.clone(), self.job(artifact));
            spawn(async move { flights.get(job).await })
        }

        /// Waits until a held job has begun.
        async fn held(&self) {
            while self.begun.try_recv().is_err() {
                sleep(Duration::from_millis(1)).await;
            }
        }
    }

    fn tile(pack: &Pack, x: u32) -> Artifact {
        Artifact::Tile(TileId { z: pack.pyramid().max_level(), x, y: 0 }, Format::Jpeg)
    }

    fn thumbnail(side: u32) -> Artifact {
        Artifact::Thumbnail(side, Format::Jpeg)
    }

    const PATIENT: Duration = Duration::from_secs(60);

    #[actix_web::test]
    async fn a_panic_costs_its_job_and_equipment_but_no_worker() {
        let works = Works::start(1, PATIENT, false);
        assert_eq!(works.get(thumbnail(64)).await.unwrap(), "jpeg");
        assert_eq!(works.get(thumbnail(PANIC)).await, Err(Error::Internal));
        assert_eq!(works.get(thumbnail(65)).await.unwrap(), "jpeg");
        assert_eq!((works.metrics.worker_panics.get(), works.made.load(Ordering::Relaxed)), (1, 2));
    }

    #[actix_web::test]
    async fn a_request_that_goes_away_does_not_cancel_the_build_others_wait_for() {
        let works = Works::start(1, PATIENT, false);
        let leaving = works.ask(thumbnail(HOLD));
        works.held().await;
        let mut staying = Box::pin(works.get(thumbnail(HOLD)));
        actix_web::rt::time::timeout(Duration::from_millis(20), &mut staying).await.unwrap_err();
        leaving.abort();
        assert!(leaving.await.unwrap_err().is_cancelled());
        works.end.as_ref().unwrap().send(()).unwrap();
        assert_eq!(staying.await.unwrap(), "jpeg");
        assert_eq!(works.metrics.single_flight_waits.get(), 1);
        assert!(works.begun.is_empty(), "it was built once");
    }

    #[actix_web::test]
    async fn queued_work_nobody_waits_for_any_more_is_dropped() {
        let works = Works::start(1, PATIENT, false);
        let busy = works.ask(thumbnail(HOLD));
        works.held().await;
        let (leaving, staying) = (works.ask(thumbnail(64)), works.ask(thumbnail(65)));
        while works.flights.waiting() < 2 {
            sleep(Duration::from_millis(1)).await;
        }
        leaving.abort();
        assert!(leaving.await.unwrap_err().is_cancelled());
        works.end.as_ref().unwrap().send(()).unwrap();
        assert!(busy.await.unwrap().is_ok() && staying.await.unwrap().is_ok());
        assert_eq!(works.metrics.abandoned.get(), 1);
        assert_eq!(works.get(thumbnail(64)).await.unwrap(), "jpeg", "it is built when asked for again");
    }

    #[actix_web::test]
    async fn too_much_waiting_work_is_refused_at_once_and_stopped_workers_refuse_all() {
        let mut works = Works::start(1, Duration::ZERO, false);
        let running = works.ask(thumbnail(HOLD));
        works.held().await;
        assert_eq!(works.get(thumbnail(64)).await, Err(Error::Busy(Busy::QueueFull)));
        works.end = None;
        assert!(running.await.unwrap().is_ok());
        assert!(works.get(thumbnail(64)).await.is_ok());
        works.workers = None;
        assert_eq!(works.get(thumbnail(66)).await, Err(Error::Busy(Busy::Stopping)));
    }

    #[actix_web::test]
    async fn an_idle_worker_builds_the_siblings_and_their_first_use_is_counted() {
        let works = Works::start(1, PATIENT, true);
        works.get(tile(&works.pack, 0)).await.unwrap();
        while works.metrics.speculative_built.get() < 15 {
            sleep(Duration::from_millis(1)).await;
        }
        for x in 0..4 {
            let key = works.job(tile(&works.pack, x)).key();
            assert!(works.flights.is_there(&key), "tile {x}");
        }
        sleep(Duration::from_millis(20)).await;
        assert_eq!(works.metrics.speculative_built.get(), 15, "the rest of the family and no more");
    }

    #[actix_web::test]
    async fn what_was_asked_for_comes_before_siblings_and_spare_time() {
        let mut works = Works::start(1, PATIENT, true);
        let busy = works.ask(thumbnail(HOLD));
        works.held().await;
        // Waits until the only worker has nothing else to do.
        works.spare_time.send(works.job(thumbnail(PANIC))).unwrap();
        let asked = works.ask(tile(&works.pack, 0));
        while works.flights.waiting() < 1 {
            sleep(Duration::from_millis(1)).await;
        }
        works.end = None;
        assert!(busy.await.unwrap().is_ok());
        assert!(asked.await.unwrap().is_ok());
        while works.metrics.worker_panics.get() < 1 {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(works.metrics.speculative_built.get(), 16, "fifteen siblings came first");
    }

    #[actix_web::test]
    async fn nothing_is_built_beside_what_no_viewer_shows() {
        let works = Works::start(1, PATIENT, true);
        let top = works.pack.pyramid().max_level();
        let png = Artifact::Tile(TileId { z: top, x: 0, y: 0 }, Format::Png);
        let stored = Artifact::Tile(TileId { z: top - 2, x: 0, y: 0 }, Format::Jpeg);
        for artifact in [png, stored, thumbnail(64)] {
            works.get(artifact).await.unwrap();
            sleep(Duration::from_millis(20)).await;
            assert_eq!(works.metrics.speculative_built.get(), 0, "{artifact:?}");
        }
        let key = works.job(tile(&works.pack, 0)).key();
        assert!(!works.flights.is_there(&key), "the same tile in another format is another artifact");
    }
}
