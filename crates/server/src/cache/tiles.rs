use super::{count_eviction, measure, weight};
use crate::memory::Shares;
use crate::metrics::Metrics;
use crate::product::{Key, Product};
use actix_web::web::Data;
use bytes::Bytes;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Encoded tiles and thumbnails, each within its own share of memory, so that
/// a gallery and a viewer do not push each other out. A hit copies nothing.
#[derive(Clone)]
pub struct TileCache {
    tiles: Cache<Key, Kept>,
    thumbnails: Cache<Key, Kept>,
    metrics: Data<Metrics>,
}

/// An encoded product.
#[derive(Clone)]
struct Kept {
    jpeg: Bytes,
    /// Of what nobody had asked for: whether that is still so.
    unasked: Option<Arc<AtomicBool>>,
}

impl TileCache {
    /// An empty cache of `shares`.
    pub fn new(shares: Shares, metrics: Data<Metrics>) -> Self {
        let (tiles, thumbnails) = (metrics.clone(), metrics.clone());
        Self {
            tiles: Cache::builder()
                .max_capacity(shares.tiles)
                .weigher(|_, kept: &Kept| weight(kept.jpeg.len()))
                .eviction_listener(move |_, _, cause| count_eviction(&tiles.tiles, cause))
                .build(),
            thumbnails: Cache::builder()
                .max_capacity(shares.thumbnails)
                .weigher(|_, kept: &Kept| weight(kept.jpeg.len()))
                .eviction_listener(move |_, _, cause| count_eviction(&thumbnails.thumbnails, cause))
                .build(),
            metrics,
        }
    }

    fn of(&self, key: &Key) -> &Cache<Key, Kept> {
        match key.1 {
            Product::Tile(_) | Product::Constant(_) => &self.tiles,
            Product::Thumbnail(_) => &self.thumbnails,
        }
    }

    /// What is kept under `key`, for a request: a hit is counted, and so is the
    /// first use of what was built unasked. Whoever makes it then counts a
    /// [`Self::miss`].
    pub fn get(&self, key: &Key) -> Option<Bytes> {
        let metrics = match key.1 {
            Product::Tile(_) | Product::Constant(_) => &self.metrics.tiles,
            Product::Thumbnail(_) => &self.metrics.thumbnails,
        };
        let kept = self.of(key).get(key)?;
        metrics.hits.inc();
        if kept.unasked.is_some_and(|unasked| unasked.swap(false, Relaxed)) {
            self.metrics.speculative_used.inc();
        }
        Some(kept.jpeg)
    }

    /// Counts a request for `key` that found nothing.
    pub fn miss(&self, key: &Key) {
        match key.1 {
            Product::Tile(_) | Product::Constant(_) => self.metrics.tiles.misses.inc(),
            Product::Thumbnail(_) => self.metrics.thumbnails.misses.inc(),
        }
    }

    /// What is kept under `key`, if anything; not counted.
    pub fn peek(&self, key: &Key) -> Option<Bytes> {
        self.of(key).get(key).map(|kept| kept.jpeg)
    }

    /// Keeps `jpeg` under `key`; `unasked` if nobody has asked for it yet.
    pub fn insert(&self, key: Key, jpeg: Bytes, unasked: bool) {
        let unasked = unasked.then(|| Arc::new(AtomicBool::new(true)));
        self.of(&key).insert(key, Kept { jpeg, unasked });
    }

    /// Whether `share` (0 to 1) of the room for tiles is taken.
    pub fn is_filled(&self, share: f64) -> bool {
        self.tiles.run_pending_tasks();
        let room = self.tiles.policy().max_capacity().unwrap_or(u64::MAX);
        self.tiles.weighted_size() as f64 >= share * room as f64
    }

    /// Writes what the cache holds now into the metrics.
    pub fn measure(&self) {
        for (cache, metrics) in
            [(&self.tiles, &self.metrics.tiles), (&self.thumbnails, &self.metrics.thumbnails)]
        {
            cache.run_pending_tasks();
            measure(metrics, cache.weighted_size(), cache.entry_count());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pack::StorageId;
    use origami_pyramid::TileId;

    #[test]
    fn the_first_use_of_a_tile_nobody_had_asked_for_is_counted_once() {
        let metrics = Data::new(Metrics::new());
        let cache = TileCache::new(Shares::of(32 << 20), metrics.clone());
        let pack = StorageId::next();
        let key = |x| (pack, Product::Tile(TileId { z: 3, x, y: 0 }));
        cache.insert(key(0), Bytes::from_static(b"asked"), false);
        cache.insert(key(1), Bytes::from_static(b"unasked"), true);
        assert_eq!(cache.peek(&key(1)).unwrap(), "unasked");
        assert_eq!(metrics.speculative_used.get(), 0, "looking is not using");
        for _ in 0..3 {
            assert!(cache.get(&key(0)).is_some() && cache.get(&key(1)).is_some());
        }
        assert_eq!(metrics.speculative_used.get(), 1);
        assert!(cache.get(&key(2)).is_none());
        cache.miss(&key(2));
        assert_eq!((metrics.tiles.hits.get(), metrics.tiles.misses.get()), (6, 1));
    }

    #[test]
    fn thumbnails_and_tiles_do_not_push_each_other_out() {
        let metrics = Data::new(Metrics::new());
        let shares = Shares { tiles: 10_000, thumbnails: 2_000, parents: 0, packs: 0, models: 0 };
        let cache = TileCache::new(shares, metrics.clone());
        let pack = StorageId::next();
        cache.insert((pack, Product::Thumbnail(64)), Bytes::from(vec![0; 1_000]), false);
        for x in 0..100 {
            cache.insert((pack, Product::Tile(TileId { z: 9, x, y: 0 })), Bytes::from(vec![0; 1_000]), false);
        }
        cache.measure();
        assert!(cache.get(&(pack, Product::Thumbnail(64))).is_some());
        assert!((4_000..=10_000).contains(&metrics.tiles.bytes.get()), "{}", metrics.tiles.bytes.get());
        assert!(metrics.tiles.evictions.get() > 80);
        assert!(cache.is_filled(0.5));
    }
}
