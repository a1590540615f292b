//! The cache of encoded tiles, thumbnails and pictures.
//!
//! Decoded parents have a cache of their own, in `origami_render`.

use crate::artifact::{Artifact, ArtifactKey, Pixels};
use crate::memory::MemoryShares;
use crate::metrics::Metrics;
use actix_web::web::Data;
use bytes::Bytes;
use moka::notification::RemovalCause;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Bytes an entry costs beyond its payload: key, handle and the cache's own
/// bookkeeping.
const ENTRY_OVERHEAD: usize = 160;

/// Encoded tiles, thumbnails and pictures, each within a memory share of its own, so that
/// a gallery, a viewer and a program that reads regions do not evict each other's
/// entries. A hit copies nothing.
#[derive(Clone)]
pub struct TileCache {
    tiles: Partition,
    thumbnails: Partition,
    pictures: Partition,
    metrics: Data<Metrics>,
}

/// Artifacts of one kind.
#[derive(Clone)]
struct Partition {
    entries: Cache<ArtifactKey, CacheEntry>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
}

/// An encoded artifact.
#[derive(Clone)]
struct CacheEntry {
    bytes: Bytes,
    /// For an artifact that was built speculatively: true until its first use.
    unused: Option<Arc<AtomicBool>>,
}

/// Why an artifact was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildTrigger {
    /// It was requested.
    Request,
    /// It may be requested soon.
    Speculation,
}

/// Contents and counters of one cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Weight of all entries.
    pub bytes: u64,
    /// Number of entries.
    pub entries: u64,
    /// Lookups that found their entry.
    pub hits: u64,
    /// Lookups that did not.
    pub misses: u64,
    /// Entries evicted to make room.
    pub evictions: u64,
}

/// Contents and counters of all partitions.
pub struct TileCacheStats {
    /// Those of the tiles.
    pub tiles: CacheStats,
    /// Those of the thumbnails.
    pub thumbnails: CacheStats,
    /// Those of the pictures.
    pub pictures: CacheStats,
}

/// Values of at least this many bytes count as large: lossless tiles, thumbnails, and
/// pictures.
const LARGE: usize = 64 << 10;

/// Bytes of memory that a value of `len` bytes takes. The allocator rounds large
/// sizes up and reserves pages of some megabytes for each of the rounded sizes;
/// evictions leave gaps in them. With 32 MiB of lossless tissue tiles, the process
/// took some 20 MiB more.
fn weight(len: usize) -> u32 {
    let gaps = if len < LARGE { 0 } else { len / 4 * 3 };
    (len + gaps + ENTRY_OVERHEAD).try_into().unwrap_or(u32::MAX)
}

impl Partition {
    fn new(capacity: u64) -> Self {
        let counters = Arc::<Counters>::default();
        let evicting = Arc::clone(&counters);
        let entries = Cache::builder()
            .max_capacity(capacity)
            .weigher(|_: &ArtifactKey, entry: &CacheEntry| weight(entry.bytes.len()))
            .eviction_listener(move |_, _, cause| {
                if cause == RemovalCause::Size {
                    evicting.evictions.fetch_add(1, Relaxed);
                }
            })
            .build();
        Self { entries, counters }
    }

    fn stats(&self) -> CacheStats {
        self.entries.run_pending_tasks();
        CacheStats {
            bytes: self.entries.weighted_size(),
            entries: self.entries.entry_count(),
            hits: self.counters.hits.load(Relaxed),
            misses: self.counters.misses.load(Relaxed),
            evictions: self.counters.evictions.load(Relaxed),
        }
    }
}

impl TileCache {
    /// An empty cache within `shares`.
    pub fn new(shares: MemoryShares, metrics: Data<Metrics>) -> Self {
        Self {
            tiles: Partition::new(shares.tiles),
            thumbnails: Partition::new(shares.thumbnails),
            pictures: Partition::new(shares.pictures),
            metrics,
        }
    }

    fn partition(&self, key: &ArtifactKey) -> &Partition {
        match key.artifact {
            Artifact::Tile(_)
            | Artifact::Constant(_)
            | Artifact::Encoded(Pixels::Tile(_) | Pixels::PaddedTile(_), _) => &self.tiles,
            Artifact::Encoded(Pixels::Thumbnail(_), _) => &self.thumbnails,
            Artifact::Encoded(Pixels::Picture(_), _) => &self.pictures,
        }
    }

    /// The artifact cached under `key`, for a request. Counts a hit, and the first
    /// use of an artifact that was built speculatively. A caller that builds what
    /// is missing calls [`Self::count_miss`].
    pub fn get(&self, key: &ArtifactKey) -> Option<Bytes> {
        let partition = self.partition(key);
        let entry = partition.entries.get(key)?;
        partition.counters.hits.fetch_add(1, Relaxed);
        if entry.unused.is_some_and(|unused| unused.swap(false, Relaxed)) {
            self.metrics.speculative_used.inc();
        }
        Some(entry.bytes)
    }

    /// Counts a request for `key` that found nothing.
    pub fn count_miss(&self, key: &ArtifactKey) {
        self.partition(key).counters.misses.fetch_add(1, Relaxed);
    }

    /// The artifact cached under `key`, if any. Counts neither hit nor use.
    pub fn peek(&self, key: &ArtifactKey) -> Option<Bytes> {
        self.partition(key).entries.get(key).map(|entry| entry.bytes)
    }

    /// Caches `bytes`, which were built because of `trigger`, under `key`.
    pub fn insert(&self, key: ArtifactKey, bytes: Bytes, trigger: BuildTrigger) {
        let unused = match trigger {
            BuildTrigger::Request => None,
            BuildTrigger::Speculation => Some(Arc::new(AtomicBool::new(true))),
        };
        let (partition, len) = (self.partition(&key), bytes.len());
        partition.entries.insert(key, CacheEntry { bytes, unused });
        // On its own, the cache evicts only after some dozens of insertions. Until then,
        // large values would far exceed the capacity.
        if len >= LARGE {
            partition.entries.run_pending_tasks();
        }
    }

    /// Whether tiles take at least `fraction` (0 to 1) of their share.
    pub fn is_filled(&self, fraction: f64) -> bool {
        let tiles = &self.tiles.entries;
        tiles.run_pending_tasks();
        let capacity = tiles.policy().max_capacity().unwrap_or(u64::MAX);
        tiles.weighted_size() as f64 >= fraction * capacity as f64
    }

    /// Contents and counters.
    pub fn stats(&self) -> TileCacheStats {
        TileCacheStats {
            tiles: self.tiles.stats(),
            thumbnails: self.thumbnails.stats(),
            pictures: self.pictures.stats(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_pack;
    use origami_pack::StorageId;
    use origami_pyramid::{Rect, Size, TileId};
    use origami_render::Picture;

    fn cache() -> TileCache {
        TileCache::new(MemoryShares::of(32 << 20), Data::new(Metrics::new()))
    }

    fn tile(z: u32, x: u32) -> Artifact {
        Artifact::Tile(TileId { z, x, y: 0 })
    }

    /// The picture whose left edge is `x`.
    fn picture(x: u32) -> Pixels {
        Pixels::Picture(Picture::new(Rect { x, y: 0, width: 9, height: 9 }, Size::square(9)))
    }

    #[test]
    fn the_first_use_of_a_speculative_tile_is_counted_once() {
        let cache = cache();
        let pack = StorageId::next();
        let [requested, speculative, missing] = [0, 1, 2].map(|x| ArtifactKey { pack, artifact: tile(3, x) });
        cache.insert(requested, Bytes::from_static(b"requested"), BuildTrigger::Request);
        cache.insert(speculative, Bytes::from_static(b"speculative"), BuildTrigger::Speculation);
        assert_eq!(cache.peek(&speculative).unwrap(), "speculative");
        assert_eq!(cache.metrics.speculative_used.get(), 0, "peeking is no use");
        for _ in 0..3 {
            assert!(cache.get(&requested).is_some() && cache.get(&speculative).is_some());
        }
        assert_eq!(cache.metrics.speculative_used.get(), 1);
        assert!(cache.get(&missing).is_none());
        cache.count_miss(&missing);
        let tiles = cache.stats().tiles;
        assert_eq!((tiles.hits, tiles.misses), (6, 1));
    }

    #[test]
    fn thumbnails_pictures_and_tiles_do_not_evict_each_other() {
        let shares = MemoryShares {
            tiles: 10_000,
            thumbnails: 2_000,
            pictures: 3_000,
            bodies: 0,
            unwritten: 0,
            making: 0,
            parents: 0,
            packs: 0,
            models: 0,
            buffers: 0,
            budget: 0,
        };
        let cache = TileCache::new(shares, Data::new(Metrics::new()));
        let (pack, jpeg) = (StorageId::next(), test_pack::jpeg(90));
        let thumbnail = ArtifactKey { pack, artifact: Artifact::Encoded(Pixels::Thumbnail(64), jpeg) };
        cache.insert(thumbnail, Bytes::from(vec![0; 1_000]), BuildTrigger::Request);
        for x in 0..100 {
            for artifact in [tile(9, x), Artifact::Encoded(picture(x), jpeg)] {
                let key = ArtifactKey { pack, artifact };
                cache.insert(key, Bytes::from(vec![0; 1_000]), BuildTrigger::Request);
            }
        }
        let TileCacheStats { tiles, pictures, .. } = cache.stats();
        assert!(cache.get(&thumbnail).is_some());
        assert!((4_000..=10_000).contains(&tiles.bytes), "{}", tiles.bytes);
        assert!((1_000..=3_000).contains(&pictures.bytes), "{}", pictures.bytes);
        assert!(tiles.evictions > 80 && pictures.evictions > 90);
        assert!(cache.is_filled(0.5));
    }

    #[test]
    fn pixels_in_one_encoding_are_not_found_in_another() {
        let cache = cache();
        let pack = StorageId::next();
        let id = TileId { z: 3, x: 0, y: 0 };
        let mut artifacts = vec![Artifact::Tile(id)];
        for pixels in [Pixels::Tile(id), Pixels::PaddedTile(id), Pixels::Thumbnail(64), picture(0)] {
            let encodings = test_pack::encodings().into_iter().chain([test_pack::jpeg(20)]);
            artifacts.extend(encodings.map(|encoding| Artifact::Encoded(pixels, encoding)));
        }
        let keys: Vec<_> = artifacts.into_iter().map(|artifact| ArtifactKey { pack, artifact }).collect();
        for (number, key) in keys.iter().enumerate() {
            assert!(cache.peek(key).is_none(), "{key:?}");
            cache.insert(*key, Bytes::from(number.to_string()), BuildTrigger::Request);
        }
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(cache.peek(key).unwrap(), number.to_string().as_bytes(), "{key:?}");
        }
    }
}
