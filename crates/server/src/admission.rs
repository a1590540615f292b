//! Admission to the work queue, limited by the expected cost of the waiting jobs
//! rather than by their number.

use crate::artifact::{Artifact, Job, ancestors};
use crate::error::{Busy, Error};
use crossbeam::channel::{Receiver, Sender, unbounded};
use origami_render::Format;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Number of cost classes, in each format: one for tiles with each number of
/// predictions between them and a stored tile, and one for thumbnails. Each prediction
/// is one more parent to decode if that is not cached, so tiles of one level cost more
/// than those of another.
const COST_CLASSES: usize = THUMBNAIL + 1;

/// This many predictions and more are one class.
const MAX_PREDICTIONS: usize = 3;

/// The class of thumbnails.
const THUMBNAIL: usize = MAX_PREDICTIONS + 1;

/// Cost of a job of each class, in microseconds, before any has been measured.
fn initial_costs(format: Format) -> [u64; COST_CLASSES] {
    if format.is_packed() { [100, 500, 500, 500, 20_000] } else { [2_000, 2_000, 2_000, 2_000, 40_000] }
}

/// The entrance of the work queue. Bounds the time that the admitted, unfinished jobs
/// are expected to take.
#[derive(Clone)]
pub struct AdmissionQueue {
    jobs: Sender<QueuedJob>,
    backlog: Arc<Backlog>,
}

/// An admitted job. Its cost is part of the backlog until this is dropped.
pub struct QueuedJob {
    /// What to build.
    pub job: Job,
    /// When it was admitted.
    pub since: Instant,
    kind: JobKind,
    cost: u64,
    backlog: Arc<Backlog>,
}

/// The waiting and running work, in microseconds of one worker.
struct Backlog {
    pending: AtomicU64,
    /// Maximum of `pending` at which another job is admitted.
    limit: u64,
    costs: [[AtomicU64; COST_CLASSES]; Format::ALL.len()],
}

impl Backlog {
    /// The recent cost of a job of `kind`.
    fn cost(&self, kind: JobKind) -> &AtomicU64 {
        &self.costs[kind.format as usize][kind.class]
    }
}

/// What determines the expected cost of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct JobKind {
    format: Format,
    /// The cost class, below [`COST_CLASSES`].
    class: usize,
}

impl JobKind {
    fn of(job: &Job) -> Self {
        let class = match job.artifact {
            Artifact::Tile(id, _) => ancestors(&job.pack, id).take(MAX_PREDICTIONS).count(),
            Artifact::Constant(_) => 0,
            Artifact::Thumbnail(..) => THUMBNAIL,
        };
        Self { format: job.artifact.format(), class }
    }
}

impl AdmissionQueue {
    /// A queue for `workers` workers in which no job is expected to wait longer than
    /// `wait`, and its receiving end.
    pub fn new(workers: usize, wait: Duration) -> (Self, Receiver<QueuedJob>) {
        let (jobs, waiting) = unbounded();
        let limit = micros(wait).saturating_mul(workers.max(1) as u64);
        let costs = Format::ALL.map(|format| initial_costs(format).map(AtomicU64::new));
        let backlog = Arc::new(Backlog { pending: AtomicU64::new(0), limit, costs });
        (Self { jobs, backlog }, waiting)
    }

    /// Admits `job`, unless the jobs admitted already are expected to take the workers
    /// longer than a job may wait.
    ///
    /// # Errors
    /// [`Busy::QueueFull`].
    pub fn admit(&self, job: Job) -> Result<QueuedJob, Error> {
        let kind = JobKind::of(&job);
        let cost = self.backlog.cost(kind).load(Relaxed).max(1);
        let admitted = self.backlog.pending.fetch_update(Relaxed, Relaxed, |pending| {
            (pending <= self.backlog.limit).then_some(pending + cost)
        });
        match admitted {
            Ok(_) => {
                let backlog = Arc::clone(&self.backlog);
                Ok(QueuedJob { job, since: Instant::now(), kind, cost, backlog })
            }
            Err(_) => Err(Error::Busy(Busy::QueueFull)),
        }
    }

    /// Hands an admitted job to the workers.
    ///
    /// # Errors
    /// [`Busy::Stopping`] if all workers have stopped.
    pub fn push(&self, queued: QueuedJob) -> Result<(), Error> {
        self.jobs.send(queued).map_err(|_| Error::Busy(Busy::Stopping))
    }

    /// Number of jobs that no worker has taken yet.
    pub fn depth(&self) -> usize {
        self.jobs.len()
    }
}

impl QueuedJob {
    /// Adjusts the expected cost of such jobs to the time that this one took: each
    /// measurement has the weight 1/8.
    pub fn record_duration(&self, duration: Duration) {
        let cost = self.backlog.cost(self.kind);
        // Two workers may overwrite each other's measurement, which does not matter:
        // there will be others.
        cost.store((7 * cost.load(Relaxed) + micros(duration)) / 8, Relaxed);
    }
}

impl Drop for QueuedJob {
    fn drop(&mut self) {
        self.backlog.pending.fetch_sub(self.cost, Relaxed);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_pack;
    use origami_pack::Pack;
    use origami_pyramid::TileId;
    use std::iter;

    /// A job for the first tile of the level that is full resolution halved
    /// `halvings` times.
    fn tile(pack: &Arc<Pack>, halvings: u32, format: Format) -> Job {
        let z = pack.pyramid().max_level() - halvings;
        Job { pack: Arc::clone(pack), artifact: Artifact::Tile(TileId { z, x: 0, y: 0 }, format) }
    }

    fn thumbnail(pack: &Arc<Pack>, format: Format) -> Job {
        Job { pack: Arc::clone(pack), artifact: Artifact::Thumbnail(64, format) }
    }

    /// How many jobs like `job` are admitted together.
    fn admitted(queue: &AdmissionQueue, job: &Job) -> usize {
        let queued: Vec<_> = iter::from_fn(|| queue.admit(job.clone()).ok()).collect();
        queued.len()
    }

    #[test]
    fn jobs_are_admitted_by_their_cost_and_costs_are_learned() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(test_pack::create(folder.path()));
        let tile = tile(&pack, 0, Format::Jpeg);
        let (queue, _waiting) = AdmissionQueue::new(2, Duration::from_millis(10));
        // 20 ms of two workers, half a millisecond each, and one that still fits.
        assert_eq!(admitted(&queue, &tile), 41);
        assert_eq!(admitted(&queue, &tile), 41, "finished jobs make room");
        let thumbnail = queue.admit(thumbnail(&pack, Format::Jpeg)).unwrap();
        assert_eq!(admitted(&queue, &tile), 1, "one thumbnail takes the room of forty tiles");
        drop(thumbnail);
        for _ in 0..200 {
            queue.admit(tile.clone()).unwrap().record_duration(Duration::from_millis(5));
        }
        assert!((4..=6).contains(&admitted(&queue, &tile)), "{} of 5 ms", admitted(&queue, &tile));
    }

    #[test]
    fn the_cost_of_one_kind_of_job_does_not_affect_another() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(test_pack::create(folder.path()));
        let mut jobs = Vec::new();
        for format in Format::ALL {
            jobs.extend((0..3).map(|halvings| tile(&pack, halvings, format)));
            jobs.push(thumbnail(&pack, format));
        }
        // The finest level takes two predictions; the third level is stored.
        let classes: Vec<_> = jobs.iter().map(|job| JobKind::of(job).class).collect();
        assert_eq!(classes, [2, 1, 0, THUMBNAIL].repeat(Format::ALL.len()));
        assert_eq!(JobKind::of(&tile(&pack, 9, Format::Png)), JobKind::of(&tile(&pack, 2, Format::Png)));
        for slow in &jobs {
            let (queue, _waiting) = AdmissionQueue::new(1, Duration::from_secs(1));
            let before: Vec<_> = jobs.iter().map(|job| admitted(&queue, job)).collect();
            for _ in 0..100 {
                queue.admit(slow.clone()).unwrap().record_duration(Duration::from_millis(400));
            }
            for (job, before) in jobs.iter().zip(before) {
                let expected = if JobKind::of(job) == JobKind::of(slow) { 3 } else { before };
                assert_eq!(admitted(&queue, job), expected, "{:?} after {:?}", job.artifact, slow.artifact);
            }
        }
    }

    #[test]
    fn without_any_wait_one_job_is_admitted_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let job = thumbnail(&Arc::new(test_pack::create(folder.path())), Format::Jpeg);
        let (queue, waiting) = AdmissionQueue::new(1, Duration::ZERO);
        let first = queue.admit(job.clone()).unwrap();
        assert_eq!(queue.admit(job.clone()).err(), Some(Error::Busy(Busy::QueueFull)));
        queue.push(first).unwrap();
        assert_eq!(queue.depth(), 1);
        assert!(queue.admit(job.clone()).is_err(), "a waiting job counts");
        drop(waiting.recv().unwrap());
        assert!(queue.admit(job).is_ok());
    }
}
