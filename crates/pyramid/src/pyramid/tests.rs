//! Levels and tiles, compared with OpenSeadragon's formulas and with each other.

use super::*;
use proptest::prelude::*;

/// OpenSeadragon's formulas (`DziTileSource`, `TileSource.getNumTiles`,
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
        let mut covered = Vec::new();
        for id in pyramid.tiles(z) {
            let bounds = pyramid.rect_under(id, fine).unwrap();
            let mut area = 0;
            for tile in pyramid.tiles_under(id, fine) {
                let rect = pyramid.tile_rect(tile).unwrap();
                prop_assert_eq!(tile.parent(fine - z), Some(id));
                let Point { x, y } = pyramid.origin_under(tile, fine - z);
                prop_assert_eq!((rect.x, rect.y), (bounds.x + x, bounds.y + y));
                prop_assert!(rect.x + rect.width <= bounds.x + bounds.width);
                prop_assert!(rect.y + rect.height <= bounds.y + bounds.height);
                area += rect.size().area();
                covered.push(tile);
            }
            prop_assert_eq!(area, bounds.size().area());
        }
        covered.sort_by_key(|id| (id.y, id.x));
        prop_assert_eq!(covered, pyramid.tiles(fine).collect::<Vec<_>>());
    }

    #[test]
    fn every_tile_is_found_by_what_it_covers(
        width in 1u32..1500, height in 1u32..1500, step in 1u32..20,
    ) {
        let pyramid = Pyramid::new(Size::new(width, height), 16 * step).unwrap();
        for id in (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)) {
            let rect = pyramid.rect_under(id, pyramid.max_level()).unwrap();
            let size = pyramid.tile_rect(id).unwrap().size();
            prop_assert_eq!(pyramid.tile_over(rect, id.z), Some(id));
            let found = pyramid.tile_of_size(rect, size).unwrap();
            // Only a single pixel may be the same on several levels.
            prop_assert!(found == id || (size == Size::square(1) && found.z > id.z), "{} for {}", found, id);
        }
    }

    #[test]
    fn a_child_is_inside_its_upsampled_parent(width in 3u32..9000, height in 3u32..9000, pick in any::<u64>()) {
        let pyramid = Pyramid::new(Size::new(width, height), 256).unwrap();
        let z = pyramid.max_level();
        let id = pyramid.tiles(z).nth((pick % pyramid.grid(z).unwrap().count()) as usize).unwrap();
        let child = pyramid.tile_rect(id).unwrap();
        let Point { x: left, y: top } = pyramid.origin_under(id, 1);
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

#[test]
fn what_is_nearly_a_tile_is_none() {
    let pyramid = Pyramid::new(Size::new(1500, 900), 256).unwrap();
    let (rect, size) = (Rect { x: 512, y: 0, width: 512, height: 512 }, Size::square(256));
    assert_eq!(pyramid.tile_of_size(rect, size), Some(TileId { z: 10, x: 1, y: 0 }));
    for other in [
        Rect { x: 511, ..rect },
        Rect { y: 1, ..rect },
        Rect { width: 511, ..rect },
        Rect { height: 513, ..rect },
        Rect { width: 0, ..rect },
        Rect { x: u32::MAX, y: u32::MAX, ..rect },
    ] {
        assert_eq!(pyramid.tile_over(other, 10), None, "{other:?}");
        assert_eq!(pyramid.tile_of_size(other, size), None, "{other:?}");
    }
    for other in [Size::new(255, 256), Size::new(256, 255), Size::square(512), Size::square(128)] {
        assert_eq!(pyramid.tile_of_size(rect, other), None, "{other}");
    }
    for z in [0, 9, 11, 12, u32::MAX] {
        assert_eq!(pyramid.tile_over(rect, z), None, "{z}");
    }
}
