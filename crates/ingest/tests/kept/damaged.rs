//! Slides with damaged tiles, of which a sample is looked at before packing.

use crate::common::{Coding, OtherTiles, Tiff, keeping_options, pack_damaged_tiff, pack_tiff};
use origami_ingest::PackSlideError;
use origami_pack::Entry;
use origami_pyramid::{Size, TileId};
use turbojpeg::Subsamp;

/// The first two tiles of the sixth row of the 8x8 grid, of which one is in the sample.
const PROBED_OR_NOT: [usize; 2] = [40, 41];

/// A slide of 8x8 tiles.
fn slide() -> Tiff {
    Tiff::new(Size::square(128), 16, &Coding::new(Subsamp::Sub2x2))
}

/// Cuts off the end of a tile's scan.
fn cut_short(jpeg: &mut Vec<u8>) {
    jpeg.truncate(jpeg.len() - 12);
}

#[test]
fn one_damaged_tile_does_not_have_the_whole_slide_encoded_again() {
    for number in PROBED_OR_NOT {
        let mut tiff = slide();
        cut_short(&mut tiff.tiles[number]);
        let packed = pack_damaged_tiff(&tiff, &keeping_options()).unwrap_or_else(|error| panic!("{error}"));
        let metadata = &packed.outcome.metadata;
        assert_eq!((metadata.damaged_tiles, metadata.settings.kept_source), (1, true), "tile {number}");
        assert_eq!(packed.other_tiles(), OtherTiles::default(), "tile {number}");
        let id = TileId { z: 7, x: number as u32 % 8, y: number as u32 / 8 };
        assert!(matches!(packed.pack.entry(id), Ok(Entry::Constant { .. })), "{id} is the background");
    }
}

#[test]
fn a_slide_of_nothing_but_damaged_tiles_is_said_to_be_damaged_and_not_empty() {
    let mut tiff = slide();
    tiff.tiles.iter_mut().for_each(cut_short);
    let refused = pack_tiff(&tiff, &keeping_options()).err();
    let Some(PackSlideError::CannotKeep(reason)) = refused else { panic!("{refused:?}") };
    assert!(reason.starts_with("its tile (0, 0)") && reason.contains("JPEG structure"), "{reason}");
}
