//! Tests of the workers with a renderer that can block and panic.

mod regions;
mod requests;
mod speculation;

use super::*;
use crate::admission::AdmissionQueue;
use crate::artifact::{Artifact, Pixels};
use crate::body_memory::BodyMemory;
use crate::cache::TileCache;
use crate::error::Busy;
use crate::failure_log::FailureLog;
use crate::memory::MemoryShares;
use crate::metrics::Metrics;
use crate::picture_memory::PictureMemory;
use crate::rows::{self, EncodingRows, NextRows};
use crate::test_pack;
use crate::urgency::Urgency;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::{spawn, time};
use actix_web::web::Data;
use origami_pyramid::{Rect, Size, TileId};
use origami_render::{FamilyVisitor as _, RowEncoder, RowFormat};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;
use tempfile::TempDir;

/// Sides of thumbnails and widths of regions that [`FakeRenderer`] does not just return.
const PANIC: u32 = 1;
const BLOCK: u32 = 2;

/// Bytes that a region takes. There is room for one.
const REGION: u64 = 3 << 20;

const LONG_WAIT: Duration = Duration::from_secs(60);

/// A renderer that returns at once, panics, or blocks until it is released.
struct FakeRenderer {
    built: Arc<Mutex<Vec<Artifact>>>,
    blocked: Sender<()>,
    released: Receiver<()>,
    exhausted: Arc<AtomicBool>,
}

impl FakeRenderer {
    fn block(&self) {
        let _ = self.blocked.send(());
        let _ = self.released.recv();
    }
}

impl Build for FakeRenderer {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        self.built.lock().unwrap().push(job.artifact);
        match job.artifact {
            Artifact::Encoded(Pixels::Thumbnail(PANIC), _) => panic!("fails on purpose"),
            Artifact::Encoded(Pixels::Thumbnail(BLOCK), _) => self.block(),
            Artifact::Encoded(Pixels::Picture(_), _) => self.block(),
            _ => {}
        }
        Ok(Bytes::from_static(b"jpeg"))
    }

    fn rows(&mut self, _: &Pack, rows: &mut RegionRows) -> Result<Option<Rgb>, Error> {
        if self.exhausted.load(Relaxed) {
            return Err(Error::Busy(Busy::PoolExhausted));
        }
        let width = rows.size().width;
        assert_ne!(width, PANIC, "fails on purpose");
        if width == BLOCK {
            self.block();
        }
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
    /// What was built, in this order.
    built: Arc<Mutex<Vec<Artifact>>>,
    /// Number of renderers created.
    renderers: Arc<AtomicU32>,
    /// Receives a message for each job that has begun to block.
    blocked: Receiver<()>,
    /// Releases a blocking job for each message, and all of them when dropped.
    release: Option<Sender<()>>,
    /// Whether no buffer is free for rows.
    exhausted: Arc<AtomicBool>,
    bodies: BodyMemory,
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
        let shares = MemoryShares::of(32 << 20);
        let (tiles, pictures) = (TileCache::new(shares, metrics.clone()), PictureMemory::new(shares.making));
        let built = Arc::<Mutex<Vec<Artifact>>>::default();
        let (queue, requested) = AdmissionQueue::new(config.workers, wait);
        let failure_log = Data::new(FailureLog::new(metrics.clone()));
        let flights = SingleFlight::new(tiles, pictures, queue, failure_log);
        let ((blocking, blocked), (release, released)) = (bounded(64), bounded(0));
        let exhausted = Arc::new(AtomicBool::new(false));
        let (counter, is_exhausted) = (Arc::clone(&renderers), Arc::clone(&exhausted));
        let record = Arc::clone(&built);
        let mut threads = Background::new();
        let idle_jobs = start(&mut threads, &config, requested, &flights, move || {
            counter.fetch_add(1, Relaxed);
            let (blocked, released) = (blocking.clone(), released.clone());
            let (built, exhausted) = (Arc::clone(&record), Arc::clone(&is_exhausted));
            Ok(FakeRenderer { built, blocked, released, exhausted })
        });
        Self {
            threads: Some(threads),
            idle_jobs: idle_jobs.unwrap(),
            flights,
            metrics,
            built,
            renderers,
            blocked,
            release: Some(release),
            exhausted,
            bodies: BodyMemory::new(REGION / 3 * 4),
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

    /// The next rows of a region of this width, as raw samples.
    async fn rows(&self, width: u32) -> NextRows {
        self.rows_within(width, LONG_WAIT).await
    }

    /// The next rows of a region of this width, if they are made within `limit`.
    async fn rows_within(&self, width: u32, limit: Duration) -> NextRows {
        let rect = Rect { x: 0, y: 0, width: 100, height: 100 };
        let rows = RegionRows::new(&self.pack, rect, Size::new(width, 100));
        let (format, share) = (RowFormat::Raw, self.bodies.take(REGION).unwrap());
        let region = EncodingRows { encoder: RowEncoder::new(format, rows.size()), rows, format, share };
        rows::rows_within(&self.flights, &self.pack, region, Urgency::Usual, limit).await
    }

    /// Whether no region takes memory.
    fn has_room(&self) -> bool {
        self.bodies.take(REGION).is_ok()
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
    let waiting = async {
        while !condition() {
            time::sleep(Duration::from_millis(1)).await;
        }
    };
    time::timeout(LONG_WAIT, waiting).await.expect("it happens within a minute");
}

fn thumbnail(side: u32) -> Artifact {
    Artifact::Encoded(Pixels::Thumbnail(side), test_pack::jpeg(90))
}
