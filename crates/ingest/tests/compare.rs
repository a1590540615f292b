//! What packs save and cost, against slides made on the spot and a real one.

use image::{ImageBuffer, Rgb as Pixel};
use origami_codec::{Decoder, SharedHeader};
use origami_ingest::source::{OpenOptions, Source, open};
use origami_ingest::{KeepSource, PackOptions, pack};
use origami_pack::{Entry, LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter};
use origami_pyramid::{Pyramid, Rect, Rgb, Size, Subsampling, TileId, mean};
use origami_quality::MeasureError;
use origami_quality::compare::{
    self, CompareSettings, Comparison, Fidelity, LevelBytes, LevelQuality, Low, Match, OriginError, bytes,
    html, origin, quality, sampled,
};
use origami_quality::work::WorkError;
use origami_render::{Pools, Rebuilder, Uncached};
use quick_xml::events::Event;
use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use tempfile::TempDir;

/// A slide and its pack in a folder of their own.
struct Packed {
    folder: TempDir,
    slide: PathBuf,
    source: Box<dyn Source>,
    pack: Pack,
}

impl Packed {
    fn new(slide: PathBuf, folder: TempDir, options: &PackOptions) -> Self {
        let source = open(&slide, &OpenOptions::default()).unwrap();
        let path = folder.path().join("made.origami");
        pack(&*source, Some(&slide), &path, options, &|_| {}).unwrap();
        let pack = Pack::open(&path).unwrap();
        Self { folder, slide, source, pack }
    }

    /// A picture: white on the left, structure on the right.
    fn made(width: u32, height: u32, options: &PackOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let slide = folder.path().join("slide.png");
        picture(width, height, 0).save(&slide).unwrap();
        Self::new(slide, folder, options)
    }

    fn bytes(&self) -> Result<Vec<LevelBytes>, MeasureError> {
        bytes(&self.pack, workers(2), &AtomicBool::new(false), &|_| {})
    }

    fn quality(&self, sample: u64) -> Result<Vec<LevelQuality>, MeasureError> {
        let samples = sampled(&self.pack, sample)?;
        quality(&self.pack, &&*self.source, &samples, &settings(2), &|_| {})
    }

    fn origin(&self, slide: &Path, force: bool) -> Result<Match, OriginError> {
        let source = open(slide, &OpenOptions::default()).unwrap();
        origin(&self.pack, &&*source, slide, force, &AtomicBool::new(false)).map(|facts| facts.matched)
    }

    fn compare(&self, sample: u64) -> Comparison {
        let facts = origin(&self.pack, &&*self.source, &self.slide, false, &AtomicBool::new(false)).unwrap();
        let (levels, quality) = (self.bytes().unwrap(), self.quality(sample).unwrap());
        Comparison::new(&self.pack, levels, Some(facts), quality)
    }
}

fn picture(width: u32, height: u32, seed: u32) -> ImageBuffer<Pixel<u8>, Vec<u8>> {
    ImageBuffer::from_fn(width, height, |x, y| {
        if x < width / 2 {
            return Pixel([255; 3]);
        }
        let noise = (x.wrapping_mul(0x9e37_79b9) ^ (y + seed).wrapping_mul(0x85eb_ca6b)) >> 27;
        let level = 100 + (x / 7 + y / 5) % 90 + noise;
        Pixel([level as u8, (level / 2) as u8, (250 - level) as u8])
    })
}

fn workers(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn settings(count: usize) -> CompareSettings {
    CompareSettings { workers: workers(count), sample: 10, interrupted: Default::default() }
}

fn options(mode: Mode) -> PackOptions {
    PackOptions { mode, workers: workers(2), tile_size: 64, ..PackOptions::default() }
}

/// A real slide; without the slides the test shows a skip, or fails in CI.
fn real() -> Option<PathBuf> {
    let folder = std::env::var_os("ORIGAMI_SLIDES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/slides"), PathBuf::from);
    let path = folder.join("CMU-1-Small-Region.svs");
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", path.display());
    eprintln!("SKIP: {} is missing", path.display());
    None
}

/// Every tile's id.
fn ids(pack: &Pack) -> impl Iterator<Item = TileId> + '_ {
    let pyramid = pack.pyramid();
    (0..pyramid.level_count()).flat_map(move |z| pyramid.tiles(z))
}

fn served(pack: &Pack, id: TileId) -> Vec<u8> {
    let mut rebuilder = Rebuilder::new(Pools::new(64 << 20)).unwrap();
    rebuilder.tile(pack, id, &Uncached).unwrap().to_vec()
}

#[test]
fn bytes_are_those_of_every_tile_rebuilt_by_itself() {
    for mode in [Mode::Exact, Mode::Luma, Mode::Stored] {
        let made = Packed::made(500, 300, &options(mode));
        let told = made.bytes().unwrap();
        let mut expected = vec![[0; 6]; told.len()];
        for id in ids(&made.pack) {
            let (entry, jpeg) = (made.pack.entry(id).unwrap(), served(&made.pack, id));
            let own = match entry {
                Entry::Blob { len, .. } => u64::from(len),
                Entry::Blank { .. } | Entry::Constant { .. } | Entry::Empty => 0,
            };
            let header = SharedHeader::of(&jpeg).unwrap().bytes().len();
            let (blank, empty) = (
                matches!(entry, Entry::Blank { .. } | Entry::Constant { .. }),
                matches!(entry, Entry::Empty),
            );
            let scan = jpeg.len() - header - 2;
            let found = [1, u64::from(blank), u64::from(empty), own, jpeg.len() as u64, scan as u64];
            for (sum, value) in expected[id.z as usize].iter_mut().zip(found) {
                *sum += value;
            }
        }
        let told: Vec<_> = told
            .iter()
            .map(|LevelBytes { counts: c, .. }| [c.tiles, c.blank, c.empty, c.pack, c.served, c.scans])
            .collect();
        assert_eq!(told, expected, "{mode:?}");
        let blank: u64 = expected.iter().map(|level| level[1]).sum();
        assert!(blank > 10, "{mode:?}: half of the picture is white, but {blank} tiles are blank");
    }
}

#[test]
fn glass_is_what_takes_next_to_nothing_as_served() {
    let made = Packed::made(512, 512, &options(Mode::Stored));
    let finest = made.bytes().unwrap().pop().unwrap();
    // Four of eight columns of tiles are white, the others are full of noise.
    assert_eq!((finest.counts.tiles, finest.counts.blank, finest.counts.glass), (64, 32, 32));
    assert_eq!(finest.counts.pack_glass, 0);
    let blank = served(&made.pack, TileId { z: finest.z, x: 0, y: 0 }).len() as u64;
    assert_eq!(finest.counts.served_glass, 32 * blank);
}

#[test]
fn a_stored_pack_serves_plain_jpegs_and_says_so() {
    let made = Packed::made(500, 300, &options(Mode::Stored));
    let comparison = made.compare(1000);
    for level in &comparison.levels {
        let blank_free = level.counts.blank == 0;
        assert_eq!(level.plain, Some(level.counts.served), "level {}", level.z);
        assert!(!blank_free || level.counts.pack == level.counts.scans, "level {}", level.z);
    }
    for level in &comparison.quality {
        assert_eq!(level.identical, Some(level.tiles));
        assert_eq!(level.served, level.plain);
    }
}

#[test]
fn measuring_agrees_with_the_report_that_packing_made() {
    let made = Packed::made(500, 300, &options(Mode::Luma));
    let found = made.quality(500).unwrap();
    assert_eq!(found.len(), 2);
    for level in found {
        let report = made.pack.metadata().quality.iter().find(|report| report.z == level.z).unwrap();
        assert_eq!(level.tiles, report.tiles);
        assert_eq!(
            (level.served.psnr_y.p1, level.served.psnr_y.median),
            (report.psnr_y_p1, report.psnr_y_median)
        );
        assert_eq!(
            (level.served.delta_e.p99, level.served.delta_e.median),
            (report.delta_e_p99, report.delta_e_median)
        );
    }
}

#[test]
fn psnr_of_a_tile_is_that_of_its_decoded_pixels() {
    let made = Packed::made(300, 200, &options(Mode::Luma));
    for level in made.quality(1000).unwrap() {
        for tile in &level.worst {
            let id = TileId { z: tile.z, x: tile.x, y: tile.y };
            let mut pixels = Rgb::filled(1, 1, [0; 3]);
            let jpeg = served(&made.pack, id);
            Decoder::new().unwrap().decode_rgb(&jpeg, 1 << 20, &mut pixels).unwrap();
            assert_eq!(jpeg, tile.pictures.served);
            let whole = Rect { x: 0, y: 0, width: 300, height: 200 };
            let (mut source, mut halved) = (Rgb::filled(1, 1, [0; 3]), Rgb::filled(1, 1, [0; 3]));
            made.source.read(whole, &mut source).unwrap();
            for _ in tile.z..made.pack.pyramid().max_level() {
                mean::halve(&source, &mut halved);
                std::mem::swap(&mut source, &mut halved);
            }
            let luma = |rgb: &[u8]| {
                let [r, g, b] = [0, 1, 2].map(|c| f64::from(rgb[c]));
                (0.299 * r + 0.587 * g + 0.114 * b).round()
            };
            let mut squares = 0.0;
            for y in 0..pixels.height() {
                let row = &source.row(64 * tile.y as usize + y)[3 * 64 * tile.x as usize..];
                for (a, b) in pixels.row(y).chunks_exact(3).zip(row.chunks_exact(3)) {
                    squares += (luma(a) - luma(b)).powi(2);
                }
            }
            let mse = squares / (pixels.width() * pixels.height()) as f64;
            let psnr = 10.0 * (255.0 * 255.0 / mse).log10();
            assert!((psnr - tile.served.psnr_y).abs() < 0.02, "{id}: {} for {psnr}", tile.served.psnr_y);
        }
    }
}

#[test]
fn blank_tiles_are_never_measured_and_the_sample_is_always_the_same() {
    let made = Packed::made(700, 500, &options(Mode::Luma));
    let samples = sampled(&made.pack, 12).unwrap();
    assert_eq!(samples, sampled(&made.pack, 12).unwrap());
    let all = sampled(&made.pack, u64::MAX).unwrap();
    for ((z, some), (_, all)) in samples.iter().zip(&all) {
        assert_eq!(some.len(), 12.min(all.len()), "level {z}");
        assert_eq!(some[..], all[..some.len()]);
        let is_blank = |id: &TileId| matches!(made.pack.entry(*id).unwrap(), Entry::Blank { .. });
        let blank: Vec<_> = ids(&made.pack).filter(|id| id.z == *z).filter(is_blank).collect();
        assert!(!blank.is_empty(), "level {z} has blank tiles to leave out");
        assert!(blank.iter().all(|id| !all.contains(id)), "level {z}");
    }
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let made = Packed::made(500, 300, &options(Mode::Luma));
    let run = |count| {
        let (seen, measured) = (AtomicU64::new(0), AtomicU64::new(0));
        let levels = bytes(&made.pack, workers(count), &AtomicBool::new(false), &|n| {
            seen.fetch_add(n, Relaxed);
        });
        let samples = sampled(&made.pack, 20).unwrap();
        let quality = quality(&made.pack, &&*made.source, &samples, &settings(count), &|n| {
            measured.fetch_add(n, Relaxed);
        });
        assert_eq!(seen.into_inner(), made.pack.pyramid().tile_count());
        assert_eq!(measured.into_inner(), samples.iter().map(|(_, ids)| ids.len() as u64).sum::<u64>());
        (levels.unwrap(), quality.unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn slides_of_every_shape_can_be_compared() {
    for (width, height) in [(1, 1), (2, 1), (3, 1), (1, 500), (65, 63), (7, 200)] {
        for mode in [Mode::Luma, Mode::Stored] {
            let made = Packed::made(width, height, &options(mode));
            let comparison = made.compare(10);
            assert_eq!(comparison.levels.len() as u32, made.pack.pyramid().level_count());
            assert_well_formed(&html(&comparison));
        }
    }
}

#[test]
fn another_slide_is_refused_unless_somebody_insists() {
    let made = Packed::made(300, 200, &options(Mode::Luma));
    assert_eq!(made.origin(&made.slide, false).unwrap(), Match::Sha256);
    let other = made.folder.path().join("other.png");
    picture(300, 200, 1).save(&other).unwrap();
    let refused = made.origin(&other, false).unwrap_err().to_string();
    for part in ["other.png", "is not the file the pack was made from", "slide.png", "--force"] {
        assert!(refused.contains(part), "no '{part}' in {refused}");
    }
    assert_eq!(made.origin(&other, true).unwrap(), Match::Forced);
    // Of the same length, so that only the hash can tell.
    let mut bytes = fs::read(&made.slide).unwrap();
    bytes.extend([0; 8]);
    fs::write(&other, &bytes).unwrap();
    let longer = made.origin(&other, false).unwrap_err();
    assert!(matches!(longer, OriginError::OtherFile { what: "its length", .. }), "{longer}");
    let same_length = Packed::made_from(&bytes);
    *bytes.last_mut().unwrap() = 1;
    fs::write(&other, &bytes).unwrap();
    let changed = same_length.origin(&other, false).unwrap_err();
    assert!(matches!(changed, OriginError::OtherFile { what: "its SHA-256", .. }), "{changed}");
    // No force makes other sizes comparable.
    picture(301, 200, 0).save(&other).unwrap();
    for force in [false, true] {
        let refused = made.origin(&other, force).unwrap_err().to_string();
        for part in ["other.png", "301x200", "300x200", "slide.png"] {
            assert!(refused.contains(part), "no '{part}' in {refused}");
        }
    }
}

impl Packed {
    /// Of a PNG with these bytes.
    fn made_from(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let slide = folder.path().join("slide.png");
        fs::write(&slide, bytes).unwrap();
        Self::new(slide, folder, &options(Mode::Luma))
    }
}

#[test]
fn a_damaged_pack_is_an_error_that_names_it() {
    let made = Packed::made(500, 300, &options(Mode::Luma));
    let path = made.pack.path().to_owned();
    let whole = fs::read(&path).unwrap();
    let blobs: Vec<_> =
        ids(&made.pack).filter_map(|id| Pack::blob_range(made.pack.entry(id).unwrap())).collect();
    assert!(blobs.len() > 20);
    for range in blobs.iter().step_by(7) {
        let mut bytes = whole.clone();
        bytes[range.start as usize] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        let damaged = Pack::open(&path).unwrap();
        let error = bytes_of(&damaged).unwrap_err().to_string();
        assert!(error.contains("made.origami") && error.contains("checksum"), "{error}");
    }
}

fn bytes_of(pack: &Pack) -> Result<Vec<LevelBytes>, MeasureError> {
    bytes(pack, workers(2), &AtomicBool::new(false), &|_| {})
}

#[test]
fn a_pack_whose_tiles_are_of_another_size_or_no_jpegs_is_an_error() {
    let made = Packed::made(100, 100, &options(Mode::Stored));
    let pyramid = Pyramid::new(Size::square(100), 64).unwrap();
    let good = served(&made.pack, TileId { z: 7, x: 1, y: 1 });
    for bad in [&good[..], b"Dear reader,"] {
        let path = made.folder.path().join("forged.origami");
        let level = LevelSpec { mode: Mode::Stored, quality: 80, parent: None, header: None, table: None };
        let levels = vec![level; pyramid.level_count() as usize];
        let subsampling = Subsampling::S420;
        let spec = PackSpec { pyramid, subsampling, chroma_level: None, levels, tables: Vec::new() };
        let mut writer = PackWriter::create(&path, spec, true).unwrap();
        for id in ids(&made.pack) {
            writer.blob(id, bad).unwrap();
        }
        writer.finish(&Metadata::default()).unwrap().publish().unwrap();
        let forged = Pack::open(&path).unwrap();
        let samples = sampled(&forged, 10).unwrap();
        let error =
            quality(&forged, &&*made.source, &samples, &settings(2), &|_| {}).unwrap_err().to_string();
        assert!(error.contains("forged.origami") && error.contains("tile 6/0/0"), "{error}");
    }
}

#[test]
fn stopping_is_heeded() {
    let made = Packed::made(500, 300, &options(Mode::Luma));
    let interrupted = AtomicBool::new(true);
    let is_stop = |error: MeasureError| matches!(error, MeasureError::Work(WorkError::Interrupted));
    assert!(is_stop(bytes(&made.pack, workers(2), &interrupted, &|_| {}).unwrap_err()));
    let settings = settings(2);
    let samples = sampled(&made.pack, 10).unwrap();
    let stop = |_| settings.interrupted.store(true, Relaxed);
    assert!(is_stop(quality(&made.pack, &&*made.source, &samples, &settings, &stop).unwrap_err()));
    let unknown = origin(&made.pack, &&*made.source, &made.slide, false, &interrupted).unwrap_err();
    assert!(matches!(unknown, OriginError::Work(WorkError::Interrupted)), "{unknown}");
}

#[test]
fn a_real_slide_in_mode_luma_costs_what_it_is_known_to() {
    let Some(slide) = real() else { return };
    let folder = tempfile::tempdir().unwrap();
    let luma = Packed::new(
        slide,
        folder,
        &PackOptions { mode: Mode::Luma, workers: workers(2), ..PackOptions::default() },
    );
    let found = luma.compare(12);
    assert_eq!(found.source.as_ref().map(|source| source.matched), Some(Match::Sha256));
    assert_eq!(found.source.as_ref().and_then(|source| source.bytes), Some(1_938_955));
    // 130 tiles of 240 px; their JPEGs alone, without the thumbnail and the like.
    let tiles = found.source.as_ref().and_then(|source| source.tile_bytes).unwrap();
    assert!((1_200_000..1_400_000).contains(&tiles), "{tiles}");
    assert!((0.65..0.75).contains(&found.totals.ratio), "{}", found.totals.ratio);
    let finest = found.levels.last().unwrap();
    assert_eq!((finest.counts.tiles, finest.mode), (108, "luma"));
    assert!((30..70).contains(&finest.counts.glass), "{}", finest.counts.glass);
    let wire = finest.counts.served as f64 / finest.plain.unwrap() as f64;
    assert!((0.9..1.0).contains(&wire), "{wire}");
    let better = |plain: Low, served: Low| plain.p1 >= served.p1 && plain.median >= served.median;
    for level in &found.quality {
        assert_eq!((level.tiles, level.identical), (12, Some(0)));
        let (served, plain) = (level.served, level.plain);
        assert!(better(plain.psnr_y, served.psnr_y) && better(plain.ssim, served.ssim), "{level:?}");
        assert!(better(plain.ssimulacra2.unwrap(), served.ssimulacra2.unwrap()), "{level:?}");
        assert!(plain.delta_e.median < served.delta_e.median && served.delta_e.median < 8.0, "{level:?}");
        assert!(served.psnr_y.p1 > 30.0 && served.ssim.p1 > 0.95, "{level:?}");
    }
}

#[test]
fn an_exact_pack_serves_the_plain_pyramid_byte_for_byte() {
    let made = Packed::made(500, 300, &options(Mode::Exact));
    let found = made.compare(1000);
    let counts = found.totals.counts;
    assert_eq!((counts.same_bytes, counts.same_coefficients, counts.verbatim), (counts.tiles, 0, 0));
    assert_eq!(found.totals.plain, Some(counts.served));
    assert!(compare::identity(&counts).unwrap().starts_with(&format!("{} tiles", counts.tiles)));
    for level in &found.quality {
        assert_eq!((level.identical, level.served), (Some(level.tiles), level.plain));
        let ids = sampled(&made.pack, 1000).unwrap().into_iter().find(|(z, _)| *z == level.z).unwrap().1;
        let constant = |id: &TileId| matches!(made.pack.entry(*id).unwrap(), Entry::Constant { .. });
        assert!(!ids.iter().any(constant), "blank tiles are never measured");
    }
}

#[test]
fn the_sources_own_tiles_are_as_good_as_the_source() {
    let Some(slide) = real() else { return };
    let folder = tempfile::tempdir().unwrap();
    let options = PackOptions { mode: Mode::Exact, workers: workers(2), ..PackOptions::default() };
    let kept = Packed::new(slide, folder, &PackOptions { keep_source: KeepSource::Always, ..options });
    let found = kept.compare(3);
    let finest = found.levels.last().unwrap().counts;
    assert_eq!(finest.same_bytes + finest.same_coefficients + finest.verbatim, 130);
    let quality = found.quality.last().unwrap();
    assert_eq!((quality.identical, quality.served), (None, quality.plain));
    assert_eq!((quality.served.psnr_y.p1, quality.served.delta_e.p99), (99.0, 0.0));
}

/// Parses the page as XML and returns its elements' names.
fn assert_well_formed(page: &str) -> BTreeSet<String> {
    let mut reader = quick_xml::Reader::from_str(page);
    reader.config_mut().check_end_names = true;
    let (mut names, mut depth) = (BTreeSet::new(), 0);
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error} in {page}"));
        match &event {
            Event::Start(element) | Event::Empty(element) => {
                names.insert(element.name().as_ref().to_owned());
                assert!(element.attributes().all(|attribute| attribute.is_ok()));
            }
            _ => {}
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "everything that begins ends");
    names
}

#[test]
fn the_page_is_well_formed_asks_for_nothing_and_escapes_names() {
    let made = Packed::made(300, 200, &options(Mode::Luma));
    let mut comparison = made.compare(1000);
    let plain = assert_well_formed(&html(&comparison));
    comparison.pack.path = "packs/<script>alert('1')&\"\u{7}.origami".into();
    let source = comparison.source.as_mut().unwrap();
    source.path = "<img src='x'>".into();
    source.format = "</style><script>".into();
    let page = html(&comparison);
    let names = assert_well_formed(&page);
    assert_eq!(names, plain, "no name became an element");
    assert!(names.contains("img") && !names.contains("script"), "{names:?}");
    assert!(page.contains("&lt;script&gt;alert") && page.contains("&lt;/style&gt;"));
    assert!(!page.contains("<script") && !page.contains('\u{7}'));
    for loads in ["http:", "https:", "//", "url(", "@import", "<link", "srcset"] {
        let data = page.split("base64,").enumerate().map(|(i, part)| {
            // Behind each `base64,` is data up to the quote.
            if i == 0 { part } else { &part[part.find('"').unwrap()..] }
        });
        assert!(data.into_iter().all(|part| !part.contains(loads)), "{loads}");
    }
    for level in &comparison.quality {
        for tile in &level.worst {
            assert!(page.contains(&format!("Tile {}/{}/{}", tile.z, tile.x, tile.y)));
        }
    }
    assert!(page.contains("data:image/jpeg;base64,/9j/") && page.contains("data:image/webp;base64,UklGR"));
}

#[test]
fn decibels_beyond_the_scale_are_told_as_such() {
    assert_eq!([99.0, 98.96, 41.04].map(compare::decibels), ["99+", "99.0", "41.0"]);
}

/// Every member of a JSON value by its path, array elements as `[]`.
fn members(value: &serde_json::Value, path: &str, out: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                members(value, &format!("{path}.{key}"), out);
            }
        }
        serde_json::Value::Array(array) => {
            for value in array {
                members(value, &format!("{path}[]"), out);
            }
        }
        _ => {
            out.insert(path.trim_start_matches('.').into());
        }
    }
}

#[test]
fn the_json_has_exactly_these_members() {
    let made = Packed::made(300, 200, &options(Mode::Luma));
    let mut found = BTreeSet::new();
    members(&serde_json::to_value(made.compare(1000)).unwrap(), "", &mut found);
    let counts = [
        "tiles",
        "blank",
        "empty",
        "glass",
        "same_bytes",
        "same_coefficients",
        "verbatim",
        "pack",
        "pack_glass",
        "served",
        "served_glass",
        "scans",
    ];
    let mut expected = BTreeSet::from(["version".to_owned()]);
    let mut expect = |prefix: &str, names: &[&str]| {
        expected.extend(names.iter().map(|name| format!("{prefix}.{name}")));
    };
    expect(
        "pack",
        &["path", "bytes", "generation", "width", "height", "tile_size", "mode", "quality", "subsampling"],
    );
    expect("totals", &counts);
    expect("totals", &["plain", "ratio"]);
    expect("levels[]", &counts);
    expect("levels[]", &["z", "mode", "plain"]);
    expect("source", &["path", "format", "bytes", "tile_bytes", "match"]);
    expect("quality[]", &["z", "tiles", "identical"]);
    for side in ["served", "plain"] {
        for metric in ["psnr_y", "ssim", "ssimulacra2"] {
            expect(&format!("quality[].{side}.{metric}"), &["p1", "p5", "median"]);
        }
        expect(&format!("quality[].{side}.delta_e"), &["p99", "p95", "median"]);
        expect(&format!("quality[].worst[].{side}"), &["psnr_y", "ssim", "ssimulacra2", "delta_e"]);
    }
    expect("quality[].worst[]", &["z", "x", "y", "served_bytes", "plain_bytes"]);
    expected.insert("quality[].worst[].reasons[]".into());
    assert_eq!(found, expected);
}

#[test]
fn the_worst_tiles_are_the_worst() {
    let made = Packed::made(500, 300, &options(Mode::Luma));
    for level in made.quality(1000).unwrap() {
        assert!((3..=6).contains(&level.worst.len()), "level {}", level.z);
        let by = |reason: &str, value: fn(&Fidelity) -> f64| -> Vec<f64> {
            let tiles = level.worst.iter().filter(|tile| tile.reasons.contains(&reason));
            tiles.map(|tile| value(&tile.served)).collect()
        };
        let scores = by("SSIMULACRA 2", |tile| tile.ssimulacra2.unwrap());
        let colours = by("dE2000", |tile| tile.delta_e);
        assert_eq!((scores.len(), colours.len()), (3, 3));
        let worst_score = scores.iter().copied().fold(100.0, f64::min);
        let worst_colour = colours.iter().copied().fold(0.0, f64::max);
        assert!(worst_score <= level.served.ssimulacra2.unwrap().p1);
        assert!(worst_colour >= level.served.delta_e.p99);
    }
}
