//! Which tiles of a slide are looked at.

use crate::picture::Picture;
use crate::tiles::Tiles;
use std::collections::BTreeSet;

/// Tiles read of each edge of a level, besides the corners.
const OF_AN_EDGE: usize = 4;

/// Tiles with content read of each level, by depth below the finest. One of
/// depth `d` takes `4^d` tiles of source pixels to compare with.
pub const INSIDE: [usize; 5] = [300, 120, 60, 16, 6];

/// A well-mixed number for a tile, the same on every run.
fn lot(seed: u64, (x, y): (usize, usize)) -> u64 {
    let mut z = seed << 56 ^ (y as u64) << 28 ^ x as u64;
    for factor in [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        z = (z ^ z >> 31).wrapping_add(factor).wrapping_mul(factor);
    }
    z ^ z >> 29
}

/// The `count` tiles of the lowest lots.
fn drawn(
    seed: u64,
    tiles: impl Iterator<Item = (usize, usize)>,
    count: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let mut tiles: Vec<_> = tiles.collect();
    tiles.sort_by_key(|&tile| lot(seed, tile));
    tiles.into_iter().take(count)
}

/// Where a slide has something to show: a coarse level of it.
pub struct Map {
    picture: Picture,
    z: u32,
}

impl Map {
    pub fn of(tiles: &Tiles<'_>) -> Self {
        let fits = |z: &u32| {
            let (width, height) = tiles.level_size(*z);
            width.max(height) <= 2048
        };
        let z = (0..=tiles.max).rev().find(fits).unwrap();
        Self { picture: tiles.level(z), z }
    }

    /// Whether there is contrast in a tile.
    fn shows(&self, tiles: &Tiles<'_>, z: u32, (x, y): (usize, usize)) -> bool {
        let ((left, top), (width, height)) = tiles.rect(z, x, y);
        if z <= self.z {
            return true;
        }
        let scaled = |at: usize| at >> (z - self.z);
        let side = |length: usize| (length >> (z - self.z)).max(2);
        let (left, top) = (scaled(left), scaled(top));
        let (width, height) =
            (side(width).min(self.picture.width - left), side(height).min(self.picture.height - top));
        self.picture.crop(left, top, width, height).contrast() > 20.0
    }
}

/// Corners, some tiles of each edge, and tiles with content inside.
pub fn sample(tiles: &Tiles<'_>, z: u32, map: &Map) -> BTreeSet<(usize, usize)> {
    let (columns, rows) = tiles.grid(z);
    let (right, bottom) = (columns - 1, rows - 1);
    let mut sample = BTreeSet::from([(0, 0), (right, 0), (0, bottom), (right, bottom)]);
    for column in [0, right] {
        sample.extend(drawn(z.into(), (0..rows).map(|y| (column, y)), OF_AN_EDGE));
    }
    for row in [0, bottom] {
        sample.extend(drawn(z.into(), (0..columns).map(|x| (x, row)), OF_AN_EDGE));
    }
    let inside = INSIDE.get((tiles.max - z) as usize).copied().unwrap_or(usize::MAX);
    let all = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y)));
    sample.extend(drawn(z.into(), all.filter(|&tile| map.shows(tiles, z, tile)), inside));
    sample
}
