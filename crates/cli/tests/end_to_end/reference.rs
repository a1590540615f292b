//! Served tiles of real slides against independent readers, at every level.

use crate::binary;
use crate::comparison::{GOOD, Row, compare_levels, median, p1, table};
use crate::server::Server;
use crate::slides::{BIG, SMALL, big_pack, slide};
use crate::source::{Levels, Source};
use crate::tiles::Tiles;
use origami_pack::id;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// PSNR-Y in dB that the worst hundredth of kept source tiles reaches: two decoders of the
/// same coefficients differ in how they round and double chroma.
const KEPT: f64 = 60.0;

/// How far, in dB, a tile that is stored as a JPEG may be below the same pixels after a plain JPEG
/// encoder.
const MAX_TILE_LOSS: f64 = 1.0;

/// Packs a slide with options, verifies, serves and compares it. At full resolution, a
/// hundredth of the sampled tiles may have a PSNR-Y below `floor`; coarser levels may not be
/// much worse than plain JPEG.
fn assert_matches_the_reference(name: &str, options: &[&str], floor: f64) {
    let Some(rows) = pack_and_compare(name, options) else { return };
    assert!(p1(&rows[0].served) >= floor, "L0: p1 below {floor} dB");
    // A level of one tile has no hundredth.
    for row in rows[1..].iter().filter(|row| row.served.len() > 1) {
        assert!(row.is_good(p1), "L{}: p1 below {GOOD} dB and behind plain JPEG", row.depth);
    }
    for Row { depth, max_loss, .. } in &rows[2..] {
        assert!(*max_loss <= MAX_TILE_LOSS, "L{depth}: a tile is {max_loss:.2} dB behind plain JPEG");
    }
}

/// As [`assert_matches_the_reference`] for a slide whose own tiles are kept: full resolution
/// may only differ by the rounding of decoders, and coarser levels have the quality of the
/// slide's quantiser tables, for which a hundredth may be below `coarse_floor`.
fn assert_kept_tiles_match(name: &str, coarse_floor: f64) {
    let Some(rows) = pack_and_compare(name, &[]) else { return };
    assert!(p1(&rows[0].served) >= KEPT, "L0: p1 below {KEPT} dB");
    for row in &rows[1..] {
        assert!(p1(&row.served) >= coarse_floor, "L{}: p1 below {coarse_floor} dB", row.depth);
    }
}

/// Packs a slide, verifies, serves and compares it, from the finest level on.
fn pack_and_compare(name: &str, options: &[&str]) -> Option<Vec<Row>> {
    let path = slide(name)?;
    let source = Source::open(&path)?;
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let pack = match (name, options) {
        (BIG, []) => copy_big_pack(folder.path())?,
        _ => binary::packed(&path, folder.path(), options),
    };
    let packing = started.elapsed().as_secs_f64();
    binary::verify(&pack);
    let server = Server::start(folder.path());
    let id = id::of_pack(&pack).unwrap();
    let tiles = Tiles::of(&server, &id);
    tiles.expect_none_outside();
    let rows = compare_levels(&tiles, &Levels::of(source));
    let comparing = started.elapsed().as_secs_f64() - packing;
    let text = table(name, &tiles, &rows);
    println!("{text}packed in {packing:.1} s, compared in {comparing:.1} s\n");
    Some(rows)
}

/// The pack that other tests use too: making it takes long.
fn copy_big_pack(folder: &Path) -> Option<PathBuf> {
    let pack = folder.join("big.origami");
    std::fs::copy(big_pack()?, &pack).unwrap();
    Some(pack)
}

// The floors are what packs reached when these tests were written, less about half a decibel;
// 34 dB is promised.

#[test]
fn tiles_of_an_aperio_slide_match_openslide() {
    assert_kept_tiles_match(SMALL, 22.0);
}

#[test]
fn tiles_of_an_aperio_slide_in_luma_mode_match_openslide() {
    assert_matches_the_reference(SMALL, &["--mode", "luma"], 36.2);
}

#[test]
fn tiles_of_a_gigapixel_tiff_match_openslide() {
    assert_kept_tiles_match(BIG, 28.0);
}

#[test]
fn tiles_of_a_zipped_deep_zoom_image_match_its_stitched_tiles() {
    assert_matches_the_reference("pathologyatlas-seed-HE.dzi.zip", &[], 38.0);
}

#[test]
fn tiles_of_a_hamamatsu_slide_match_openslide() {
    assert_matches_the_reference("hamamatsu-test3-DAPI-2-387.ndpi", &[], 41.0);
}

#[test]
fn tiles_of_a_jpeg_2000_slide_match_openslide() {
    assert_matches_the_reference("weaker-licence/tcga-cr-7395-01a-01-ts1.svs", &[], 34.0);
}

#[test]
fn tiles_of_a_satellite_picture_match_openslide() {
    let options = ["--mode", "luma"];
    assert_matches_the_reference("weaker-licence/nasa-earth-southern-africa.tif", &options, 49.4);
}

/// Options of a pack.
#[derive(Clone, Copy)]
struct Options {
    mode: &'static str,
    subsampling: &'static str,
    tile_size: &'static str,
}

impl Options {
    const fn new(mode: &'static str, subsampling: &'static str, tile_size: &'static str) -> Self {
        Self { mode, subsampling, tile_size }
    }

    fn id(self) -> String {
        format!("{}-{}-{}", self.mode, self.subsampling, self.tile_size)
    }

    /// Packs and verifies the slide.
    fn pack(self, slide: &Path, folder: &Path) {
        let Self { mode, subsampling, tile_size } = self;
        let id = self.id();
        let coding = ["--mode", mode, "--subsampling", subsampling, "--tile-size", tile_size];
        let more = [&coding[..], &["--id", &id, "--no-report"]].concat();
        let pack = binary::packed(slide, folder, &more);
        binary::verify(&pack);
        let description = binary::inspect(&pack);
        assert_eq!(description["mode"], mode);
        assert_eq!(description["tile_size"].to_string(), tile_size);
    }
}

const ALL_OPTIONS: [Options; 10] = [
    Options::new("exact", "420", "256"),
    Options::new("exact", "444", "240"),
    Options::new("exact", "422", "512"),
    Options::new("exact", "420", "16"),
    Options::new("stored", "420", "256"),
    Options::new("stored", "444", "1000"),
    Options::new("luma", "422", "512"),
    Options::new("luma", "444", "240"),
    Options::new("luma", "420", "1024"),
    Options::new("luma", "420", "16"),
];

#[test]
fn tiles_of_any_mode_size_and_subsampling_match_the_slide() {
    let Some(path) = slide(SMALL) else { return };
    let Some(source) = Source::open(&path) else { return };
    let levels = Levels::of(source);
    let folder = tempfile::tempdir().unwrap();
    for options in ALL_OPTIONS {
        options.pack(&path, folder.path());
    }
    let server = Server::start(folder.path());
    for options in ALL_OPTIONS {
        let id = options.id();
        let tiles = Tiles::of(&server, &id);
        tiles.expect_none_outside();
        let rows = compare_levels(&tiles, &levels);
        println!("{}", table(&id, &tiles, &rows));
        for row in &rows {
            let depth = row.depth;
            assert!(row.is_good(median), "{id}, L{depth}: median below {GOOD} dB and behind plain JPEG");
        }
    }
}
