//! Points of a slide that are worth viewing.

use crate::camera::Position;
use fastrand::Rng;
use origami_pyramid::{Pyramid, TileId};

/// A tile and the length of its JPEG.
#[derive(Clone, Copy, Debug)]
pub struct TileBytes {
    pub tile: TileId,
    pub bytes: u64,
}

/// Where viewers go: tiles of one coarse level, each weighted by the bytes it has
/// beyond the smallest tile, because glass compresses to almost nothing.
pub struct PointsOfInterest {
    z: u32,
    tiles: Vec<WeightedTile>,
}

struct WeightedTile {
    tile: TileId,
    /// The sum of the weights up to and including this tile's.
    cumulative: u64,
}

impl PointsOfInterest {
    /// Weights the tiles of level `z` by their bytes, or equally if they all have
    /// the same number.
    pub fn new(z: u32, tiles: &[TileBytes]) -> Self {
        let smallest = tiles.iter().map(|tile| tile.bytes).min().unwrap_or(0);
        let alike = tiles.iter().all(|tile| tile.bytes == smallest);
        let mut cumulative = 0;
        let mut weighted = Vec::with_capacity(tiles.len());
        for TileBytes { tile, bytes } in tiles {
            cumulative += if alike { 1 } else { bytes - smallest };
            weighted.push(WeightedTile { tile: *tile, cumulative });
        }
        Self { z, tiles: weighted }
    }

    /// Draws a point of `pyramid`.
    pub fn draw(&self, pyramid: &Pyramid, random: &mut Rng) -> Position {
        let tile = self.draw_tile(random);
        let position = Position { x: random.f64(), y: random.f64() };
        let (Some(rect), Some(level)) =
            (tile.and_then(|tile| pyramid.tile_rect(tile)), pyramid.level_size(self.z))
        else {
            return position;
        };
        Position {
            x: fraction(rect.x, rect.width, position.x, level.width),
            y: fraction(rect.y, rect.height, position.y, level.height),
        }
    }

    fn draw_tile(&self, random: &mut Rng) -> Option<TileId> {
        let total = self.tiles.last()?.cumulative;
        if total == 0 {
            return None;
        }
        let drawn = random.u64(0..total);
        let index = self.tiles.partition_point(|tile| tile.cumulative <= drawn);
        Some(self.tiles[index].tile)
    }
}

/// A position inside a tile as a fraction of its level; `start`, `side` and
/// `level` are in pixels.
fn fraction(start: u32, side: u32, position: f64, level: u32) -> f64 {
    (f64::from(start) + f64::from(side) * position) / f64::from(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_pyramid::Size;

    /// A tile of level 9, which has two: 512x256 px.
    fn tile(x: u32, bytes: u64) -> TileBytes {
        TileBytes { tile: TileId { z: 9, x, y: 0 }, bytes }
    }

    #[test]
    fn points_of_interest_are_on_tissue() {
        let pyramid = Pyramid::new(Size::new(4096, 2048), 256).unwrap();
        let interest = PointsOfInterest::new(9, &[tile(0, 400), tile(1, 9000)]);
        let mut random = Rng::with_seed(1);
        for _ in 0..100 {
            let Position { x, y } = interest.draw(&pyramid, &mut random);
            assert!((0.5..1.0).contains(&x) && (0.0..1.0).contains(&y), "{x} {y}");
        }
    }

    #[test]
    fn where_all_tiles_are_alike_every_point_may_be_one_of_interest() {
        let pyramid = Pyramid::new(Size::new(4096, 2048), 256).unwrap();
        let interest = PointsOfInterest::new(9, &[tile(0, 400), tile(1, 400)]);
        let mut random = Rng::with_seed(1);
        let left = (0..100).filter(|_| interest.draw(&pyramid, &mut random).x < 0.5).count();
        assert!((20..80).contains(&left), "{left}");
    }
}
