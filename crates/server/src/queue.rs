//! Who may wait for a worker: admission by what the waiting work is expected
//! to cost, not by its number.

use crate::error::{Busy, Error};
use crate::product::{Job, Product};
use crossbeam::channel::{Receiver, Sender, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Kinds of jobs whose costs are told apart: L0 tiles, L1 tiles, other tiles
/// (of one colour), thumbnails.
const KINDS: usize = 4;

/// What one job of each kind costs, in microseconds, until it has been measured.
const FIRST_GUESS: [u64; KINDS] = [500, 500, 100, 20_000];

/// The way in. What has been admitted and is not finished is bounded by time.
#[derive(Clone)]
pub struct Queue {
    jobs: Sender<Queued>,
    load: Arc<Load>,
}

/// A job that was admitted. Its cost counts until this is dropped.
pub struct Queued {
    /// What is to be done.
    pub job: Job,
    /// Since when it waits.
    pub since: Instant,
    kind: usize,
    cost: u64,
    load: Arc<Load>,
}

/// What waits and runs, in microseconds of one worker.
struct Load {
    pending: AtomicU64,
    /// Most that may be pending when one more is admitted.
    limit: u64,
    costs: [AtomicU64; KINDS],
}

impl Queue {
    /// A queue in front of `workers`, in which nobody is expected to wait
    /// longer than `wait`; and its other end.
    pub fn new(workers: usize, wait: Duration) -> (Self, Receiver<Queued>) {
        let (jobs, waiting) = unbounded();
        let limit = micros(wait).saturating_mul(workers.max(1) as u64);
        let load =
            Arc::new(Load { pending: AtomicU64::new(0), limit, costs: FIRST_GUESS.map(AtomicU64::new) });
        (Self { jobs, load }, waiting)
    }

    /// Lets `job` in, unless what is admitted already keeps the workers busy
    /// for longer than anybody may be expected to wait.
    ///
    /// # Errors
    /// [`Busy::QueueFull`].
    pub fn admit(&self, job: Job) -> Result<Queued, Error> {
        let kind = kind(&job);
        let cost = self.load.costs[kind].load(Relaxed).max(1);
        let room = |pending: u64| (pending <= self.load.limit).then_some(pending + cost);
        match self.load.pending.fetch_update(Relaxed, Relaxed, room) {
            Ok(_) => Ok(Queued { job, since: Instant::now(), kind, cost, load: Arc::clone(&self.load) }),
            Err(_) => Err(Error::Busy(Busy::QueueFull)),
        }
    }

    /// Hands an admitted job to the workers.
    ///
    /// # Errors
    /// [`Busy::Stopping`] if there are none any more.
    pub fn push(&self, queued: Queued) -> Result<(), Error> {
        self.jobs.send(queued).map_err(|_| Error::Busy(Busy::Stopping))
    }

    /// Jobs that no worker has taken yet.
    pub fn depth(&self) -> usize {
        self.jobs.len()
    }
}

impl Queued {
    /// Learns from the time the job really took: each counts an eighth.
    pub fn took(&self, time: Duration) {
        let known = &self.load.costs[self.kind];
        // Two workers may overwrite each other's lesson; the next one comes.
        known.store((7 * known.load(Relaxed) + micros(time)) / 8, Relaxed);
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.load.pending.fetch_sub(self.cost, Relaxed);
    }
}

fn kind(job: &Job) -> usize {
    match job.product {
        Product::Tile(id) => job.pack.pyramid().depth(id.z).map_or(2, |depth| depth.min(2) as usize),
        Product::Constant(_) => 2,
        Product::Thumbnail(_) => 3,
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::pack;
    use origami_pyramid::TileId;

    #[test]
    fn jobs_are_admitted_by_what_they_cost_and_costs_are_learnt() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(pack(folder.path()));
        let job = |product| Job { pack: Arc::clone(&pack), product };
        let tile = || job(Product::Tile(TileId { z: pack.pyramid().max_level(), x: 0, y: 0 }));
        let (queue, _waiting) = Queue::new(2, Duration::from_millis(10));
        let admitted = |queue: &Queue| {
            let queued: Vec<_> = std::iter::from_fn(|| queue.admit(tile()).ok()).collect();
            queued.len()
        };
        // 20 ms of two workers, half a millisecond each, and one that still fits.
        assert_eq!(admitted(&queue), 41);
        assert_eq!(admitted(&queue), 41, "finished jobs make room");
        let thumbnail = queue.admit(job(Product::Thumbnail(64))).unwrap();
        assert_eq!(admitted(&queue), 1, "one thumbnail takes the room of forty tiles");
        drop(thumbnail);
        for _ in 0..200 {
            queue.admit(tile()).unwrap().took(Duration::from_millis(5));
        }
        assert!((4..=6).contains(&admitted(&queue)), "{} of 5 ms", admitted(&queue));
    }

    #[test]
    fn without_patience_one_job_is_admitted_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let job = Job { pack: Arc::new(pack(folder.path())), product: Product::Thumbnail(64) };
        let (queue, waiting) = Queue::new(1, Duration::ZERO);
        let first = queue.admit(job.clone()).unwrap();
        assert_eq!(queue.admit(job.clone()).err(), Some(Error::Busy(Busy::QueueFull)));
        queue.push(first).unwrap();
        assert_eq!(queue.depth(), 1);
        assert!(queue.admit(job.clone()).is_err(), "a waiting job counts");
        drop(waiting.recv().unwrap());
        assert!(queue.admit(job).is_ok());
    }
}
