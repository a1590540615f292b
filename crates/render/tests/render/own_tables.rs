//! Tiles that are served with Huffman tables of their own.

use crate::common::coefficients::{CoefficientPlan, TileContent};
use crate::common::{Via, all_tiles, over_all_storages};
use origami_codec::{Coefficients, HuffmanTables, TileHeader, read_coefficients};
use origami_pack::{Identity, Pack, verify};
use origami_pyramid::{Subsampling, TileId};
use origami_render::{Pools, Rebuilder, Uncached, decode};

over_all_storages!(tiles_have_the_packed_coefficients_and_the_tables_that_follow_from_them);

fn served(rebuilder: &mut Rebuilder, pack: &Pack, id: TileId) -> Vec<u8> {
    rebuilder.tile(pack, id, &Uncached).unwrap().to_vec()
}

fn tiles_have_the_packed_coefficients_and_the_tables_that_follow_from_them(via: Via) {
    for plan in [
        CoefficientPlan::new(131, 67, Subsampling::S420),
        CoefficientPlan::new(131, 67, Subsampling::S422),
        CoefficientPlan::new(131, 67, Subsampling::Gray),
        CoefficientPlan::rgb(131, 67),
    ] {
        let plan = CoefficientPlan { own_tables: true, ..plan };
        let folder = tempfile::tempdir().unwrap();
        let pack = via.open(&plan.write(&folder.path().join("own.origami"))).unwrap();
        assert!(verify::verify(&pack, |_| {}).problems.is_empty() && decode(&pack, |_| {}).is_empty());
        let finest = pack.pyramid().max_level();
        assert_eq!(pack.level(finest).unwrap().header().unwrap().huffman_tables(), HuffmanTables::Optimised);
        let mut rebuilder = Rebuilder::new(Pools::new(0)).unwrap();
        for id in all_tiles(pack.pyramid()) {
            let (jpeg, expected) = (served(&mut rebuilder, &pack, id), plan.jpeg(id));
            if id.z < finest || plan.content(id) == TileContent::Blob(Identity::Verbatim) {
                assert!(jpeg == expected, "{id} of {plan:?}");
                continue;
            }
            let [mut tile, mut expected_tile] = [Coefficients::default(), Coefficients::default()];
            let facts = read_coefficients(&jpeg, 1 << 16, &mut tile).unwrap();
            read_coefficients(&expected, 1 << 16, &mut expected_tile).unwrap();
            assert!(tile == expected_tile, "{id} of {plan:?}");
            assert!(!facts.standard_huffman && jpeg.len() < expected.len(), "{id} of {plan:?}");
            let header = TileHeader::optimised(&expected).unwrap();
            assert!(header.jpeg(&tile).unwrap() == jpeg, "{id} of {plan:?}");
        }
    }
}
