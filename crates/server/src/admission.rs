//! Admission to the work queue, limited by the expected cost of the waiting work rather
//! than by its amount.

use crate::artifact::Job;
use crate::costs::{Costs, WorkKind, micros};
use crate::error::{Busy, Error};
use crate::request_id::RequestId;
use crate::room::Share;
use crate::rows::RowsStep;
use crate::urgency::Urgency;
use crossbeam::channel::{Receiver, Sender, never, unbounded};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The entrance of the work queue. Bounds the time that the admitted, unfinished work is
/// expected to take.
#[derive(Clone)]
pub struct AdmissionQueue {
    /// One for each [`Urgency`].
    lanes: [Sender<QueuedTask>; Urgency::ALL.len()],
    backlog: Arc<Backlog>,
}

/// The receiving end of the work queue.
pub struct WaitingTasks {
    /// One for each [`Urgency`], the most urgent first.
    pub lanes: [Receiver<QueuedTask>; Urgency::ALL.len()],
}

/// Requested work for a worker.
pub enum Task {
    /// An artifact to be built.
    Artifact {
        /// Which one.
        job: Job,
        /// The memory that this takes, if it is much.
        share: Option<Arc<Share>>,
        /// The first request that wants it.
        request: Option<RequestId>,
    },
    /// The next rows of a region.
    Rows(Box<RowsStep>),
}

/// An admitted task.
pub struct QueuedTask {
    /// What to do.
    pub task: Task,
    /// Its share of the backlog.
    pub admission: Admission,
}

/// The admission of one task. Its cost is part of the backlog until this is dropped.
pub struct Admission {
    /// When it was admitted.
    pub since: Instant,
    kind: WorkKind,
    cost: u64,
    urgency: Urgency,
    is_running: bool,
    backlog: Arc<Backlog>,
}

/// The work that was admitted and is not finished.
struct Backlog {
    workers: u64,
    /// Maximum of the work before another task at which that is admitted, in microseconds
    /// of one worker.
    limit: AtomicU64,
    pending: Mutex<Pending>,
    costs: Costs,
}

/// The expected time of unfinished work, in microseconds of one worker.
#[derive(Default)]
struct Pending {
    running: u64,
    /// That of each [`Urgency`].
    waiting: [u64; Urgency::ALL.len()],
}

impl Pending {
    /// The work that comes before another task of this `urgency`: what is running, and
    /// what waits and is at least as urgent.
    fn before(&self, urgency: Urgency) -> u64 {
        self.running + self.waiting[..=urgency as usize].iter().sum::<u64>()
    }
}

impl Backlog {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AdmissionQueue {
    /// A queue for `workers` workers in which no work is expected to wait longer than
    /// `wait` unless more urgent work arrives, and its receiving end.
    pub fn new(workers: usize, wait: Duration) -> (Self, WaitingTasks) {
        let channels = Urgency::ALL.map(|_| unbounded());
        let lanes = channels.each_ref().map(|(sender, _)| sender.clone());
        let workers = workers.max(1) as u64;
        let (limit, pending, costs) = (AtomicU64::default(), Mutex::default(), Costs::default());
        let backlog = Arc::new(Backlog { workers, limit, pending, costs });
        let waiting = WaitingTasks { lanes: channels.map(|(_, receiver)| receiver) };
        let queue = Self { lanes, backlog };
        queue.set_wait(wait);
        (queue, waiting)
    }

    /// From now on, no work is expected to wait longer than `wait`.
    pub fn set_wait(&self, wait: Duration) {
        self.backlog.limit.store(micros(wait).saturating_mul(self.backlog.workers), Relaxed);
    }

    /// Admits work of this `kind`, unless what comes before it is expected to take the
    /// workers longer than work may wait.
    ///
    /// # Errors
    /// [`Busy::QueueFull`].
    pub fn admit(&self, kind: WorkKind, urgency: Urgency) -> Result<Admission, Error> {
        let cost = self.backlog.costs.of(kind);
        let mut pending = self.backlog.pending();
        if pending.before(urgency) > self.backlog.limit.load(Relaxed) {
            return Err(Error::Busy(Busy::QueueFull));
        }
        pending.waiting[urgency as usize] += cost;
        let backlog = Arc::clone(&self.backlog);
        Ok(Admission { since: Instant::now(), kind, cost, urgency, is_running: false, backlog })
    }

    /// Hands an admitted task to the workers.
    ///
    /// # Errors
    /// [`Busy::Stopping`] if all workers have stopped.
    pub fn push(&self, task: Task, admission: Admission) -> Result<(), Error> {
        let lane = &self.lanes[admission.urgency as usize];
        lane.send(QueuedTask { task, admission }).map_err(|_| Error::Busy(Busy::Stopping))
    }

    /// Whether the artifact of `job` is not expected to be ready within `time`: it takes
    /// longer, or would not be admitted.
    pub fn is_late(&self, job: &Job, urgency: Urgency, time: Duration) -> bool {
        let cost = self.backlog.costs.of(WorkKind::of(job));
        let before = self.backlog.pending().before(urgency);
        let expected = (before / self.backlog.workers).saturating_add(cost);
        expected > micros(time) || before > self.backlog.limit.load(Relaxed)
    }

    /// Number of tasks that no worker has taken yet.
    pub fn depth(&self) -> usize {
        self.lanes.iter().map(Sender::len).sum()
    }
}

impl WaitingTasks {
    /// A queue that nothing ever arrives in.
    pub fn closed() -> Self {
        Self { lanes: Urgency::ALL.map(|_| never()) }
    }

    /// Whether no task waits.
    pub fn is_empty(&self) -> bool {
        self.lanes.iter().all(Receiver::is_empty)
    }
}

impl Admission {
    /// Counts the task as running: it delays work of every urgency from now on.
    pub fn begin(&mut self) {
        if !self.is_running {
            self.is_running = true;
            let mut pending = self.backlog.pending();
            pending.waiting[self.urgency as usize] -= self.cost;
            pending.running += self.cost;
        }
    }

    /// Adjusts the expected cost of such work to the time that this took.
    pub fn record_duration(&self, duration: Duration) {
        self.backlog.costs.record(self.kind, duration);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut pending = self.backlog.pending();
        if self.is_running {
            pending.running -= self.cost;
        } else {
            pending.waiting[self.urgency as usize] -= self.cost;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Artifact, Pixels};
    use crate::test_pack;
    use origami_pack::Pack;
    use origami_pyramid::TileId;
    use origami_render::{Effort, Encoding, Fidelity, Format};
    use std::iter;
    use tempfile::TempDir;

    fn pack() -> (TempDir, Arc<Pack>) {
        let folder = tempfile::tempdir().unwrap();
        let pack = test_pack::create(folder.path());
        (folder, Arc::new(pack))
    }

    fn job(pack: &Arc<Pack>, artifact: Artifact) -> Job {
        Job { pack: Arc::clone(pack), artifact }
    }

    /// A job for the first tile of full resolution.
    fn tile(pack: &Arc<Pack>) -> Job {
        let z = pack.pyramid().max_level();
        job(pack, Artifact::Tile(TileId { z, x: 0, y: 0 }))
    }

    fn thumbnail(pack: &Arc<Pack>) -> Job {
        job(pack, Artifact::Encoded(Pixels::Thumbnail(500), test_pack::jpeg(90)))
    }

    /// How much work like that of `job` is admitted together.
    fn admitted(queue: &AdmissionQueue, job: &Job, urgency: Urgency) -> usize {
        let kind = WorkKind::of(job);
        let admissions: Vec<_> = iter::from_fn(|| queue.admit(kind, urgency).ok()).collect();
        admissions.len()
    }

    /// Makes `queue` expect that work like that of `job` takes as long as `duration`.
    fn teach(queue: &AdmissionQueue, job: &Job, duration: Duration) {
        for _ in 0..200 {
            queue.admit(WorkKind::of(job), Urgency::High).unwrap().record_duration(duration);
        }
    }

    #[test]
    fn work_is_admitted_by_its_cost_and_costs_are_learned() {
        let (_folder, pack) = pack();
        let (tile, thumbnail) = (tile(&pack), thumbnail(&pack));
        let (queue, _waiting) = AdmissionQueue::new(2, Duration::from_millis(10));
        // 20 ms of two workers, 0.8 ms for a tile with two parents, and one that still fits.
        assert_eq!(admitted(&queue, &tile, Urgency::Usual), 26);
        assert_eq!(admitted(&queue, &tile, Urgency::Usual), 26, "finished work makes room");
        teach(&queue, &thumbnail, Duration::from_millis(20));
        let admission = queue.admit(WorkKind::of(&thumbnail), Urgency::Usual).unwrap();
        assert!(admitted(&queue, &tile, Urgency::Usual) <= 2, "one thumbnail takes the room of 25 tiles");
        drop(admission);
        teach(&queue, &tile, Duration::from_millis(5));
        let tiles = admitted(&queue, &tile, Urgency::Usual);
        assert!((4..=6).contains(&tiles), "{tiles} of 5 ms");
    }

    #[test]
    fn without_any_wait_one_task_is_admitted_at_a_time() {
        let (_folder, pack) = pack();
        let job = thumbnail(&pack);
        let kind = WorkKind::of(&job);
        let (queue, waiting) = AdmissionQueue::new(1, Duration::ZERO);
        let first = queue.admit(kind, Urgency::Usual).unwrap();
        assert_eq!(queue.admit(kind, Urgency::Usual).err(), Some(Error::Busy(Busy::QueueFull)));
        queue.push(Task::Artifact { job, share: None, request: None }, first).unwrap();
        assert_eq!(queue.depth(), 1);
        assert!(queue.admit(kind, Urgency::Usual).is_err(), "a waiting task counts");
        let mut taken = waiting.lanes[Urgency::Usual as usize].recv().unwrap();
        assert!(waiting.is_empty() && queue.depth() == 0);
        taken.admission.begin();
        assert!(queue.admit(kind, Urgency::High).is_err(), "a running task counts");
        drop(taken);
        assert!(queue.admit(kind, Urgency::Usual).is_ok());
    }

    #[test]
    fn less_urgent_work_that_waits_keeps_no_urgent_work_out() {
        let (_folder, pack) = pack();
        let kind = WorkKind::of(&tile(&pack));
        let (queue, _waiting) = AdmissionQueue::new(1, Duration::ZERO);
        let [low, usual, high] = [Urgency::Low, Urgency::Usual, Urgency::High]
            .map(|urgency| queue.admit(kind, urgency).expect("nothing as urgent waits"));
        for urgency in Urgency::ALL {
            assert!(queue.admit(kind, urgency).is_err(), "{urgency:?}");
        }
        drop(high);
        assert!(queue.admit(kind, Urgency::High).is_ok());
        drop(usual);
        assert!(queue.admit(kind, Urgency::Low).is_err());
        drop(low);
        assert!(queue.admit(kind, Urgency::Low).is_ok());
    }

    #[test]
    fn work_is_late_when_it_and_what_comes_before_it_take_longer_than_there_is_time() {
        let (_folder, pack) = pack();
        let webp = Encoding::new(Format::WebP, Fidelity::Quality(90)).unwrap();
        let z = pack.pyramid().max_level();
        let job = job(&pack, Artifact::Encoded(Pixels::Tile(TileId { z, x: 0, y: 0 }), webp));
        let (queue, _waiting) = AdmissionQueue::new(2, Duration::from_secs(100));
        teach(&queue, &job, Duration::from_millis(100));
        let time = Duration::from_millis(300);
        let mut waiting = Vec::new();
        assert!(!queue.is_late(&job, Urgency::Usual, time));
        for _ in 0..6 {
            waiting.push(queue.admit(WorkKind::of(&job), Urgency::Usual).unwrap());
        }
        // 600 ms for two workers come first, and then 100 ms for this one.
        assert!(queue.is_late(&job, Urgency::Usual, time));
        assert!(!queue.is_late(&job, Urgency::High, time), "it comes first");
        waiting[0].begin();
        waiting.truncate(3);
        assert!(!queue.is_late(&job, Urgency::Usual, time));
        drop(waiting);
        assert!(queue.is_late(&job, Urgency::Usual, Duration::from_millis(50)));
        assert!(!queue.is_late(&job, Urgency::Usual, time), "there is time again");
    }

    #[test]
    fn each_effort_is_late_by_its_own_cost() {
        let (_folder, pack) = pack();
        let (queue, _waiting) = AdmissionQueue::new(1, Duration::from_secs(100));
        let avif = Encoding::new(Format::Avif, Fidelity::Quality(90)).unwrap();
        let jobs = Effort::ALL
            .map(|effort| job(&pack, Artifact::Encoded(Pixels::Thumbnail(500), avif.with_effort(effort))));
        for (job, millis) in jobs.iter().zip([10, 100, 1000]) {
            teach(&queue, job, Duration::from_millis(millis));
        }
        for (millis, late) in
            [(5, [true; 3]), (50, [false, true, true]), (500, [false, false, true]), (5000, [false; 3])]
        {
            let time = Duration::from_millis(millis);
            let is_late = jobs.each_ref().map(|job| queue.is_late(job, Urgency::Usual, time));
            assert_eq!(is_late, late, "{millis} ms for each of {:?}", Effort::ALL);
        }
    }

    #[test]
    fn work_that_would_be_refused_is_late() {
        let (_folder, pack) = pack();
        let job = thumbnail(&pack);
        let (queue, _waiting) = AdmissionQueue::new(1, Duration::ZERO);
        let hour = Duration::from_secs(3600);
        assert!(!queue.is_late(&job, Urgency::Usual, hour));
        let running = queue.admit(WorkKind::of(&job), Urgency::Usual).unwrap();
        assert!(queue.is_late(&job, Urgency::Usual, hour));
        assert!(!queue.is_late(&job, Urgency::High, hour), "it comes first");
        drop(running);
        assert!(!queue.is_late(&job, Urgency::Usual, hour));
    }
}
