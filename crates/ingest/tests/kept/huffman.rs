//! Slides whose tiles have other than the standard Huffman tables.

use crate::codings;
use crate::common::{
    Coding, DeepZoom, OtherTiles, Packed, Tiff, keeping_options, pack_path, pack_tiff, pixels, real_slide,
    served, square_pixels,
};
use origami_codec::{Coefficients, HuffmanTables, TileHeader, read_coefficients};
use origami_ingest::PackOptions;
use origami_ingest::source::{OpenOptions, TileStatus, open};
use origami_pack::{Identity, Mode};
use origami_pyramid::{Point, Size, TileId};
use turbojpeg::Subsamp;

/// Side of the tiles that are made here.
const TILE: u32 = 32;

fn optimised(coding: Coding) -> Coding {
    Coding { optimised: true, ..coding }
}

/// A slide of 5x4 tiles, of which those at the right and the bottom extend beyond its edges.
fn slide(coding: &Coding) -> Tiff {
    Tiff::new(Size::new(150, 120), TILE, coding)
}

/// The slide's own JPEG of a tile, which has no segments of applications.
fn own_jpeg(packed: &Packed, id: TileId) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let status = packed.source.kept_tiles().unwrap().jpeg(Point::new(id.x, id.y), &mut jpeg);
    assert_eq!(status.unwrap(), TileStatus::Present);
    jpeg
}

fn is_whole(packed: &Packed, id: TileId) -> bool {
    packed.tile_size(id) == Size::square(packed.pack.pyramid().tile_size())
}

fn huffman_tables(packed: &Packed) -> HuffmanTables {
    packed.pack.levels().last().unwrap().header().unwrap().huffman_tables()
}

/// The coefficients of a JPEG.
fn read(jpeg: &[u8]) -> Coefficients {
    let mut tile = Coefficients::default();
    read_coefficients(jpeg, 1 << 16, &mut tile).unwrap();
    tile
}

/// Fails unless all tiles are served that do not extend beyond the slide as the slide has them.
fn assert_whole_tiles_have_their_bytes(packed: &Packed, what: &str) {
    let mut cropped = 0;
    for id in packed.finest_tiles() {
        if is_whole(packed, id) {
            assert!(served(&packed.pack, id) == own_jpeg(packed, id), "{id}, {what}");
            assert!(packed.identity(id).is_none_or(|identity| identity == Identity::Bytes), "{id}, {what}");
        } else {
            cropped += u64::from(packed.identity(id).is_some());
        }
    }
    assert_eq!(packed.other_tiles(), OtherTiles { coefficients: cropped, verbatim: 0 }, "{what}");
}

#[test]
fn tiles_with_tables_of_their_own_have_the_same_bytes() {
    for coding in codings() {
        let packed = pack_tiff(&slide(&optimised(coding)), &keeping_options()).unwrap();
        assert_eq!(huffman_tables(&packed), HuffmanTables::Optimised);
        assert_whole_tiles_have_their_bytes(&packed, &format!("{coding:?}"));
        for (report, level) in packed.outcome.metadata.levels.iter().zip(packed.pack.levels()) {
            let tiles = packed.pack.pyramid().tiles(report.z);
            let plain: usize = tiles.map(|id| served(&packed.pack, id).len()).sum();
            assert_eq!(report.jpeg_bytes, plain as u64, "level {}, {coding:?}", report.z);
            let is_finest = report.z == packed.pack.pyramid().max_level();
            let own = level.header().unwrap().huffman_tables() == HuffmanTables::Optimised;
            assert_eq!(own, is_finest, "level {}, {coding:?}", report.z);
        }
    }
}

#[test]
fn tiles_of_a_folder_with_tables_of_their_own_have_the_same_scans_whatever_their_size() {
    for coding in codings() {
        let coding = optimised(coding);
        let folder = tempfile::tempdir().unwrap();
        let image = DeepZoom { size: Size::new(171, 139), tile_size: 64, overlap: 0, format: "jpeg" };
        let path = image.write(folder.path(), |rect| coding.encode(&pixels(rect)));
        let packed = pack_path(folder, &path, &keeping_options()).unwrap();
        assert_eq!(huffman_tables(&packed), HuffmanTables::Optimised, "{coding:?}");
        for id in packed.finest_tiles() {
            assert!(served(&packed.pack, id) == own_jpeg(&packed, id), "{id}, {coding:?}");
        }
        assert_eq!(packed.other_tiles(), OtherTiles::default(), "{coding:?}");
    }
}

#[test]
fn tiles_that_are_coded_unlike_most_keep_their_coefficients_or_are_stored_whole() {
    let coding = Coding::new(Subsamp::Sub2x2);
    let (plain, own) = (slide(&coding).tiles, slide(&optimised(coding)).tiles);
    let other_steps = optimised(Coding { quality: 60, ..coding });
    for (most, few, expected) in
        [(&own, &plain, HuffmanTables::Optimised), (&plain, &own, HuffmanTables::Shared)]
    {
        let mut tiff = slide(&coding);
        tiff.tiles.clone_from(most);
        for number in [7, 8] {
            tiff.tiles[number].clone_from(&few[number]);
        }
        tiff.tiles[6] = other_steps.encode(&square_pixels(TILE, TILE, TILE));
        let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
        assert_eq!(huffman_tables(&packed), expected);
        for (number, id) in packed.finest_tiles().enumerate().filter(|&(_, id)| is_whole(&packed, id)) {
            let (jpeg, own_jpeg) = (served(&packed.pack, id), own_jpeg(&packed, id));
            let identity = match number {
                6 => Identity::Verbatim,
                7 | 8 => Identity::Coefficients,
                _ => Identity::Bytes,
            };
            assert!(packed.identity(id).is_none_or(|actual| actual == identity), "{id}, most {expected:?}");
            assert!(read(&jpeg) == read(&own_jpeg), "{id}, most {expected:?}");
            if identity == Identity::Verbatim {
                assert!(jpeg == own_jpeg, "{id}, most {expected:?}");
            }
        }
        assert_eq!(packed.other_tiles().verbatim, 1);
    }
}

/// The slide with all tiles coded with the tables that `change` makes of the standard ones.
fn slide_with_tables(change: impl Fn(&mut Vec<u8>)) -> Tiff {
    let mut tiff = slide(&Coding::new(Subsamp::Sub2x2));
    let mut header = TileHeader::of(&tiff.tiles[0]).unwrap().bytes().to_vec();
    change(&mut header);
    let header = TileHeader::of(&header).unwrap();
    for jpeg in &mut tiff.tiles {
        *jpeg = header.jpeg(&read(jpeg)).unwrap();
    }
    tiff
}

/// Offset of the SOS segment of a header.
fn scan_offset(header: &[u8]) -> usize {
    header.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap()
}

#[test]
fn tiles_that_share_other_tables_have_the_same_bytes() {
    let tiff = slide_with_tables(|header| {
        let scan = scan_offset(header);
        header.swap(scan - 1, scan - 2);
    });
    let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
    assert_eq!(huffman_tables(&packed), HuffmanTables::Shared);
    assert_whole_tiles_have_their_bytes(&packed, "two codes changed places");
}

#[test]
fn shared_tables_without_a_code_for_everything_are_not_taken() {
    let mut tiff = slide_with_tables(|header| {
        let scan = scan_offset(header);
        header[scan - 1] = 0xfb;
    });
    // Its place is filled with the background, as it is for a tile that cannot be read.
    tiff.tiles[6].clear();
    let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
    let standard = Tiff::new(Size::square(TILE), TILE, &Coding::new(Subsamp::Sub2x2)).tiles.remove(0);
    assert_eq!(packed.pack.levels().last().unwrap().header(), Some(&TileHeader::of(&standard).unwrap()));
    for id in packed.finest_tiles().filter(|&id| is_whole(&packed, id) && (id.x, id.y) != (1, 1)) {
        assert!(packed.identity(id).is_none_or(|identity| identity == Identity::Coefficients), "{id}");
        assert!(read(&served(&packed.pack, id)) == read(&own_jpeg(&packed, id)), "{id}");
    }
}

#[test]
fn tiles_with_tables_of_their_own_can_be_stored_instead_of_predicted() {
    let coding = optimised(Coding::new(Subsamp::Sub2x2));
    let options = PackOptions { mode: Mode::Stored, ..keeping_options() };
    let packed = pack_tiff(&slide(&coding), &options).unwrap();
    assert_eq!(huffman_tables(&packed), HuffmanTables::Shared);
    for id in packed.finest_tiles().filter(|&id| is_whole(&packed, id)) {
        assert!(packed.identity(id).is_none_or(|identity| identity == Identity::Coefficients), "{id}");
        assert!(read(&served(&packed.pack, id)) == read(&own_jpeg(&packed, id)), "{id}");
    }
}

/// The tiles of a real slide from column `x` and row `y` on, as a slide of their own.
fn part(name: &str, x: u32, y: u32, columns: u32, rows: u32) -> Option<Tiff> {
    let source = open(&real_slide(name)?, &OpenOptions::default()).unwrap();
    let tiles = source.kept_tiles().unwrap();
    let side = tiles.side();
    let mut tiff = Tiff::new(Size::square(TILE), TILE, &Coding::new(Subsamp::Sub2x2));
    (tiff.size, tiff.tile) = (Size::new(side * columns, side * rows), Size::square(side));
    tiff.tiles = (0..columns * rows)
        .map(|number| {
            let mut jpeg = Vec::new();
            tiles.jpeg(Point::new(x + number % columns, y + number / columns), &mut jpeg).unwrap();
            jpeg
        })
        .collect();
    Some(tiff)
}

#[test]
fn tiles_of_a_satellite_picture_have_the_same_bytes() {
    let Some(tiff) = part("weaker-licence/nasa-earth-southern-africa.tif", 20, 10, 7, 6) else { return };
    let packed = pack_tiff(&tiff, &keeping_options()).unwrap();
    assert_eq!(huffman_tables(&packed), HuffmanTables::Optimised);
    for (id, original) in packed.finest_tiles().zip(&tiff.tiles) {
        assert!(served(&packed.pack, id) == *original, "{id}");
    }
    assert_eq!(packed.other_tiles(), OtherTiles::default());
}
