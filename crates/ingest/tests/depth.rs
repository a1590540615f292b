//! Packs with any number of predicted levels.

mod common;

use common::{
    Coding, Packed, Tiff, assert_same_blocks, coefficients, keeping, levels, options, packed, pixels, served,
    window,
};
use origami_codec::Decoder;
use origami_ingest::source::{Info, OpenOptions, Source, SourceError, SourceProblem, open};
use origami_ingest::{KeepSource, PackEvent, PackOptions, PackSlideError, Predicted, pack};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Plane, Rect, Rgb, Subsampling, TileId, colour};
use origami_quality::compare;
use origami_quality::work::WorkError;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use turbojpeg::Subsamp;

/// Of slides with more levels than that.
const DEPTHS: [Predicted; 6] = [
    Predicted::Levels(0),
    Predicted::Levels(1),
    Predicted::Levels(2),
    Predicted::Levels(3),
    Predicted::Levels(5),
    Predicted::All,
];

/// PackOptions for tiles that are encoded here.
fn again(tile_size: u32) -> PackOptions {
    PackOptions { keep_source: KeepSource::Never, tile_size, ..options() }
}

/// Ten levels, the roots of 3x3 families on the eighth.
fn slide(coding: &Coding) -> Tiff {
    Tiff::new(331, 267, 32, coding)
}

fn ycc() -> Coding {
    Coding::new(Subsamp::Sub2x2)
}

/// Every tile's id and the JPEG that is served for it.
fn tiles(pack: &Pack) -> Vec<(TileId, Vec<u8>)> {
    let pyramid = pack.pyramid();
    let ids = (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z));
    ids.map(|id| (id, served(pack, id))).collect()
}

/// Fails unless so many of the finest levels are predicted, each from the next.
fn assert_predicted(pack: &Pack, predicted: Predicted, what: &str) {
    let max = pack.pyramid().max_level();
    let wanted = match predicted {
        Predicted::Levels(levels) => levels,
        Predicted::All => max,
    };
    for (z, level) in (0..).zip(pack.levels()) {
        let parent = if z + wanted > max { Some(z - 1) } else { None };
        assert_eq!(level.parent, parent, "level {z} of {what}");
    }
    let luma = wanted > 0 && pack.mode() == Mode::Luma;
    assert_eq!(pack.chroma_level(), luma.then(|| max - wanted), "{what}");
}

#[test]
fn exact_tiles_are_the_stored_ones_however_many_levels_are_predicted() {
    let narrow = Tiff::new(45, 700, 64, &ycc());
    for (slide, base) in [
        (slide(&ycc()), again(32)),
        (narrow, again(16)),
        (slide(&ycc()), keeping()),
        (slide(&Coding::rgb()), keeping()),
    ] {
        let stored = packed(&slide, &PackOptions { mode: Mode::Stored, ..base.clone() }).unwrap();
        let expected = tiles(&stored.pack);
        for predicted in DEPTHS {
            let what = format!("{}x{} px, {:?}, {predicted:?}", slide.width, slide.height, base.keep_source);
            let exact = packed(&slide, &PackOptions { predicted, ..base.clone() }).unwrap();
            assert_predicted(&exact.pack, predicted, &what);
            for (id, jpeg) in &expected {
                assert!(served(&exact.pack, *id) == *jpeg, "{id} of {what}");
            }
        }
    }
}

/// PSNR of full resolution's luma against the slide's, in dB.
fn psnr(packed: &Packed) -> f64 {
    let pyramid = packed.pack.pyramid();
    let levels = levels(&*packed.source, pyramid);
    let mut decoder = Decoder::new().unwrap();
    let (mut squares, mut samples) = (0, 0);
    for id in pyramid.tiles(pyramid.max_level()) {
        let pixels = window(&levels, pyramid, id);
        let mut found = Plane::zeros(pixels.width(), pixels.height());
        let mut expected = Plane::zeros(pixels.width(), pixels.height());
        decoder.decode_luma(&served(&packed.pack, id), &mut found).unwrap();
        colour::luma(&pixels, 0, 0, &mut expected);
        let pairs = found.data().iter().zip(expected.data());
        squares += pairs.map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2)).sum::<u64>();
        samples += found.data().len();
    }
    10.0 * (255.0 * 255.0 * samples as f64 / squares as f64).log10()
}

#[test]
fn luma_loses_nothing_with_depth() {
    for subsampling in [Subsampling::S420, Subsampling::S444] {
        let base = PackOptions { mode: Mode::Luma, subsampling, ..again(32) };
        let slide = slide(&Coding { quality: 97, ..Coding::new(Subsamp::None) });
        let usual = psnr(&packed(&slide, &base).unwrap());
        for predicted in DEPTHS {
            let what = format!("{subsampling:?}, {predicted:?}");
            let luma = packed(&slide, &PackOptions { predicted, ..base.clone() }).unwrap();
            assert_predicted(&luma.pack, predicted, &what);
            let found = psnr(&luma);
            assert!(found > usual - 0.5, "{what}: {found:.2} dB for {usual:.2}");
        }
    }
}

#[test]
fn mode_stored_predicts_nothing_whatever_is_asked_for() {
    let base = PackOptions { mode: Mode::Stored, ..again(32) };
    let bytes = |predicted| {
        let stored = packed(&slide(&ycc()), &PackOptions { predicted, ..base.clone() }).unwrap();
        assert_predicted(&stored.pack, Predicted::Levels(0), "a stored pack");
        std::fs::read(stored.pack.path()).unwrap()
    };
    assert!(bytes(Predicted::Levels(2)) == bytes(Predicted::All));
}

#[test]
fn deep_packs_are_the_same_on_every_run_with_any_number_of_workers() {
    for (mode, predicted, measure) in [
        (Mode::Exact, Predicted::Levels(3), true),
        (Mode::Exact, Predicted::All, false),
        (Mode::Luma, Predicted::Levels(1), false),
        (Mode::Luma, Predicted::Levels(4), true),
        (Mode::Luma, Predicted::All, true),
    ] {
        let bytes = |workers| {
            let workers = NonZeroUsize::new(workers).unwrap();
            let options = PackOptions { mode, predicted, measure, workers, ..again(32) };
            let packed = packed(&slide(&ycc()), &options).unwrap();
            std::fs::read(packed.pack.path()).unwrap()
        };
        let first = bytes(1);
        assert!(first == bytes(1), "{mode:?}, {predicted:?} repeated");
        assert!(first == bytes(3), "{mode:?}, {predicted:?} with three workers");
    }
}

#[test]
fn however_deep_a_luma_pack_is_no_more_than_its_finest_three_levels_are_measured() {
    for (predicted, levels) in [
        (Predicted::Levels(1), 1),
        (Predicted::Levels(2), 2),
        (Predicted::Levels(3), 3),
        (Predicted::Levels(5), 3),
        (Predicted::All, 3),
    ] {
        let options = PackOptions { mode: Mode::Luma, predicted, measure: true, ..again(32) };
        let packed = packed(&slide(&ycc()), &options).unwrap();
        let max = packed.pack.pyramid().max_level();
        let is_luma = |z: &u32| packed.pack.levels()[*z as usize].mode == Mode::Luma;
        let reports = packed.outcome.metadata.quality.iter().map(|report| report.z);
        let samples = compare::sampled(&packed.pack, 10).unwrap().into_iter().map(|(z, _)| z);
        let measured = [reports.filter(is_luma).collect::<Vec<_>>(), samples.filter(is_luma).collect()];
        let expected: Vec<u32> = (max + 1 - levels..=max).collect();
        assert_eq!(measured, [expected.clone(), expected], "{predicted:?}");
    }
}

#[test]
fn families_lie_together_in_the_file_and_in_order_at_every_depth() {
    for predicted in DEPTHS {
        let packed = packed(&slide(&ycc()), &PackOptions { predicted, ..again(32) }).unwrap();
        let pyramid = packed.pack.pyramid();
        let mut end = 0;
        for family in pyramid.families(pyramid.max_level()) {
            let range = packed.pack.family_range(family).unwrap();
            let range = range.unwrap_or_else(|| panic!("{family:?} is scattered, {predicted:?}"));
            assert!(range.start >= end, "{family:?} comes too early, {predicted:?}");
            end = range.end;
        }
    }
}

/// A slide of one row of tiles of 16 px with structure in every pixel.
fn tiny(width: u32, height: u32) -> Tiff {
    let tile = |x| ycc().encode(&pixels(100 + 16 * x, 100, 16, 16));
    let tiles = (0..width.div_ceil(16)).map(tile).collect();
    Tiff { tiles, ..Tiff::new(width, height, 16, &ycc()) }
}

#[test]
fn the_smallest_slides_can_have_all_levels_predicted() {
    for (width, height) in [(1, 1), (2, 1), (3, 3), (17, 1)] {
        let what = format!("{width}x{height} px");
        let slide = tiny(width, height);
        for base in [again(16), keeping()] {
            let stored = packed(&slide, &PackOptions { mode: Mode::Stored, ..base.clone() }).unwrap();
            for predicted in [Predicted::Levels(1), Predicted::All] {
                let exact = packed(&slide, &PackOptions { predicted, ..base.clone() }).unwrap();
                let one = if width == 1 { Predicted::All } else { predicted };
                assert_predicted(&exact.pack, one, &what);
                for (id, jpeg) in tiles(&stored.pack) {
                    assert!(served(&exact.pack, id) == jpeg, "{id} of {what}");
                }
            }
        }
        let luma = PackOptions { mode: Mode::Luma, predicted: Predicted::All, ..again(16) };
        assert_predicted(&packed(&slide, &luma).unwrap().pack, Predicted::All, &what);
    }
}

#[test]
fn a_slide_of_one_or_two_pixels_keeps_its_tile() {
    for (width, height) in [(1, 1), (2, 1), (2, 2)] {
        for mode in [Mode::Stored, Mode::Exact] {
            let slide = tiny(width, height);
            let packed = packed(&slide, &PackOptions { mode, ..keeping() }).unwrap();
            let id = TileId { z: packed.pack.pyramid().max_level(), x: 0, y: 0 };
            let found = coefficients(&served(&packed.pack, id), &ycc(), width as usize, height as usize);
            let expected = coefficients(&slide.tiles[0], &ycc(), 16, 16);
            assert_same_blocks(&found, &expected, &format!("{width}x{height} px, {mode:?}"));
        }
    }
}

#[test]
fn a_small_exact_pack_names_a_built_in_model_and_holds_none() {
    let slide = Tiff::new(96, 96, 32, &ycc());
    let bytes = |mode| packed(&slide, &PackOptions { mode, ..again(16) }).unwrap().outcome.bytes;
    let (exact, stored) = (bytes(Mode::Exact), bytes(Mode::Stored));
    assert!(exact < stored + 1000, "{exact} bytes, and {stored} stored");
}

fn opened(folder: &Path) -> Box<dyn Source> {
    let path = folder.join("made.tif");
    std::fs::write(&path, slide(&ycc()).bytes()).unwrap();
    open(&path, &OpenOptions::default()).unwrap()
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn progress_adds_up_to_what_was_announced() {
    let folder = tempfile::tempdir().unwrap();
    let source = opened(folder.path());
    for (predicted, readings) in [(Predicted::Levels(2), 1), (Predicted::Levels(3), 2), (Predicted::All, 2)] {
        let (announced, done) = (AtomicU64::new(0), AtomicU64::new(0));
        let progress = |event: PackEvent| match event {
            PackEvent::Started(pixels) => {
                announced.fetch_add(pixels, Relaxed);
            }
            PackEvent::Packed(pixels) => {
                done.fetch_add(pixels, Relaxed);
            }
            _ => {}
        };
        let to = folder.path().join("made.origami");
        pack(&*source, None, &to, &PackOptions { predicted, ..again(32) }, &progress).unwrap();
        let expected = readings * 331 * 267;
        assert_eq!((announced.into_inner(), done.into_inner()), (expected, expected), "{predicted:?}");
    }
}

#[test]
fn stopping_is_heeded_in_both_readings_and_leaves_nothing() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = opened(from.path());
    // Each reading is of nine families.
    for last in [1, 9, 10, 14] {
        let options = PackOptions { predicted: Predicted::All, ..again(32) };
        let seen = AtomicU64::new(0);
        let stop = |event: PackEvent| {
            if matches!(event, PackEvent::Packed(_)) && seen.fetch_add(1, Relaxed) + 1 == last {
                options.interrupted.store(true, Relaxed);
            }
        };
        let stopped = pack(&*source, None, &to.path().join("made.origami"), &options, &stop);
        assert!(matches!(stopped, Err(PackSlideError::Work(WorkError::Interrupted))), "{stopped:?}");
        assert_eq!((seen.into_inner(), files(to.path())), (last, 0));
    }
}

/// A slide that can only be read so many times.
struct Tiring {
    slide: Box<dyn Source>,
    most: u64,
    reads: AtomicU64,
}

impl Source for Tiring {
    fn info(&self) -> &Info {
        self.slide.info()
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        if self.reads.fetch_add(1, Relaxed) >= self.most {
            let problem = SourceProblem::Tile { x: 0, y: 0, offset: None, reason: "made to fail".into() };
            return Err(SourceError { path: "made".into(), problem });
        }
        self.slide.read(region, out)
    }
}

#[test]
fn a_slide_that_cannot_be_read_again_is_an_error_and_leaves_nothing() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = PackOptions { mode: Mode::Luma, predicted: Predicted::Levels(3), ..again(32) };
    for most in [5, 9, 12] {
        let source = Tiring { slide: opened(from.path()), most, reads: AtomicU64::new(0) };
        let failed = pack(&source, None, &to.path().join("made.origami"), &options, &|_| {});
        assert!(matches!(failed, Err(PackSlideError::Source(_))), "{most} reads: {failed:?}");
        assert_eq!(files(to.path()), 0);
    }
}
