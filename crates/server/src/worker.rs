//! The named threads that build.
//!
//! A worker owns what it builds with. A job that panics costs its own answer
//! and that equipment, which is made anew; the thread lives on. What was asked
//! for comes first; a worker that has nothing to do builds the rest of the family
//! of what it built last, and then what warms the caches.

use crate::builds::Builds;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::product::Job;
use crate::queue::Queued;
use crate::speculation::{Speculation, is_speculated_on};
use actix_web::web::Data;
use bytes::Bytes;
use core_affinity::CoreId;
use crossbeam::channel::{Receiver, Sender, TryRecvError, bounded, select};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fmt, io};
use tracing::{error, warn};

/// How long nothing must have been asked for before a worker builds what nobody
/// asked for: longer than a viewer that fetches a field of view pauses between
/// its requests.
const REST: Duration = Duration::from_millis(3);

/// What a worker thread builds with. Made on the thread that uses it.
pub trait Build {
    /// The finished product of `job`.
    fn build(&mut self, job: &Job) -> Result<Bytes, Error>;

    /// Builds the tiles next to that of `job` as long as `speculation` wants
    /// them.
    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>);
}

/// How workers work.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// How many there are, at least 1.
    pub count: usize,
    /// Whether siblings are built while there is nothing else to do.
    pub speculate: bool,
    /// Whether each stays on one processor.
    pub pin: bool,
}

/// The worker threads; dropping it ends them without their waiting jobs.
pub struct Workers {
    stop: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    unasked: Sender<Job>,
    builds: Builds,
}

/// Everything a worker thread shares with the others.
struct Bench<F> {
    requested: Receiver<Queued>,
    unasked: Receiver<Job>,
    stopped: Receiver<()>,
    builds: Builds,
    metrics: Data<Metrics>,
    speculate: bool,
    /// Workers that build what was requested, at this moment.
    busy: Arc<AtomicUsize>,
    make: F,
}

impl Workers {
    /// Starts threads that take `requested` jobs. Each makes its equipment with
    /// `make` before its first job and after each panic.
    pub fn start<B, E, F>(
        habits: Habits,
        requested: &Receiver<Queued>,
        builds: &Builds,
        metrics: &Data<Metrics>,
        make: F,
    ) -> io::Result<Self>
    where
        B: Build,
        E: fmt::Display,
        F: Fn() -> Result<B, E> + Clone + Send + 'static,
    {
        let (stop, stopped) = bounded(0);
        let (unasked, spare) = bounded(habits.count.max(1));
        let mut workers = Self { stop: Some(stop), threads: Vec::new(), unasked, builds: builds.clone() };
        let processors =
            if habits.pin { core_affinity::get_core_ids().unwrap_or_default() } else { Vec::new() };
        let busy = Arc::new(AtomicUsize::new(0));
        for number in 0..habits.count.max(1) {
            let bench = Bench {
                requested: requested.clone(),
                unasked: spare.clone(),
                stopped: stopped.clone(),
                builds: builds.clone(),
                metrics: metrics.clone(),
                speculate: habits.speculate,
                busy: Arc::clone(&busy),
                make: make.clone(),
            };
            let processor = processors.get(number % processors.len().max(1)).copied();
            let work = move || {
                pin(processor);
                bench.work();
            };
            workers.threads.push(thread::Builder::new().name(format!("worker-{number}")).spawn(work)?);
        }
        Ok(workers)
    }

    /// Where to put jobs for workers that have nothing else to do; putting one
    /// waits until there is room.
    pub fn spare_time(&self) -> Sender<Job> {
        self.unasked.clone()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop = None;
        for thread in self.threads.drain(..) {
            // A thread only panics outside of jobs; there is nobody to tell.
            let _ = thread.join();
        }
        self.builds.close();
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
    Requested(Queued),
    /// The rest of the family of a tile that was requested.
    Family(Job),
    Unasked(Job),
    Stop,
}

impl<B: Build, E: fmt::Display, F: Fn() -> Result<B, E>> Bench<F> {
    fn work(&self) {
        let mut equipment = None;
        // The last tile that was requested, until its family has been built.
        let (mut last, mut rested) = (None, false);
        loop {
            match self.next(&mut last, &mut rested) {
                Next::Requested(queued) => {
                    let key = queued.job.key();
                    if !self.builds.is_wanted(&key) {
                        self.metrics.abandoned.inc();
                        continue;
                    }
                    self.metrics.queue_seconds.observe(queued.since.elapsed().as_secs_f64());
                    let started = Instant::now();
                    self.busy.fetch_add(1, Relaxed);
                    let answer = self.build(&mut equipment, &queued.job);
                    self.busy.fetch_sub(1, Relaxed);
                    queued.took(started.elapsed());
                    last = Some(queued.job.clone()).filter(|job| self.speculate && is_speculated_on(job));
                    // The answer makes its requester ask for more: what this
                    // job counted for must have been given back by then.
                    drop(queued);
                    self.builds.finish(key, answer, false);
                }
                Next::Family(job) => self.build_family(&mut equipment, &job),
                Next::Unasked(job) => {
                    let key = job.key();
                    if self.builds.claim(key) {
                        let answer = self.build(&mut equipment, &job);
                        self.metrics.speculative_built.inc();
                        self.builds.finish(key, answer, true);
                    }
                }
                Next::Stop => return,
            }
        }
    }

    /// What was asked for, if anything was; otherwise, after a rest, what nobody
    /// asked for; otherwise waits for either. `rested` until something is asked
    /// for again.
    fn next(&self, last: &mut Option<Job>, rested: &mut bool) -> Next {
        match self.requested.try_recv() {
            Ok(queued) => {
                *rested = false;
                return Next::Requested(queued);
            }
            Err(TryRecvError::Disconnected) => return Next::Stop,
            Err(TryRecvError::Empty) => {}
        }
        if self.stopped.try_recv() == Err(TryRecvError::Disconnected) {
            return Next::Stop;
        }
        if !*rested {
            let asked = select! {
                recv(self.stopped) -> _ => return Next::Stop,
                recv(self.requested) -> queued => Some(queued),
                default(REST) => None,
            };
            match asked {
                Some(queued) => return queued.map_or(Next::Stop, Next::Requested),
                None => *rested = true,
            }
        }
        if let Some(job) = last.take() {
            return Next::Family(job);
        }
        select! {
            recv(self.stopped) -> _ => Next::Stop,
            recv(self.unasked) -> job => job.map_or(Next::Stop, Next::Unasked),
            recv(self.requested) -> queued => {
                *rested = false;
                queued.map_or(Next::Stop, Next::Requested)
            }
        }
    }

    fn build(&self, equipment: &mut Option<B>, job: &Job) -> Result<Bytes, Error> {
        self.equipped(equipment, |owned| owned.build(job)).and_then(|answer| answer)
    }

    /// Builds what nobody has asked for next to the tile of `job`, until
    /// somebody asks for anything.
    fn build_family(&self, equipment: &mut Option<B>, job: &Job) {
        let (requested, stopped, busy) = (&self.requested, &self.stopped, &self.busy);
        let idle = || {
            requested.is_empty() && busy.load(Relaxed) == 0 && stopped.try_recv() == Err(TryRecvError::Empty)
        };
        let speculation = Speculation::new(job, &self.builds, &self.metrics, &idle);
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
                self.metrics.worker_panics.inc();
                Err(Error::Internal)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::TileCache;
    use crate::cache::tests::pack;
    use crate::error::Busy;
    use crate::memory::Shares;
    use crate::product::Product;
    use crate::queue::Queue;
    use actix_web::rt::{spawn, time::sleep};
    use origami_pack::Pack;
    use origami_pyramid::TileId;
    use std::convert::Infallible;
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
            match job.product {
                Product::Thumbnail(PANIC) => panic!("fails on purpose"),
                Product::Thumbnail(HOLD) => {
                    let _ = self.begun.send(());
                    let _ = self.end.recv();
                }
                _ => {}
            }
            Ok(Bytes::from_static(b"jpeg"))
        }

        fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
            let Product::Tile(id) = job.product else { panic!("{:?} has no family", job.product) };
            for at in (0..4).flat_map(|y| (0..4).map(move |x| TileId { x, y, ..id })) {
                if speculation.claims(at) {
                    speculation.built(at, self.build(job));
                }
            }
        }
    }

    struct Works {
        workers: Option<Workers>,
        builds: Builds,
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
            let tiles = TileCache::new(Shares::of(32 << 20), metrics.clone());
            let (queue, requested) = Queue::new(count, wait);
            let builds = Builds::new(tiles, queue, metrics.clone());
            let ((begin, begun), (end, held)) = (bounded(64), bounded(0));
            let counter = Arc::clone(&made);
            let make = move || {
                counter.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>(Fake { begun: begin.clone(), end: held.clone() })
            };
            let habits = Habits { count, speculate, pin: true };
            let workers = Workers::start(habits, &requested, &builds, &metrics, make).unwrap();
            let pack = Arc::new(pack(folder.path()));
            Self {
                workers: Some(workers),
                builds,
                metrics,
                made,
                begun,
                end: Some(end),
                pack,
                _folder: folder,
            }
        }

        fn job(&self, product: Product) -> Job {
            Job { pack: Arc::clone(&self.pack), product }
        }

        async fn get(&self, product: Product) -> Result<Bytes, Error> {
            self.builds.get(self.job(product)).await
        }

        fn ask(&self, product: Product) -> actix_web::rt::task::JoinHandle<Result<Bytes, Error>> {
            let (builds, job) = (self.builds.clone(), self.job(product));
            spawn(async move { builds.get(job).await })
        }

        /// Waits until a held job has begun.
        async fn held(&self) {
            while self.begun.try_recv().is_err() {
                sleep(Duration::from_millis(1)).await;
            }
        }
    }

    fn tile(pack: &Pack, x: u32) -> Product {
        Product::Tile(TileId { z: pack.pyramid().max_level(), x, y: 0 })
    }

    const PATIENT: Duration = Duration::from_secs(60);

    #[actix_web::test]
    async fn a_panic_costs_its_job_and_equipment_but_no_worker() {
        let works = Works::start(1, PATIENT, false);
        assert_eq!(works.get(Product::Thumbnail(64)).await.unwrap(), "jpeg");
        assert_eq!(works.get(Product::Thumbnail(PANIC)).await, Err(Error::Internal));
        assert_eq!(works.get(Product::Thumbnail(65)).await.unwrap(), "jpeg");
        assert_eq!((works.metrics.worker_panics.get(), works.made.load(Ordering::Relaxed)), (1, 2));
    }

    #[actix_web::test]
    async fn a_request_that_goes_away_does_not_cancel_the_build_others_wait_for() {
        let works = Works::start(1, PATIENT, false);
        let leaving = works.ask(Product::Thumbnail(HOLD));
        works.held().await;
        let mut staying = Box::pin(works.get(Product::Thumbnail(HOLD)));
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
        let busy = works.ask(Product::Thumbnail(HOLD));
        works.held().await;
        let (leaving, staying) = (works.ask(Product::Thumbnail(64)), works.ask(Product::Thumbnail(65)));
        while works.builds.waiting() < 2 {
            sleep(Duration::from_millis(1)).await;
        }
        leaving.abort();
        assert!(leaving.await.unwrap_err().is_cancelled());
        works.end.as_ref().unwrap().send(()).unwrap();
        assert!(busy.await.unwrap().is_ok() && staying.await.unwrap().is_ok());
        assert_eq!(works.metrics.abandoned.get(), 1);
        assert_eq!(
            works.get(Product::Thumbnail(64)).await.unwrap(),
            "jpeg",
            "it is built when asked for again"
        );
    }

    #[actix_web::test]
    async fn too_much_waiting_work_is_refused_at_once_and_stopped_workers_refuse_all() {
        let mut works = Works::start(1, Duration::ZERO, false);
        let running = works.ask(Product::Thumbnail(HOLD));
        works.held().await;
        assert_eq!(works.get(Product::Thumbnail(64)).await, Err(Error::Busy(Busy::QueueFull)));
        works.end = None;
        assert!(running.await.unwrap().is_ok());
        assert!(works.get(Product::Thumbnail(64)).await.is_ok());
        works.workers = None;
        assert_eq!(works.get(Product::Thumbnail(66)).await, Err(Error::Busy(Busy::Stopping)));
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
            assert!(works.builds.is_there(&key), "tile {x}");
        }
        sleep(Duration::from_millis(20)).await;
        assert_eq!(works.metrics.speculative_built.get(), 15, "the rest of the family and no more");
    }

    #[actix_web::test]
    async fn what_was_asked_for_comes_before_siblings_and_spare_time() {
        let mut works = Works::start(1, PATIENT, true);
        let spare = works.workers.as_ref().unwrap().spare_time();
        let busy = works.ask(Product::Thumbnail(HOLD));
        works.held().await;
        // Waits until the only worker has nothing else to do.
        spare.send(works.job(Product::Thumbnail(PANIC))).unwrap();
        let asked = works.ask(tile(&works.pack, 0));
        while works.builds.waiting() < 1 {
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
}
