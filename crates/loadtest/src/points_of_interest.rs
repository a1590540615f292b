//! Where on a slide it is worth looking.

use fastrand::Rng;
use origami_pyramid::{Pyramid, Size, TileId};

/// Where viewers go: tiles of one coarse level, each drawn by how many bytes
/// it has more than the emptiest, for glass compresses to next to nothing.
pub struct PointsOfInterest {
    z: u32,
    /// Tile and the sum of weights up to and with it.
    weights: Vec<(TileId, u64)>,
}

impl PointsOfInterest {
    /// Weights by bytes; all alike if there is nothing to tell them apart by.
    pub fn new(z: u32, bytes: &[(TileId, u64)]) -> Self {
        let least = bytes.iter().map(|(_, bytes)| *bytes).min().unwrap_or(0);
        let alike = bytes.iter().all(|(_, bytes)| *bytes == least);
        let mut sum = 0;
        let weigh = |(tile, bytes): &(TileId, u64)| {
            sum += if alike { 1 } else { bytes - least };
            (*tile, sum)
        };
        Self { z, weights: bytes.iter().map(weigh).collect() }
    }

    /// A point of `pyramid` as shares of its width and height.
    pub fn point(&self, pyramid: &Pyramid, random: &mut Rng) -> (f64, f64) {
        let share = |random: &mut Rng| (random.f64(), random.f64());
        let total = self.weights.last().map_or(0, |(_, sum)| *sum);
        if total == 0 {
            return share(random);
        }
        let drawn = random.u64(0..total);
        let (tile, _) = self.weights[self.weights.partition_point(|(_, sum)| *sum <= drawn)];
        let (Some(rect), Some(Size { width, height })) =
            (pyramid.tile_rect(tile), pyramid.level_size(self.z))
        else {
            return share(random);
        };
        let (x, y) = share(random);
        let within = |start: u32, side: u32, share: f64, of: u32| {
            (f64::from(start) + f64::from(side) * share) / f64::from(of)
        };
        (within(rect.x, rect.width, x, width), within(rect.y, rect.height, y, height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_interest_lie_on_tissue() {
        let pyramid = Pyramid::new(Size::new(4096, 2048), 256).unwrap();
        let glass = |x, y| (TileId { z: 9, x, y }, 400);
        // Level 9 is 512x256 px: two tiles.
        let interest = PointsOfInterest::new(9, &[glass(0, 0), (TileId { z: 9, x: 1, y: 0 }, 9000)]);
        let mut random = Rng::with_seed(1);
        for _ in 0..100 {
            let (x, y) = interest.point(&pyramid, &mut random);
            assert!((0.5..1.0).contains(&x) && (0.0..1.0).contains(&y), "{x} {y}");
        }
    }

    #[test]
    fn where_all_tiles_are_alike_every_point_may_be_one_of_interest() {
        let pyramid = Pyramid::new(Size::new(4096, 2048), 256).unwrap();
        let tile = |x| (TileId { z: 9, x, y: 0 }, 400);
        let interest = PointsOfInterest::new(9, &[tile(0), tile(1)]);
        let mut random = Rng::with_seed(1);
        let left = (0..100).filter(|_| interest.point(&pyramid, &mut random).0 < 0.5).count();
        assert!((20..80).contains(&left), "{left}");
    }
}
