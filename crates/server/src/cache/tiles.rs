use super::{count_eviction, measure, weight};
use crate::error::Error;
use crate::metrics::Metrics;
use crate::worker::{Job, Product, Queue};
use actix_web::rt;
use actix_web::web::Data;
use bytes::Bytes;
use origami_pack::Pack;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Encoded tiles and thumbnails, by generation, so that a replaced pack's
/// entries are never met again.
#[derive(Clone)]
pub struct TileCache {
    entries: moka::future::Cache<(u64, Product), Bytes>,
    queue: Queue<Job>,
    metrics: Data<Metrics>,
}

/// How a product was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It stood in the cache.
    Cached,
    /// It was built for this request or for one it waited with.
    Built,
}

impl TileCache {
    /// A cache of `bytes` in front of `queue`.
    pub fn new(bytes: u64, queue: Queue<Job>, metrics: Data<Metrics>) -> Self {
        let evicted = metrics.clone();
        let entries = moka::future::Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, tile: &Bytes| weight(tile.len()))
            .eviction_listener(move |_, _, cause| count_eviction(&evicted.tiles, cause))
            .build();
        Self { entries, queue, metrics }
    }

    /// `product` of `pack`, built by a worker if it is not here.
    ///
    /// # Errors
    /// What the build failed with; a failure is shared by those who waited for
    /// it and not kept.
    pub async fn get(&self, pack: &Arc<Pack>, product: Product) -> Result<(Bytes, Found), Error> {
        let key = (pack.generation(), product);
        if let Some(tile) = self.entries.get(&key).await {
            self.metrics.tiles.hits.inc();
            return Ok((tile, Found::Cached));
        }
        self.metrics.tiles.misses.inc();
        // In a task of its own: if this request's client goes away, the build
        // goes on for the others that wait for it.
        let cache = self.clone();
        let job = Job { pack: Arc::clone(pack), product };
        let built = rt::spawn(async move { cache.build(key, job).await }).await;
        let answer = built.unwrap_or(Err(Error::Internal));
        if let Err(Error::Busy(reason)) = answer {
            self.metrics.rejected(reason);
        }
        answer.map(|tile| (tile, Found::Built))
    }

    async fn build(&self, key: (u64, Product), job: Job) -> Result<Bytes, Error> {
        let mine = AtomicBool::new(false);
        let build = async {
            mine.store(true, Ordering::Relaxed);
            self.queue.run(job).await
        };
        let answer = self.entries.try_get_with(key, build).await;
        if !mine.into_inner() {
            self.metrics.single_flight_waits.inc();
        }
        answer.map_err(|error| *error)
    }

    /// Writes what the cache and the queue hold now into the metrics.
    pub async fn measure(&self) {
        self.entries.run_pending_tasks().await;
        measure(&self.metrics.tiles, self.entries.weighted_size(), self.entries.entry_count());
        self.metrics.queue_depth.set(i64::try_from(self.queue.depth()).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::pack;
    use crate::worker::{Build, Workers};
    use crossbeam::channel::{Receiver, Sender, bounded};
    use std::time::Duration;

    /// Says when it has begun and ends when it is told to.
    struct Slow {
        begun: Sender<()>,
        end: Receiver<()>,
    }

    impl Build<Job> for Slow {
        fn build(&mut self, _: &Job) -> Result<Bytes, Error> {
            self.begun.send(()).unwrap();
            let _ = self.end.recv();
            Ok(Bytes::from_static(b"tile"))
        }
    }

    #[actix_web::test]
    async fn a_request_that_goes_away_does_not_cancel_the_build_others_wait_for() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(pack(folder.path()));
        let metrics = Data::new(Metrics::new());
        let ((begun, begins), (end, ends)) = (bounded(8), bounded(0));
        let make = move || Ok::<_, Error>(Slow { begun: begun.clone(), end: ends.clone() });
        let (_workers, queue) = Workers::start(2, 8, &metrics, make).unwrap();
        let tiles = TileCache::new(1 << 20, queue, metrics.clone());
        let ask = || {
            let (tiles, pack) = (tiles.clone(), Arc::clone(&pack));
            rt::spawn(async move { tiles.get(&pack, Product::Thumbnail(64)).await })
        };
        let leaving = ask();
        while begins.is_empty() {
            rt::time::sleep(Duration::from_millis(1)).await;
        }
        let staying = ask();
        rt::time::sleep(Duration::from_millis(20)).await;
        leaving.abort();
        assert!(leaving.await.unwrap_err().is_cancelled());
        rt::time::sleep(Duration::from_millis(20)).await;
        drop(end);
        assert_eq!(staying.await.unwrap(), Ok((Bytes::from_static(b"tile"), Found::Built)));
        assert_eq!((begins.len(), metrics.single_flight_waits.get()), (1, 1));
    }
}
