//! Where every level, tile and family lies.
//!
//! Levels carry Deep Zoom numbers: level 0 is 1x1 px and [`Pyramid::max_level`]
//! is full resolution. Each level is the next finer one halved, rounding up,
//! which is what OpenSeadragon computes as `ceil(size / 2^k)`.

use std::fmt;

/// The largest width or height a slide may have, in pixels.
pub const MAX_SIDE: u32 = 1 << 24;

/// One tile of one level: `z` is the Deep Zoom level, `x` and `y` count tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// Deep Zoom level, 0 = 1x1 px.
    pub z: u32,
    /// Column in the level's tile grid.
    pub x: u32,
    /// Row in the level's tile grid.
    pub y: u32,
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.z, self.x, self.y)
    }
}

/// A rectangle in pixels of some level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// The levels of one slide and their tile grids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pyramid {
    width: u32,
    height: u32,
    tile_size: u32,
}

/// One L2 tile with the up to 4 L1 and 16 L0 tiles it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Family {
    /// Column in the L2 tile grid.
    pub x: u32,
    /// Row in the L2 tile grid.
    pub y: u32,
}

impl Pyramid {
    /// A pyramid over `width` x `height` px with square tiles of `tile_size` px.
    ///
    /// `None` if a side is 0 or above [`MAX_SIDE`], or if the tile size is not
    /// a multiple of 8 between 16 and 1024.
    #[must_use]
    pub fn new(width: u32, height: u32, tile_size: u32) -> Option<Self> {
        let side = 1..=MAX_SIDE;
        let ok = side.contains(&width)
            && side.contains(&height)
            && (16..=1024).contains(&tile_size)
            && tile_size.is_multiple_of(8);
        ok.then_some(Self { width, height, tile_size })
    }

    /// Full-resolution size in pixels, `(width, height)`.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Side of a whole tile in pixels.
    #[must_use]
    pub fn tile_size(&self) -> u32 {
        self.tile_size
    }

    /// Number of the full-resolution level, `ceil(log2(longer side))`.
    #[must_use]
    pub fn max_level(&self) -> u32 {
        let longer = self.width.max(self.height);
        longer.next_power_of_two().trailing_zeros()
    }

    /// Number of levels, `max_level + 1`.
    #[must_use]
    pub fn level_count(&self) -> u32 {
        self.max_level() + 1
    }

    /// Size of level `z` in pixels: the full size ceil-halved `max - z` times.
    /// `None` above the full-resolution level.
    #[must_use]
    pub fn level_size(&self, z: u32) -> Option<(u32, u32)> {
        let shift = self.max_level().checked_sub(z)?;
        let halved = |side: u32| ((u64::from(side) + (1 << shift) - 1) >> shift) as u32;
        Some((halved(self.width), halved(self.height)))
    }

    /// Tile grid of level `z`, `(columns, rows)`.
    #[must_use]
    pub fn grid(&self, z: u32) -> Option<(u32, u32)> {
        let (width, height) = self.level_size(z)?;
        Some((width.div_ceil(self.tile_size), height.div_ceil(self.tile_size)))
    }

    /// Tiles of all levels together.
    #[must_use]
    pub fn tile_count(&self) -> u64 {
        let grids = (0..self.level_count()).filter_map(|z| self.grid(z));
        grids.map(|(columns, rows)| u64::from(columns) * u64::from(rows)).sum()
    }

    /// Pixels of its level that a tile covers, cropped at the right and bottom
    /// edges. `None` outside the level's grid.
    #[must_use]
    pub fn tile_rect(&self, id: TileId) -> Option<Rect> {
        self.square(id.z, (id.x, id.y), self.tile_size)
    }

    /// What level `z` has of a square in a grid of squares of `side` px.
    fn square(&self, z: u32, (column, row): (u32, u32), side: u32) -> Option<Rect> {
        let (width, height) = self.level_size(z)?;
        let (x, y) = (column.checked_mul(side)?, row.checked_mul(side)?);
        let inside = x < width && y < height;
        inside.then(|| Rect { x, y, width: side.min(width - x), height: side.min(height - y) })
    }

    /// Whether the pyramid has an L2, and so families. A longer side of 1 or
    /// 2 px makes one or two levels, and every level is then stored whole.
    #[must_use]
    pub fn has_families(&self) -> bool {
        self.max_level() >= 2
    }

    /// Level of the family roots (L2), where there are families.
    #[must_use]
    pub fn root_level(&self) -> Option<u32> {
        self.max_level().checked_sub(2)
    }

    /// How many levels `z` lies below full resolution: 0 for L0, 1 for L1 ...
    #[must_use]
    pub fn depth(&self, z: u32) -> Option<u32> {
        self.max_level().checked_sub(z)
    }

    /// The tile one level coarser that `id` is predicted from, and where the
    /// tile's pixels start in that parent upsampled by two. `None` at level 0.
    #[must_use]
    pub fn parent(&self, id: TileId) -> Option<(TileId, (u32, u32))> {
        let z = id.z.checked_sub(1)?;
        let parent = TileId { z, x: id.x / 2, y: id.y / 2 };
        Some((parent, ((id.x % 2) * self.tile_size, (id.y % 2) * self.tile_size)))
    }

    /// All families, row by row.
    pub fn families(&self) -> impl Iterator<Item = Family> + use<> {
        let (columns, rows) = self.root_level().and_then(|z| self.grid(z)).unwrap_or((0, 0));
        (0..rows).flat_map(move |y| (0..columns).map(move |x| Family { x, y }))
    }

    /// The family of a tile of the three finest levels; `None` for tiles of
    /// others, for those outside the grid, and where there are no families.
    ///
    /// # Example
    /// ```
    /// use origami_pyramid::{Family, Pyramid, TileId};
    /// let pyramid = Pyramid::new(4096, 4096, 256).unwrap();
    /// let id = TileId { z: pyramid.max_level(), x: 9, y: 2 };
    /// assert_eq!(pyramid.family_of(id), Some(Family { x: 2, y: 0 }));
    /// ```
    #[must_use]
    pub fn family_of(&self, id: TileId) -> Option<Family> {
        self.root_level()?;
        let depth = self.depth(id.z).filter(|&depth| depth <= 2)?;
        self.tile_rect(id)?;
        Some(Family { x: id.x >> (2 - depth), y: id.y >> (2 - depth) })
    }

    /// The tiles of `family` at `depth` 2 (the root), 1 or 0, row by row;
    /// families at the right and bottom edges have fewer.
    pub fn family_tiles(&self, family: Family, depth: u32) -> impl Iterator<Item = TileId> + use<> {
        let z = self.max_level().wrapping_sub(depth);
        let side = 1 << (2 - depth.min(2));
        let (columns, rows) = self.grid(z).unwrap_or((0, 0));
        let (left, top) = (family.x * side, family.y * side);
        let across = left..(left + side).min(columns);
        (top..(top + side).min(rows)).flat_map(move |y| across.clone().map(move |x| TileId { z, x, y }))
    }

    /// Pixels of the level at `depth` (2, 1 or 0) that `family` covers.
    #[must_use]
    pub fn family_rect(&self, family: Family, depth: u32) -> Option<Rect> {
        let z = self.max_level().checked_sub(depth)?;
        self.square(z, (family.x, family.y), self.tile_size << (2 - depth.min(2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// OpenSeadragon's own formulas (`DziTileSource`, `TileSource.getNumTiles`,
    /// `getTileBounds`), in its floating-point arithmetic.
    mod openseadragon {
        pub fn max_level(width: u32, height: u32) -> u32 {
            (f64::from(width.max(height)).ln() / 2f64.ln()).ceil() as u32
        }
        pub fn level_size(side: u32, z: u32, max: u32) -> u32 {
            let scale = 1.0 / 2f64.powi((max - z) as i32);
            (f64::from(side) * scale).ceil() as u32
        }
        pub fn tiles(side: u32, z: u32, max: u32, tile: u32) -> u32 {
            let scale = 1.0 / 2f64.powi((max - z) as i32);
            (scale * f64::from(side) / f64::from(tile)).ceil() as u32
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn agrees_with_openseadragon(width in 1u32..600_000, height in 1u32..600_000, step in 1u32..64) {
            let tile = 16 * step;
            let pyramid = Pyramid::new(width, height, tile).unwrap();
            let max = pyramid.max_level();
            // ln/ln2 overshoots at some exact powers of two; the level above
            // is then a duplicate that OpenSeadragon never needs.
            let theirs = openseadragon::max_level(width, height);
            prop_assert!(theirs == max || (theirs == max + 1 && width.max(height).is_power_of_two()));
            for z in 0..=max {
                let size = pyramid.level_size(z).unwrap();
                prop_assert_eq!(size.0, openseadragon::level_size(width, z, max));
                prop_assert_eq!(size.1, openseadragon::level_size(height, z, max));
                let grid = pyramid.grid(z).unwrap();
                prop_assert_eq!(grid.0, openseadragon::tiles(width, z, max, tile));
                prop_assert_eq!(grid.1, openseadragon::tiles(height, z, max, tile));
            }
        }

        #[test]
        fn levels_halve_rounding_up_down_to_one_pixel(width in 1u32..600_000, height in 1u32..600_000) {
            let pyramid = Pyramid::new(width, height, 256).unwrap();
            let mut size = (width, height);
            for z in (0..pyramid.level_count()).rev() {
                prop_assert_eq!(pyramid.level_size(z), Some(size));
                size = (size.0.div_ceil(2), size.1.div_ceil(2));
            }
            prop_assert_eq!(pyramid.level_size(0), Some((1, 1)));
            prop_assert_eq!(pyramid.level_size(pyramid.level_count()), None);
        }

        #[test]
        fn families_cover_every_fine_tile_once(width in 3u32..9000, height in 3u32..9000, step in 1u32..20) {
            let pyramid = Pyramid::new(width, height, 16 * step).unwrap();
            for depth in 0..=2 {
                let z = pyramid.max_level() - depth;
                let mut seen = std::collections::HashSet::new();
                for family in pyramid.families() {
                    let bounds = pyramid.family_rect(family, depth).unwrap();
                    let mut area = 0;
                    for id in pyramid.family_tiles(family, depth) {
                        let rect = pyramid.tile_rect(id).unwrap();
                        prop_assert!(rect.x >= bounds.x && rect.x + rect.width <= bounds.x + bounds.width);
                        prop_assert!(rect.y >= bounds.y && rect.y + rect.height <= bounds.y + bounds.height);
                        area += u64::from(rect.width) * u64::from(rect.height);
                        prop_assert!(seen.insert(id));
                    }
                    prop_assert_eq!(area, u64::from(bounds.width) * u64::from(bounds.height));
                }
                let grid = pyramid.grid(z).unwrap();
                prop_assert_eq!(seen.len() as u64, u64::from(grid.0) * u64::from(grid.1));
            }
        }

        #[test]
        fn a_child_lies_inside_its_upsampled_parent(width in 3u32..9000, height in 3u32..9000, pick in any::<u64>()) {
            let pyramid = Pyramid::new(width, height, 256).unwrap();
            let z = pyramid.max_level();
            let (columns, rows) = pyramid.grid(z).unwrap();
            let id = TileId { z, x: (pick % u64::from(columns)) as u32, y: (pick / 7 % u64::from(rows)) as u32 };
            let child = pyramid.tile_rect(id).unwrap();
            let (parent, (left, top)) = pyramid.parent(id).unwrap();
            let parent = pyramid.tile_rect(parent).unwrap();
            prop_assert!(left + child.width <= 2 * parent.width);
            prop_assert!(top + child.height <= 2 * parent.height);
        }
    }

    #[test]
    fn tiny_slides_have_no_families() {
        for (width, height, families) in [(1, 1, 0), (2, 1, 0), (2, 2, 0), (3, 1, 1), (1, 5000, 5)] {
            let pyramid = Pyramid::new(width, height, 256).unwrap();
            assert_eq!(pyramid.families().count(), families, "{width}x{height}");
            assert_eq!(pyramid.has_families(), families > 0);
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(Pyramid::new(0, 1, 256).is_none());
        assert!(Pyramid::new(1, MAX_SIDE + 1, 256).is_none());
        assert!(Pyramid::new(1, 1, 254).is_none());
        assert!(Pyramid::new(1, 1, 0).is_none());
        assert!(Pyramid::new(1, 1, 2048).is_none());
    }

    #[test]
    fn nothing_exists_outside_the_grid() {
        let pyramid = Pyramid::new(1000, 600, 256).unwrap();
        assert!(pyramid.tile_rect(TileId { z: 10, x: 3, y: 2 }).is_some());
        assert!(pyramid.tile_rect(TileId { z: 10, x: 4, y: 0 }).is_none());
        assert!(pyramid.tile_rect(TileId { z: 10, x: 0, y: 3 }).is_none());
        assert!(pyramid.tile_rect(TileId { z: 11, x: 0, y: 0 }).is_none());
        assert!(pyramid.tile_rect(TileId { z: u32::MAX, x: u32::MAX, y: u32::MAX }).is_none());
    }
}
