//! Compares every coefficient of real slides' tiles with two other readers.
//!
//! `ORIGAMI_ALL_TILES=1` takes all tiles instead of a sample.

mod common;

use common::{baseline, progressive, same_in_picture, slides, to_coefficients};
use origami_codec::{Coefficients, TileHeader, read_coefficients};

/// What a comparison of a slide's tiles counts.
#[derive(Debug, Default)]
struct Counts {
    tiles: usize,
    blocks: usize,
    /// Tiles whose bytes are the same after reading and writing.
    same_bytes: usize,
}

fn all_tiles_wanted() -> bool {
    std::env::var_os("ORIGAMI_ALL_TILES").is_some()
}

/// Compares the tiles of a slide, and requires all to be written with the same
/// bytes.
#[track_caller]
fn compare(slide: &str) {
    let max_tiles = if all_tiles_wanted() { usize::MAX } else { 250 };
    let mut counts = Counts::default();
    let (mut tile, mut again) = (Coefficients::default(), Coefficients::default());
    let mut out = Vec::new();
    for (number, jpeg) in slides::tiles(slide, max_tiles).into_iter().enumerate() {
        let facts = read_coefficients(&jpeg, 1 << 16, &mut tile).unwrap();
        assert!(tile == to_coefficients(&jpeg, tile.frame()), "tile {number} of {slide} differs");

        let header = TileHeader::of(&jpeg).unwrap();
        assert_eq!(header.quantisation(), &facts.quantisation);
        again.reshape(*tile.frame());
        header.read_scan(&jpeg[facts.scan.clone().unwrap()], &mut again).unwrap();
        assert!(again == tile, "the scan of tile {number} of {slide} differs");
        out.resize(header.jpeg_bound(tile.frame()), 0);
        let len = header.write(&tile, &mut out).unwrap();
        counts.same_bytes += usize::from(out[..len] == jpeg[..jpeg.len() - facts.trailing]);

        // libjpeg-turbo reads the tile and codes it in another way.
        let facts = read_coefficients(&progressive(&jpeg), 1 << 16, &mut again).unwrap();
        assert!(facts.progressive);
        assert!(same_in_picture(&again, &tile), "tile {number} of {slide} as progressive differs");
        counts.tiles += 1;
        counts.blocks += tile.blocks().len();
    }
    eprintln!("{slide}: {counts:?}");
    assert_eq!(counts.same_bytes, counts.tiles);
}

#[test]
fn tiles_of_a_420_tiff_are_read_as_by_others_and_written_with_the_same_bytes() {
    compare("pathologyatlas-BS9-HE1.tif");
}

#[test]
fn tiles_of_an_rgb_svs_are_read_as_by_others_and_written_with_the_same_bytes() {
    compare("CMU-1-Small-Region.svs");
}

#[test]
fn tiles_of_a_dzi_zip_are_read_as_by_others_and_written_with_the_same_bytes() {
    compare("pathologyatlas-seed-HE.dzi.zip");
}

#[test]
fn tiles_of_a_satellite_tiff_are_read_as_by_others_and_written_with_the_same_bytes() {
    compare("weaker-licence/nasa-earth-southern-africa.tif");
}

#[test]
fn tiles_of_a_satellite_tiff_have_the_tables_that_follow_from_their_coefficients() {
    let max_tiles = if all_tiles_wanted() { usize::MAX } else { 250 };
    let tiles = slides::tiles("weaker-licence/nasa-earth-southern-africa.tif", max_tiles);
    let Some(header) = tiles.first().map(|jpeg| TileHeader::optimised(jpeg).unwrap()) else { return };
    let (mut tile, mut standard) = (Coefficients::default(), 0);
    for (number, jpeg) in tiles.iter().enumerate() {
        let facts = read_coefficients(jpeg, 1 << 16, &mut tile).unwrap();
        // As those at the right and lower edges have.
        if facts.standard_huffman {
            standard += 1;
            continue;
        }
        assert!(header.jpeg(&tile).unwrap() == *jpeg, "tile {number}");
    }
    assert!(10 * standard < tiles.len(), "{standard} of {} tiles have the standard tables", tiles.len());
}

#[test]
fn levels_with_restart_markers_are_read_as_by_others() {
    let (mut level, mut again) = (Coefficients::default(), Coefficients::default());
    let levels = slides::tiles("hamamatsu-test3-DAPI-2-387.ndpi", usize::MAX);
    // Full resolution alone takes longer than all others.
    for (number, jpeg) in levels.iter().enumerate().skip(usize::from(!all_tiles_wanted())) {
        let facts = read_coefficients(jpeg, 1 << 20, &mut level).unwrap();
        assert!(facts.standard_huffman);
        // The map image after the four levels has no restart markers.
        assert_eq!(facts.restart_interval > 0, number < 4, "{}", facts.restart_interval);
        assert_eq!(facts.scan.is_none(), number < 4);
        assert_eq!(TileHeader::of(jpeg).is_err(), number < 4);
        let other = baseline(jpeg);
        assert!(same_in_picture(&level, &to_coefficients(&other, level.frame())), "level {number}");
        read_coefficients(&progressive(jpeg), 1 << 20, &mut again).unwrap();
        assert!(same_in_picture(&level, &again), "level {number} as progressive");
        let header = TileHeader::of(&other).unwrap();
        assert!(header.jpeg(&level).unwrap() == other, "level {number} written");
    }
}
