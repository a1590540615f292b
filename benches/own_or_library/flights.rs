//! The alternatives for single flight: what joins requests to a build that is done
//! elsewhere, in front of a cache of the results.

use bytes::Bytes;
use dashmap::{DashMap, Entry};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, oneshot, watch};

/// A build that failed.
#[derive(Clone, Copy, Debug)]
pub struct BuildFailed;

pub type BuildResult = Result<Bytes, BuildFailed>;

/// Number of encoded tiles that fit into the caches.
const CAPACITY: u64 = 10_000;

/// Where requests meet the worker.
pub trait Flight {
    /// What is queued for a build.
    type Job;

    /// Sends builds through `queue`.
    fn new(queue: UnboundedSender<Self::Job>) -> Self;

    /// The result for `key`, built for this request or for one that it joins.
    fn get(&self, key: u64) -> impl Future<Output = BuildResult>;

    /// Ends a build.
    fn finish(&self, job: Self::Job, result: BuildResult);
}

/// Builds that are under way, each as a `Pending`, and built tiles.
struct Builds<Pending, Job> {
    under_way: DashMap<u64, Pending>,
    built: moka::sync::Cache<u64, Bytes>,
    queue: UnboundedSender<Job>,
}

impl<Pending, Job> Builds<Pending, Job> {
    fn new(queue: UnboundedSender<Job>) -> Self {
        Self { under_way: DashMap::new(), built: moka::sync::Cache::new(CAPACITY), queue }
    }
}

/// The core of the server's `Builds`, which is part of the server and cannot be used
/// alone: without admission, speculation and counts.
pub struct OwnFlight(Builds<watch::Sender<Option<BuildResult>>, u64>);

impl OwnFlight {
    fn join(&self, key: u64) -> Result<watch::Receiver<Option<BuildResult>>, BuildFailed> {
        let vacant = match self.0.under_way.entry(key) {
            Entry::Occupied(build) => return Ok(build.get().subscribe()),
            Entry::Vacant(vacant) => vacant,
        };
        if let Some(bytes) = self.0.built.get(&key) {
            return Ok(watch::channel(Some(Ok(bytes))).1);
        }
        let (sender, receiver) = watch::channel(None);
        drop(vacant.insert(sender));
        self.0.queue.send(key).map_err(|_| BuildFailed)?;
        Ok(receiver)
    }
}

impl Flight for OwnFlight {
    type Job = u64;

    fn new(queue: UnboundedSender<u64>) -> Self {
        Self(Builds::new(queue))
    }

    async fn get(&self, key: u64) -> BuildResult {
        if let Some(bytes) = self.0.built.get(&key) {
            return Ok(bytes);
        }
        let mut receiver = self.join(key)?;
        let result = receiver.wait_for(Option::is_some).await;
        let result = result.ok().and_then(|result| result.clone());
        result.unwrap_or(Err(BuildFailed))
    }

    fn finish(&self, key: u64, result: BuildResult) {
        if let Ok(bytes) = &result {
            self.0.built.insert(key, bytes.clone());
        }
        if let Some((_, build)) = self.0.under_way.remove(&key) {
            build.send_replace(Some(result));
        }
    }
}

/// Where the result of one build is sent.
type Reply = oneshot::Sender<BuildResult>;

/// Queues a build and waits for its result.
async fn build(queue: &UnboundedSender<Reply>) -> BuildResult {
    let (reply, result) = oneshot::channel();
    queue.send(reply).map_err(|_| BuildFailed)?;
    result.await.unwrap_or(Err(BuildFailed))
}

/// Sends the result of a build. It is lost if no request waits for it any more.
fn send(reply: Reply, result: BuildResult) {
    _ = reply.send(result);
}

/// moka's cache for futures, which joins requests by itself.
pub struct MokaFlight {
    built: moka::future::Cache<u64, Bytes>,
    queue: UnboundedSender<Reply>,
}

impl Flight for MokaFlight {
    type Job = Reply;

    fn new(queue: UnboundedSender<Reply>) -> Self {
        Self { built: moka::future::Cache::new(CAPACITY), queue }
    }

    async fn get(&self, key: u64) -> BuildResult {
        self.built.try_get_with(key, build(&self.queue)).await.map_err(|error| *error)
    }

    fn finish(&self, job: Reply, result: BuildResult) {
        send(job, result);
    }
}

/// A cell for each build, and a cache behind the cells.
pub struct CellFlight(Builds<Arc<OnceCell<Bytes>>, Reply>);

impl CellFlight {
    /// Builds for the request that fills the cell.
    async fn build(&self, key: u64) -> BuildResult {
        let bytes = build(&self.0.queue).await?;
        self.0.built.insert(key, bytes.clone());
        self.0.under_way.remove(&key);
        Ok(bytes)
    }
}

impl Flight for CellFlight {
    type Job = Reply;

    fn new(queue: UnboundedSender<Reply>) -> Self {
        Self(Builds::new(queue))
    }

    async fn get(&self, key: u64) -> BuildResult {
        if let Some(bytes) = self.0.built.get(&key) {
            return Ok(bytes);
        }
        let cell = Arc::clone(self.0.under_way.entry(key).or_default().value());
        let result = cell.get_or_try_init(|| self.build(key)).await.cloned();
        if result.is_err() {
            // The last request removes the cell: then only it and the map have one.
            self.0.under_way.remove_if(&key, |_, cell| Arc::strong_count(cell) == 2);
        }
        result
    }

    fn finish(&self, job: Reply, result: BuildResult) {
        send(job, result);
    }
}

/// Waits for nothing: the time that tasks take by themselves.
pub struct NoFlight;

impl Flight for NoFlight {
    type Job = ();

    fn new(_: UnboundedSender<()>) -> Self {
        Self
    }

    async fn get(&self, _: u64) -> BuildResult {
        Ok(Bytes::new())
    }

    fn finish(&self, (): (), _: BuildResult) {}
}
