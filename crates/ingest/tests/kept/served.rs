//! Checks that kept tiles are served with the source's coefficients.

use crate::codings;
use crate::common::{
    Coding, DeepZoom, OtherTiles, Packed, Tiff, assert_same_blocks, coefficients, keeping_options, pack_path,
    pack_tiff, pixels, served, square_pixels,
};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use origami_ingest::PackOptions;
use origami_pack::{Identity, Mode};
use origami_pyramid::Size;
use turbojpeg::Subsamp;

#[test]
fn full_resolution_is_the_sources_tiles_in_every_kind_size_and_mode() {
    for (tile, width, height) in
        [(16, 83, 69), (16, 128, 64), (240, 517, 401), (256, 700, 259), (512, 1061, 530)]
    {
        for (number, coding) in codings().into_iter().enumerate() {
            let what = format!("{width}x{height} in tiles of {tile} px, {coding:?}");
            let tiff = Tiff::new(Size::new(width, height), tile, &coding);
            let originals = tiff.tiles.clone();
            // Tables in the file, or in each tile.
            let tiff = if number % 2 == 0 { tiff.spliced() } else { tiff };
            let mode = if (tile, number) == (240, 0) { Mode::Stored } else { Mode::Exact };
            let packed = pack_tiff(&tiff, &PackOptions { mode, ..keeping_options() })
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            let settings = &packed.outcome.metadata.settings;
            assert!(settings.kept_source && settings.encoded_again.is_empty(), "{what}");
            assert_eq!((settings.quality, packed.pack.mode()), (0, mode), "{what}");
            assert_tiles_are_kept(&packed, &originals, Size::square(tile), &coding, &what);
        }
    }
}

/// Fails unless `packed` serves the source's tiles `originals`: whole ones byte for
/// byte, and of those cropped by the edge of the slide the coefficients.
fn assert_tiles_are_kept(packed: &Packed, originals: &[Vec<u8>], whole: Size, coding: &Coding, what: &str) {
    let mut cropped = 0;
    for (id, original) in packed.finest_tiles().zip(originals) {
        let (size, jpeg) = (packed.tile_size(id), served(&packed.pack, id));
        let expected_identity = if size == whole {
            assert!(jpeg == *original, "{id} of {what}");
            Identity::Bytes
        } else {
            cropped += 1;
            Identity::Coefficients
        };
        assert_same_blocks(
            &coefficients(&jpeg, coding, size),
            &coefficients(original, coding, whole),
            &format!("{id} of {what}"),
        );
        let identity = packed.identity(id);
        assert!(identity.is_none_or(|identity| identity == expected_identity), "{id} of {what}");
    }
    assert_eq!(packed.other_tiles(), OtherTiles { coefficients: cropped, verbatim: 0 }, "{what}");
}

#[test]
fn tiles_with_another_entropy_coding_keep_their_coefficients_and_are_counted() {
    let size = Size::new(83, 69);
    for coding in codings() {
        let originals = Tiff::new(size, 32, &coding).tiles;
        let other = Coding { progressive: true, ..coding };
        let packed = pack_tiff(&Tiff::new(size, 32, &other), &keeping_options()).unwrap();
        let mut count = 0;
        for (id, original) in packed.finest_tiles().zip(&originals) {
            let actual = coefficients(&served(&packed.pack, id), &coding, packed.tile_size(id));
            let expected = coefficients(original, &coding, Size::square(32));
            assert_same_blocks(&actual, &expected, &format!("{id}, {other:?}"));
            assert_ne!(packed.identity(id), Some(Identity::Bytes), "{id}, {other:?}");
            count += u64::from(packed.identity(id) == Some(Identity::Coefficients));
        }
        assert_eq!(packed.other_tiles(), OtherTiles { coefficients: count, verbatim: 0 });
        assert!(count > 6, "{count}");
    }
}

/// The JPEG of tile `(x, y)` of 32 px, with a restart marker after this number of MCUs.
fn restarting_jpeg(x: u32, y: u32, restart_interval: Option<u16>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 70);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    if let Some(interval) = restart_interval {
        encoder.set_restart_interval(interval);
    }
    encoder.encode(square_pixels(32 * x, 32 * y, 32).data(), 32, 32, ColorType::Rgb).unwrap();
    out
}

#[test]
fn tiles_with_restart_markers_keep_their_coefficients() {
    let (coding, tile) = (Coding::new(Subsamp::Sub2x2), Size::square(32));
    let mut tiff = Tiff::new(Size::square(96), 32, &coding);
    tiff.tiles = (0..9).map(|n| restarting_jpeg(n % 3, n / 3, Some(1))).collect();
    let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
    for id in packed.finest_tiles() {
        let actual = coefficients(&served(&packed.pack, id), &coding, tile);
        let expected = coefficients(&restarting_jpeg(id.x, id.y, None), &coding, tile);
        assert_same_blocks(&actual, &expected, &id.to_string());
        assert_ne!(packed.identity(id), Some(Identity::Bytes), "{id}");
    }
}

#[test]
fn a_deep_zoom_folder_without_overlap_keeps_its_tiles_byte_for_byte() {
    for coding in codings() {
        let folder = tempfile::tempdir().unwrap();
        let image = DeepZoom { size: Size::new(171, 139), tile_size: 64, overlap: 0, format: "jpeg" };
        let path = image.write(folder.path(), |rect| coding.encode(&pixels(rect)));
        let packed = pack_path(folder, &path, &keeping_options()).unwrap();
        for id in packed.finest_tiles() {
            let original = coding.encode(&pixels(image.tile_rect(id.x, id.y)));
            assert!(served(&packed.pack, id) == original, "{id}, {coding:?}");
            assert!(packed.identity(id).is_none_or(|identity| identity == Identity::Bytes), "{id}");
        }
        assert_eq!(packed.other_tiles(), OtherTiles::default());
    }
}
