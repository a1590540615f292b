//! What an idle worker may build: the tiles next to one that was asked for.

use crate::product::{Job, Product};
use origami_pack::Pack;
use origami_pyramid::TileId;
use std::sync::Arc;

/// The tiles of one level in the family of a tile that was asked for, those
/// that share its parent first. They share what was decoded for it.
#[derive(Default)]
pub struct Siblings {
    of: Option<(Arc<Pack>, TileId)>,
    next: u32,
}

impl Siblings {
    /// The siblings of what `job` asked for, if it is a tile predicted from
    /// others.
    pub fn of(job: &Job) -> Self {
        match job.product {
            Product::Tile(id) if job.pack.pyramid().depth(id.z).is_some_and(|depth| depth < 2) => {
                Self { of: Some((Arc::clone(&job.pack), id)), next: 1 }
            }
            _ => Self::default(),
        }
    }
}

impl Iterator for Siblings {
    type Item = Job;

    /// Takes no memory; lets go of the pack when there are no more.
    fn next(&mut self) -> Option<Job> {
        let (pack, id) = self.of.as_ref()?;
        let pyramid = pack.pyramid();
        let side = 4 >> pyramid.depth(id.z)?;
        let (columns, rows) = pyramid.grid(id.z)?;
        while self.next < side * side {
            // The bits of a Z-order curve, from the tile's own place on: its
            // quad comes before the rest of the family.
            let (n, own) = (self.next, (id.x % side, id.y % side));
            self.next += 1;
            let (x, y) = ((n & 1) | (n >> 1 & 2), (n >> 1 & 1) | (n >> 2 & 2));
            let at = TileId { z: id.z, x: id.x - own.0 + (own.0 ^ x), y: id.y - own.1 + (own.1 ^ y) };
            if at.x < columns && at.y < rows {
                return Some(Job { pack: Arc::clone(pack), product: Product::Tile(at) });
            }
        }
        self.of = None;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::pack;
    use std::collections::HashSet;

    #[test]
    fn siblings_are_the_rest_of_the_family_once_each_its_own_quad_first() {
        let folder = tempfile::tempdir().unwrap();
        let pack = Arc::new(pack(folder.path()));
        let top = pack.pyramid().max_level();
        for (z, side) in [(top, 4), (top - 1, 2)] {
            for (x, y) in [(0, 0), (5, 6), (7, 3)] {
                let job = Job { pack: Arc::clone(&pack), product: Product::Tile(TileId { z, x, y }) };
                let tiles: Vec<_> = Siblings::of(&job)
                    .map(|job| match job.product {
                        Product::Tile(id) => (id.z, id.x, id.y),
                        Product::Thumbnail(_) => unreachable!(),
                    })
                    .collect();
                let distinct: HashSet<_> = tiles.iter().copied().collect();
                assert_eq!((tiles.len(), distinct.len()), (side * side - 1, side * side - 1));
                assert!(!distinct.contains(&(z, x, y)));
                let family = |x: u32, y: u32| (x / side as u32, y / side as u32);
                assert!(tiles.iter().all(|tile| tile.0 == z && family(tile.1, tile.2) == family(x, y)));
                assert!(tiles[..3].iter().all(|tile| (tile.1 / 2, tile.2 / 2) == (x / 2, y / 2)));
            }
        }
        let root = Job { pack: Arc::clone(&pack), product: Product::Tile(TileId { z: top - 2, x: 0, y: 0 }) };
        assert_eq!(Siblings::of(&root).count(), 0);
        assert_eq!(Siblings::of(&Job { pack, product: Product::Thumbnail(64) }).count(), 0);
    }
}
