//! The tiers of Zoomify and their tiles.

use crate::error::Error;
use origami_pyramid::{Grid, Pyramid, Size, TileId};
use std::iter;

/// Tiles in a group, which is a folder where Zoomify is served from files.
const GROUP: u64 = 256;

const NO_TILE: Error = Error::NotFound("tile");
const NO_GROUP: Error = Error::NotFound("tile in this group");

/// The tiers of a slide, as Zoomify counts them.
pub struct Tiers {
    pyramid: Pyramid,
    /// Their grids, coarse to fine. The finest tier is full resolution.
    grids: Vec<Grid>,
}

impl Tiers {
    /// Those of a slide with the levels of `pyramid`: full resolution, halved and rounded
    /// down until it is one tile.
    pub fn of(pyramid: &Pyramid) -> Self {
        let tile_size = pyramid.tile_size();
        let sizes = iter::successors(Some(pyramid.size()), |size| {
            let is_large = size.width > tile_size || size.height > tile_size;
            is_large.then_some(Size::new(size.width / 2, size.height / 2))
        });
        let mut grids: Vec<_> = sizes.map(|size| size.grid(tile_size)).collect();
        grids.reverse();
        Self { pyramid: *pyramid, grids }
    }

    /// Number of tiles.
    pub fn tile_count(&self) -> u64 {
        self.grids.iter().copied().map(Grid::count).sum()
    }

    /// The tile of the pyramid that is `named` in Zoomify, its tier as level, in the group
    /// with the name `group`.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such tile, or if it is in another group.
    pub fn find(&self, named: TileId, group: &str) -> Result<TileId, Error> {
        let tile = self.tile(named).filter(|tile| self.pyramid.tile_rect(*tile).is_some()).ok_or(NO_TILE)?;
        let number = self.number(named).ok_or(NO_TILE)?;
        if self.is_in_group(number, group) { Ok(tile) } else { Err(NO_GROUP) }
    }

    /// The tile of the pyramid in the place of `named`, whether that has one or not.
    fn tile(&self, named: TileId) -> Option<TileId> {
        let finest = self.grids.len() as u32 - 1;
        let z = self.pyramid.max_level() - finest.checked_sub(named.z)?;
        Some(TileId { z, ..named })
    }

    /// The number of a tile, coarse tiers first, each row by row; `None` if there is no
    /// such tier.
    fn number(&self, named: TileId) -> Option<u64> {
        let (coarser, rest) = self.grids.split_at_checked(named.z as usize)?;
        let count: u64 = coarser.iter().copied().map(Grid::count).sum();
        Some(count + rest.first()?.number(named.x, named.y))
    }

    /// Whether the tile with this number is in the group named `name`. OpenLayers makes
    /// groups of as many tiles as a tile has pixels across; usually that is the same.
    fn is_in_group(&self, number: u64, name: &str) -> bool {
        let sizes = [GROUP, u64::from(self.pyramid.tile_size())];
        sizes.iter().any(|size| name == format!("TileGroup{}", number / size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(width: u32, height: u32, tile_size: u32) -> Tiers {
        Tiers::of(&Pyramid::new(Size::new(width, height), tile_size).unwrap())
    }

    /// The names of all tiles as viewers make them: tier by tier, with the size of each
    /// tier in fractions of pixels but the numbers of tiles from sizes rounded down.
    fn names(width: u32, height: u32, tile_size: u32) -> Vec<(TileId, String)> {
        let mut sizes = vec![(width, height)];
        while let Some((width, height)) =
            sizes.last().copied().filter(|size| size.0 > tile_size || size.1 > tile_size)
        {
            sizes.push((width / 2, height / 2));
        }
        sizes.reverse();
        let (mut names, mut coarser) = (Vec::new(), 0);
        for (tier, &(tier_width, tier_height)) in (0..).zip(&sizes) {
            let scale = f64::from(1_u32 << (sizes.len() as u32 - 1 - tier)) * f64::from(tile_size);
            let columns = (f64::from(width) / scale).ceil() as u32;
            let rows = (f64::from(height) / scale).ceil() as u32;
            for (x, y) in (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y))) {
                let number = coarser + y * tier_width.div_ceil(tile_size) + x;
                names.push((TileId { z: tier, x, y }, format!("TileGroup{}", number / 256)));
            }
            coarser += tier_width.div_ceil(tile_size) * tier_height.div_ceil(tile_size);
        }
        names
    }

    #[test]
    fn every_tile_that_a_viewer_names_is_the_one_in_its_place() {
        for (width, height, tile_size) in [
            (1, 1, 256),
            (256, 256, 256),
            (257, 300, 256),
            (513, 100, 256),
            (1500, 900, 256),
            (1025, 1023, 64),
            (4097, 4095, 64),
            (20_001, 9999, 256),
        ] {
            let tiers = tiers(width, height, tile_size);
            let finest = tiers.grids.len() as u32 - 1;
            for (named, group) in names(width, height, tile_size) {
                let z = tiers.pyramid.max_level() - (finest - named.z);
                let expected = TileId { z, ..named };
                assert_eq!(tiers.find(named, &group), Ok(expected), "{width}x{height}, {group}/{named}");
            }
        }
    }

    #[test]
    fn tiles_are_counted_in_sizes_that_are_rounded_down() {
        // 1500x900, 750x450, 375x225, 187x112.
        assert_eq!(tiers(1500, 900, 256).tile_count(), 24 + 6 + 2 + 1);
        // 256 px of 513 are one column; the pyramid has 257 px there, which are two.
        assert_eq!(tiers(513, 100, 256).tile_count(), 3 + 1);
        assert_eq!(tiers(1, 1, 256).tile_count(), 1);
        // A strip is halved to nothing across.
        assert_eq!(tiers(1, 1 << 12, 256).tile_count(), 16);
    }

    #[test]
    fn a_tile_is_in_one_group_only() {
        let tiers = tiers(20_001, 9999, 256);
        let last = TileId { z: 7, x: 78, y: 39 };
        let number = tiers.number(last).unwrap();
        assert_eq!(number + 1, tiers.tile_count());
        let right = number / 256;
        assert!(right > 1);
        for group in 0..=right + 1 {
            let found = tiers.find(last, &format!("TileGroup{group}"));
            assert_eq!(found.is_ok(), group == right, "{group}");
        }
        let first = TileId { z: 0, x: 0, y: 0 };
        for group in
            ["", "TileGroup", "TileGroup-1", "TileGroup00", "tilegroup0", "TileGroup0 ", "TileGroup+0"]
        {
            assert_eq!(tiers.find(first, group), Err(NO_GROUP), "{group}");
        }
    }

    #[test]
    fn groups_may_have_as_many_tiles_as_a_tile_has_pixels() {
        let tiers = tiers(20_001, 9999, 128);
        let named = TileId { z: 8, x: 100, y: 10 };
        let number = tiers.number(named).unwrap();
        for (tiles, found) in [(256, true), (128, true), (64, false)] {
            let group = format!("TileGroup{}", number / tiles);
            assert_eq!(tiers.find(named, &group).is_ok(), found, "{tiles} tiles a group");
        }
    }

    #[test]
    fn tiles_outside_are_not_found() {
        let tiers = tiers(1500, 900, 256);
        for (z, x, y) in
            [(4, 0, 0), (3, 6, 0), (3, 0, 4), (0, 1, 0), (u32::MAX, 0, 0), (3, u32::MAX, u32::MAX)]
        {
            assert_eq!(tiers.find(TileId { z, x, y }, "TileGroup0"), Err(NO_TILE), "{z}-{x}-{y}");
        }
    }
}
