//! Writing a pack takes no memory for each tile: the index grows in a file.

use origami_pack::{Entry, Metadata, Pack, PackSpec, PackWriter};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Far below the 16 bytes that each of the tiles has in the index.
const LIMIT: usize = 10 << 20;

/// The colour of a tile, which depends on all of its numbers.
fn colour(id: TileId) -> [u8; 3] {
    [id.x as u8, id.y as u8, (id.z + id.x / 256 + 8 * (id.y / 256)) as u8]
}

#[test]
fn a_pack_of_millions_of_tiles_is_written_in_ten_megabytes() {
    // 2,048 tiles across and down.
    let pyramid = Pyramid::new(Size::square(32_768), 16).unwrap();
    let index_len = 16 * pyramid.tile_count() as usize;
    assert!(index_len > 8 * LIMIT, "{index_len}");
    let folder = tempfile::tempdir().unwrap();
    let spec = PackSpec::stored(pyramid, Subsampling::S420, 85);
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let mut writer = PackWriter::create(&folder.path().join("slide.origami"), spec, false).unwrap();
    for family in pyramid.all_families() {
        for id in pyramid.family_tiles(family) {
            writer.blank(id, colour(id));
        }
    }
    let path = writer.finish(&Metadata::default()).unwrap().publish().unwrap();
    let peak = ALLOCATOR.peak_usage() - before;
    assert!(peak < LIMIT, "{peak} bytes at most for an index of {index_len}");
    let pack = Pack::open(&path).unwrap();
    for id in (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)).step_by(997) {
        assert_eq!(pack.entry(id).unwrap(), Entry::Blank { colour: colour(id) }, "{id}");
    }
}
