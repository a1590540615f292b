//! Slides whose tiles cannot be kept, and options that keep none.

use crate::common::{
    Coding, DeepZoom, OtherTiles, Packed, Tiff, keeping_options, options, pack_path, pack_tiff, pixels,
    rgb_png, square_pixels,
};
use origami_ingest::{KeepSource, PackOptions, PackSlideError};
use origami_pack::Mode;
use origami_pyramid::{Rect, Size};
use turbojpeg::Subsamp;

/// The size of the slides.
const SIZE: Size = Size::new(100, 80);

fn coding() -> Coding {
    Coding::new(Subsamp::Sub2x2)
}

/// Fails unless keeping the tiles of a slide is refused for `reason`, and the slide is
/// encoded again for the same reason where keeping is optional.
fn assert_refused(reason: &str, pack: impl Fn(&PackOptions) -> Result<Packed, PackSlideError>) {
    match pack(&keeping_options()) {
        Err(PackSlideError::CannotKeep(actual)) => {
            assert!(actual.contains(reason), "{actual:?}, expected {reason:?}");
        }
        Err(other) => panic!("{reason}: {other}"),
        Ok(_) => panic!("{reason}: kept"),
    }
    let auto = PackOptions { quality: 66, tile_size: 64, ..options() };
    let packed = pack(&auto).unwrap_or_else(|error| panic!("{reason}: {error}"));
    let settings = &packed.outcome.metadata.settings;
    assert!(settings.encoded_again.contains(reason), "{:?}, expected {reason:?}", settings.encoded_again);
    assert_eq!((settings.kept_source, settings.quality, packed.pack.pyramid().tile_size()), (false, 66, 64));
    assert_eq!(packed.other_tiles(), OtherTiles::default());
}

fn assert_tiff_refused(reason: &str, tiff: &Tiff) {
    assert_refused(reason, |options| pack_tiff(tiff, options));
}

#[test]
fn tiles_of_other_sizes_and_codings_are_encoded_again_and_the_pack_says_why() {
    let wide_tiles = (0..20)
        .map(|n| coding().encode(&pixels(Rect { x: n % 4 * 32, y: n / 4 * 16, width: 32, height: 16 })));
    let wide =
        Tiff { tile: Size::new(32, 16), tiles: wide_tiles.collect(), ..Tiff::new(SIZE, 32, &coding()) };
    assert_tiff_refused("its tiles are 32x16 px, not square", &wide);
    for (tile, reason) in [(4096, "its tiles of 4096 px do not fit"), (24, "its tiles of 24 px do not fit")] {
        assert_tiff_refused(reason, &Tiff::new(SIZE, tile, &coding()));
    }
    for (coding, reason) in [
        (Coding { arithmetic: true, ..coding() }, "arithmetic"),
        (Coding::new(Subsamp::Sub1x2), "sampling"),
        (Coding::new(Subsamp::Sub4x1), "sampling"),
    ] {
        assert_tiff_refused(reason, &Tiff::new(SIZE, 32, &coding));
    }
}

#[test]
fn tiles_that_differ_from_each_other_are_kept_under_the_header_of_most() {
    let mut mixed = Tiff::new(SIZE, 32, &coding());
    mixed.tiles[0] = Coding { quality: 78, ..coding() }.encode(&square_pixels(0, 0, 32));
    mixed.tiles[5] = Coding { quality: 60, ..coding() }.encode(&square_pixels(32, 32, 32));
    mixed.tiles[6] = Coding::new(Subsamp::None).encode(&square_pixels(64, 32, 32));
    let packed = pack_tiff(&mixed, &keeping_options()).unwrap();
    assert!(packed.outcome.metadata.settings.kept_source);
    assert_eq!(packed.other_tiles().verbatim, 3);
    assert_eq!(packed.pack.pyramid().tile_size(), 32);
}

#[test]
fn a_slide_that_leaves_out_all_tiles_is_encoded_again_and_the_pack_says_why() {
    let mut none = Tiff::new(SIZE, 32, &coding());
    none.tiles.iter_mut().for_each(Vec::clear);
    assert_tiff_refused("it holds no tiles", &none);
}

#[test]
fn slides_of_other_formats_are_encoded_again_and_the_pack_says_why() {
    let image = DeepZoom { size: SIZE, tile_size: 64, overlap: 0, format: "jpeg" };
    assert_refused("its tiles overlap by 1 px", |options| {
        let folder = tempfile::tempdir().unwrap();
        let overlapping = DeepZoom { overlap: 1, ..image };
        let path = overlapping.write(folder.path(), |rect| coding().encode(&pixels(rect)));
        pack_path(folder, &path, options)
    });
    assert_refused("its tiles are png files", |options| {
        let folder = tempfile::tempdir().unwrap();
        let lossless = DeepZoom { format: "png", ..image };
        let path = lossless.write(folder.path(), |rect| rgb_png(&pixels(rect)));
        pack_path(folder, &path, options)
    });
    assert_refused("it is not made of JPEG tiles", |options| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.jpg");
        std::fs::write(&path, coding().encode(&pixels(Rect::whole(SIZE)))).unwrap();
        pack_path(folder, &path, options)
    });
}

#[test]
fn tiles_of_12_bits_cannot_be_kept() {
    let mut tiff = Tiff::new(Size::square(64), 32, &coding());
    for tile in &mut tiff.tiles {
        let frame = tile.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        tile[frame + 1] = 0xc1;
        tile[frame + 4] = 12;
    }
    let refused = pack_tiff(&tiff, &keeping_options()).err();
    let Some(PackSlideError::CannotKeep(reason)) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("8 bits") || reason.contains("12"), "{reason}");
}

#[test]
fn nothing_is_kept_that_is_not_requested() {
    let tiff = Tiff::new(SIZE, 32, &coding());
    let never = PackOptions { keep_source: KeepSource::Never, ..options() };
    for options in [never, PackOptions { mode: Mode::Luma, ..options() }] {
        let packed = pack_tiff(&tiff, &options).unwrap();
        let settings = &packed.outcome.metadata.settings;
        assert_eq!((settings.kept_source, &*settings.encoded_again), (false, ""));
        assert_eq!((settings.quality, packed.pack.pyramid().tile_size()), (80, 256));
    }
    let both = pack_tiff(&tiff, &PackOptions { mode: Mode::Luma, ..keeping_options() }).err();
    assert!(matches!(both, Some(PackSlideError::InvalidOptions(_))), "{both:?}");
}
