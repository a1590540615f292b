//! Checks that tiles encoded here are those of a conventional pyramid, byte for byte.

mod common;

use common::{
    Coding, SlideLevels, Tiff, all_tiles, assert_same_with_any_workers, options, pack_tiff, served,
};
use origami_ingest::{KeepSource, PackOptions};
use origami_pack::Mode;
use origami_pyramid::{Size, Subsampling};
use turbojpeg::Subsamp;

/// A slide whose tiles are not kept.
fn slide(size: Size) -> Tiff {
    Tiff::new(size, 128, &Coding { quality: 97, ..Coding::new(Subsamp::None) })
}

fn reencoding_options() -> PackOptions {
    PackOptions { keep_source: KeepSource::Never, ..options() }
}

#[test]
fn every_tile_is_what_the_jpeg_library_makes_of_the_same_planes() {
    for (width, height, tile_size) in
        [(83, 69, 16), (331, 267, 48), (517, 401, 240), (1100, 301, 256), (3, 2, 256)]
    {
        for (subsampling, quality, mode) in [
            (Subsampling::S420, 80, Mode::Exact),
            (Subsampling::S422, 35, Mode::Exact),
            (Subsampling::S444, 92, Mode::Exact),
            (Subsampling::S420, 100, Mode::Stored),
        ] {
            let what = format!("{width}x{height} in tiles of {tile_size} px, {subsampling:?}, {mode:?}");
            let options = PackOptions { subsampling, quality, mode, tile_size, ..reencoding_options() };
            let packed = pack_tiff(&slide(Size::new(width, height)), &options)
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            let pyramid = packed.pack.pyramid();
            let levels = SlideLevels::new(&*packed.source, pyramid);
            for id in all_tiles(pyramid) {
                let expected = levels.jpeg(id, subsampling, quality);
                assert!(served(&packed.pack, id) == expected, "{id} of {what}");
            }
        }
    }
}

#[test]
fn the_same_slide_gives_the_same_pack_with_any_number_of_workers() {
    let slide = slide(Size::new(1100, 901));
    for (mode, measure) in
        [(Mode::Exact, false), (Mode::Exact, true), (Mode::Stored, true), (Mode::Luma, true)]
    {
        let options = PackOptions { mode, measure, tile_size: 64, ..reencoding_options() };
        assert_same_with_any_workers(&slide, &options, &format!("{mode:?}"));
    }
}
