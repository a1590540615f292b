//! Checks that exact tiles are the same at every depth.

use crate::common::{
    Coding, Tiff, all_tiles, assert_same_blocks, coefficients, keeping_options, pack_tiff, served,
    square_pixels,
};
use crate::{DEPTHS, assert_predicted, reencoding_options, slide, ycc};
use origami_ingest::{PackOptions, Predicted};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Size, TileId};

/// A tile and the JPEG that is served for it.
struct ServedTile {
    id: TileId,
    jpeg: Vec<u8>,
}

/// All tiles of a pack.
fn served_tiles(pack: &Pack) -> Vec<ServedTile> {
    all_tiles(pack.pyramid()).map(|id| ServedTile { id, jpeg: served(pack, id) }).collect()
}

/// Fails unless `pack` serves these tiles.
fn assert_serves(pack: &Pack, tiles: &[ServedTile], what: &str) {
    for ServedTile { id, jpeg } in tiles {
        assert!(served(pack, *id) == *jpeg, "{id} of {what}");
    }
}

#[test]
fn exact_tiles_are_the_stored_ones_for_any_number_of_predicted_levels() {
    let narrow = Tiff::new(Size::new(45, 700), 64, &ycc());
    for (slide, base) in [
        (slide(&ycc()), reencoding_options(32)),
        (narrow, reencoding_options(16)),
        (slide(&ycc()), keeping_options()),
        (slide(&Coding::rgb()), keeping_options()),
    ] {
        let stored = pack_tiff(&slide, &PackOptions { mode: Mode::Stored, ..base.clone() }).unwrap();
        let expected = served_tiles(&stored.pack);
        for predicted in DEPTHS {
            let what = format!("{} px, {:?}, {predicted:?}", slide.size, base.keep_source);
            let exact = pack_tiff(&slide, &PackOptions { predicted, ..base.clone() }).unwrap();
            assert_predicted(&exact.pack, predicted, &what);
            assert_serves(&exact.pack, &expected, &what);
        }
    }
}

/// A slide with one row of tiles of 16 px and structure in every pixel.
fn tiny(size: Size) -> Tiff {
    let columns = size.width.div_ceil(16);
    let tiles = (0..columns).map(|x| ycc().encode(&square_pixels(100 + 16 * x, 100, 16))).collect();
    Tiff { tiles, ..Tiff::new(size, 16, &ycc()) }
}

#[test]
fn the_smallest_slides_can_have_all_levels_predicted() {
    for (width, height) in [(1, 1), (2, 1), (3, 3), (17, 1)] {
        let size = Size::new(width, height);
        let (what, slide) = (format!("{size} px"), tiny(size));
        for base in [reencoding_options(16), keeping_options()] {
            let stored = pack_tiff(&slide, &PackOptions { mode: Mode::Stored, ..base.clone() }).unwrap();
            for predicted in [Predicted::Levels(1), Predicted::All] {
                let exact = pack_tiff(&slide, &PackOptions { predicted, ..base.clone() }).unwrap();
                // A slide of one pixel has no level to predict.
                let expected = if width == 1 { Predicted::All } else { predicted };
                assert_predicted(&exact.pack, expected, &what);
                assert_serves(&exact.pack, &served_tiles(&stored.pack), &what);
            }
        }
        let luma = PackOptions { mode: Mode::Luma, ..reencoding_options(16) };
        // A slide with fewer than two levels to predict has none predicted.
        let expected = if width > 2 { Predicted::Levels(2) } else { Predicted::Levels(0) };
        assert_predicted(&pack_tiff(&slide, &luma).unwrap().pack, expected, &what);
    }
}

#[test]
fn a_slide_of_one_or_two_pixels_keeps_its_tile() {
    for (width, height) in [(1, 1), (2, 1), (2, 2)] {
        for mode in [Mode::Stored, Mode::Exact] {
            let slide = tiny(Size::new(width, height));
            let packed = pack_tiff(&slide, &PackOptions { mode, ..keeping_options() }).unwrap();
            let id = TileId { z: packed.pack.pyramid().max_level(), x: 0, y: 0 };
            let actual = coefficients(&served(&packed.pack, id), &ycc(), slide.size);
            let expected = coefficients(&slide.tiles[0], &ycc(), Size::square(16));
            assert_same_blocks(&actual, &expected, &format!("{} px, {mode:?}", slide.size));
        }
    }
}

#[test]
fn a_small_exact_pack_names_a_built_in_model_and_contains_none() {
    let slide = Tiff::new(Size::square(96), 32, &ycc());
    let [exact, stored] = [Mode::Exact, Mode::Stored].map(|mode| {
        pack_tiff(&slide, &PackOptions { mode, ..reencoding_options(16) }).unwrap().outcome.bytes
    });
    assert!(exact < stored + 1000, "{exact} bytes, and {stored} stored");
}
