//! The alternatives for making one build of many requests: what joins requests
//! to a build that somebody else does, in front of a cache that keeps its answer.

use bytes::Bytes;
use dashmap::{DashMap, Entry};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, oneshot, watch};

/// A build that failed.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

pub type Answer = Result<Bytes, Failed>;

/// Encoded tiles that the caches have room for.
const ROOM: u64 = 10_000;

/// Where requests meet the one who builds.
pub trait Flight {
    /// What is queued for a build.
    type Job;

    /// Builds go through `queue`.
    fn new(queue: UnboundedSender<Self::Job>) -> Self;

    /// What is built for `key`, for this request or for one it waits with.
    fn get(&self, key: u64) -> impl Future<Output = Answer>;

    /// Ends a build.
    fn finish(&self, job: Self::Job, answer: Answer);
}

/// The core of the server's builds, which are part of it and cannot be had
/// alone: what is left of `Builds` without admission, speculation and counts.
pub struct Own {
    under_way: DashMap<u64, watch::Sender<Option<Answer>>>,
    kept: moka::sync::Cache<u64, Bytes>,
    queue: UnboundedSender<u64>,
}

impl Own {
    fn join(&self, key: u64) -> Result<watch::Receiver<Option<Answer>>, Failed> {
        let vacant = match self.under_way.entry(key) {
            Entry::Occupied(build) => return Ok(build.get().subscribe()),
            Entry::Vacant(vacant) => vacant,
        };
        if let Some(bytes) = self.kept.get(&key) {
            return Ok(watch::channel(Some(Ok(bytes))).1);
        }
        let (answer, waiting) = watch::channel(None);
        drop(vacant.insert(answer));
        self.queue.send(key).map_err(|_| Failed)?;
        Ok(waiting)
    }
}

impl Flight for Own {
    type Job = u64;

    fn new(queue: UnboundedSender<u64>) -> Self {
        Self { under_way: DashMap::new(), kept: moka::sync::Cache::new(ROOM), queue }
    }

    async fn get(&self, key: u64) -> Answer {
        if let Some(bytes) = self.kept.get(&key) {
            return Ok(bytes);
        }
        let mut waiting = self.join(key)?;
        let answered = waiting.wait_for(Option::is_some).await;
        let answer = answered.ok().and_then(|answer| answer.clone());
        answer.unwrap_or(Err(Failed))
    }

    fn finish(&self, key: u64, answer: Answer) {
        if let Ok(bytes) = &answer {
            self.kept.insert(key, bytes.clone());
        }
        if let Some((_, build)) = self.under_way.remove(&key) {
            build.send_replace(Some(answer));
        }
    }
}

/// Where the answer to one build goes.
type Call = oneshot::Sender<Answer>;

/// Has something built.
async fn call(queue: &UnboundedSender<Call>) -> Answer {
    let (call, answer) = oneshot::channel();
    queue.send(call).map_err(|_| Failed)?;
    answer.await.unwrap_or(Err(Failed))
}

/// moka's cache for futures, which joins by itself.
pub struct Moka {
    kept: moka::future::Cache<u64, Bytes>,
    queue: UnboundedSender<Call>,
}

impl Flight for Moka {
    type Job = Call;

    fn new(queue: UnboundedSender<Call>) -> Self {
        Self { kept: moka::future::Cache::new(ROOM), queue }
    }

    async fn get(&self, key: u64) -> Answer {
        self.kept.try_get_with(key, call(&self.queue)).await.map_err(|error| *error)
    }

    fn finish(&self, job: Call, answer: Answer) {
        // Nobody may be left who waits for it.
        _ = job.send(answer);
    }
}

/// A cell for each build, and a cache behind them.
pub struct Cells {
    under_way: DashMap<u64, Arc<OnceCell<Bytes>>>,
    kept: moka::sync::Cache<u64, Bytes>,
    queue: UnboundedSender<Call>,
}

impl Cells {
    /// For the request that fills the cell.
    async fn build(&self, key: u64) -> Answer {
        let bytes = call(&self.queue).await?;
        self.kept.insert(key, bytes.clone());
        self.under_way.remove(&key);
        Ok(bytes)
    }
}

impl Flight for Cells {
    type Job = Call;

    fn new(queue: UnboundedSender<Call>) -> Self {
        Self { under_way: DashMap::new(), kept: moka::sync::Cache::new(ROOM), queue }
    }

    async fn get(&self, key: u64) -> Answer {
        if let Some(bytes) = self.kept.get(&key) {
            return Ok(bytes);
        }
        let cell = Arc::clone(self.under_way.entry(key).or_default().value());
        let made = cell.get_or_try_init(|| self.build(key)).await.cloned();
        if made.is_err() {
            // The last one out: the map has one, and this request.
            self.under_way.remove_if(&key, |_, kept| Arc::strong_count(kept) == 2);
        }
        made
    }

    fn finish(&self, job: Call, answer: Answer) {
        _ = job.send(answer);
    }
}

/// Waits for nothing: what tasks take by themselves.
pub struct Floor;

impl Flight for Floor {
    type Job = ();

    fn new(_: UnboundedSender<()>) -> Self {
        Self
    }

    async fn get(&self, _: u64) -> Answer {
        Ok(Bytes::new())
    }

    fn finish(&self, (): (), _: Answer) {}
}
