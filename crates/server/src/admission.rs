//! Who may wait for a worker: admission by what the waiting work is expected
//! to cost, not by its number.

use crate::artifact::{Artifact, Job, ancestors};
use crate::error::{Busy, Error};
use crossbeam::channel::{Receiver, Sender, unbounded};
use origami_render::Format;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Kinds of work whose costs are told apart, in each format: tiles by how many
/// predictions there are between them and a stored tile, and thumbnails. Each
/// prediction is one more tile to decode if that is not kept, which is what makes
/// tiles of one level dearer than those of another.
const KINDS: usize = THUMBNAIL + 1;

/// So many predictions, or more.
const DEEPEST: usize = 3;

/// The kind of thumbnails.
const THUMBNAIL: usize = DEEPEST + 1;

/// What one job of each kind costs, in microseconds, until it has been measured.
fn first_guess(format: Format) -> [u64; KINDS] {
    if format.is_packed() { [100, 500, 500, 500, 20_000] } else { [2_000, 2_000, 2_000, 2_000, 40_000] }
}

/// The way in. What has been admitted and is not finished is bounded by time.
#[derive(Clone)]
pub struct AdmissionQueue {
    jobs: Sender<QueuedJob>,
    load: Arc<Backlog>,
}

/// A job that was admitted. Its cost counts until this is dropped.
pub struct QueuedJob {
    /// What is to be done.
    pub job: Job,
    /// Since when it waits.
    pub since: Instant,
    kind: JobKind,
    cost: u64,
    load: Arc<Backlog>,
}

/// What waits and runs, in microseconds of one worker.
struct Backlog {
    pending: AtomicU64,
    /// Most that may be pending when one more is admitted.
    limit: u64,
    costs: [[AtomicU64; KINDS]; Format::ALL.len()],
}

impl Backlog {
    /// What one job of `kind` has cost lately.
    fn cost(&self, kind: JobKind) -> &AtomicU64 {
        &self.costs[kind.format as usize][kind.work]
    }
}

/// What kind of job one is, as far as its cost goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct JobKind {
    format: Format,
    /// Below [`KINDS`].
    work: usize,
}

impl JobKind {
    fn of(job: &Job) -> Self {
        let work = match job.artifact {
            Artifact::Tile(id, _) => ancestors(&job.pack, id).take(DEEPEST).count(),
            Artifact::Constant(_) => 0,
            Artifact::Thumbnail(..) => THUMBNAIL,
        };
        Self { format: job.artifact.format(), work }
    }
}

impl AdmissionQueue {
    /// A queue in front of `workers`, in which nobody is expected to wait
    /// longer than `wait`; and its other end.
    pub fn new(workers: usize, wait: Duration) -> (Self, Receiver<QueuedJob>) {
        let (jobs, waiting) = unbounded();
        let limit = micros(wait).saturating_mul(workers.max(1) as u64);
        let costs = Format::ALL.map(|format| first_guess(format).map(AtomicU64::new));
        let load = Arc::new(Backlog { pending: AtomicU64::new(0), limit, costs });
        (Self { jobs, load }, waiting)
    }

    /// Lets `job` in, unless what is admitted already keeps the workers busy
    /// for longer than anybody may be expected to wait.
    ///
    /// # Errors
    /// [`Busy::QueueFull`].
    pub fn admit(&self, job: Job) -> Result<QueuedJob, Error> {
        let kind = JobKind::of(&job);
        let cost = self.load.cost(kind).load(Relaxed).max(1);
        let room = |pending: u64| (pending <= self.load.limit).then_some(pending + cost);
        match self.load.pending.fetch_update(Relaxed, Relaxed, room) {
            Ok(_) => Ok(QueuedJob { job, since: Instant::now(), kind, cost, load: Arc::clone(&self.load) }),
            Err(_) => Err(Error::Busy(Busy::QueueFull)),
        }
    }

    /// Hands an admitted job to the workers.
    ///
    /// # Errors
    /// [`Busy::Stopping`] if there are none any more.
    pub fn push(&self, queued: QueuedJob) -> Result<(), Error> {
        self.jobs.send(queued).map_err(|_| Error::Busy(Busy::Stopping))
    }

    /// Jobs that no worker has taken yet.
    pub fn depth(&self) -> usize {
        self.jobs.len()
    }
}

impl QueuedJob {
    /// Learns from the time the job really took: each counts an eighth.
    pub fn took(&self, time: Duration) {
        let known = self.load.cost(self.kind);
        // Two workers may overwrite each other's lesson; the next one comes.
        known.store((7 * known.load(Relaxed) + micros(time)) / 8, Relaxed);
    }
}

impl Drop for QueuedJob {
    fn drop(&mut self) {
        self.load.pending.fetch_sub(self.cost, Relaxed);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::pack;
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
    fn jobs_are_admitted_by_what_they_cost_and_costs_are_learnt() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(pack(folder.path()));
        let tile = tile(&pack, 0, Format::Jpeg);
        let (queue, _waiting) = AdmissionQueue::new(2, Duration::from_millis(10));
        // 20 ms of two workers, half a millisecond each, and one that still fits.
        assert_eq!(admitted(&queue, &tile), 41);
        assert_eq!(admitted(&queue, &tile), 41, "finished jobs make room");
        let thumbnail = queue.admit(thumbnail(&pack, Format::Jpeg)).unwrap();
        assert_eq!(admitted(&queue, &tile), 1, "one thumbnail takes the room of forty tiles");
        drop(thumbnail);
        for _ in 0..200 {
            queue.admit(tile.clone()).unwrap().took(Duration::from_millis(5));
        }
        assert!((4..=6).contains(&admitted(&queue, &tile)), "{} of 5 ms", admitted(&queue, &tile));
    }

    #[test]
    fn what_one_kind_of_job_costs_says_nothing_about_another() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(pack(folder.path()));
        let mut jobs = Vec::new();
        for format in Format::ALL {
            jobs.extend((0..3).map(|halvings| tile(&pack, halvings, format)));
            jobs.push(thumbnail(&pack, format));
        }
        // The finest level takes two predictions, and the third is stored.
        let works: Vec<_> = jobs.iter().map(|job| JobKind::of(job).work).collect();
        assert_eq!(works, [2, 1, 0, THUMBNAIL].repeat(Format::ALL.len()));
        assert_eq!(JobKind::of(&tile(&pack, 9, Format::Png)), JobKind::of(&tile(&pack, 2, Format::Png)));
        for slow in &jobs {
            let (queue, _waiting) = AdmissionQueue::new(1, Duration::from_secs(1));
            let before: Vec<_> = jobs.iter().map(|job| admitted(&queue, job)).collect();
            for _ in 0..100 {
                queue.admit(slow.clone()).unwrap().took(Duration::from_millis(400));
            }
            for (job, before) in jobs.iter().zip(before) {
                let expected = if JobKind::of(job) == JobKind::of(slow) { 3 } else { before };
                assert_eq!(admitted(&queue, job), expected, "{:?} after {:?}", job.artifact, slow.artifact);
            }
        }
    }

    #[test]
    fn without_patience_one_job_is_admitted_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let job = thumbnail(&Arc::new(pack(folder.path())), Format::Jpeg);
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
