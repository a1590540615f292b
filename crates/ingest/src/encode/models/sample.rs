//! Which tiles models are trained on and compared with.

use super::draw::{Candidate, Candidates, Drawn, Totals};
use crate::PackSlideError;
use origami_pyramid::TileId;
use std::collections::HashSet;

/// Blocks of a tile of 256 px in 4:2:0. Samples are limited in blocks, so that larger tiles
/// take no more time and memory.
const TILE_BLOCKS: u64 = 1536;

/// Number of blocks that are enough to fit a prediction. These are all in memory, 192 bytes
/// a block with the planes of the parents.
const FITTED_BLOCKS: u64 = 128 * TILE_BLOCKS;

/// Maximum number of blocks whose symbols are counted besides.
const LIGHT_BLOCKS: u64 = 768 * TILE_BLOCKS;

/// Number of blocks whose symbols are counted for a model of tiles as they come.
const UNIFORM_BLOCKS: u64 = 1200 * TILE_BLOCKS;

/// Number of blocks with which models are compared.
const COMPARED_BLOCKS: u64 = 256 * TILE_BLOCKS;

/// Number of tiles with which models are compared at least: fewer say little of the others.
const MIN_COMPARED: u64 = 64;

/// The tiles that a model is trained on.
pub(super) struct TrainingSample {
    /// Those that prediction is fitted to.
    pub fitted: Vec<TileId>,
    /// Those whose symbols are counted besides.
    pub counted: Vec<TileId>,
    /// Whether most tiles are light, as those that show glass.
    pub is_mostly_light: bool,
}

/// Number of tiles that have about `blocks` blocks, at most all.
fn tiles_of(blocks: u64, totals: Totals) -> u64 {
    let tiles = u128::from(blocks) * u128::from(totals.tiles);
    let tiles = tiles.div_ceil(u128::from(totals.blocks.max(1)));
    u64::try_from(tiles).map_or(totals.tiles, |tiles| tiles.min(totals.tiles))
}

impl TrainingSample {
    /// Tiles with much to code, to which prediction is fitted, and as many light ones as
    /// make both together representative, so that frequencies of symbols are right.
    ///
    /// A tile is light if its blocks have less than half as many coefficients as those of
    /// the fitted sample. Of the others and of these the same part is taken.
    pub fn new(candidates: &Candidates<'_>) -> Result<Self, PackSlideError> {
        let marks = tiles_of(FITTED_BLOCKS, candidates.totals);
        let drawn = match marks {
            all if all == candidates.totals.tiles => candidates.all()?,
            marks => candidates.draw(marks, |candidate| candidate.weight)?,
        };
        let mut of_drawn = Totals::default();
        drawn.iter().for_each(|drawn| of_drawn.add(drawn.candidate));
        let fitted: HashSet<TileId> = drawn.iter().map(|drawn| drawn.candidate.id).collect();
        let fitted_light = drawn.iter().filter(|drawn| is_light(drawn.candidate, of_drawn)).count() as u64;
        let mut light = 0;
        candidates.visit(|candidate| light += u64::from(is_light(candidate, of_drawn)))?;
        let heavy = candidates.totals.tiles - light;
        let rest = light - fitted_light;
        let wanted = light * (drawn.len() as u64 - fitted_light) / heavy.max(1);
        let marks =
            wanted.saturating_sub(fitted_light).min(rest).min(tiles_of(LIGHT_BLOCKS, candidates.totals));
        let counted = candidates.draw(marks, |candidate| {
            (is_light(candidate, of_drawn) && !fitted.contains(&candidate.id)).into()
        })?;
        Ok(Self { fitted: ids(&drawn), counted: ids(&counted), is_mostly_light: light > heavy })
    }

    /// Tiles as they come, light ones as often as they are.
    pub fn uniform(candidates: &Candidates<'_>) -> Result<Self, PackSlideError> {
        let fitted = ids(&candidates.draw(tiles_of(FITTED_BLOCKS, candidates.totals), |_| 1)?);
        let mut counted = ids(&candidates.draw(tiles_of(UNIFORM_BLOCKS, candidates.totals), |_| 1)?);
        let known: HashSet<&TileId> = fitted.iter().collect();
        counted.retain(|id| !known.contains(id));
        Ok(Self { fitted, counted, is_mostly_light: false })
    }
}

/// Tiles by which the bytes of all are estimated. Tiles with much to code are more likely,
/// because their sizes differ most; but none is unlikely.
pub(super) fn compared(candidates: &Candidates<'_>) -> Result<Vec<Drawn>, PackSlideError> {
    let Totals { tiles, weight, .. } = candidates.totals;
    let marks = tiles_of(COMPARED_BLOCKS, candidates.totals).max(MIN_COMPARED);
    if tiles <= marks {
        return candidates.all();
    }
    let mean = (weight / tiles).max(1);
    candidates.draw(marks, |candidate| candidate.weight + mean)
}

/// Whether the blocks of `candidate` have less than half as many coefficients as those of
/// the tiles that `sample` sums up.
fn is_light(candidate: Candidate, sample: Totals) -> bool {
    2 * candidate.weight * sample.blocks < sample.weight * candidate.blocks
}

fn ids(drawn: &[Drawn]) -> Vec<TileId> {
    drawn.iter().map(|drawn| drawn.candidate.id).collect()
}
