//! Families at once are their tiles one by one.

use origami_pack::Pack;
use origami_pyramid::{Family, TileId};
use origami_render::{
    Families, FamilyVisitor, Models, ParentCache, Parents, Pools, RebuildError, Rebuilder, TileJpeg, Uncached,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Takes what it was made to want.
struct Visitor<'a> {
    wants: &'a (dyn Fn(TileId) -> bool + Sync),
    claims: &'a (dyn Fn(TileId) -> bool + Sync),
    taken: Mutex<HashMap<TileId, Vec<u8>>>,
}

impl FamilyVisitor for Visitor<'_> {
    fn wants(&self, id: TileId) -> bool {
        (self.wants)(id)
    }

    fn claims(&self, id: TileId) -> bool {
        (self.claims)(id)
    }

    fn take(&self, id: TileId, tile: Result<TileJpeg, RebuildError>) -> Result<(), RebuildError> {
        let before = self.taken.lock().unwrap().insert(id, tile?.to_vec());
        assert!(before.is_none(), "{id} is made once");
        Ok(())
    }
}

fn visit(
    families: &Families,
    pack: &Pack,
    family: Family,
    parents: &(dyn Parents + Sync),
    wants: &(dyn Fn(TileId) -> bool + Sync),
    claims: &(dyn Fn(TileId) -> bool + Sync),
) -> HashMap<TileId, Vec<u8>> {
    let visitor = Visitor { wants, claims, taken: Mutex::default() };
    families.visit(pack, family, parents, &visitor).unwrap();
    visitor.taken.into_inner().unwrap()
}

/// Fails unless all families of `pack` are what [`Rebuilder::tile`] makes of
/// their tiles, whoever keeps the parents and whatever is wanted of them.
pub fn check_families(pack: &Pack) {
    let pools = Pools::new(256 << 20);
    let cache = ParentCache::new(64 << 20, Arc::clone(&pools));
    let kept = cache.of(pack);
    let families = Families::new(Arc::clone(&pools), Models::new(8 << 20));
    let mut rebuilder = Rebuilder::new(Arc::clone(&pools)).unwrap();
    let (pyramid, mut seen) = (pack.pyramid(), 0);
    for family in pyramid.all_families() {
        let all: Vec<TileId> = pyramid.family_tiles(family).collect();
        let expected: HashMap<TileId, Vec<u8>> =
            all.iter().map(|&id| (id, rebuilder.tile(pack, id, &Uncached).unwrap().to_vec())).collect();
        seen += all.len() as u64;
        for parents in [&Uncached as &(dyn Parents + Sync), &kept, &kept] {
            let found = visit(&families, pack, family, parents, &|_| true, &|_| true);
            assert!(found == expected, "{family:?}");
        }
        for z in pyramid.family_levels(family.root.z).unwrap() {
            let wants = |id: TileId| id.z == z && (id.x + id.y).is_multiple_of(2);
            let found = visit(&families, pack, family, &Uncached, &wants, &|id| id.x % 4 != 0);
            let wanted = all.iter().filter(|&&id| wants(id) && id.x % 4 != 0).count();
            assert_eq!(found.len(), wanted, "no more than is wanted and claimed");
            assert!(found.iter().all(|(id, tile)| expected[id] == *tile));
        }
        assert!(families.check(pack, family, &kept).is_empty());
    }
    assert_eq!(seen, pyramid.tile_count(), "every tile is in a family");
    drop((cache, families, rebuilder));
    assert!(pools.stats().all(|tier| tier.leased == 0), "every lease came back");
}
