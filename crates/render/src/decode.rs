//! Decoding all of a pack, to find what checksums cannot show.

use crate::{Families, RebuildError};
use origami_pack::Pack;
use origami_pack::verify::MAX_PROBLEMS;
use rayon::prelude::*;
use std::collections::HashSet;

/// Decodes every tile of a pack, in parallel on the current rayon pool: stored
/// tiles have to decode to their exact size and the pack's subsampling, and
/// predicted ones are rebuilt. `progress` is told the tiles of each family;
/// together they are all tiles of the pack.
///
/// Of the tiles of a family that are predicted from one another the first failure
/// is returned, since others may fail for the same reason, and the search ends
/// after [`MAX_PROBLEMS`] of them. What several families fail for is reported
/// once.
#[must_use]
pub fn decode(pack: &Pack, progress: impl Fn(u64) + Sync) -> Vec<RebuildError> {
    let (families, cache) = Families::for_whole_packs();
    let (pyramid, parents) = (pack.pyramid(), cache.of(pack));
    // From coarse to fine, so that the parents of a family were decoded lately.
    let failed = pyramid.all_families().par_bridge().flat_map_iter(|family| {
        let failed = families.check(pack, family, &parents);
        progress(pyramid.family_tiles(family).count() as u64);
        failed
    });
    let mut problems: Vec<RebuildError> = failed.take_any(MAX_PROBLEMS).collect();
    let mut reported = HashSet::new();
    problems.retain(|problem| reported.insert(problem.to_string()));
    problems
}
