//! The sample of a slide's tiles that is compared.

use crate::tiles::Tiles;
use origami_fixtures::geometry::{Cell, Grid, Rect};
use origami_fixtures::picture::Picture;
use std::collections::BTreeSet;

/// Number of tiles at each edge of a level, besides the corners.
const AT_AN_EDGE: usize = 4;

/// Number of tiles with content of each level, by depth below the finest. One of depth `d` is
/// compared with `4^d` tiles of source pixels.
pub const INSIDE: [usize; 5] = [300, 120, 60, 16, 6];

/// A hash of a tile's position, the same on every run.
fn hash(seed: u64, cell: Cell) -> u64 {
    let mut z = seed << 56 ^ (cell.y as u64) << 28 ^ cell.x as u64;
    for factor in [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        z = (z ^ z >> 31).wrapping_add(factor).wrapping_mul(factor);
    }
    z ^ z >> 29
}

/// The `count` tiles with the lowest hashes.
fn draw(seed: u64, tiles: impl Iterator<Item = Cell>, count: usize) -> impl Iterator<Item = Cell> {
    let mut tiles: Vec<_> = tiles.collect();
    tiles.sort_by_key(|&cell| hash(seed, cell));
    tiles.into_iter().take(count)
}

/// A coarse level of a slide, which says where the slide has content.
pub struct Map {
    picture: Picture,
    z: u32,
}

impl Map {
    pub fn of(tiles: &Tiles<'_>) -> Self {
        let z = (0..=tiles.max).rev().find(|&z| tiles.level_size(z).longest() <= 2048).unwrap();
        Self { picture: tiles.level(z), z }
    }

    /// Whether there is contrast in a tile.
    fn has_content(&self, tiles: &Tiles<'_>, z: u32, cell: Cell) -> bool {
        if z <= self.z {
            return true;
        }
        let (rect, shift) = (tiles.rect(z, cell), z - self.z);
        let (x, y) = (rect.x >> shift, rect.y >> shift);
        let (width, height) = ((rect.width >> shift).max(2), (rect.height >> shift).max(2));
        let part = Rect {
            x,
            y,
            width: width.min(self.picture.width - x),
            height: height.min(self.picture.height - y),
        };
        self.picture.crop(part).contrast() > 20.0
    }
}

/// Corners, some tiles at each edge, and tiles with content inside.
pub fn sample(tiles: &Tiles<'_>, z: u32, map: &Map) -> BTreeSet<Cell> {
    let grid @ Grid { columns, rows } = tiles.grid(z);
    let (right, bottom) = (columns - 1, rows - 1);
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
    let mut sample = BTreeSet::from(corners.map(|(x, y)| Cell { x, y }));
    for x in [0, right] {
        sample.extend(draw(z.into(), (0..rows).map(|y| Cell { x, y }), AT_AN_EDGE));
    }
    for y in [0, bottom] {
        sample.extend(draw(z.into(), (0..columns).map(|x| Cell { x, y }), AT_AN_EDGE));
    }
    let count = INSIDE.get((tiles.max - z) as usize).copied().unwrap_or(usize::MAX);
    let with_content = grid.cells().filter(|&cell| map.has_content(tiles, z, cell));
    sample.extend(draw(z.into(), with_content, count));
    sample
}
