//! The order of blobs in a pack.

use crate::common::{all_tiles, pack_tiff};
use crate::{DEPTHS, reencoding_options, slide, ycc};
use origami_ingest::{PackOptions, Predicted};
use origami_pack::{Entry, Mode, Pack};
use origami_pyramid::{Family, TileId};
use std::ops::Range;

/// The bytes of a tile in the file, if it has any.
fn range(pack: &Pack, id: TileId) -> Option<Range<u64>> {
    match pack.entry(id).unwrap() {
        Entry::Blob { offset, len, .. } => Some(offset..offset + u64::from(len)),
        _ => None,
    }
}

/// The tiles of a family and of everything below it, in their order.
fn depth_first(pack: &Pack, family: Family, out: &mut Vec<TileId>) {
    let pyramid = pack.pyramid();
    let mut tiles: Vec<TileId> = pyramid.family_tiles(family).collect();
    tiles.sort_by_key(|id| (id.z, id.y, id.x));
    out.extend(&tiles);
    let finest = tiles.last().unwrap().z;
    let below = pyramid.tiles_under(family.root, finest + 1);
    below.for_each(|root| depth_first(pack, Family { root }, out));
}

#[test]
fn tiles_are_in_the_file_family_by_family_and_depth_first_without_gaps() {
    for (mode, depths) in
        [(Mode::Exact, &DEPTHS[..]), (Mode::Luma, &[Predicted::Auto]), (Mode::Stored, &[Predicted::Auto])]
    {
        for &predicted in depths {
            let options = PackOptions { mode, predicted, ..reencoding_options(32) };
            let packed = pack_tiff(&slide(&ycc()), &options).unwrap();
            let pack = &packed.pack;
            let mut expected = Vec::new();
            depth_first(pack, Family { root: TileId { z: 0, x: 0, y: 0 } }, &mut expected);
            assert_eq!(expected.len(), all_tiles(pack.pyramid()).count());
            let ranges: Vec<Range<u64>> = expected.iter().filter_map(|&id| range(pack, id)).collect();
            assert!(ranges.len() > 100, "{} blobs, {mode:?}", ranges.len());
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].end, pair[1].start, "{mode:?}, {predicted:?}");
            }
            for family in pack.pyramid().all_families() {
                let has_bytes = pack.pyramid().family_tiles(family).any(|id| range(pack, id).is_some());
                let is_contiguous = pack.family_range(family).unwrap().is_some();
                assert_eq!(is_contiguous, has_bytes, "{family:?}, {mode:?}, {predicted:?}");
            }
        }
    }
}
