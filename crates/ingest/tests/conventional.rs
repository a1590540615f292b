//! Tiles that are encoded here are those of a conventional pyramid, to the byte.

mod common;

use common::{Coding, Tiff, conventional, levels, options, packed, served};
use origami_ingest::{KeepSource, PackOptions};
use origami_pack::Mode;
use origami_pyramid::Subsampling;
use std::num::NonZeroUsize;
use turbojpeg::Subsamp;

/// A slide whose tiles are not kept.
fn slide(width: u32, height: u32) -> Tiff {
    Tiff::new(width, height, 128, &Coding { quality: 97, ..Coding::new(Subsamp::None) })
}

fn again() -> PackOptions {
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
            let options = PackOptions { subsampling, quality, mode, tile_size, ..again() };
            let packed =
                packed(&slide(width, height), &options).unwrap_or_else(|error| panic!("{what}: {error}"));
            let pyramid = packed.pack.pyramid();
            let levels = levels(&*packed.source, pyramid);
            for id in (0..=pyramid.max_level()).flat_map(|z| pyramid.tiles(z)) {
                let expected = conventional(&levels, pyramid, id, subsampling, quality);
                assert!(served(&packed.pack, id) == expected, "{id} of {what}");
            }
        }
    }
}

#[test]
fn the_same_slide_gives_the_same_pack_with_any_number_of_workers() {
    let slide = slide(1100, 901);
    for (mode, measure) in
        [(Mode::Exact, false), (Mode::Exact, true), (Mode::Stored, true), (Mode::Luma, true)]
    {
        let bytes = |workers| {
            let workers = NonZeroUsize::new(workers).unwrap();
            let packed =
                packed(&slide, &PackOptions { workers, mode, measure, tile_size: 64, ..again() }).unwrap();
            std::fs::read(packed.pack.path()).unwrap()
        };
        let first = bytes(1);
        assert!(first == bytes(1), "{mode:?} repeated");
        assert!(first == bytes(3), "{mode:?} with three workers");
    }
}
