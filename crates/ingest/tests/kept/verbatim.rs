//! Single tiles that do not fit the others.

use crate::common::{
    Coding, OtherTiles, Tiff, assert_same_blocks, coefficients, keeping_options, pack_tiff, pixels, served,
    square_pixels,
};
use origami_codec::self_contained;
use origami_pack::{Entry, Identity, MAX_BLOB};
use origami_pyramid::{Rect, Size, TileId};
use turbojpeg::Subsamp;

/// A tile of the 8x8 grid that is not among those probed before packing.
const NOT_PROBED: usize = 33;

/// The id of that tile.
const NOT_PROBED_ID: TileId = TileId { z: 7, x: 1, y: 4 };

/// The last tile of the fifth row of the 8x8 grid, which is not probed either.
const NOT_PROBED_EDGE: usize = 39;

/// A JPEG without the segments of applications, which are not kept.
fn without_applications(jpeg: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    self_contained(None, jpeg, None, &mut out).unwrap();
    out
}

#[test]
fn a_tile_that_does_not_fit_the_others_is_kept_whole_and_counted() {
    let coding = Coding::new(Subsamp::Sub2x2);
    let finer = Coding { quality: 95, ..coding };
    for other in [
        finer,
        Coding { progressive: true, ..finer },
        Coding::new(Subsamp::None),
        Coding::new(Subsamp::Sub2x1),
        Coding::new(Subsamp::Sub1x2),
        Coding::new(Subsamp::Gray),
        Coding::rgb(),
        Coding { arithmetic: true, ..coding },
    ] {
        let mut tiff = Tiff::new(Size::square(128), 16, &coding);
        tiff.tiles[NOT_PROBED] = other.encode(&square_pixels(16, 64, 16));
        let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
        assert_eq!(packed.identity(NOT_PROBED_ID), Some(Identity::Verbatim), "{other:?}");
        assert_eq!(packed.other_tiles(), OtherTiles { coefficients: 0, verbatim: 1 }, "{other:?}");
        for (id, original) in packed.finest_tiles().zip(&tiff.tiles) {
            assert!(
                without_applications(&served(&packed.pack, id)) == without_applications(original),
                "{id}, {other:?}"
            );
        }
    }
}

#[test]
fn an_edge_tile_that_does_not_fit_the_others_is_cut_with_its_own_tables() {
    let coding = Coding::new(Subsamp::Sub2x2);
    let other = Coding { quality: 95, ..coding };
    let mut tiff = Tiff::new(Size::new(121, 128), 16, &coding);
    tiff.tiles[NOT_PROBED_EDGE] = other.encode(&square_pixels(112, 64, 16));
    let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
    let id = TileId { z: 7, x: 7, y: 4 };
    assert_eq!(packed.identity(id), Some(Identity::Verbatim));
    let jpeg = served(&packed.pack, id);
    let cut = coefficients(&jpeg, &other, Size::new(9, 16));
    let whole = coefficients(&tiff.tiles[NOT_PROBED_EDGE], &other, Size::square(16));
    assert_same_blocks(&cut, &whole, "the cut tile");
    let encoded_again = other.encode(&pixels(Rect { x: 112, y: 64, width: 9, height: 16 }));
    assert!(jpeg != encoded_again, "the coefficients are the source's");
}

/// A gray JPEG of 16x16 px with an AC value of 2047, for which the standard
/// Huffman tables have no code.
fn beyond_the_standard_tables() -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    jpeg.extend([1; 64]);
    jpeg.extend([0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
    // DC: `0` for no difference.
    jpeg.extend([0xff, 0xc4, 0, 20, 0x00, 1, 0]);
    jpeg.extend([0; 14]);
    jpeg.push(0);
    // AC: `0` for eleven bits, `10` for the end of the block.
    jpeg.extend([0xff, 0xc4, 0, 21, 0x10, 1, 1]);
    jpeg.extend([0; 14]);
    jpeg.extend([0x0b, 0]);
    jpeg.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    // 0 0 11111111111 10, then three times 0 10.
    jpeg.extend([0b0011_1111, 0b1111_1100, 0b1001_0010, 0xff, 0xd9]);
    jpeg
}

#[test]
fn a_tile_with_values_that_the_header_has_no_codes_for_is_kept_whole_inside_the_slide() {
    let coding = Coding { quality: 100, ..Coding::new(Subsamp::Gray) };
    // At the edge it is cut, and a JPEG of the rest cannot be written.
    let edge_id = TileId { x: 7, ..NOT_PROBED_ID };
    for (width, number, id, is_kept) in
        [(128, NOT_PROBED, NOT_PROBED_ID, true), (121, NOT_PROBED_EDGE, edge_id, false)]
    {
        let mut tiff = Tiff::new(Size::new(width, 128), 16, &coding);
        tiff.tiles[number] = beyond_the_standard_tables();
        let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
        assert_eq!(packed.identity(id) == Some(Identity::Verbatim), is_kept);
        let original = without_applications(&tiff.tiles[number]);
        assert_eq!(without_applications(&served(&packed.pack, id)) == original, is_kept);
    }
}

#[test]
fn a_tile_above_the_limit_of_a_blob_is_encoded_again() {
    let coding = Coding::new(Subsamp::Sub2x2);
    let mut tiff = Tiff::new(Size::square(128), 16, &coding);
    let mut jpeg = Coding { quality: 95, ..coding }.encode(&square_pixels(16, 64, 16));
    // A quantisation table that nothing uses, again and again.
    let table = [&[3][..], &[1; 64]].concat().repeat(1008);
    let segment = [&[0xff, 0xdb][..], &(2 + table.len() as u16).to_be_bytes(), &table].concat();
    jpeg.splice(2..2, segment.repeat(257));
    assert!(jpeg.len() > MAX_BLOB);
    tiff.tiles[NOT_PROBED] = jpeg;
    let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
    assert_eq!(packed.other_tiles(), OtherTiles::default());
    assert!(served(&packed.pack, NOT_PROBED_ID).len() < 2000);
}

#[test]
fn a_missing_tile_shows_the_background() {
    let coding = Coding::new(Subsamp::Sub2x2);
    for missing in [0, 3, 7] {
        let mut tiff = Tiff::new(Size::new(83, 69), 32, &coding);
        tiff.tiles[missing].clear();
        let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
        let id = TileId { z: 7, x: missing as u32 % 3, y: missing as u32 / 3 };
        let Entry::Constant { dc } = packed.pack.entry(id).unwrap() else { panic!("{id} is constant") };
        assert!(dc[0] > 0 && dc[1..] == [0, 0], "white: {dc:?}");
        assert_eq!(packed.outcome.metadata.damaged_tiles, 0);
    }
}
