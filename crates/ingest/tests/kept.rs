//! Slides of JPEG tiles keep them: the very coefficients, and where it can be
//! the very bytes, are served again.

mod common;

use common::{
    Coding, Packed, Tiff, assert_same_blocks, coefficients, conventional, dzi, keeping, levels, options,
    packed, packed_path, pixels, served, window,
};
use origami_ingest::{KeepSource, PackOptions, PackSlideError};
use origami_pack::{Entry, Identity, Mode};
use origami_pyramid::TileId;
use turbojpeg::Subsamp;

/// Every kind of tile that a scanner writes.
fn codings() -> [Coding; 5] {
    let quality = |quality, coding| Coding { quality, ..coding };
    [
        Coding::new(Subsamp::Sub2x2),
        quality(92, Coding::new(Subsamp::Sub2x1)),
        quality(30, Coding::new(Subsamp::None)),
        quality(85, Coding::new(Subsamp::Gray)),
        quality(70, Coding::rgb()),
    ]
}

fn identity(packed: &Packed, id: TileId) -> Option<Identity> {
    match packed.pack.entry(id).unwrap() {
        Entry::Blob { identity, .. } => Some(identity),
        Entry::Constant { .. } => None,
        other => panic!("{id} is {other:?}"),
    }
}

/// Tiles of full resolution with their size in the pack.
fn finest(packed: &Packed) -> impl Iterator<Item = (TileId, (usize, usize))> {
    let pyramid = *packed.pack.pyramid();
    pyramid.tiles(pyramid.max_level()).map(move |id| {
        let rect = pyramid.tile_rect(id).unwrap();
        (id, (rect.width as usize, rect.height as usize))
    })
}

/// Tiles of full resolution that are served with other bytes, and verbatim
/// ones, as the pack's metadata count them.
fn counted(packed: &Packed) -> (u64, u64) {
    let level = packed.outcome.metadata.levels.last().unwrap();
    (level.coefficients, level.verbatim)
}

/// The sources' tiles, whole, before they were cut up for a TIFF.
fn originals(width: u32, height: u32, tile: u32, coding: &Coding) -> Vec<Vec<u8>> {
    Tiff::new(width, height, tile, coding).tiles
}

#[test]
fn full_resolution_is_the_sources_tiles_in_every_kind_size_and_mode() {
    for (tile, width, height) in
        [(16, 83, 69), (16, 128, 64), (240, 517, 401), (256, 700, 259), (512, 1061, 530)]
    {
        for (number, coding) in codings().into_iter().enumerate() {
            let what = format!("{width}x{height} in tiles of {tile} px, {coding:?}");
            let tiff = Tiff::new(width, height, tile, &coding);
            // Each with its own tables, and all with the file's.
            let tiff = if number % 2 == 0 { tiff.spliced() } else { tiff };
            let mode = if (tile, number) == (240, 0) { Mode::Stored } else { Mode::Exact };
            let packed = packed(&tiff, &PackOptions { mode, ..keeping() })
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            let settings = &packed.outcome.metadata.settings;
            assert!(settings.kept_source && settings.encoded_again.is_empty(), "{what}");
            assert_eq!((settings.quality, packed.pack.mode()), (0, mode), "{what}");
            let originals = originals(width, height, tile, &coding);
            let mut cropped = 0;
            for ((id, size), original) in finest(&packed).zip(&originals) {
                let side = tile as usize;
                let whole = size == (side, side);
                cropped += u64::from(!whole);
                let served = served(&packed.pack, id);
                if whole {
                    assert!(served == *original, "{id} of {what}");
                }
                let found = coefficients(&served, &coding, size.0, size.1);
                let expected = coefficients(original, &coding, side, side);
                assert_same_blocks(&found, &expected, &format!("{id} of {what}"));
                let expected = if whole { Identity::Bytes } else { Identity::Coefficients };
                assert!(identity(&packed, id).is_none_or(|found| found == expected), "{id} of {what}");
            }
            assert_eq!(counted(&packed), (cropped, 0), "{what}");
        }
    }
}

#[test]
fn coarser_levels_are_coded_with_the_sources_tables() {
    for coding in codings() {
        let packed = packed(&Tiff::new(331, 267, 64, &coding), &keeping()).unwrap();
        let pyramid = packed.pack.pyramid();
        let levels = levels(&*packed.source, pyramid);
        for id in (0..pyramid.max_level()).flat_map(|z| pyramid.tiles(z)) {
            let expected = match coding.rgb {
                true => coding.encode(&window(&levels, pyramid, id)),
                false => conventional(&levels, pyramid, id, coding.subsampling(), coding.quality),
            };
            assert!(served(&packed.pack, id) == expected, "{id}, {coding:?}");
        }
    }
}

#[test]
fn tiles_in_another_entropy_coding_keep_their_coefficients_and_are_counted() {
    for coding in codings() {
        let originals = originals(83, 69, 32, &coding);
        for (optimised, progressive) in [(true, false), (false, true)] {
            let other = Coding { optimised, progressive, ..coding };
            let packed = packed(&Tiff::new(83, 69, 32, &other), &keeping()).unwrap();
            let mut count = 0;
            for ((id, size), original) in finest(&packed).zip(&originals) {
                let found = coefficients(&served(&packed.pack, id), &coding, size.0, size.1);
                let expected = coefficients(original, &coding, 32, 32);
                assert_same_blocks(&found, &expected, &format!("{id}, {other:?}"));
                assert_ne!(identity(&packed, id), Some(Identity::Bytes), "{id}, {other:?}");
                count += u64::from(identity(&packed, id) == Some(Identity::Coefficients));
            }
            assert_eq!(counted(&packed), (count, 0));
            assert!(count > 6, "{count}");
        }
    }
}

#[test]
fn tiles_with_restart_markers_keep_their_coefficients() {
    let coded = |x: u32, y: u32, restart: Option<u16>| {
        let mut out = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut out, 70);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
        restart.into_iter().for_each(|restart| encoder.set_restart_interval(restart));
        let pixels = pixels(32 * x, 32 * y, 32, 32);
        encoder.encode(pixels.data(), 32, 32, jpeg_encoder::ColorType::Rgb).unwrap();
        out
    };
    let coding = Coding::new(Subsamp::Sub2x2);
    let mut tiff = Tiff::new(96, 96, 32, &coding);
    tiff.tiles = (0..9).map(|n| coded(n % 3, n / 3, Some(1))).collect();
    let packed = packed(&tiff, &keeping()).unwrap();
    for (id, _) in finest(&packed) {
        let found = coefficients(&served(&packed.pack, id), &coding, 32, 32);
        assert_same_blocks(&found, &coefficients(&coded(id.x, id.y, None), &coding, 32, 32), &id.to_string());
        assert_ne!(identity(&packed, id), Some(Identity::Bytes), "{id}");
    }
}

/// A tile of the 8x8 grid that is not among those looked at beforehand.
const UNSEEN: usize = 33;

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
        let mut tiff = Tiff::new(128, 128, 16, &coding);
        tiff.tiles[UNSEEN] = other.encode(&pixels(16, 64, 16, 16));
        let packed = packed(&tiff, &keeping()).unwrap();
        let id = TileId { z: 7, x: 1, y: 4 };
        assert_eq!(identity(&packed, id), Some(Identity::Verbatim), "{other:?}");
        assert!(served(&packed.pack, id) == tiff.tiles[UNSEEN], "{other:?}");
        assert_eq!(counted(&packed), (0, 1), "{other:?}");
        for (id, _) in finest(&packed).filter(|&(other, _)| other != id) {
            let original = &tiff.tiles[8 * id.y as usize + id.x as usize];
            assert!(served(&packed.pack, id) == *original, "{id}");
        }
    }
}

#[test]
fn an_edge_tile_that_does_not_fit_the_others_is_cut_with_its_own_tables() {
    let coding = Coding::new(Subsamp::Sub2x2);
    let other = Coding { quality: 95, ..coding };
    // The last tile of the fifth row is the 40th of 64: not looked at.
    let (width, height) = (121, 128);
    let mut tiff = Tiff::new(width, height, 16, &coding);
    tiff.tiles[39] = other.encode(&pixels(112, 64, 16, 16));
    let packed = packed(&tiff, &keeping()).unwrap();
    let id = TileId { z: 7, x: 7, y: 4 };
    assert_eq!(identity(&packed, id), Some(Identity::Verbatim));
    let jpeg = served(&packed.pack, id);
    let (found, whole) = (coefficients(&jpeg, &other, 9, 16), coefficients(&tiff.tiles[39], &other, 16, 16));
    assert_same_blocks(&found, &whole, "the cut tile");
    assert!(jpeg != other.encode(&pixels(112, 64, 9, 16)), "not encoded again");
}

/// A gray JPEG of 16x16 px with an AC value of 2047, for which the standard
/// Huffman tables have no code.
fn beyond_the_standard_tables() -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    jpeg.extend([1; 64]);
    jpeg.extend([0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
    // DC: `0` for no difference. AC: `0` for eleven bits, `10` for the end.
    let counts = |one: u8, two: u8| [&[one, two][..], &[0; 14]].concat();
    jpeg.extend([&[0xff, 0xc4, 0, 20, 0x00][..], &counts(1, 0), &[0]].concat());
    jpeg.extend([&[0xff, 0xc4, 0, 21, 0x10][..], &counts(1, 1), &[0x0b, 0]].concat());
    jpeg.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    // 0 0 11111111111 10, then three times 0 10.
    jpeg.extend([0b0011_1111, 0b1111_1100, 0b1001_0010, 0xff, 0xd9]);
    jpeg
}

#[test]
fn a_tile_with_values_that_the_header_has_no_codes_for_is_kept_whole() {
    let coding = Coding { quality: 100, ..Coding::new(Subsamp::Gray) };
    let id = TileId { z: 7, x: 1, y: 4 };
    // Inside the slide, and cut by its edge, where a JPEG cannot be written.
    for (width, number, id, kept) in [(128, UNSEEN, id, true), (121, 39, TileId { x: 7, ..id }, false)] {
        let mut tiff = Tiff::new(width, 128, 16, &coding);
        tiff.tiles[number] = beyond_the_standard_tables();
        let packed = packed(&tiff, &keeping()).unwrap();
        assert_eq!(identity(&packed, id) == Some(Identity::Verbatim), kept);
        assert_eq!(served(&packed.pack, id) == tiff.tiles[number], kept);
    }
}

#[test]
fn a_tile_above_the_limit_of_a_blob_is_encoded_again() {
    let coding = Coding::new(Subsamp::Sub2x2);
    let mut tiff = Tiff::new(128, 128, 16, &coding);
    let mut jpeg = Coding { quality: 95, ..coding }.encode(&pixels(16, 64, 16, 16));
    let comment = [&[0xff, 0xfe, 0xff, 0xff][..], &[0; 65_533]].concat().repeat(257);
    jpeg.splice(2..2, comment);
    assert!(jpeg.len() > origami_pack::MAX_BLOB);
    tiff.tiles[UNSEEN] = jpeg;
    let packed = packed(&tiff, &keeping()).unwrap();
    assert_eq!(counted(&packed), (0, 0));
    assert!(served(&packed.pack, TileId { z: 7, x: 1, y: 4 }).len() < 2000);
}

#[test]
fn a_missing_tile_shows_the_background() {
    let coding = Coding::new(Subsamp::Sub2x2);
    for missing in [0, 3, 7] {
        let mut tiff = Tiff::new(83, 69, 32, &coding);
        tiff.tiles[missing].clear();
        let packed = packed(&tiff, &keeping()).unwrap();
        let id = TileId { z: 7, x: missing as u32 % 3, y: missing as u32 / 3 };
        let Entry::Constant { dc } = packed.pack.entry(id).unwrap() else { panic!("{id} is constant") };
        assert!(dc[0] > 0 && dc[1..] == [0, 0], "white: {dc:?}");
        assert_eq!(packed.outcome.metadata.damaged_tiles, 0);
    }
}

#[test]
fn a_deep_zoom_folder_without_overlap_keeps_its_tiles_to_the_byte() {
    for coding in codings() {
        let folder = tempfile::tempdir().unwrap();
        let (width, height) = (171u32, 139u32);
        let jpeg = |x: u32, y: u32| {
            coding.encode(&pixels(64 * x, 64 * y, 64.min(width - 64 * x), 64.min(height - 64 * y)))
        };
        let path = dzi(folder.path(), (width, height), (64, 0), "jpeg", jpeg);
        let packed = packed_path(folder, &path, &keeping()).unwrap();
        for (id, _) in finest(&packed) {
            assert!(served(&packed.pack, id) == jpeg(id.x, id.y), "{id}, {coding:?}");
            assert!(identity(&packed, id).is_none_or(|found| found == Identity::Bytes), "{id}");
        }
        assert_eq!(counted(&packed), (0, 0));
    }
}

/// Fails unless a slide is refused to be kept for `reason`, and is encoded
/// again for it where that is left open.
fn refuses(reason: &str, pack: impl Fn(&PackOptions) -> Result<Packed, PackSlideError>) {
    match pack(&keeping()) {
        Err(PackSlideError::CannotKeep(found)) => {
            assert!(found.contains(reason), "{found:?} for {reason:?}");
        }
        Err(other) => panic!("{reason}: {other}"),
        Ok(_) => panic!("{reason}: kept"),
    }
    let auto = PackOptions { quality: 66, tile_size: 64, ..options() };
    let packed = pack(&auto).unwrap_or_else(|error| panic!("{reason}: {error}"));
    let settings = &packed.outcome.metadata.settings;
    assert!(settings.encoded_again.contains(reason), "{:?} for {reason:?}", settings.encoded_again);
    assert_eq!((settings.kept_source, settings.quality, packed.pack.pyramid().tile_size()), (false, 66, 64));
    assert_eq!(counted(&packed), (0, 0));
}

#[test]
fn tiles_that_cannot_be_kept_are_encoded_again_and_the_pack_says_why() {
    let coding = Coding::new(Subsamp::Sub2x2);
    let of_tiff = |tiff: Tiff| move |options: &PackOptions| packed(&tiff, options);
    let of_coding = |coding: Coding| of_tiff(Tiff::new(100, 80, 32, &coding));
    let wide = Tiff {
        tile: (32, 16),
        tiles: (0..20).map(|n| coding.encode(&pixels(n % 4 * 32, n / 4 * 16, 32, 16))).collect(),
        ..Tiff::new(100, 80, 32, &coding)
    };
    refuses("its tiles are 32x16 px, not square", of_tiff(wide));
    refuses("its tiles of 4096 px do not fit", of_tiff(Tiff::new(100, 80, 4096, &coding)));
    refuses("its tiles of 24 px do not fit", of_tiff(Tiff::new(100, 80, 24, &coding)));
    refuses("arithmetic", of_coding(Coding { arithmetic: true, ..coding }));
    refuses("sampling", of_coding(Coding::new(Subsamp::Sub1x2)));
    refuses("sampling", of_coding(Coding::new(Subsamp::Sub4x1)));
    let mut mixed = Tiff::new(100, 80, 32, &coding);
    mixed.tiles[5] = Coding { quality: 78, ..coding }.encode(&pixels(32, 32, 32, 32));
    refuses("differ in their quantisation tables or subsampling", of_tiff(mixed));
    let mut mixed = Tiff::new(100, 80, 32, &coding);
    mixed.tiles[11] = Coding::new(Subsamp::None).encode(&pixels(96, 64, 32, 32));
    refuses("differ in their quantisation tables or subsampling", of_tiff(mixed));
    let mut none = Tiff::new(100, 80, 32, &coding);
    none.tiles.iter_mut().for_each(Vec::clear);
    refuses("it holds no tiles", of_tiff(none));

    let of_dzi = |overlap, format: &'static str| {
        move |options: &PackOptions| {
            let folder = tempfile::tempdir().unwrap();
            let jpeg = |x: u32, y: u32| {
                let (left, top) = ((64 * x).saturating_sub(overlap), (64 * y).saturating_sub(overlap));
                let (right, bottom) = ((64 * x + 64 + overlap).min(100), (64 * y + 64 + overlap).min(80));
                let pixels = pixels(left, top, right - left, bottom - top);
                if format == "jpeg" {
                    return coding.encode(&pixels);
                }
                let mut png = std::io::Cursor::new(Vec::new());
                let (width, height) = (pixels.width() as u32, pixels.height() as u32);
                let picture = image::RgbImage::from_raw(width, height, pixels.data().to_vec()).unwrap();
                picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
                png.into_inner()
            };
            let path = dzi(folder.path(), (100, 80), (64, overlap), format, jpeg);
            packed_path(folder, &path, options)
        }
    };
    refuses("its tiles overlap by 1 px", of_dzi(1, "jpeg"));
    refuses("its tiles are png files", of_dzi(0, "png"));
    refuses("it is not made of JPEG tiles", |options| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.jpg");
        std::fs::write(&path, coding.encode(&pixels(0, 0, 100, 80))).unwrap();
        packed_path(folder, &path, options)
    });
}

#[test]
fn tiles_of_12_bits_are_refused_to_be_kept() {
    let mut tiff = Tiff::new(64, 64, 32, &Coding::new(Subsamp::Sub2x2));
    for tile in &mut tiff.tiles {
        let frame = tile.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        tile[frame + 1] = 0xc1;
        tile[frame + 4] = 12;
    }
    let refused = packed(&tiff, &keeping()).err();
    let Some(PackSlideError::CannotKeep(reason)) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("8 bits") || reason.contains("12"), "{reason}");
}

#[test]
fn nothing_is_kept_that_is_not_asked_for() {
    let tiff = Tiff::new(100, 80, 32, &Coding::new(Subsamp::Sub2x2));
    let never = PackOptions { keep_source: KeepSource::Never, ..options() };
    for options in [never, PackOptions { mode: Mode::Luma, ..options() }] {
        let packed = packed(&tiff, &options).unwrap();
        let settings = &packed.outcome.metadata.settings;
        assert_eq!((settings.kept_source, &*settings.encoded_again), (false, ""));
        assert_eq!((settings.quality, packed.pack.pyramid().tile_size()), (80, 256));
    }
    let both = packed(&tiff, &PackOptions { mode: Mode::Luma, ..keeping() }).err();
    assert!(matches!(both, Some(PackSlideError::PackOptions(_))), "{both:?}");
}

#[test]
fn kept_tiles_give_the_same_pack_with_any_number_of_workers() {
    let tiff = Tiff::new(517, 401, 64, &Coding::new(Subsamp::Sub2x2));
    let bytes = |workers| {
        let workers = std::num::NonZeroUsize::new(workers).unwrap();
        let packed = packed(&tiff, &PackOptions { workers, ..keeping() }).unwrap();
        std::fs::read(packed.pack.path()).unwrap()
    };
    let first = bytes(1);
    assert!(first == bytes(1) && first == bytes(3));
}
