//! One build of each artifact, however many ask for it.

use crate::admission::AdmissionQueue;
use crate::artifact::{Job, Key};
use crate::cache::TileCache;
use crate::error::{Busy, Error};
use crate::failure_log::FailureLog;
use actix_web::web::Data;
use bytes::Bytes;
use dashmap::{DashMap, Entry};
use std::sync::Arc;
use tokio::sync::watch;

type Answer = Result<Bytes, Error>;

/// Where requests and workers meet. A build under way is a channel whose
/// receivers are the requests that wait for it: one that goes away, for
/// whatever reason, is counted out by being dropped, and takes nobody along.
#[derive(Clone)]
pub struct SingleFlight {
    under_way: Arc<DashMap<Key, watch::Sender<Option<Answer>>>>,
    tiles: TileCache,
    queue: AdmissionQueue,
    /// Where what fails and what is done is told.
    pub failure_log: Data<FailureLog>,
}

impl SingleFlight {
    /// Nothing is being built yet; what is goes through `queue` into `tiles`.
    pub fn new(tiles: TileCache, queue: AdmissionQueue, failure_log: Data<FailureLog>) -> Self {
        Self { under_way: Arc::default(), tiles, queue, failure_log }
    }

    /// The artifact of `job`, built for this request or for one it waits with.
    ///
    /// # Errors
    /// What the build failed with; a failure is shared by those who waited for
    /// it and not kept. [`Error::Busy`] if there is too much to do.
    pub async fn get(&self, job: Job) -> Answer {
        let mut waiting = self.join(job)?;
        let answered = waiting.wait_for(Option::is_some).await;
        // Without an answer the workers are gone.
        let answer = answered.ok().and_then(|answer| answer.clone());
        answer.unwrap_or(Err(Error::Busy(Busy::Stopping)))
    }

    /// Where the artifact of `job` arrives, if it is not there already.
    fn join(&self, job: Job) -> Result<watch::Receiver<Option<Answer>>, Error> {
        let (key, waits) = (job.key(), &self.failure_log.metrics.single_flight_waits);
        let vacant = match self.under_way.entry(key) {
            Entry::Occupied(build) => {
                waits.inc();
                return Ok(build.get().subscribe());
            }
            Entry::Vacant(vacant) => vacant,
        };
        // A build that ended since this request looked is in the cache by now:
        // builds are put there before they are taken from here.
        if let Some(tile) = self.tiles.peek(&key) {
            waits.inc();
            return Ok(watch::channel(Some(Ok(tile))).1);
        }
        let queued = self.queue.admit(job)?;
        let (answer, waiting) = watch::channel(None);
        drop(vacant.insert(answer));
        if let Err(stopping) = self.queue.push(queued) {
            self.under_way.remove(&key);
            return Err(stopping);
        }
        Ok(waiting)
    }

    /// Whether anybody still waits for the queued build of `key`. If not, it is
    /// forgotten, and the next request starts it anew.
    pub fn is_wanted(&self, key: &Key) -> bool {
        let forgotten = self.under_way.remove_if(key, |_, build| build.receiver_count() == 0);
        forgotten.is_none()
    }

    /// Claims the build of `key` without a request, unless it is there or
    /// under way already.
    pub fn claim(&self, key: Key) -> bool {
        let Entry::Vacant(vacant) = self.under_way.entry(key) else { return false };
        if self.tiles.peek(&key).is_some() {
            return false;
        }
        drop(vacant.insert(watch::Sender::new(None)));
        true
    }

    /// Ends the build of `key`: a good answer is kept, and everybody who waits
    /// gets it. `speculative` if it was [`Self::claim`]ed rather than requested.
    pub fn finish(&self, key: Key, answer: Answer, speculative: bool) {
        if let Ok(tile) = &answer {
            self.tiles.insert(key, tile.clone(), speculative);
        }
        if let Some((_, build)) = self.under_way.remove(&key) {
            if speculative && build.receiver_count() > 0 {
                // Counts the use, as a look-up in the cache would.
                self.tiles.get(&key);
            }
            build.send_replace(Some(answer));
        }
    }

    /// Lets everybody who still waits go: there are no workers any more.
    pub fn close(&self) {
        self.under_way.clear();
    }

    /// Whether the artifact of `key` is in the cache.
    pub fn is_there(&self, key: &Key) -> bool {
        self.tiles.peek(key).is_some()
    }

    /// Jobs that no worker has taken yet.
    pub fn waiting(&self) -> usize {
        self.queue.depth()
    }
}
