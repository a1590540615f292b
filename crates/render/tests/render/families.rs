//! Families made at once have the same tiles as those made one by one.

use origami_pack::Pack;
use origami_pyramid::{Family, TileId};
use origami_render::{
    Families, FamilyVisitor, Models, ParentCache, Parents, Pools, RebuildError, Rebuilder, TileJpeg,
    Uncached, decode,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// The tiles of a family that a visitor wants.
#[derive(Clone, Copy)]
enum Choice {
    All,
    /// Every second tile of a level. One in four columns is not claimed.
    SomeOfLevel(u32),
}

impl Choice {
    fn wants(self, id: TileId) -> bool {
        match self {
            Self::All => true,
            Self::SomeOfLevel(z) => id.z == z && (id.x + id.y).is_multiple_of(2),
        }
    }

    fn claims(self, id: TileId) -> bool {
        match self {
            Self::All => true,
            Self::SomeOfLevel(_) => !id.x.is_multiple_of(4),
        }
    }
}

/// Collects the chosen tiles.
struct Collector {
    choice: Choice,
    tiles: Mutex<HashMap<TileId, Vec<u8>>>,
}

impl FamilyVisitor for Collector {
    fn wants(&self, id: TileId) -> bool {
        self.choice.wants(id)
    }

    fn claims(&self, id: TileId) -> bool {
        self.choice.claims(id)
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let before = self.tiles.lock().unwrap().insert(id, tile?.to_vec());
        assert!(before.is_none(), "{id} is made once");
        Ok(())
    }
}

fn visit(
    families: &Families,
    pack: &Pack,
    family: Family,
    parents: &(dyn Parents + Sync),
    choice: Choice,
) -> HashMap<TileId, Vec<u8>> {
    let collector = Collector { choice, tiles: Mutex::default() };
    families.visit(pack, family, parents, &collector).unwrap();
    collector.tiles.into_inner().unwrap()
}

/// Fails unless all families of `pack` have the tiles that [`Rebuilder::tile`] makes,
/// with cached and with uncached parents, and whichever tiles are wanted.
pub fn check_families(pack: &Pack) {
    let pools = Pools::new(256 << 20);
    let cache = ParentCache::new(64 << 20, Arc::clone(&pools));
    let cached = cache.of(pack);
    let families = Families::new(Arc::clone(&pools), Models::new(8 << 20));
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    let (pyramid, mut seen) = (pack.pyramid(), 0);
    for family in pyramid.all_families() {
        let expected: HashMap<TileId, Vec<u8>> = pyramid
            .family_tiles(family)
            .map(|id| (id, rebuilder.tile(pack, id, &Uncached).unwrap().to_vec()))
            .collect();
        seen += expected.len() as u64;
        for parents in [&Uncached as &(dyn Parents + Sync), &cached, &cached] {
            let tiles = visit(&families, pack, family, parents, Choice::All);
            assert!(tiles == expected, "{family:?}");
        }
        for z in pyramid.family_levels(family.root.z).unwrap() {
            let choice = Choice::SomeOfLevel(z);
            let tiles = visit(&families, pack, family, &Uncached, choice);
            let chosen = expected.keys().filter(|&&id| choice.wants(id) && choice.claims(id)).count();
            assert_eq!(tiles.len(), chosen, "no more than is wanted and claimed");
            assert!(tiles.iter().all(|(id, tile)| expected[id] == *tile));
        }
        assert!(families.check(pack, family, &cached).is_empty());
    }
    assert_eq!(seen, pyramid.tile_count(), "every tile is in a family");
    drop((cache, families, rebuilder));
    assert!(pools.stats().all(|tier| tier.leased == 0), "every lease came back");
}

/// Fails unless the tiles of the first of the finest families of `pack`, with five
/// parents, cause five decodes.
pub fn check_one_decode_for_each_parent(pack: &Pack) {
    let (pyramid, top) = (pack.pyramid(), pack.pyramid().max_level());
    let family = pyramid.families(top).next().unwrap();
    let pools = Pools::new(16 << 20);
    let cache = ParentCache::new(8 << 20, Arc::clone(&pools));
    let parents = cache.of(pack);
    let mut rebuilder = Rebuilder::new(pools).unwrap();
    // From fine to coarse, so that no parent is seeded by its own tile.
    for id in (0..=top).rev().flat_map(|z| pyramid.tiles_under(family.root, z)) {
        rebuilder.tile(pack, id, &parents).unwrap();
    }
    let stats = cache.stats();
    assert_eq!((stats.decodes, stats.seeded, stats.entries), (5, 0, 5), "the root and its four L1 tiles");
}

/// Decodes all of `pack`, which must be valid, and returns the number of tiles that were
/// reported as progress.
pub fn count_decoded(pack: &Pack) -> u64 {
    let decoded = AtomicU64::new(0);
    let failures = decode(pack, |tiles| _ = decoded.fetch_add(tiles, Relaxed));
    assert!(failures.is_empty(), "{}: {failures:?}", pack.path().display());
    decoded.into_inner()
}
