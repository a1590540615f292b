//! Every coefficient of real slides' tiles, compared with two other readers.
//!
//! `ORIGAMI_ALL_TILES=1` takes all tiles, not a sample.

mod common;

use common::{empty, progressive, slides, to_coefficients};
use origami_codec::{Coefficients, TileHeader, read_coefficients};

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
        assert!(same_but_for_padding(&again, &found), "tile {number} of {slide} as progressive differs");
        seen.tiles += 1;
        seen.blocks += found.blocks().len();
    }
    eprintln!("{slide}: {seen:?}");
    seen
}

/// Whether two tiles have the same blocks in the picture, and the same DC
/// values in those beyond, whose AC values progressive scans leave out.
fn same_but_for_padding(a: &Coefficients, b: &Coefficients) -> bool {
    let frame = a.frame();
    frame == b.frame()
        && (0..frame.planes()).all(|plane| {
            let (columns, _) = frame.blocks(plane);
            let (across, down) = frame.scale(plane);
            let (width, height) = (frame.width().div_ceil(8 * across), frame.height().div_ceil(8 * down));
            a.plane(plane).iter().zip(b.plane(plane)).enumerate().all(|(at, (a, b))| {
                let inside = at % columns < width && at / columns < height;
                if inside { a == b } else { a.0[0] == b.0[0] }
            })
        })
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
