//! The levels of a slide as maps number them.

use origami_pyramid::{Pyramid, TileId};

/// Levels numbered from the finest one that is a single tile, which is zoom 0. Each zoom
/// has twice as many columns and rows as the one before, or fewer where the slide ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapLevels {
    /// The level of zoom 0.
    first: u32,
    /// That of full resolution.
    last: u32,
}

impl MapLevels {
    /// Those of `pyramid`.
    pub fn of(pyramid: &Pyramid) -> Self {
        let last = pyramid.max_level();
        let is_one_tile = |z: &u32| pyramid.grid(*z).is_some_and(|grid| grid.count() == 1);
        Self { first: (0..=last).rev().find(is_one_tile).unwrap_or(0), last }
    }

    /// The zoom of full resolution.
    pub fn max_zoom(self) -> u32 {
        self.last - self.first
    }

    /// The level of `zoom`, if there is one.
    pub fn level(self, zoom: u32) -> Option<u32> {
        self.first.checked_add(zoom).filter(|z| *z <= self.last)
    }

    /// The tile of the pyramid at column `x` and row `y` of `zoom`. Whether there is one
    /// depends on the level's grid.
    pub fn tile(self, zoom: u32, x: u32, y: u32) -> Option<TileId> {
        Some(TileId { z: self.level(zoom)?, x, y })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    fn levels(width: u32, height: u32, tile_size: u32) -> (MapLevels, Pyramid) {
        let pyramid = Pyramid::new(Size::new(width, height), tile_size).unwrap();
        (MapLevels::of(&pyramid), pyramid)
    }

    #[test]
    fn zoom_0_is_the_largest_level_that_one_tile_covers() {
        for (width, height, tile_size, zooms) in [
            (1, 1, 256, 0),
            (256, 256, 256, 0),
            (257, 1, 256, 1),
            (1500, 900, 256, 3),
            (900, 1500, 256, 3),
            (200 * 64, 10, 240, 6),
            (250 * 64, 10, 240, 7),
            (1 << 24, 1 << 24, 16, 20),
        ] {
            let (levels, pyramid) = levels(width, height, tile_size);
            let what = format!("{width}x{height} in tiles of {tile_size}");
            assert_eq!(levels.max_zoom(), zooms, "{what}");
            let first = levels.level(0).unwrap();
            assert_eq!(pyramid.grid(first).unwrap().count(), 1, "{what}");
            assert!(pyramid.grid(first + 1).is_none_or(|grid| grid.count() > 1), "{what}");
        }
    }

    #[test]
    fn every_zoom_fits_into_the_square_of_a_map() {
        for (width, height) in [(1, 1), (257, 1), (1500, 900), (4097, 4095), (1 << 24, 3)] {
            let (levels, pyramid) = levels(width, height, 256);
            for zoom in 0..=levels.max_zoom() {
                let grid = pyramid.grid(levels.level(zoom).unwrap()).unwrap();
                assert!(grid.columns <= 1 << zoom && grid.rows <= 1 << zoom, "{width}x{height}, {zoom}");
            }
        }
    }

    #[test]
    fn zooms_past_full_resolution_have_no_level() {
        let (levels, _) = levels(1500, 900, 256);
        assert_eq!([0, 3, 4, u32::MAX].map(|zoom| levels.level(zoom)), [Some(8), Some(11), None, None]);
        assert_eq!(levels.tile(2, 1, 5), Some(TileId { z: 10, x: 1, y: 5 }));
    }
}
