//! What is kept between requests: encoded tiles, weighed in bytes, built once
//! however many ask. Decoded parents have their own cache, in `render`.

use crate::artifact::{Artifact, Key};
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

/// Encoded tiles and thumbnails, each within its own share of memory, so that
/// a gallery and a viewer do not push each other out. A hit copies nothing.
#[derive(Clone)]
pub struct TileCache {
    tiles: Partition,
    thumbnails: Partition,
    metrics: Data<Metrics>,
}

/// Artifacts of one kind.
#[derive(Clone)]
struct Partition {
    kept: Cache<Key, CacheEntry>,
    counts: Arc<Counters>,
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
    /// Of what nobody had asked for: whether that is still so.
    speculative: Option<Arc<AtomicBool>>,
}

/// What a cache holds now and has done.
pub struct CacheStats {
    /// Weight of all entries.
    pub bytes: u64,
    /// Number of entries.
    pub entries: u64,
    /// Look-ups that found their entry.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Entries dropped for room.
    pub evictions: u64,
}

/// Bytes from which on a value is large: tiles without loss, and thumbnails.
const LARGE: usize = 64 << 10;

/// Bytes of memory that a value of `len` bytes takes. The allocator has pages of
/// some megabytes for each of the sizes that it rounds large ones to, and what is
/// evicted leaves gaps in them: with 32 MiB of tissue without loss, the process
/// held some 20 MiB more.
fn weight(len: usize) -> u32 {
    let gaps = if len < LARGE { 0 } else { len / 4 * 3 };
    (len + gaps + ENTRY_OVERHEAD).try_into().unwrap_or(u32::MAX)
}

impl Partition {
    fn new(room: u64) -> Self {
        let counts = Arc::<Counters>::default();
        let counted = Arc::clone(&counts);
        let evicted = move |_: Arc<Key>, _: CacheEntry, cause: RemovalCause| {
            if cause == RemovalCause::Size {
                counted.evictions.fetch_add(1, Relaxed);
            }
        };
        let weight = |_: &Key, kept: &CacheEntry| weight(kept.bytes.len());
        let kept = Cache::builder().max_capacity(room).weigher(weight).eviction_listener(evicted).build();
        Self { kept, counts }
    }

    fn stats(&self) -> CacheStats {
        self.kept.run_pending_tasks();
        let Counters { hits, misses, evictions } = &*self.counts;
        let [hits, misses, evictions] = [hits, misses, evictions].map(|count| count.load(Relaxed));
        let (bytes, entries) = (self.kept.weighted_size(), self.kept.entry_count());
        CacheStats { bytes, entries, hits, misses, evictions }
    }
}

impl TileCache {
    /// An empty cache of `shares`.
    pub fn new(shares: MemoryShares, metrics: Data<Metrics>) -> Self {
        Self { tiles: Partition::new(shares.tiles), thumbnails: Partition::new(shares.thumbnails), metrics }
    }

    fn of(&self, key: &Key) -> &Partition {
        match key.1 {
            Artifact::Tile(..) | Artifact::Constant(_) => &self.tiles,
            Artifact::Thumbnail(..) => &self.thumbnails,
        }
    }

    /// What is kept under `key`, for a request: a hit is counted, and so is the
    /// first use of what was built speculative. Whoever makes it then counts a
    /// [`Self::miss`].
    pub fn get(&self, key: &Key) -> Option<Bytes> {
        let share = self.of(key);
        let kept = share.kept.get(key)?;
        share.counts.hits.fetch_add(1, Relaxed);
        if kept.speculative.is_some_and(|speculative| speculative.swap(false, Relaxed)) {
            self.metrics.speculative_used.inc();
        }
        Some(kept.bytes)
    }

    /// Counters a request for `key` that found nothing.
    pub fn miss(&self, key: &Key) {
        self.of(key).counts.misses.fetch_add(1, Relaxed);
    }

    /// What is kept under `key`, if anything; not counted.
    pub fn peek(&self, key: &Key) -> Option<Bytes> {
        self.of(key).kept.get(key).map(|kept| kept.bytes)
    }

    /// Keeps `bytes` under `key`; `speculative` if nobody has asked for them yet.
    pub fn insert(&self, key: Key, bytes: Bytes, speculative: bool) {
        let speculative = speculative.then(|| Arc::new(AtomicBool::new(true)));
        let (share, len) = (self.of(&key), bytes.len());
        share.kept.insert(key, CacheEntry { bytes, speculative });
        // The cache makes room some dozens of insertions later, which is much of
        // what is large.
        if len >= LARGE {
            share.kept.run_pending_tasks();
        }
    }

    /// Whether `share` (0 to 1) of the room for tiles is taken.
    pub fn is_filled(&self, share: f64) -> bool {
        let tiles = &self.tiles.kept;
        tiles.run_pending_tasks();
        let room = tiles.policy().max_capacity().unwrap_or(u64::MAX);
        tiles.weighted_size() as f64 >= share * room as f64
    }

    /// Of the tiles and of the thumbnails.
    pub fn stats(&self) -> [CacheStats; 2] {
        [self.tiles.stats(), self.thumbnails.stats()]
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use origami_codec::{Encoder, SharedHeader};
    use origami_pack::{LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter, StorageId, TableSpec};
    use origami_pyramid::{Pyramid, Size, Subsampling, TileId, Ycc};
    use origami_render::Format;
    use std::path::Path;

    /// A pack of 8 x 8 families without any residuals.
    pub fn pack(folder: &Path) -> Pack {
        let pyramid = Pyramid::new(Size::square(8192), 256).unwrap();
        let stored = pyramid.max_level() - 2;
        let mut jpeg = vec![0; 1 << 20];
        let mut encoder = Encoder::new().unwrap();
        let len =
            encoder.encode(&mut Ycc::zeros(8, 8, Subsampling::Gray), 80, &mut jpeg).expect("a small tile");
        let table = SharedHeader::of(&jpeg[..len]).unwrap();
        let level = |z: u32| LevelSpec {
            mode: if z > stored { Mode::Luma } else { Mode::Stored },
            quality: 80,
            parent: (z > stored).then(|| z - 1),
            header: None,
            table: (z > stored).then_some(0),
        };
        let spec = PackSpec {
            pyramid,
            subsampling: Subsampling::S420,
            chroma_level: Some(stored),
            levels: (0..=pyramid.max_level()).map(level).collect(),
            tables: vec![TableSpec::Residuals(table)],
        };
        let mut writer = PackWriter::create(&folder.join("a.origami"), spec, false).unwrap();
        for id in (0..=pyramid.max_level()).flat_map(|z| pyramid.tiles(z)) {
            if id.z > stored { writer.empty(id) } else { writer.blank(id, [200, 128, 128]) }
        }
        let path = writer.finish(&Metadata::default()).unwrap().publish().unwrap();
        Pack::open(&path).unwrap()
    }

    fn tile(z: u32, x: u32, format: Format) -> Artifact {
        Artifact::Tile(TileId { z, x, y: 0 }, format)
    }

    #[test]
    fn the_first_use_of_a_tile_nobody_had_asked_for_is_counted_once() {
        let metrics = Data::new(Metrics::new());
        let cache = TileCache::new(MemoryShares::of(32 << 20), metrics.clone());
        let pack = StorageId::next();
        let key = |x| (pack, tile(3, x, Format::Jpeg));
        cache.insert(key(0), Bytes::from_static(b"asked"), false);
        cache.insert(key(1), Bytes::from_static(b"speculative"), true);
        assert_eq!(cache.peek(&key(1)).unwrap(), "speculative");
        assert_eq!(metrics.speculative_used.get(), 0, "looking is not using");
        for _ in 0..3 {
            assert!(cache.get(&key(0)).is_some() && cache.get(&key(1)).is_some());
        }
        assert_eq!(metrics.speculative_used.get(), 1);
        assert!(cache.get(&key(2)).is_none());
        cache.miss(&key(2));
        let [tiles, _] = cache.stats();
        assert_eq!((tiles.hits, tiles.misses), (6, 1));
    }

    #[test]
    fn thumbnails_and_tiles_do_not_push_each_other_out() {
        let shares = MemoryShares { tiles: 10_000, thumbnails: 2_000, parents: 0, packs: 0, models: 0 };
        let cache = TileCache::new(shares, Data::new(Metrics::new()));
        let pack = StorageId::next();
        let thumbnail = (pack, Artifact::Thumbnail(64, Format::Jpeg));
        cache.insert(thumbnail, Bytes::from(vec![0; 1_000]), false);
        for x in 0..100 {
            cache.insert((pack, tile(9, x, Format::Jpeg)), Bytes::from(vec![0; 1_000]), false);
        }
        let [tiles, _] = cache.stats();
        assert!(cache.get(&thumbnail).is_some());
        assert!((4_000..=10_000).contains(&tiles.bytes), "{}", tiles.bytes);
        assert!(tiles.evictions > 80);
        assert!(cache.is_filled(0.5));
    }

    #[test]
    fn what_is_kept_in_one_format_is_not_found_in_another() {
        let cache = TileCache::new(MemoryShares::of(32 << 20), Data::new(Metrics::new()));
        let pack = StorageId::next();
        let artifacts: [fn(Format) -> Artifact; 2] =
            [|format| tile(3, 0, format), |format| Artifact::Thumbnail(64, format)];
        for artifact in artifacts {
            cache.insert((pack, artifact(Format::Jpeg)), Bytes::from_static(b"jpeg"), false);
            assert!(cache.peek(&(pack, artifact(Format::Png))).is_none());
            cache.insert((pack, artifact(Format::Png)), Bytes::from_static(b"png"), false);
            assert_eq!(cache.peek(&(pack, artifact(Format::Jpeg))).unwrap(), "jpeg");
            assert_eq!(cache.peek(&(pack, artifact(Format::Png))).unwrap(), "png");
        }
    }
}
