//! Every coefficient of real slides' tiles, compared with two other readers.
//!
//! `ORIGAMI_ALL_TILES=1` takes all tiles, not a sample.

mod common;

use common::{baseline, empty, progressive, same_in_picture, slides, to_coefficients};
use origami_codec::{TileHeader, read_coefficients};

/// What was seen of a slide's tiles.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    tiles: usize,
    blocks: usize,
    /// Tiles that are the same bytes after reading and writing.
    same_bytes: usize,
}

fn compare(slide: &str) -> Seen {
    let most = if std::env::var_os("ORIGAMI_ALL_TILES").is_some() { usize::MAX } else { 250 };
    let mut seen = Seen::default();
    let (mut found, mut again) = (empty(), empty());
    let mut out = Vec::new();
    for (number, jpeg) in slides::tiles(slide, most).into_iter().enumerate() {
        let facts = read_coefficients(&jpeg, 1 << 16, &mut found).unwrap();
        assert!(found == to_coefficients(&jpeg, found.frame()), "tile {number} of {slide} differs");

        let header = TileHeader::of(&jpeg).unwrap();
        assert_eq!(header.quantisation(), &facts.quantisation);
        again.reshape(*found.frame());
        header.read_scan(&jpeg[facts.scan.clone().unwrap()], &mut again).unwrap();
        assert!(again == found, "the scan of tile {number} of {slide} differs");
        out.resize(header.jpeg_bound(found.frame()), 0);
        let len = header.write(&found, &mut out).unwrap();
        seen.same_bytes += usize::from(out[..len] == jpeg[..jpeg.len() - facts.trailing]);

        // The library reads the tile and codes it in another way.
        let facts = read_coefficients(&progressive(&jpeg), 1 << 16, &mut again).unwrap();
        assert!(facts.progressive);
        assert!(same_in_picture(&again, &found), "tile {number} of {slide} as progressive differs");
        seen.tiles += 1;
        seen.blocks += found.blocks().len();
    }
    eprintln!("{slide}: {seen:?}");
    seen
}

#[test]
fn tiles_of_a_420_tiff_are_read_as_by_others_and_written_as_they_were() {
    let seen = compare("pathologyatlas-BS9-HE1.tif");
    assert_eq!(seen.same_bytes, seen.tiles);
}

#[test]
fn tiles_of_an_rgb_svs_are_read_as_by_others_and_written_as_they_were() {
    let seen = compare("CMU-1-Small-Region.svs");
    assert_eq!(seen.same_bytes, seen.tiles);
}

#[test]
fn tiles_of_a_dzi_zip_are_read_as_by_others_and_written_as_they_were() {
    let seen = compare("pathologyatlas-seed-HE.dzi.zip");
    assert_eq!(seen.same_bytes, seen.tiles);
}

#[test]
fn tiles_of_a_satellite_tiff_are_read_as_by_others_and_written_as_they_were() {
    let seen = compare("weaker-licence/nasa-earth-southern-africa.tif");
    assert_eq!(seen.same_bytes, seen.tiles);
}

#[test]
fn levels_with_restart_markers_are_read_as_by_others() {
    let (mut found, mut again) = (empty(), empty());
    let levels = slides::tiles("hamamatsu-test3-DAPI-2-387.ndpi", usize::MAX);
    let all = std::env::var_os("ORIGAMI_ALL_TILES").is_some();
    // Full resolution alone takes longer than all others.
    for (number, jpeg) in levels.iter().enumerate().skip(usize::from(!all)) {
        let facts = read_coefficients(jpeg, 1 << 20, &mut found).unwrap();
        assert!(facts.standard_huffman);
        // The map beside the levels has none.
        assert_eq!(facts.restart_interval > 0, number < 4, "{}", facts.restart_interval);
        assert_eq!(facts.scan.is_none(), number < 4);
        assert_eq!(TileHeader::of(jpeg).is_err(), number < 4);
        let other = baseline(jpeg);
        assert!(same_in_picture(&found, &to_coefficients(&other, found.frame())), "level {number}");
        read_coefficients(&progressive(jpeg), 1 << 20, &mut again).unwrap();
        assert!(same_in_picture(&found, &again), "level {number} as progressive");
        let header = TileHeader::of(&other).unwrap();
        let mut out = vec![0; header.jpeg_bound(found.frame())];
        let len = header.write(&found, &mut out).unwrap();
        assert!(out[..len] == other, "level {number} written");
    }
}
