//! Tests of the workers with a renderer that can block and panic.

use super::*;
use crate::admission::AdmissionQueue;
use crate::artifact::{Artifact, Pixels};
use crate::cache::TileCache;
use crate::costs::WorkKind;
use crate::error::Busy;
use crate::failure_log::FailureLog;
use crate::memory::MemoryShares;
use crate::metrics::Metrics;
use crate::rows;
use crate::test_pack;
use crate::urgency::Urgency;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::{spawn, time};
use actix_web::web::Data;
use origami_pyramid::{Rect, Size, TileId};
use origami_render::{Effort, Encoding, FamilyVisitor as _, Fidelity, Format};
use std::sync::atomic::AtomicU32;
use std::time::Duration;
use tempfile::TempDir;

/// Sides of thumbnails and widths of regions that [`FakeRenderer`] does not just return.
const PANIC: u32 = 1;
const BLOCK: u32 = 2;

const LONG_WAIT: Duration = Duration::from_secs(60);

/// A renderer that returns at once, panics, or blocks until it is released.
struct FakeRenderer {
    blocked: Sender<()>,
    released: Receiver<()>,
}

impl Build for FakeRenderer {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        match job.artifact {
            Artifact::Encoded(Pixels::Thumbnail(PANIC), _) => panic!("fails on purpose"),
            Artifact::Encoded(Pixels::Thumbnail(BLOCK), _) => {
                let _ = self.blocked.send(());
                let _ = self.released.recv();
            }
            _ => {}
        }
        Ok(Bytes::from_static(b"jpeg"))
    }

    fn rows(&mut self, _: &Pack, rows: &mut RegionRows) -> Result<Option<Rgb>, Error> {
        let width = rows.size().width;
        assert_ne!(width, PANIC, "fails on purpose");
        Ok(Some(Rgb::filled(width as usize, 1, [9; 3])))
    }

    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
        let Artifact::Tile(id) = job.artifact else { panic!("{:?} has no family", job.artifact) };
        for id in (0..4).flat_map(|y| (0..4).map(move |x| TileId { x, y, ..id })) {
            if speculation.claims(id) {
                speculation.finish_tile(id, self.build(job));
            }
        }
    }
}

/// Running workers with fake renderers.
struct TestWorkers {
    threads: Option<Background>,
    idle_jobs: Sender<Job>,
    flights: SingleFlight,
    metrics: Data<Metrics>,
    /// Number of renderers created.
    renderers: Arc<AtomicU32>,
    /// Receives a message for each job that has begun to block.
    blocked: Receiver<()>,
    /// Releases a blocking job for each message, and all of them when dropped.
    release: Option<Sender<()>>,
    pack: Arc<Pack>,
    _folder: TempDir,
}

impl TestWorkers {
    /// One worker that builds only what is requested, for which no job is expected to
    /// wait longer than `wait`.
    fn start(wait: Duration) -> Self {
        Self::start_with(wait, |config| config.speculate = false)
    }

    /// One worker that builds siblings of requested tiles.
    fn speculating() -> Self {
        Self::start_with(LONG_WAIT, |config| config.speculate = true)
    }

    fn start_with(wait: Duration, adjust: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config { workers: 1, pin: true, ..Config::new(folder.path()) };
        adjust(&mut config);
        let (metrics, renderers) = (Data::new(Metrics::new()), Arc::new(AtomicU32::new(0)));
        let tiles = TileCache::new(MemoryShares::of(32 << 20), metrics.clone());
        let (queue, requested) = AdmissionQueue::new(config.workers, wait);
        let flights = SingleFlight::new(tiles, queue, Data::new(FailureLog::new(metrics.clone())));
        let ((blocking, blocked), (release, released)) = (bounded(64), bounded(0));
        let counter = Arc::clone(&renderers);
        let mut threads = Background::new();
        let idle_jobs = start(&mut threads, &config, requested, &flights, move || {
            counter.fetch_add(1, Relaxed);
            Ok(FakeRenderer { blocked: blocking.clone(), released: released.clone() })
        });
        Self {
            threads: Some(threads),
            idle_jobs: idle_jobs.unwrap(),
            flights,
            metrics,
            renderers,
            blocked,
            release: Some(release),
            pack: Arc::new(test_pack::create(folder.path())),
            _folder: folder,
        }
    }

    fn job(&self, artifact: Artifact) -> Job {
        Job { pack: Arc::clone(&self.pack), artifact }
    }

    async fn get(&self, artifact: Artifact) -> Result<Bytes, Error> {
        self.flights.get(self.job(artifact), Urgency::Usual).await
    }

    fn spawn_get(&self, artifact: Artifact) -> JoinHandle<Result<Bytes, Error>> {
        self.spawn_urgent_get(artifact, Urgency::Usual)
    }

    fn spawn_urgent_get(&self, artifact: Artifact, urgency: Urgency) -> JoinHandle<Result<Bytes, Error>> {
        let (flights, job) = (self.flights.clone(), self.job(artifact));
        spawn(async move { flights.get(job, urgency).await })
    }

    /// The next rows of a region of this width.
    async fn rows(&self, width: u32) -> rows::NextRows {
        let rect = Rect { x: 0, y: 0, width: 100, height: 100 };
        let region = RegionRows::new(&self.pack, rect, Size::new(width, 100));
        let kind = WorkKind::of_rows(&region);
        let admission = rows::admitted_within(&self.flights, kind, Urgency::Usual, LONG_WAIT).await?;
        rows::step(&self.flights, &self.pack, region, admission).await
    }

    /// Requests a thumbnail that blocks, and waits until it does.
    async fn block_worker(&self) -> JoinHandle<Result<Bytes, Error>> {
        let request = self.spawn_get(thumbnail(BLOCK));
        wait_until(|| self.blocked.try_recv().is_ok()).await;
        request
    }

    fn release_one(&self) {
        self.release.as_ref().unwrap().send(()).unwrap();
    }

    /// Tile `x` of the first row at full resolution.
    fn tile(&self, x: u32) -> Artifact {
        Artifact::Tile(TileId { z: self.pack.pyramid().max_level(), x, y: 0 })
    }

    fn is_cached(&self, artifact: Artifact) -> bool {
        self.flights.is_cached(&self.job(artifact).key())
    }
}

async fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        time::sleep(Duration::from_millis(1)).await;
    }
}

fn thumbnail(side: u32) -> Artifact {
    Artifact::Encoded(Pixels::Thumbnail(side), test_pack::jpeg(90))
}

#[actix_web::test]
async fn a_panic_costs_its_job_and_renderer_but_no_worker() {
    let workers = TestWorkers::start(LONG_WAIT);
    assert_eq!(workers.get(thumbnail(64)).await.unwrap(), "jpeg");
    assert_eq!(workers.get(thumbnail(PANIC)).await, Err(Error::Internal));
    assert_eq!(workers.get(thumbnail(65)).await.unwrap(), "jpeg");
    assert_eq!((workers.metrics.worker_panics.get(), workers.renderers.load(Relaxed)), (1, 2));
}

#[actix_web::test]
async fn a_request_that_goes_away_does_not_cancel_the_build_others_wait_for() {
    let workers = TestWorkers::start(LONG_WAIT);
    let leaving = workers.block_worker().await;
    let mut staying = Box::pin(workers.get(thumbnail(BLOCK)));
    time::timeout(Duration::from_millis(20), &mut staying).await.unwrap_err();
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    workers.release_one();
    assert_eq!(staying.await.unwrap(), "jpeg");
    assert_eq!(workers.metrics.single_flight_waits.get(), 1);
    assert!(workers.blocked.is_empty(), "it was built once");
}

#[actix_web::test]
async fn queued_work_that_no_request_waits_for_any_more_is_dropped() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let (leaving, staying) = (workers.spawn_get(thumbnail(64)), workers.spawn_get(thumbnail(65)));
    wait_until(|| workers.flights.queue_depth() >= 2).await;
    leaving.abort();
    assert!(leaving.await.unwrap_err().is_cancelled());
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok() && staying.await.unwrap().is_ok());
    assert_eq!(workers.metrics.abandoned.get(), 1);
    assert_eq!(workers.get(thumbnail(64)).await.unwrap(), "jpeg", "it is built when requested again");
}

#[actix_web::test]
async fn too_much_waiting_work_is_rejected_at_once_and_stopped_workers_reject_all() {
    let mut workers = TestWorkers::start(Duration::ZERO);
    let blocking = workers.block_worker().await;
    assert_eq!(workers.get(thumbnail(64)).await, Err(Error::Busy(Busy::QueueFull)));
    workers.release = None;
    assert!(blocking.await.unwrap().is_ok());
    assert!(workers.get(thumbnail(64)).await.is_ok());
    workers.threads = None;
    assert_eq!(workers.get(thumbnail(66)).await, Err(Error::Busy(Busy::Stopping)));
}

#[actix_web::test]
async fn an_idle_worker_builds_the_siblings_and_no_more() {
    let workers = TestWorkers::speculating();
    workers.get(workers.tile(0)).await.unwrap();
    wait_until(|| workers.metrics.speculative_built.get() >= 15).await;
    for x in 0..4 {
        assert!(workers.is_cached(workers.tile(x)), "tile {x}");
    }
    time::sleep(Duration::from_millis(20)).await;
    assert_eq!(workers.metrics.speculative_built.get(), 15, "the rest of the family");
}

#[actix_web::test]
async fn requested_jobs_come_before_siblings_and_idle_jobs() {
    let mut workers = TestWorkers::speculating();
    let blocking = workers.block_worker().await;
    // Waits until the only worker has nothing else to do.
    workers.idle_jobs.send(workers.job(thumbnail(PANIC))).unwrap();
    let requested = workers.spawn_get(workers.tile(0));
    wait_until(|| workers.flights.queue_depth() >= 1).await;
    workers.release = None;
    assert!(blocking.await.unwrap().is_ok());
    assert!(requested.await.unwrap().is_ok());
    wait_until(|| workers.metrics.worker_panics.get() >= 1).await;
    assert_eq!(workers.metrics.speculative_built.get(), 16, "fifteen siblings came first");
}

#[actix_web::test]
async fn nothing_is_built_beside_artifacts_that_viewers_do_not_request() {
    let workers = TestWorkers::speculating();
    let top = workers.pack.pyramid().max_level();
    let png = Encoding::new(Format::Png, Fidelity::Lossless).unwrap();
    let png = Artifact::Encoded(Pixels::Tile(TileId { z: top, x: 0, y: 0 }), png);
    let stored = Artifact::Tile(TileId { z: top - 2, x: 0, y: 0 });
    for artifact in [png, stored, thumbnail(64)] {
        workers.get(artifact).await.unwrap();
        time::sleep(Duration::from_millis(20)).await;
        assert_eq!(workers.metrics.speculative_built.get(), 0, "{artifact:?}");
    }
    assert!(!workers.is_cached(workers.tile(0)), "the same tile in another format is another artifact");
}

#[actix_web::test]
async fn more_urgent_work_overtakes_what_waits() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let urgencies = [Urgency::Low, Urgency::Usual, Urgency::High];
    let mut requests = Vec::new();
    for (side, urgency) in (64..).zip(urgencies) {
        requests.push(workers.spawn_urgent_get(thumbnail(side), urgency));
        wait_until(|| workers.flights.queue_depth() >= requests.len()).await;
    }
    // The urgent one was asked for last. The worker blocks again after it, before it takes
    // the next one.
    let png = Encoding::new(Format::Png, Fidelity::Lossless).unwrap();
    let again = Artifact::Encoded(Pixels::Thumbnail(BLOCK), png);
    let blocking_again = workers.spawn_urgent_get(again, Urgency::High);
    wait_until(|| workers.flights.queue_depth() >= 4).await;
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok());
    wait_until(|| workers.blocked.try_recv().is_ok()).await;
    let [low, usual, high] = [64, 65, 66].map(|side| workers.is_cached(thumbnail(side)));
    assert_eq!((low, usual, high), (false, false, true));
    workers.release_one();
    assert!(blocking_again.await.unwrap().is_ok());
    for request in requests {
        assert!(request.await.unwrap().is_ok());
    }
}

#[actix_web::test]
async fn a_request_joins_a_build_of_another_urgency() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let low = workers.spawn_urgent_get(thumbnail(64), Urgency::Low);
    wait_until(|| workers.flights.queue_depth() >= 1).await;
    let high = workers.spawn_urgent_get(thumbnail(64), Urgency::High);
    wait_until(|| workers.metrics.single_flight_waits.get() >= 1).await;
    assert_eq!(workers.flights.queue_depth(), 1);
    workers.release_one();
    for request in [blocking, low, high] {
        assert!(request.await.unwrap().is_ok());
    }
}

#[actix_web::test]
async fn rows_are_made_on_a_worker_and_a_panic_costs_one_region() {
    let mut workers = TestWorkers::start(LONG_WAIT);
    let (_, pixels) = workers.rows(7).await.unwrap();
    assert_eq!(pixels.unwrap().width(), 7);
    assert_eq!(workers.rows(PANIC).await.err(), Some(Error::Internal));
    assert!(workers.rows(8).await.is_ok());
    assert_eq!(workers.metrics.worker_panics.get(), 1);
    workers.threads = None;
    assert_eq!(workers.rows(7).await.err(), Some(Error::Busy(Busy::Stopping)));
}

#[actix_web::test]
async fn a_region_whose_client_goes_away_takes_no_worker() {
    let workers = TestWorkers::start(LONG_WAIT);
    let blocking = workers.block_worker().await;
    let mut leaving = Box::pin(workers.rows(7));
    assert!(time::timeout(Duration::from_millis(20), &mut leaving).await.is_err(), "it waits");
    assert_eq!(workers.flights.queue_depth(), 1);
    drop(leaving);
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok());
    wait_until(|| workers.metrics.abandoned.get() >= 1).await;
}

#[actix_web::test]
async fn rows_in_the_middle_of_a_region_wait_for_room_in_the_queue() {
    let workers = TestWorkers::start(Duration::ZERO);
    let blocking = workers.block_worker().await;
    let mut waiting = Box::pin(workers.rows(7));
    assert!(time::timeout(Duration::from_millis(50), &mut waiting).await.is_err(), "there is no room");
    assert_eq!(workers.flights.queue_depth(), 0);
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok());
    assert!(waiting.await.is_ok());
}

#[actix_web::test]
async fn the_effort_of_a_build_in_flight_is_not_lowered() {
    let workers = TestWorkers::start(LONG_WAIT);
    let webp = Encoding::new(Format::WebP, Fidelity::Quality(80)).unwrap();
    let job = workers.job(Artifact::Encoded(Pixels::Thumbnail(64), webp));
    let lowered = |job: &Job| workers.flights.effort_for(job, Urgency::Usual, Duration::ZERO) == Effort::Fast;
    assert!(lowered(&job));
    let blocking = workers.block_worker().await;
    let request = workers.spawn_get(job.artifact);
    wait_until(|| workers.flights.queue_depth() >= 1).await;
    assert!(!lowered(&job), "it is joined");
    workers.release_one();
    assert!(blocking.await.unwrap().is_ok() && request.await.unwrap().is_ok());
    assert!(lowered(&job));
}
