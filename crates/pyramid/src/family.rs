//! Families: tiles that are packed, read and rebuilt together.

use crate::{Pyramid, Rect, TileId};
use std::iter;
use std::ops::RangeInclusive;

/// A tile, its root, with all tiles of the next finer levels that it covers.
///
/// A family is a unit of work and of locality in a file, independent of which
/// levels are predicted. Levels are grouped [`Family::LEVELS`] at a time from full
/// resolution down, so that every tile of a pyramid is in exactly one family; the
/// coarsest group may have fewer levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Family {
    /// The coarsest tile.
    pub root: TileId,
}

impl Family {
    /// Levels of a family: a root, up to 4 tiles and up to 16. Few enough for every
    /// thread to have all pixels of a family in memory, and enough for a viewer's
    /// field of view to consist of few families.
    pub const LEVELS: u32 = 3;
}

impl Pyramid {
    /// The levels whose tiles are in families together with those of level `z`,
    /// the root's first; `None` above full resolution.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Size};
    /// let pyramid = Pyramid::new(Size::square(4096), 256).unwrap();
    /// assert_eq!(pyramid.max_level(), 12);
    /// assert_eq!(pyramid.family_levels(11), Some(10..=12));
    /// assert_eq!(pyramid.family_levels(9), Some(7..=9));
    /// assert_eq!(pyramid.family_levels(0), Some(0..=0));
    /// ```
    #[must_use]
    pub fn family_levels(&self, z: u32) -> Option<RangeInclusive<u32>> {
        let finest = self.max_level() - self.halvings(z)? / Family::LEVELS * Family::LEVELS;
        Some((finest + 1).saturating_sub(Family::LEVELS)..=finest)
    }

    /// The family of a tile; `None` outside the grid.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Size, TileId};
    /// let pyramid = Pyramid::new(Size::square(4096), 256).unwrap();
    /// let family = pyramid.family_of(TileId { z: pyramid.max_level(), x: 9, y: 2 }).unwrap();
    /// assert_eq!(family.root, TileId { z: pyramid.max_level() - 2, x: 2, y: 0 });
    /// ```
    #[must_use]
    pub fn family_of(&self, id: TileId) -> Option<Family> {
        self.tile_rect(id)?;
        let root = id.parent(id.z - self.family_levels(id.z)?.start())?;
        Some(Family { root })
    }

    /// The families that tiles of level `z` are in, row by row.
    pub fn families(&self, z: u32) -> impl Iterator<Item = Family> + use<> {
        let roots = self.family_levels(z).map(|levels| self.tiles(*levels.start()));
        roots.into_iter().flatten().map(|root| Family { root })
    }

    /// Every family of the pyramid, from coarse to fine.
    pub fn all_families(&self) -> impl Iterator<Item = Family> + use<> {
        let pyramid = *self;
        let finest_levels = (0..self.level_count()).filter(move |&z| {
            pyramid.halvings(z).is_some_and(|halvings| halvings.is_multiple_of(Family::LEVELS))
        });
        finest_levels.flat_map(move |z| pyramid.families(z))
    }

    /// Every family of the pyramid, depth first: a family, then for each family below it,
    /// row by row, the same. What covers an area at all levels thus comes together.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Size, TileId};
    /// let pyramid = Pyramid::new(Size::square(64), 16).unwrap();
    /// let roots: Vec<TileId> = pyramid.families_depth_first().map(|family| family.root).collect();
    /// assert_eq!(roots, [0, 1, 4].map(|z| TileId { z, x: 0, y: 0 }));
    /// ```
    pub fn families_depth_first(&self) -> impl Iterator<Item = Family> + use<> {
        let pyramid = *self;
        // The next family is the last.
        let mut waiting: Vec<Family> = pyramid.families(0).collect();
        iter::from_fn(move || {
            let family = waiting.pop()?;
            let first = waiting.len();
            waiting.extend(pyramid.families_below(family));
            waiting[first..].reverse();
            Some(family)
        })
    }

    /// The families whose roots lie directly below the finest tiles of `family`, row by row.
    fn families_below(&self, family: Family) -> impl Iterator<Item = Family> + use<> {
        let (pyramid, root) = (*self, family.root);
        let roots = self.family_levels(root.z).map(|levels| pyramid.tiles_under(root, levels.end() + 1));
        roots.into_iter().flatten().map(|root| Family { root })
    }

    /// All tiles of a family, from coarse to fine, row by row.
    ///
    /// # Examples
    /// ```
    /// use origami_pyramid::{Pyramid, Size};
    /// let pyramid = Pyramid::new(Size::square(1024), 256).unwrap();
    /// let family = pyramid.families(pyramid.max_level()).next().unwrap();
    /// assert_eq!(pyramid.family_tiles(family).count(), 1 + 4 + 16);
    /// ```
    pub fn family_tiles(&self, family: Family) -> impl Iterator<Item = TileId> + use<> {
        let (pyramid, root) = (*self, family.root);
        self.family_levels(root.z).into_iter().flatten().flat_map(move |z| pyramid.tiles_under(root, z))
    }

    /// The pixels that the finest tiles of a family cover, in their level; `None`
    /// outside the grid.
    #[must_use]
    pub fn family_rect(&self, family: Family) -> Option<Rect> {
        self.rect_under(family.root, *self.family_levels(family.root.z)?.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Size;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn every_tile_is_in_exactly_one_family(width in 1u32..9000, height in 1u32..9000, step in 1u32..20) {
            let pyramid = Pyramid::new(Size::new(width, height), 16 * step).unwrap();
            let mut seen = HashSet::new();
            for family in pyramid.all_families() {
                let tiles: Vec<TileId> = pyramid.family_tiles(family).collect();
                prop_assert_eq!(tiles[0], family.root);
                for id in tiles {
                    prop_assert_eq!(pyramid.family_of(id), Some(family));
                    prop_assert!(seen.insert(id), "{} twice", id);
                }
            }
            let all: HashSet<TileId> = (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)).collect();
            prop_assert_eq!(seen, all);
        }
    }

    /// Appends `family` and everything below it, by its definition.
    fn visit(pyramid: &Pyramid, family: Family, out: &mut Vec<Family>) {
        out.push(family);
        let finest = *pyramid.family_levels(family.root.z).unwrap().end();
        let below = pyramid.all_families().filter(|other| {
            other.root.z == finest + 1 && other.root.parent(finest + 1 - family.root.z) == Some(family.root)
        });
        below.for_each(|family| visit(pyramid, family, out));
    }

    #[test]
    fn a_family_comes_before_those_below_it_and_these_before_its_neighbour() {
        for (width, height) in [(1, 1), (2, 1), (64, 64), (700, 523), (4096, 17)] {
            let pyramid = Pyramid::new(Size::new(width, height), 16).unwrap();
            let mut expected = Vec::new();
            visit(&pyramid, pyramid.families(0).next().unwrap(), &mut expected);
            assert_eq!(expected.len(), pyramid.all_families().count(), "{width}x{height}");
            assert!(pyramid.families_depth_first().eq(expected), "{width}x{height}");
        }
    }

    #[test]
    fn families_have_three_levels_from_full_resolution_down() {
        let pyramid = Pyramid::new(Size::square(256 << 6), 256).unwrap();
        let max = pyramid.max_level();
        assert_eq!(pyramid.family_levels(max), Some(max - 2..=max));
        assert_eq!(pyramid.family_levels(max - 2), Some(max - 2..=max));
        assert_eq!(pyramid.family_levels(max - 3), Some(max - 5..=max - 3));
        assert_eq!(pyramid.family_levels(max + 1), None);
        assert_eq!(pyramid.families(max).count(), 16 * 16);
        // A slide of 2 px has two levels: level 0 is the root.
        let tiny = Pyramid::new(Size::new(2, 1), 256).unwrap();
        assert_eq!(tiny.family_levels(1), Some(0..=1));
        assert_eq!(tiny.all_families().count(), 1);
    }
}
