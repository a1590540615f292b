//! Decoding all of a pack, to find what checksums cannot show.

use crate::{Families, RebuildError, Uncached};
use origami_pack::verify::MAX_PROBLEMS;
use origami_pack::{Mode, Pack};
use origami_pyramid::{Family, TileId};
use rayon::prelude::*;
use std::collections::HashSet;

/// Decodes every tile of a pack, in parallel on the current rayon pool: stored
/// tiles have to decode to their exact size and the pack's subsampling, and
/// families with predicted tiles are rebuilt. `progress` is told the tiles of
/// each step; together they are all tiles of the pack.
///
/// Of a family the first failure is returned, since its other tiles may fail
/// for the same reason, and the search ends after [`MAX_PROBLEMS`] of them. An
/// L2 tile whose neighbours' chroma fails with it is reported once.
#[must_use]
pub fn decode(pack: &Pack, progress: impl Fn(u64) + Sync) -> Vec<RebuildError> {
    let (families, cache) = Families::for_whole_packs();
    let pyramid = pack.pyramid();
    let predicted = pack.levels().iter().any(|level| level.mode != Mode::Stored);
    let root = pyramid.root_level().filter(|_| predicted);
    let mut problems = Vec::new();
    // Families cover all tiles of the three finest levels, their roots included.
    for z in 0..root.unwrap_or(pyramid.level_count()) {
        let failed = numbers(pack, z).map(|(x, y)| {
            let result = families.check_tile(pack, TileId { z, x, y }, &Uncached);
            progress(1);
            result.err()
        });
        keep(&mut problems, failed);
    }
    if let Some(root) = root {
        let failed = numbers(pack, root).map(|(x, y)| {
            let family = Family { x, y };
            let result = families.check(pack, family, &cache.of(pack));
            progress((0..=2).map(|depth| pyramid.family_tiles(family, depth).count() as u64).sum());
            result.err()
        });
        keep(&mut problems, failed);
    }
    let mut reported = HashSet::new();
    problems.retain(|problem| reported.insert(problem.to_string()));
    problems
}

/// Column and row of every tile of level `z`.
fn numbers(pack: &Pack, z: u32) -> impl ParallelIterator<Item = (u32, u32)> {
    let (columns, rows) = pack.pyramid().grid(z).unwrap_or((0, 0));
    let columns = u64::from(columns);
    (0..columns * u64::from(rows))
        .into_par_iter()
        .map(move |number| ((number % columns) as u32, (number / columns) as u32))
}

/// Adds what failed, up to the limit; the rest is not tried.
fn keep(problems: &mut Vec<RebuildError>, failed: impl ParallelIterator<Item = Option<RebuildError>>) {
    let room = MAX_PROBLEMS - problems.len();
    problems.par_extend(failed.flatten().take_any(room));
}
