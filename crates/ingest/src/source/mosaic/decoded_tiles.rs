//! The cache of decoded tiles that several regions need.

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use origami_pyramid::{Point, Rgb, Size};
use std::sync::Arc;

/// Minimum capacity of the cache of tiles that several regions need, in bytes.
const MIN_CACHE: u64 = 16 << 20;
/// Maximum capacity of that cache, in bytes, for tiles that are narrower than a
/// region.
const MAX_CACHE: u64 = 128 << 20;
/// Maximum capacity of that cache, in bytes, for tiles so large that decoding one
/// again for each region would take hours: strips as wide as the slide.
const MAX_CACHE_OF_STRIPS: u64 = 1 << 30;
/// Maximum side of the regions by which slides are read, in pixels.
const REGION: u32 = 1024;
/// Estimated bytes that an entry takes in that cache besides its pixels.
const ENTRY_OVERHEAD: usize = 64;

/// The visible parts of decoded tiles, `None` where the background shows.
pub(super) type DecodedTiles = Cache<Point, Option<Arc<Rgb>>>;

/// The cache for a slide of this size with tiles at distances of `pitch`.
pub(super) fn decoded_tiles(slide: Size, pitch: Size) -> DecodedTiles {
    Cache::builder()
        .max_capacity(cache_capacity(slide, pitch))
        .weigher(|_, tile: &Option<Arc<Rgb>>| {
            let bytes = tile.as_ref().map_or(0, |tile| tile.data().len());
            u32::try_from(bytes + ENTRY_OVERHEAD).unwrap_or(u32::MAX)
        })
        .eviction_policy(EvictionPolicy::lru())
        .build()
}

/// Capacity in bytes of the cache of tiles at distances of `pitch`: two rows of
/// tiles, which are the row that straddles two rows of regions, and the columns that
/// straddle regions within a row. Tiles wider than a region need more, since each
/// row of regions needs them as often as it has regions.
fn cache_capacity(slide: Size, pitch: Size) -> u64 {
    let is_small = pitch.width <= REGION && pitch.height <= REGION;
    let (height, limit) =
        if is_small { (pitch.height, MAX_CACHE) } else { (pitch.height.max(REGION), MAX_CACHE_OF_STRIPS) };
    (2 * 3 * u64::from(slide.width) * u64::from(height)).clamp(MIN_CACHE, limit)
}
