//! Which tiles of a level are measured.

use origami_pack::{Entry, Pack, PackError};
use origami_pyramid::{Grid, Pyramid, TileId};

/// Most tiles that are measured at each level for the report inside a pack.
pub const SAMPLE: u64 = 500;

/// The place of a tile in the order in which tiles are taken into samples: a
/// well-mixed number, the same on every run (SplitMix64).
#[must_use]
pub fn sample_rank(id: TileId) -> u64 {
    let mut z =
        (u64::from(id.z) << 56 ^ u64::from(id.y) << 28 ^ u64::from(id.x)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Whether stored tile `id` is measured as it is encoded, when nobody knows yet
/// how many tiles are blank: ranks are held against the number of all tiles of
/// the level.
#[must_use]
pub fn may_be_sampled(pyramid: &Pyramid, id: TileId) -> bool {
    sample_rank(id) % pyramid.grid(id.z).map_or(1, Grid::count) < SAMPLE
}

/// At most `most` tiles of level `z` to measure: those of the lowest ranks among
/// the tiles that are not blank.
pub(crate) fn sample(pack: &Pack, z: u32, most: u64) -> Result<Vec<TileId>, PackError> {
    let mut ids = Vec::new();
    for (id, entry) in pack.entries(z) {
        if !matches!(entry?, Entry::Blank { .. } | Entry::Constant { .. }) {
            ids.push(id);
        }
    }
    ids.sort_unstable_by_key(|&id| (sample_rank(id), id));
    ids.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    #[test]
    fn ranks_are_the_same_for_ever_and_well_mixed() {
        let id = |x, y| TileId { z: 3, x, y };
        assert_eq!(sample_rank(id(1, 2)), 0x6ca3_2af2_92c1_2667);
        let low = (0..100)
            .flat_map(|y| (0..100).map(move |x| id(x, y)))
            .filter(|&id| sample_rank(id).is_multiple_of(2));
        assert!((4800..5200).contains(&low.count()));
    }

    #[test]
    fn all_tiles_of_a_small_level_are_measured() {
        let pyramid = Pyramid::new(Size::new(4000, 3000), 256).unwrap();
        assert!(pyramid.tiles(pyramid.max_level()).all(|id| may_be_sampled(&pyramid, id)));
    }
}
