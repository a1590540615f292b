//! Decodes whole packs, to find what checksums cannot show.

use crate::{BulkRenderer, RebuildError};
use origami_pack::Pack;
use origami_pack::verify::MAX_PROBLEMS;
use rayon::prelude::*;
use std::collections::HashSet;

/// Decodes every tile of a pack, in parallel on the current rayon pool, and returns
/// the failures.
///
/// Stored tiles must decode to their exact size and the pack's subsampling; predicted
/// tiles are rebuilt. After each family, `progress` receives its number of tiles; the
/// numbers add up to all tiles of the pack.
///
/// Of the tiles of a family that are predicted from one another, only the first
/// failure is returned, since others may have the same cause. A failure common to
/// several families is returned once. The search ends after [`MAX_PROBLEMS`] failures.
///
/// # Examples
/// ```
/// # use origami_pack::Pack;
/// # use std::sync::atomic::{AtomicU64, Ordering};
/// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
/// let decoded = AtomicU64::new(0);
/// let failures = origami_render::decode(&pack, |tiles| {
///     decoded.fetch_add(tiles, Ordering::Relaxed);
/// });
/// assert!(failures.is_empty());
/// assert_eq!(decoded.into_inner(), pack.pyramid().tile_count());
/// ```
#[must_use]
pub fn decode(pack: &Pack, progress: impl Fn(u64) + Sync) -> Vec<RebuildError> {
    let BulkRenderer { families, parents: cache } = BulkRenderer::default();
    let (pyramid, parents) = (pack.pyramid(), cache.of(pack));
    // From coarse to fine, so that the parents of a family were decoded recently.
    let failures = pyramid.all_families().par_bridge().flat_map_iter(|family| {
        let failures = families.check(pack, family, &parents);
        progress(pyramid.family_tiles(family).count() as u64);
        failures
    });
    let mut failures: Vec<RebuildError> = failures.take_any(MAX_PROBLEMS).collect();
    let mut texts = HashSet::new();
    failures.retain(|failure| texts.insert(failure.to_string()));
    failures
}
