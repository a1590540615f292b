//! Pyramidal TIFFs, read by a library that did not write their tiles.

mod common;

use common::{Plan, coefficients, export, planes, served};
use origami_codec::{Colour, Decoder};
use origami_export::ExportError;
use origami_pack::Pack;
use origami_pyramid::{Grid, Rgb, Size, Subsampling, TileId};
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
    resolution: Vec<f64>,
    tiles: Vec<Range<usize>>,
}

fn levels(path: &Path) -> Vec<Level> {
    let mut decoder = TiffDecoder::new(File::open(path).unwrap()).expect("a TIFF");
    let mut levels = Vec::new();
    loop {
        let mut number = |tag| decoder.get_tag_u32(tag).unwrap();
        assert_eq!((number(Tag::Compression), number(Tag::PlanarConfiguration)), (7, 1));
        let reduced = number(Tag::NewSubfileType);
        let size = Size::new(number(Tag::ImageWidth), number(Tag::ImageLength));
        let tile = Size::new(number(Tag::TileWidth), number(Tag::TileLength));
        let photometric = number(Tag::PhotometricInterpretation);
        let bits = decoder.get_tag_u32_vec(Tag::BitsPerSample).unwrap();
        assert_eq!(bits, vec![8; decoder.get_tag_u32(Tag::SamplesPerPixel).unwrap() as usize]);
        let subsampling = decoder.find_tag(Tag::ChromaSubsampling).unwrap();
        let subsampling = subsampling.map(|value| value.into_u32_vec().unwrap());
        assert_eq!(decoder.get_tag_u32(Tag::ResolutionUnit).unwrap(), 3);
        let resolution = [Tag::XResolution, Tag::YResolution].map(|tag| {
            let value = decoder.get_tag(tag).unwrap();
            let tiff::decoder::ifd::Value::Rational(n, d) = value else { panic!("{value:?} is no fraction") };
            f64::from(n) / f64::from(d)
        });
        let offsets = decoder.get_tag_u64_vec(Tag::TileOffsets).unwrap();
        let lengths = decoder.get_tag_u64_vec(Tag::TileByteCounts).unwrap();
        assert_eq!(offsets.len(), lengths.len());
        let ends = offsets.iter().zip(lengths).map(|(start, len)| *start as usize..(*start + len) as usize);
        let tiles = ends.collect();
        levels.push(Level {
            reduced,
            size,
            tile,
            photometric,
            subsampling,
            resolution: resolution.to_vec(),
            tiles,
        });
        if !decoder.more_images() {
            return levels;
        }
        decoder.next_image().unwrap();
    }
}

/// Every pixel that a TIFF tile shows has to be that of the served tile.
fn decoded(jpeg: &[u8]) -> Rgb {
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    Decoder::new().unwrap().decode_rgb(jpeg, 1 << 24, &mut pixels).expect("a JPEG");
    pixels
}

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
        assert_eq!(level.reduced, u32::from(z != pyramid.max_level()));
        assert_eq!((level.size, level.tile), (pyramid.level_size(z).unwrap(), Size::square(side)));
        assert_eq!(level.photometric, photometric);
        let factors = pack.level(z).unwrap().subsampling.factors();
        let expected = (photometric == 6).then(|| vec![factors.0 as u32, factors.1 as u32]);
        assert_eq!(level.subsampling, expected);
        let scale = f64::from(1 << (pyramid.max_level() - z));
        let mpp: Vec<f64> = level.resolution.iter().map(|pixels| 10_000.0 / pixels / scale).collect();
        assert!((mpp[0] - 0.25).abs() < 1e-6 && (mpp[1] - 0.5).abs() < 1e-6, "{mpp:?}");
        assert_eq!(level.tiles.len() as u64, pyramid.grid(z).unwrap().count());
        for (id, range) in pyramid.tiles(z).zip(&level.tiles) {
            let (tile, served) = (&bytes[range.clone()], &served[&id]);
            let rect = pyramid.tile_rect(id).unwrap();
            if rect.size() == Size::square(side) {
                assert!(tile == &served[..], "{id}");
                continue;
            }
            let (whole, kept) = (coefficients(tile), coefficients(served));
            assert_eq!((whole.frame().width(), whole.frame().height()), (side as usize, side as usize));
            for (whole, kept) in planes(&whole).iter().zip(planes(&kept)) {
                assert!(whole.iter().zip(&kept).all(|(whole, kept)| whole.starts_with(kept)), "{id}");
                assert!(whole.iter().skip(kept.len()).flatten().all(|block| block.0[1..] == [0; 63]), "{id}");
            }
            let (whole, kept) = (decoded(tile), decoded(served));
            // Chroma of the last pixels is interpolated with what is beyond them.
            let across = kept.width() - 1;
            for y in 0..kept.height() - 1 {
                let row = |of: &Rgb| of.data()[3 * y * of.width()..][..3 * across].to_vec();
                assert!(row(&whole) == row(&kept), "{id}: row {y}");
            }
        }
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
fn the_first_directory_says_what_people_may_want_to_know() {
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
        .filter(|(n, _)| plan.blank(TileId { z, x: n % columns, y: n / columns }))
        .map(|(_, range)| range.start)
        .collect();
    assert!(blank.len() > 20 && blank.iter().all(|start| *start == blank[0]));
}

#[test]
fn tiles_that_no_tiff_can_have_are_refused_with_what_can() {
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
fn a_level_of_several_kinds_of_jpegs_is_refused_with_the_tile() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { colour: Colour::Rgb, subsampling: Subsampling::S444, ..Plan::new(200, 200) };
    let other = Plan { colour: Colour::Ycc, ..plan };
    let odd = TileId { z: plan.pyramid().max_level(), x: 3, y: 2 };
    let change = |id, jpeg| if id == odd { other.jpeg(id) } else { jpeg };
    let pack = plan.write_with(&folder.path().join("slide.origami"), change);
    let error = export(&pack, &folder.path().join("x.tif"), false).unwrap_err();
    assert!(matches!(error, ExportError::Kind { id, .. } if id == odd), "{error}");
    assert!(error.to_string().contains("YCbCr 4:4:4") || error.to_string().contains("YCbCr 444"), "{error}");
}
