//! Served tiles of real slides against independent readers, at every level.

use crate::picture::Picture;
use crate::sample::{INSIDE, Map, sample};
use crate::served::Served;
use crate::slides::slide;
use crate::source::{Levels, Source};
use crate::tiles::Tiles;
use crate::{binary, slides};
use origami_pack::id;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

/// Quality of default packs, 1 to 100.
const QUALITY: u8 = 80;

/// PSNR-Y, in dB, that the worst hundredth of every level has to reach unless
/// plain JPEG does not reach it either.
const GOOD: f64 = 34.0;

/// PSNR-Y, in dB, that the worst hundredth of kept tiles reaches: two decoders of
/// the same coefficients differ in how they round and double chroma.
const KEPT: f64 = 60.0;

/// How far a level's worst hundredth may then fall behind that of the same
/// pixels through a JPEG encoder of no relation at the same quality, in dB.
const LEVEL_BEHIND: f64 = 0.5;

/// The same for each tile that is stored as a JPEG, and the PSNR-Y above which
/// that no longer matters: there, subsampled chroma shows in luma, which the
/// other encoder does not do.
const TILE_BEHIND: f64 = 1.0;
const VERY_GOOD: f64 = 38.0;

/// PSNR-Y of one level's sampled tiles.
struct Row {
    depth: u32,
    /// Of served tiles, in ascending order.
    served: Vec<f64>,
    /// Of the same pixels through a plain JPEG encoder, in ascending order.
    plain: Vec<f64>,
    /// The most that a served tile below [`VERY_GOOD`] falls behind its plain one.
    behind: f64,
}

/// The value that a hundredth of `ascending` is at most, by nearest rank.
fn p1(ascending: &[f64]) -> f64 {
    ascending[ascending.len().div_ceil(100) - 1]
}

fn median(ascending: &[f64]) -> f64 {
    ascending[ascending.len() / 2]
}

impl Row {
    fn of(depth: u32, tiles: impl Iterator<Item = (Picture, Picture)>) -> Self {
        let mut row = Self { depth, served: Vec::new(), plain: Vec::new(), behind: f64::MIN };
        for (served, reference) in tiles {
            let (psnr, plain) =
                (served.psnr_y(&reference), reference.through_jpeg(QUALITY).psnr_y(&reference));
            row.behind = row.behind.max(plain.min(VERY_GOOD) - psnr);
            row.served.push(psnr);
            row.plain.push(plain);
        }
        row.served.sort_by(f64::total_cmp);
        row.plain.sort_by(f64::total_cmp);
        row
    }

    /// Whether `value` of the served tiles is good, or near that of plain JPEG.
    fn is_good(&self, value: fn(&[f64]) -> f64) -> bool {
        value(&self.served) >= GOOD.min(value(&self.plain) - LEVEL_BEHIND)
    }
}

/// Compares tiles of every level of a served slide with `levels`.
fn compare(tiles: &Tiles<'_>, levels: &Levels) -> Vec<Row> {
    assert_eq!(tiles.size, levels.size());
    let map = Map::of(tiles);
    // Coarser levels of large slides: what was served, halved on.
    let deepest = if levels.are_whole() { u32::MAX } else { INSIDE.len() as u32 - 1 };
    let mut served = (!levels.are_whole()).then(|| tiles.level(tiles.max - deepest));
    (0..=tiles.max)
        .map(|depth| {
            let z = tiles.max - depth;
            if depth > deepest {
                served = served.as_ref().map(Picture::halved);
            }
            let pairs = sample(tiles, z, &map).into_iter().map(|(x, y)| {
                let (origin, size) = tiles.rect(z, x, y);
                let reference = match &served {
                    Some(level) if depth > deepest => level.crop(origin.0, origin.1, size.0, size.1),
                    _ => levels.read(depth, origin, size),
                };
                (tiles.read(z, x, y), reference)
            });
            Row::of(depth, pairs)
        })
        .collect()
}

fn table(name: &str, tiles: &Tiles<'_>, rows: &[Row]) -> String {
    let mut text = format!(
        "{name}\n{:<9} {:>13} {:>6}   {:>7} {:>7} {:>7}   {:>8} {:>8} {:>7}\n",
        "level", "px", "tiles", "min", "p1", "median", "plain p1", "median", "behind"
    );
    for Row { depth, served, plain, behind } in rows {
        let z = tiles.max - depth;
        let (width, height) = tiles.level_size(z);
        writeln!(
            text,
            "{:<9} {:>13} {:>6}   {:>7.2} {:>7.2} {:>7.2}   {:>8.2} {:>8.2} {behind:>7.2}",
            format!("{z} (L{depth})"),
            format!("{width}x{height}"),
            served.len(),
            served[0],
            p1(served),
            median(served),
            p1(plain),
            median(plain)
        )
        .unwrap();
    }
    text
}

/// Packs a slide with options, verifies, serves and compares it. At full
/// resolution, the PSNR-Y of a hundredth of the sampled tiles may be below
/// `floor`; coarser levels may not be behind plain JPEG.
fn matches_the_reference(name: &str, options: &[&str], floor: f64) {
    let Some(rows) = compared(name, options) else { return };
    assert!(p1(&rows[0].served) >= floor, "L0: p1 below {floor} dB");
    // Where there is more than one tile to take a hundredth of.
    for row in rows[1..].iter().filter(|row| row.served.len() > 1) {
        assert!(row.is_good(p1), "L{}: p1 below {GOOD} dB and behind plain JPEG", row.depth);
    }
    for row in &rows[2..] {
        assert!(
            row.behind <= TILE_BEHIND,
            "L{}: a tile is {:.2} dB behind plain JPEG",
            row.depth,
            row.behind
        );
    }
}

/// As [`matches_the_reference`] for a slide whose own tiles are kept: full
/// resolution is what it was but for the decoder's rounding, and coarser levels
/// are as good as its tables are, which `coarse` says.
fn keeps_its_tiles(name: &str, coarse: f64) {
    let Some(rows) = compared(name, &[]) else { return };
    assert!(p1(&rows[0].served) >= KEPT, "L0: p1 below {KEPT} dB");
    for row in &rows[1..] {
        assert!(p1(&row.served) >= coarse, "L{}: p1 below {coarse} dB", row.depth);
    }
}

/// Packs a slide, verifies, serves and compares it; from the finest level on.
fn compared(name: &str, options: &[&str]) -> Option<Vec<Row>> {
    let path = slide(name)?;
    let source = Source::open(&path)?;
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let pack = match (name, options) {
        (slides::BIG, []) => {
            let pack = folder.path().join("big.origami");
            std::fs::copy(slides::big_pack()?, &pack).unwrap();
            pack
        }
        _ => binary::packed(&path, folder.path(), options),
    };
    let packing = started.elapsed().as_secs_f64();
    binary::verify(&pack);
    let server = Served::start(folder.path());
    let tiles = Tiles::of(&server, id::of_pack(&pack).unwrap());
    tiles.end_at_their_grid();
    let rows = compare(&tiles, &Levels::of(source));
    let comparing = started.elapsed().as_secs_f64() - packing;
    let text = table(name, &tiles, &rows);
    println!("{text}packed in {packing:.1} s, compared in {comparing:.1} s\n");
    Some(rows)
}

// What packs reached when these were written, less about half a decibel; 34 dB
// is promised.

#[test]
fn tiles_of_an_aperio_slide_match_openslide() {
    keeps_its_tiles(slides::SMALL, 22.0);
}

#[test]
fn tiles_of_an_aperio_slide_in_luma_mode_match_openslide() {
    matches_the_reference(slides::SMALL, &["--mode", "luma"], 36.2);
}

#[test]
fn tiles_of_a_gigapixel_tiff_match_openslide() {
    keeps_its_tiles(slides::BIG, 28.0);
}

#[test]
fn tiles_of_a_zipped_deep_zoom_image_match_its_stitched_tiles() {
    matches_the_reference("pathologyatlas-seed-HE.dzi.zip", &[], 38.0);
}

#[test]
fn tiles_of_a_hamamatsu_slide_match_openslide() {
    matches_the_reference("hamamatsu-test3-DAPI-2-387.ndpi", &[], 41.0);
}

#[test]
fn tiles_of_a_jpeg_2000_slide_match_openslide() {
    matches_the_reference("weaker-licence/tcga-cr-7395-01a-01-ts1.svs", &[], 34.0);
}

#[test]
fn tiles_of_a_satellite_picture_match_openslide() {
    let options = ["--mode", "luma"];
    matches_the_reference("weaker-licence/nasa-earth-southern-africa.tif", &options, 49.4);
}

#[test]
fn tiles_of_any_mode_size_and_subsampling_match_the_slide() {
    let Some(path) = slide(slides::SMALL) else { return };
    let Some(source) = Source::open(&path) else { return };
    let levels = Levels::of(source);
    let folder = tempfile::tempdir().unwrap();
    let kinds = [
        ("exact", "420", "256"),
        ("exact", "444", "240"),
        ("exact", "422", "512"),
        ("exact", "420", "16"),
        ("stored", "420", "256"),
        ("stored", "444", "1000"),
        ("luma", "422", "512"),
        ("luma", "444", "240"),
        ("luma", "420", "1024"),
        ("luma", "420", "16"),
    ];
    for (mode, subsampling, size) in kinds {
        let id = format!("{mode}-{subsampling}-{size}");
        let more =
            ["--id", &id, "--mode", mode, "--subsampling", subsampling, "--tile-size", size, "--no-report"];
        binary::verify(&binary::packed(&path, folder.path(), &more));
        let pack = binary::inspect(&Path::new(folder.path()).join(format!("{id}.origami")));
        assert_eq!((&pack["mode"], pack["tile_size"].to_string()), (&mode.into(), size.to_owned()));
    }
    let server = Served::start(folder.path());
    for (mode, subsampling, size) in kinds {
        let id = format!("{mode}-{subsampling}-{size}");
        let tiles = Tiles::of(&server, &id);
        tiles.end_at_their_grid();
        let rows = compare(&tiles, &levels);
        println!("{}", table(&id, &tiles, &rows));
        for row in &rows {
            assert!(
                row.is_good(median),
                "{id}, L{}: median below {GOOD} dB and behind plain JPEG",
                row.depth
            );
        }
    }
}
