//! Pyramidal TIFFs, read back by a library and compared with the served tiles.

mod common;

use common::{Plan, coefficients, export, planes, served};
use origami_codec::Colour;
use origami_export::ExportError;
use origami_fixtures::decode_rgb;
use origami_pack::Pack;
use origami_pyramid::{Grid, Size, Subsampling, TileId};
use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;
use tiff::decoder::Decoder as TiffDecoder;
use tiff::tags::Tag;

/// One directory.
struct Level {
    reduced: u32,
    size: Size,
    tile: Size,
    photometric: u32,
    subsampling: Option<Vec<u32>>,
    /// Pixels per centimetre.
    resolution: [f64; 2],
    tiles: Vec<Range<usize>>,
}

type TiffFile = TiffDecoder<File>;

fn number(decoder: &mut TiffFile, tag: Tag) -> u32 {
    decoder.get_tag_u32(tag).unwrap()
}

fn rational(decoder: &mut TiffFile, tag: Tag) -> f64 {
    let value = decoder.get_tag(tag).unwrap();
    let tiff::decoder::ifd::Value::Rational(n, d) = value else { panic!("{value:?} is no fraction") };
    f64::from(n) / f64::from(d)
}

/// All directories of a TIFF.
fn levels(path: &Path) -> Vec<Level> {
    let mut decoder = TiffDecoder::new(File::open(path).unwrap()).expect("a TIFF");
    let mut levels = vec![level(&mut decoder)];
    while decoder.more_images() {
        decoder.next_image().unwrap();
        levels.push(level(&mut decoder));
    }
    levels
}

/// The current directory.
fn level(decoder: &mut TiffFile) -> Level {
    assert_eq!(number(decoder, Tag::Compression), 7);
    assert_eq!(number(decoder, Tag::PlanarConfiguration), 1);
    assert_eq!(number(decoder, Tag::ResolutionUnit), 3);
    let bits = decoder.get_tag_u32_vec(Tag::BitsPerSample).unwrap();
    assert_eq!(bits, vec![8; number(decoder, Tag::SamplesPerPixel) as usize]);
    let subsampling = decoder.find_tag(Tag::ChromaSubsampling).unwrap();
    let offsets = decoder.get_tag_u64_vec(Tag::TileOffsets).unwrap();
    let lengths = decoder.get_tag_u64_vec(Tag::TileByteCounts).unwrap();
    assert_eq!(offsets.len(), lengths.len());
    let tiles = offsets.iter().zip(lengths).map(|(start, len)| *start as usize..(*start + len) as usize);
    Level {
        reduced: number(decoder, Tag::NewSubfileType),
        size: Size::new(number(decoder, Tag::ImageWidth), number(decoder, Tag::ImageLength)),
        tile: Size::new(number(decoder, Tag::TileWidth), number(decoder, Tag::TileLength)),
        photometric: number(decoder, Tag::PhotometricInterpretation),
        subsampling: subsampling.map(|value| value.into_u32_vec().unwrap()),
        resolution: [rational(decoder, Tag::XResolution), rational(decoder, Tag::YResolution)],
        tiles: tiles.collect(),
    }
}

/// Compares the file at `path` with the served tiles of `pack`.
fn check(pack: &Pack, path: &Path, photometric: u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(bytes[2], 43, "BigTIFF");
    let (levels, pyramid, served) = (levels(path), pack.pyramid(), served(pack));
    let side = pyramid.tile_size();
    let coarsest = pyramid.max_level() + 1 - levels.len() as u32;
    let single = Some(Grid { columns: 1, rows: 1 });
    assert_eq!(pyramid.grid(coarsest), single);
    assert!(coarsest == pyramid.max_level() || pyramid.grid(coarsest + 1) != single);
    for (level, z) in levels.iter().zip((coarsest..=pyramid.max_level()).rev()) {
        check_level(pack, z, level, photometric);
        for (id, range) in pyramid.tiles(z).zip(&level.tiles) {
            let (tile, served) = (&bytes[range.clone()], &served[&id]);
            if pyramid.tile_rect(id).unwrap().size() == Size::square(side) {
                assert!(tile == &served[..], "{id}");
            } else {
                check_extended(id, side as usize, tile, served);
            }
        }
    }
}

/// Compares the directory of level `z`.
fn check_level(pack: &Pack, z: u32, level: &Level, photometric: u32) {
    let pyramid = pack.pyramid();
    assert_eq!(level.reduced, u32::from(z != pyramid.max_level()));
    assert_eq!(level.size, pyramid.level_size(z).unwrap());
    assert_eq!(level.tile, Size::square(pyramid.tile_size()));
    assert_eq!(level.photometric, photometric);
    let (across, down) = pack.level(z).unwrap().subsampling.factors();
    let expected = (photometric == 6).then(|| vec![across as u32, down as u32]);
    assert_eq!(level.subsampling, expected);
    let scale = f64::from(1 << (pyramid.max_level() - z));
    let mpp = level.resolution.map(|pixels| 10_000.0 / pixels / scale);
    assert!((mpp[0] - 0.25).abs() < 1e-6 && (mpp[1] - 0.5).abs() < 1e-6, "{mpp:?}");
    assert_eq!(level.tiles.len() as u64, pyramid.grid(z).unwrap().count());
}

/// Compares an extended tile with the served one: it has the same coefficients and,
/// beyond them, blocks of one colour, and its picture has the same pixels.
fn check_extended(id: TileId, side: usize, extended: &[u8], served: &[u8]) {
    let (whole, cropped) = (coefficients(extended), coefficients(served));
    assert_eq!((whole.frame().width(), whole.frame().height()), (side, side));
    for (whole, cropped) in planes(&whole).iter().zip(planes(&cropped)) {
        assert!(whole.iter().zip(&cropped).all(|(whole, cropped)| whole.starts_with(cropped)), "{id}");
        assert!(whole.iter().skip(cropped.len()).flatten().all(|block| block.0[1..] == [0; 63]), "{id}");
    }
    let (whole, cropped) = (decode_rgb(extended), decode_rgb(served));
    // Chroma of the last pixels is interpolated with the added blocks.
    let len = 3 * (cropped.width() - 1);
    for y in 0..cropped.height() - 1 {
        assert!(whole.row(y)[..len] == cropped.row(y)[..len], "{id}: row {y}");
    }
}

#[test]
fn every_tile_is_the_served_jpeg_or_keeps_its_coefficients() {
    for (size, tile) in [
        ((1, 1), 32),
        ((17, 9), 32),
        ((1, 300), 32),
        ((300, 1), 16),
        ((64, 64), 32),
        ((65, 31), 32),
        ((700, 500), 48),
        ((500, 301), 240),
        ((33, 129), 256),
    ] {
        for (colour, subsampling, photometric) in [
            (Colour::Ycc, Subsampling::S420, 6),
            (Colour::Ycc, Subsampling::S422, 6),
            (Colour::Ycc, Subsampling::S444, 6),
            (Colour::Rgb, Subsampling::S444, 2),
            (Colour::Gray, Subsampling::Gray, 1),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let plan = Plan { size: Size::new(size.0, size.1), tile, colour, subsampling };
            let pack = plan.write(&folder.path().join("slide.origami"));
            let path = folder.path().join("x.tif");
            assert_eq!(export(&pack, &path, false).unwrap(), fs::metadata(&path).unwrap().len());
            check(&pack, &path, photometric);
        }
    }
}

#[test]
fn a_description_without_a_name_has_no_line_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan::new(100, 70).write_of("", &folder.path().join("slide.origami"), |_, jpeg| jpeg);
    let path = folder.path().join("x.tif");
    export(&pack, &path, false).unwrap();
    let mut decoder = TiffDecoder::new(File::open(&path).unwrap()).unwrap();
    let text = decoder.get_tag_ascii_string(Tag::ImageDescription).unwrap();
    assert_eq!(text, "mpp-x = 0.25\nmpp-y = 0.5\nobjective-power = 40");
}

#[test]
fn the_first_directory_describes_the_slide() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan::new(100, 70).write(&folder.path().join("slide.origami"));
    let path = folder.path().join("x.tif");
    export(&pack, &path, false).unwrap();
    let mut decoder = TiffDecoder::new(File::open(&path).unwrap()).unwrap();
    let text = decoder.get_tag_ascii_string(Tag::ImageDescription).unwrap();
    assert_eq!(text, "source = ?t?.svs\nmpp-x = 0.25\nmpp-y = 0.5\nobjective-power = 40");
    assert!(decoder.get_tag_ascii_string(Tag::Software).unwrap().starts_with("origami "));
}

#[test]
fn blank_tiles_of_one_colour_share_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(500, 400);
    let pack = plan.write(&folder.path().join("slide.origami"));
    let path = folder.path().join("x.tif");
    export(&pack, &path, false).unwrap();
    let (z, columns) = (pack.pyramid().max_level(), 16);
    let full = levels(&path).remove(0);
    let blank: Vec<_> = (0u32..)
        .zip(&full.tiles)
        .filter(|(n, _)| plan.is_blank(TileId { z, x: n % columns, y: n / columns }))
        .map(|(_, range)| range.start)
        .collect();
    assert!(blank.len() > 20 && blank.iter().all(|start| *start == blank[0]));
}

#[test]
fn tile_sizes_that_tiff_does_not_support_are_refused_with_alternatives() {
    let folder = tempfile::tempdir().unwrap();
    let pack = Plan { tile: 24, ..Plan::new(100, 70) }.write(&folder.path().join("slide.origami"));
    let path = folder.path().join("x.tif");
    let error = export(&pack, &path, false).unwrap_err();
    assert!(matches!(error, ExportError::TileSize { tile_size: 24, .. }), "{error}");
    assert!(error.to_string().contains(".szi"), "{error}");
    export(&pack, &path.with_extension("szi"), false).unwrap();
    assert!(!path.exists());
}

#[test]
fn a_level_of_several_kinds_of_jpegs_is_refused_and_the_tile_named() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { colour: Colour::Rgb, subsampling: Subsampling::S444, ..Plan::new(200, 200) };
    let other = Plan { colour: Colour::Ycc, ..plan };
    let odd = TileId { z: plan.pyramid().max_level(), x: 3, y: 2 };
    let path = folder.path().join("slide.origami");
    let pack = plan.write_with(&path, |id, jpeg| if id == odd { other.jpeg(id) } else { jpeg });
    let error = export(&pack, &folder.path().join("x.tif"), false).unwrap_err();
    assert!(matches!(error, ExportError::MixedKinds { id, .. } if id == odd), "{error}");
    assert!(error.to_string().contains("YCbCr 4:4:4") || error.to_string().contains("YCbCr 444"), "{error}");
}
