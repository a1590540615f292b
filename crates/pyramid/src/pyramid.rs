//! The levels of a slide: where every tile lies.
//!
//! Levels carry Deep Zoom numbers: level 0 is 1x1 px and [`Pyramid::max_level`]
//! is full resolution. Each level is the next finer one halved, rounding up,
//! which is what OpenSeadragon computes as `ceil(size / 2^k)`.

use crate::{Grid, Rect, Size, TileId};

/// The largest width or height a slide may have, in pixels.
pub const MAX_SIDE: u32 = 1 << 24;

/// The levels of one slide and their tile grids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pyramid {
    size: Size,
    tile_size: u32,
}

impl Pyramid {
    /// A pyramid over a slide of `size` with square tiles of `tile_size` px.
    ///
    /// `None` if a side is 0 or above [`MAX_SIDE`], or if the tile size is not
    /// a multiple of 8 between 16 and 1024.
    #[must_use]
    pub fn new(size: Size, tile_size: u32) -> Option<Self> {
        let side = 1..=MAX_SIDE;
        let ok = side.contains(&size.width)
            && side.contains(&size.height)
            && (16..=1024).contains(&tile_size)
            && tile_size.is_multiple_of(8);
        ok.then_some(Self { size, tile_size })
    }

    /// Size of full resolution.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Side of a whole tile in pixels.
    #[must_use]
    pub fn tile_size(&self) -> u32 {
        self.tile_size
    }

    /// Number of the full-resolution level, `ceil(log2(longer side))`.
    #[must_use]
    pub fn max_level(&self) -> u32 {
        self.size.width.max(self.size.height).next_power_of_two().trailing_zeros()
    }

    /// Number of levels, `max_level + 1`.
    #[must_use]
    pub fn level_count(&self) -> u32 {
        self.max_level() + 1
    }

    /// How many times full resolution is halved to make level `z`: 0 for L0, 1
    /// for L1 ... `None` above the full-resolution level.
    #[must_use]
    pub fn halvings(&self, z: u32) -> Option<u32> {
        self.max_level().checked_sub(z)
    }

    /// Size of level `z`: full resolution ceil-halved `max - z` times. `None`
    /// above the full-resolution level.
    #[must_use]
    pub fn level_size(&self, z: u32) -> Option<Size> {
        Some(self.size.halved(self.halvings(z)?))
    }

    /// Tile grid of level `z`; `None` above the full-resolution level.
    #[must_use]
    pub fn grid(&self, z: u32) -> Option<Grid> {
        Some(self.level_size(z)?.grid(self.tile_size))
    }

    /// The tiles of level `z`, row by row; none above full resolution.
    pub fn tiles(&self, z: u32) -> impl Iterator<Item = TileId> + use<> {
        let Grid { columns, rows } = self.grid(z).unwrap_or_default();
        (0..rows).flat_map(move |y| (0..columns).map(move |x| TileId { z, x, y }))
    }

    /// Tiles of all levels together.
    #[must_use]
    pub fn tile_count(&self) -> u64 {
        (0..self.level_count()).filter_map(|z| self.grid(z)).map(Grid::count).sum()
    }

    /// Pixels of its level that a tile covers, cropped at the right and bottom
    /// edges. `None` outside the level's grid.
    #[must_use]
    pub fn tile_rect(&self, id: TileId) -> Option<Rect> {
        Rect::square(self.level_size(id.z)?, self.tile_size, id.x, id.y)
    }

    /// The tiles of level `z` that tile `id` covers, row by row: itself at its own
    /// level, up to four at the next. Fewer at the right and bottom edges; none
    /// at coarser levels and above full resolution.
    pub fn tiles_under(&self, id: TileId, z: u32) -> impl Iterator<Item = TileId> + use<> {
        let Grid { columns, rows } = self.grid(z).filter(|_| z >= id.z).unwrap_or_default();
        let range = |index: u32, count: u32| {
            let span = |index: u32| (u64::from(index) << (z - id.z)).min(u64::from(count)) as u32;
            if count == 0 { 0..0 } else { span(index)..span(index.saturating_add(1)) }
        };
        let (across, down) = (range(id.x, columns), range(id.y, rows));
        down.flat_map(move |y| across.clone().map(move |x| TileId { z, x, y }))
    }

    /// Pixels of level `z` that tile `id`, of that level or a coarser one,
    /// covers. `None` at other levels and outside the grid.
    #[must_use]
    pub fn rect_under(&self, id: TileId, z: u32) -> Option<Rect> {
        // A tile of level 0 covers 2^24 times its side at full resolution.
        let side = u64::from(self.tile_size).checked_shl(z.checked_sub(id.z)?)?;
        let size = self.level_size(z)?;
        let span = |index: u32, length: u32| {
            let start = u64::from(index).checked_mul(side).filter(|&start| start < u64::from(length))?;
            Some((start as u32, side.min(u64::from(length) - start) as u32))
        };
        let ((x, width), (y, height)) = (span(id.x, size.width)?, span(id.y, size.height)?);
        Some(Rect { x, y, width, height })
    }

    /// Where tile `id` begins, in pixels of its level from the corner of the tile
    /// `n` levels coarser that covers it.
    ///
    /// # Panics
    /// If there is no such level.
    #[must_use]
    pub fn origin_under(&self, id: TileId, n: u32) -> (u32, u32) {
        let parent = id.parent(n).expect("a tile of a coarser level");
        ((id.x - (parent.x << n)) * self.tile_size, (id.y - (parent.y << n)) * self.tile_size)
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
            let pyramid = Pyramid::new(Size::new(width, height), tile).unwrap();
            let max = pyramid.max_level();
            // ln/ln2 overshoots at some exact powers of two; the level above
            // is then a duplicate that OpenSeadragon never needs.
            let theirs = openseadragon::max_level(width, height);
            prop_assert!(theirs == max || (theirs == max + 1 && width.max(height).is_power_of_two()));
            for z in 0..=max {
                let size = pyramid.level_size(z).unwrap();
                prop_assert_eq!(size.width, openseadragon::level_size(width, z, max));
                prop_assert_eq!(size.height, openseadragon::level_size(height, z, max));
                let grid = pyramid.grid(z).unwrap();
                prop_assert_eq!(grid.columns, openseadragon::tiles(width, z, max, tile));
                prop_assert_eq!(grid.rows, openseadragon::tiles(height, z, max, tile));
            }
        }

        #[test]
        fn levels_halve_rounding_up_down_to_one_pixel(width in 1u32..600_000, height in 1u32..600_000) {
            let pyramid = Pyramid::new(Size::new(width, height), 256).unwrap();
            let mut size = Size::new(width, height);
            for z in (0..pyramid.level_count()).rev() {
                prop_assert_eq!(pyramid.level_size(z), Some(size));
                size = Size::new(size.width.div_ceil(2), size.height.div_ceil(2));
            }
            prop_assert_eq!(pyramid.level_size(0), Some(Size::square(1)));
            prop_assert_eq!(pyramid.level_size(pyramid.level_count()), None);
        }

        #[test]
        fn the_tiles_under_all_tiles_of_a_level_are_those_of_the_finer_level(
            width in 3u32..9000, height in 3u32..9000, step in 1u32..20, levels in 0u32..9,
        ) {
            let pyramid = Pyramid::new(Size::new(width, height), 16 * step).unwrap();
            let (z, fine) = (pyramid.max_level().saturating_sub(levels), pyramid.max_level());
            let mut found = Vec::new();
            for id in pyramid.tiles(z) {
                let bounds = pyramid.rect_under(id, fine).unwrap();
                let mut area = 0;
                for tile in pyramid.tiles_under(id, fine) {
                    let rect = pyramid.tile_rect(tile).unwrap();
                    prop_assert_eq!(tile.parent(fine - z), Some(id));
                    let (x, y) = pyramid.origin_under(tile, fine - z);
                    prop_assert_eq!((rect.x, rect.y), (bounds.x + x, bounds.y + y));
                    prop_assert!(rect.x + rect.width <= bounds.x + bounds.width);
                    prop_assert!(rect.y + rect.height <= bounds.y + bounds.height);
                    area += rect.size().area();
                    found.push(tile);
                }
                prop_assert_eq!(area, bounds.size().area());
            }
            found.sort_by_key(|id| (id.y, id.x));
            prop_assert_eq!(found, pyramid.tiles(fine).collect::<Vec<_>>());
        }

        #[test]
        fn a_child_lies_inside_its_upsampled_parent(width in 3u32..9000, height in 3u32..9000, pick in any::<u64>()) {
            let pyramid = Pyramid::new(Size::new(width, height), 256).unwrap();
            let z = pyramid.max_level();
            let id = pyramid.tiles(z).nth((pick % pyramid.grid(z).unwrap().count()) as usize).unwrap();
            let child = pyramid.tile_rect(id).unwrap();
            let (left, top) = pyramid.origin_under(id, 1);
            let parent = pyramid.tile_rect(id.parent(1).unwrap()).unwrap();
            prop_assert!(left + child.width <= 2 * parent.width);
            prop_assert!(top + child.height <= 2 * parent.height);
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(Pyramid::new(Size::new(0, 1), 256).is_none());
        assert!(Pyramid::new(Size::new(1, MAX_SIDE + 1), 256).is_none());
        assert!(Pyramid::new(Size::new(1, 1), 254).is_none());
        assert!(Pyramid::new(Size::new(1, 1), 0).is_none());
        assert!(Pyramid::new(Size::new(1, 1), 2048).is_none());
    }

    #[test]
    fn nothing_exists_outside_the_grid() {
        let pyramid = Pyramid::new(Size::new(1000, 600), 256).unwrap();
        assert!(pyramid.tile_rect(TileId { z: 10, x: 3, y: 2 }).is_some());
        assert!(pyramid.tile_rect(TileId { z: 10, x: 4, y: 0 }).is_none());
        assert!(pyramid.tile_rect(TileId { z: 10, x: 0, y: 3 }).is_none());
        assert!(pyramid.tile_rect(TileId { z: 11, x: 0, y: 0 }).is_none());
        let nowhere = TileId { z: u32::MAX, x: u32::MAX, y: u32::MAX };
        assert!(pyramid.tile_rect(nowhere).is_none());
        assert_eq!(pyramid.tiles_under(TileId { z: 9, ..nowhere }, 10).count(), 0);
        assert_eq!(pyramid.tiles_under(TileId { z: 10, x: 0, y: 0 }, 9).count(), 0);
        assert!(pyramid.rect_under(TileId { z: 9, ..nowhere }, 10).is_none());
        assert!(pyramid.rect_under(TileId { z: 10, x: 0, y: 0 }, 9).is_none());
    }
}
