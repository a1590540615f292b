//! Selects the tiles of a level that are measured.

use origami_pack::{Entry, Pack, PackError};
use origami_pyramid::{Grid, Pyramid, TileId};
use std::collections::BinaryHeap;

/// Maximum number of tiles that are measured at each level for the report inside a
/// pack.
pub const SAMPLE: u64 = 500;

/// The tiles of one level that are measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelSample {
    /// Deep Zoom level.
    pub z: u32,
    /// The tiles, sorted by [`sample_rank`]. None of them has one colour.
    pub ids: Vec<TileId>,
}

impl LevelSample {
    /// At most `max_tiles` tiles of level `z` of `pack`: those of the lowest ranks
    /// among the tiles that have more than one colour.
    pub(crate) fn new(pack: &Pack, z: u32, max_tiles: u64) -> Result<Self, PackError> {
        let mut lowest = LowestRanks::new(max_tiles);
        for (id, entry) in pack.entries(z) {
            if !matches!(entry?, Entry::Blank { .. } | Entry::Constant { .. }) {
                lowest.add(id);
            }
        }
        Ok(Self { z, ids: lowest.into_ids() })
    }
}

/// The tiles of the lowest ranks so far: no more than are wanted, since a level can
/// have many millions.
struct LowestRanks {
    max_tiles: u64,
    /// Ranks and tiles, the highest on top.
    heap: BinaryHeap<(u64, TileId)>,
}

impl LowestRanks {
    fn new(max_tiles: u64) -> Self {
        Self { max_tiles, heap: BinaryHeap::new() }
    }

    fn add(&mut self, id: TileId) {
        let ranked = (sample_rank(id), id);
        if (self.heap.len() as u64) < self.max_tiles {
            self.heap.push(ranked);
        } else if let Some(mut highest) = self.heap.peek_mut()
            && ranked < *highest
        {
            *highest = ranked;
        }
    }

    /// The tiles, sorted by their ranks.
    fn into_ids(self) -> Vec<TileId> {
        self.heap.into_sorted_vec().into_iter().map(|(_, id)| id).collect()
    }
}

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

/// Whether stored tile `id` is measured while it is encoded. The number of blank tiles
/// is not known then, so the rank is compared with the number of all tiles of the
/// level.
#[must_use]
pub fn may_be_sampled(pyramid: &Pyramid, id: TileId) -> bool {
    sample_rank(id) % pyramid.grid(id.z).map_or(1, Grid::count) < SAMPLE
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    #[test]
    fn ranks_never_change_and_are_well_mixed() {
        assert_eq!(sample_rank(TileId { z: 3, x: 1, y: 2 }), 0x6ca3_2af2_92c1_2667);
        let ranks = (0..100).flat_map(|y| (0..100).map(move |x| sample_rank(TileId { z: 3, x, y })));
        let even = ranks.filter(|rank| rank.is_multiple_of(2)).count();
        assert!((4800..5200).contains(&even));
    }

    #[test]
    fn the_tiles_of_the_lowest_ranks_are_those_of_all_tiles_sorted() {
        let ids = (0..30).flat_map(|y| (0..30).map(move |x| TileId { z: 5, x, y }));
        let mut sorted: Vec<TileId> = ids.clone().collect();
        sorted.sort_unstable_by_key(|&id| (sample_rank(id), id));
        for max_tiles in [0, 1, 7, 899, 900, 901, u64::MAX] {
            let mut lowest = LowestRanks::new(max_tiles);
            ids.clone().for_each(|id| lowest.add(id));
            assert!(lowest.heap.len() as u64 <= max_tiles);
            let expected = max_tiles.min(900) as usize;
            assert_eq!(lowest.into_ids(), sorted[..expected], "{max_tiles}");
        }
    }

    #[test]
    fn all_tiles_of_a_small_level_are_measured() {
        let pyramid = Pyramid::new(Size::new(4000, 3000), 256).unwrap();
        assert!(pyramid.tiles(pyramid.max_level()).all(|id| may_be_sampled(&pyramid, id)));
    }
}
