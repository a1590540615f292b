//! What is kept between requests: encoded tiles and decoded parents, both
//! weighed in bytes, both built once however many ask.

use crate::error::Error;
use crate::metrics::{CacheMetrics, Metrics};
use crate::worker::{Job, Product, Queue};
use actix_web::rt;
use actix_web::web::Data;
use bytes::Bytes;
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use origami_pack::{Pack, ParentPlanes, Parents, Pools, RebuildError};
use origami_pyramid::TileId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes an entry costs beyond its payload: key, handle and the cache's own
/// bookkeeping.
const ENTRY_OVERHEAD: usize = 160;

/// Weight of an entry with `payload` bytes.
fn weight(payload: usize) -> u32 {
    u32::try_from(payload + ENTRY_OVERHEAD).unwrap_or(u32::MAX)
}

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

/// Decoded parents of all packs. The least recently used go first: a parent is
/// wanted by its children, which are asked for at about the same time.
///
/// Parents stand in leased buffers, so the cache must let go of them as soon as
/// it is full, or the pools run dry.
#[derive(Clone)]
pub struct ParentCache {
    entries: moka::sync::Cache<(u64, TileId), Arc<ParentPlanes>>,
    metrics: Data<Metrics>,
}

impl ParentCache {
    /// A cache of `bytes` of buffers leased from `pools`.
    pub fn new(bytes: u64, pools: Arc<Pools>, metrics: Data<Metrics>) -> Self {
        let evicted = metrics.clone();
        let entries = moka::sync::Cache::builder()
            .max_capacity(bytes)
            .eviction_policy(EvictionPolicy::lru())
            .weigher(move |_, planes: &Arc<ParentPlanes>| weight(planes.bytes(&pools)))
            .eviction_listener(move |_, _, cause| count_eviction(&evicted.parents, cause))
            .build();
        Self { entries, metrics }
    }

    /// The parents of the pack with this generation.
    pub fn of(&self, generation: u64) -> PackParents<'_> {
        PackParents { cache: self, generation }
    }

    /// Writes what the cache holds now into the metrics.
    pub fn measure(&self) {
        self.entries.run_pending_tasks();
        measure(&self.metrics.parents, self.entries.weighted_size(), self.entries.entry_count());
    }
}

/// The parents of one pack.
pub struct PackParents<'a> {
    cache: &'a ParentCache,
    generation: u64,
}

impl Parents for PackParents<'_> {
    fn get_or_decode(
        &self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Arc<ParentPlanes>, RebuildError> {
        let metrics = &self.cache.metrics;
        let key = (self.generation, id);
        if let Some(planes) = self.cache.entries.get(&key) {
            metrics.parents.hits.inc();
            return Ok(planes);
        }
        metrics.parents.misses.inc();
        let decoded = self.cache.entries.try_get_with(key, || {
            metrics.parent_decodes.inc();
            decode().map(Arc::new)
        });
        // Otherwise evictions wait for more insertions, buffers in hand.
        self.cache.entries.run_pending_tasks();
        decoded.map_err(|failure| Arc::try_unwrap(failure).unwrap_or_else(RebuildError::Shared))
    }
}

fn count_eviction(metrics: &CacheMetrics, cause: RemovalCause) {
    if cause == RemovalCause::Size {
        metrics.evictions.inc();
    }
}

fn measure(metrics: &CacheMetrics, bytes: u64, entries: u64) {
    metrics.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    metrics.entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::{Build, Workers};
    use crossbeam::channel::{Receiver, Sender, bounded};
    use origami_codec::Encoder;
    use origami_pack::{LevelSpec, Mode, PackSpec, PackWriter, Rebuilder};
    use origami_pyramid::{Pyramid, Subsampling, Ycc};
    use std::time::Duration;

    /// A pack of 8 x 8 families without any residuals.
    fn pack(folder: &std::path::Path) -> Pack {
        let pyramid = Pyramid::new(8192, 8192, 256).unwrap();
        let top = pyramid.max_level();
        let mut jpeg = vec![0; 1 << 20];
        let mut encoder = Encoder::new().unwrap();
        let len =
            encoder.encode(&mut Ycc::zeros(8, 8, Subsampling::Gray), 80, &mut jpeg).expect("a small tile");
        let table = origami_codec::SharedHeader::of(&jpeg[..len]).unwrap();
        let level = |z| LevelSpec {
            mode: if z + 2 > top { Mode::Luma } else { Mode::Stored },
            quality: 80,
            table: (z + 2 > top).then_some(0),
        };
        let levels = (0..=top).map(level).collect();
        let spec = PackSpec { pyramid, subsampling: Subsampling::S420, levels, tables: vec![table] };
        let mut writer = PackWriter::create(&folder.join("a.origami"), spec, false).unwrap();
        for z in 0..=top {
            let (columns, rows) = pyramid.grid(z).unwrap();
            for id in (0..rows).flat_map(|y| (0..columns).map(move |x| TileId { z, x, y })) {
                if z + 2 > top { writer.empty(id) } else { writer.blank(id, [200, 128, 128]) }
            }
        }
        let path = writer.finish(&Default::default()).unwrap().publish().unwrap();
        Pack::open(&path).unwrap()
    }

    #[test]
    fn parents_give_their_buffers_back_when_the_cache_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let pack = pack(folder.path());
        let pools = Pools::new(0);
        let metrics = Data::new(Metrics::new());
        let room = 4;
        let bytes = room * (96 << 10) + room * ENTRY_OVERHEAD as u64;
        let cache = ParentCache::new(bytes, Arc::clone(&pools), metrics.clone());
        let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
        let z = pack.pyramid().max_level();
        // 64 roots and 256 L1 parents pass through a pool of 8 buffers: those that
        // are kept and the four of one worker.
        for id in (0..32).flat_map(|y| (0..32).map(move |x| TileId { z, x, y })) {
            rebuilder.tile(&pack, id, &cache.of(pack.generation())).expect("a free buffer");
        }
        assert!(metrics.parent_decodes.get() >= 320);
        cache.measure();
        assert_eq!(metrics.parents.entries.get(), room as i64);
        assert!(metrics.parents.evictions.get() >= 320 - room);
    }

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
