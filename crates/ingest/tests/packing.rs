//! Packs slides that are generated in memory: of odd shapes, failing, or interrupted.

mod common;

use common::{assert_sound, file_count, workers};
use origami_ingest::source::{Info, Source, SourceError, SourceProblem};
use origami_ingest::{PackEvent, PackOptions, PackSlideError, PackedSlide, pack};
use origami_pack::{Mode, QualityReport};
use origami_pyramid::{Point, Rect, Rgb, Size, Subsampling};
use origami_quality::work::WorkError;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// What happens when a pixel is read.
#[derive(Clone, Copy, PartialEq)]
enum Trap {
    None,
    Error(Point),
    Panic(Point),
}

/// A slide of noise over gradients.
struct GeneratedSlide {
    info: Info,
    trap: Trap,
    reads: AtomicU64,
}

impl GeneratedSlide {
    fn new(width: u32, height: u32) -> Self {
        let info = Info {
            format: "made up".into(),
            size: Size::new(width, height),
            mpp: None,
            objective: None,
            grid: None,
            background: [255; 3],
            contents: Default::default(),
        };
        Self { info, trap: Trap::None, reads: AtomicU64::new(0) }
    }

    fn with_trap(self, trap: Trap) -> Self {
        Self { trap, ..self }
    }
}

impl Source for GeneratedSlide {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        self.reads.fetch_add(1, Relaxed);
        match self.trap {
            Trap::Error(at) if contains(region, at) => {
                let reason = "made to fail".into();
                let problem = SourceProblem::Tile { x: at.x, y: at.y, offset: None, reason };
                return Err(SourceError::new("made", problem));
            }
            Trap::Panic(at) if contains(region, at) => panic!("made to panic"),
            _ => {}
        }
        out.resize(region.width as usize, region.height as usize);
        for y in 0..region.height {
            for (x, pixel) in (0..).zip(out.row_mut(y as usize).chunks_exact_mut(3)) {
                let (x, y) = (region.x + x, region.y + y);
                let noise = (x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b)) >> 27;
                let level = 100 + (x / 7 + y / 5) % 90 + noise;
                pixel.copy_from_slice(&[level as u8, (level / 2) as u8, (250 - level) as u8]);
            }
        }
        Ok(())
    }

    /// The number of reads so far, which shows when packing calls this.
    fn damaged(&self) -> u64 {
        self.reads.load(Relaxed)
    }
}

fn contains(region: Rect, at: Point) -> bool {
    (region.x..region.x + region.width).contains(&at.x)
        && (region.y..region.y + region.height).contains(&at.y)
}

/// The default options, with two workers.
fn options() -> PackOptions {
    PackOptions { workers: workers(2), ..PackOptions::default() }
}

/// Packs a slide without a file or progress.
fn pack_generated(
    source: &dyn Source,
    to: &Path,
    options: &PackOptions,
) -> Result<PackedSlide, PackSlideError> {
    pack(source, None, to, options, &|_| {})
}

#[test]
fn slides_of_every_shape_become_sound_packs_with_all_options() {
    let folder = tempfile::tempdir().unwrap();
    let sizes =
        [(1, 1), (2, 1), (2, 2), (3, 1), (1, 3), (5, 5), (1, 5000), (5000, 1), (257, 255), (1300, 1025)];
    for (width, height) in sizes {
        for (mode, subsampling, tile_size, count) in [
            (Mode::Exact, Subsampling::S420, 256, 1),
            (Mode::Exact, Subsampling::S422, 240, 2),
            (Mode::Exact, Subsampling::S444, 24, 2),
            (Mode::Exact, Subsampling::S420, 16, 2),
            (Mode::Exact, Subsampling::S420, 1024, 2),
            (Mode::Luma, Subsampling::S420, 256, 1),
            (Mode::Luma, Subsampling::S422, 240, 2),
            (Mode::Luma, Subsampling::S444, 24, 2),
            (Mode::Luma, Subsampling::S420, 1024, 2),
            (Mode::Stored, Subsampling::S420, 512, 3),
            (Mode::Stored, Subsampling::S444, 16, 1),
        ] {
            let what = format!("{width}x{height}, {mode:?}, {subsampling:?}, {tile_size} px");
            let workers = workers(count);
            let options = PackOptions { mode, subsampling, tile_size, workers, overwrite: true, ..options() };
            let path = folder.path().join("made.origami");
            let outcome = pack_generated(&GeneratedSlide::new(width, height), &path, &options)
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_sound(&path, &what);
            let worst = outcome.metadata.quality.iter().map(|level| level.psnr_y_p1).fold(99.0, f64::min);
            assert!(worst > 24.0, "{what}: {worst} dB");
        }
    }
}

#[test]
fn a_slide_that_fails_does_not_stop_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let interrupted = Arc::new(AtomicBool::new(false));
    let options = PackOptions { interrupted: Arc::clone(&interrupted), ..options() };
    let broken = GeneratedSlide::new(3000, 3000).with_trap(Trap::Error(Point::new(2900, 2900)));
    let failed = pack_generated(&broken, &folder.path().join("broken.origami"), &options);
    assert!(matches!(failed, Err(PackSlideError::Source(_))), "{failed:?}");
    assert!(!interrupted.load(Relaxed), "packing never sets the caller's flag");
    pack_generated(&GeneratedSlide::new(300, 300), &folder.path().join("whole.origami"), &options).unwrap();
    assert_eq!(file_count(folder.path()), 1);
}

#[test]
fn a_file_that_cannot_be_hashed_is_the_reported_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("vanished.svs");
    let to = folder.path().join("made.origami");
    let failed = pack(&GeneratedSlide::new(300, 300), Some(&missing), &to, &options(), &|_| {});
    assert!(
        matches!(&failed, Err(PackSlideError::Work(WorkError::File { path, .. })) if *path == missing),
        "{failed:?}"
    );
    assert_eq!(file_count(folder.path()), 0);
}

#[test]
fn a_panic_anywhere_in_a_slide_is_an_error_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    for (count, x) in [(1, 0), (1, 6000), (3, 0), (3, 6000)] {
        let options = PackOptions { workers: workers(count), ..options() };
        let source = GeneratedSlide::new(6001, 1100).with_trap(Trap::Panic(Point::new(x, 0)));
        let to = folder.path().join("made.origami");
        let failed = pack_generated(&source, &to, &options);
        assert!(
            matches!(&failed, Err(PackSlideError::Panicked(message)) if message == "made to panic"),
            "{count} workers, at {x}: {failed:?}"
        );
        assert_eq!(file_count(folder.path()), 0);
        // The next slide is packed in the same process.
        pack_generated(&GeneratedSlide::new(300, 300), &to, &options).unwrap();
        std::fs::remove_file(&to).unwrap();
    }
}

#[test]
fn packing_can_be_interrupted_in_every_phase_and_leaves_no_file() {
    type IsInPhase = fn(PackEvent) -> bool;
    let phases: [(Mode, IsInPhase); 8] = [
        (Mode::Exact, |event| matches!(event, PackEvent::Reading(_))),
        (Mode::Exact, |event| matches!(event, PackEvent::Read(_))),
        (Mode::Exact, |event| matches!(event, PackEvent::Training(_))),
        (Mode::Exact, |event| matches!(event, PackEvent::Trained)),
        (Mode::Exact, |event| matches!(event, PackEvent::Writing(_))),
        (Mode::Exact, |event| matches!(event, PackEvent::Written(_))),
        (Mode::Luma, |event| matches!(event, PackEvent::Measuring(_))),
        (Mode::Luma, |event| matches!(event, PackEvent::Measured)),
    ];
    for (mode, is_in_phase) in phases {
        let folder = tempfile::tempdir().unwrap();
        let options = PackOptions { mode, ..options() };
        let source = GeneratedSlide::new(2100, 2100);
        let result = pack(&source, None, &folder.path().join("made.origami"), &options, &|event| {
            if is_in_phase(event) {
                options.interrupted.store(true, Relaxed);
            }
        });
        assert!(options.interrupted.load(Relaxed), "the phase was reached");
        assert!(matches!(result, Err(PackSlideError::Work(WorkError::Interrupted))), "{result:?}");
        assert_eq!(file_count(folder.path()), 0);
    }
}

#[test]
fn a_source_file_that_changes_while_it_is_packed_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("slide.tif");
    std::fs::write(&file, "first").unwrap();
    let to = folder.path().join("made.origami");
    let failed = pack(&GeneratedSlide::new(300, 300), Some(&file), &to, &options(), &|event| {
        if matches!(event, PackEvent::Read(_)) {
            std::fs::write(&file, "and then more").unwrap();
        }
    });
    assert!(matches!(failed, Err(PackSlideError::Changed(_))), "{failed:?}");
    assert_eq!(file_count(folder.path()), 1);
}

#[test]
fn damaged_tiles_that_only_measuring_reads_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let source = GeneratedSlide::new(600, 600);
    let options = PackOptions { mode: Mode::Luma, ..options() };
    let outcome = pack_generated(&source, &folder.path().join("made.origami"), &options).unwrap();
    assert!(source.damaged() > 1, "measuring reads the slide again");
    assert_eq!(outcome.metadata.damaged_tiles, source.damaged());
}

/// The quality reports of the pack of a slide of 500 rows in tiles of 16 px.
fn reports(path: &Path, mode: Mode, width: u32, worker_count: usize) -> Vec<QualityReport> {
    let workers = workers(worker_count);
    let options = PackOptions { mode, tile_size: 16, overwrite: true, workers, ..options() };
    pack_generated(&GeneratedSlide::new(width, 500), path, &options).unwrap().metadata.quality
}

#[test]
fn at_most_500_tiles_of_a_level_are_measured_and_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.origami");
    for (mode, width) in [(Mode::Luma, 600), (Mode::Stored, 600), (Mode::Stored, 700), (Mode::Stored, 800)] {
        let quality = reports(&path, mode, width, 1);
        let max_tiles = quality.iter().map(|level| level.tiles).max().unwrap();
        assert!((430..=500).contains(&max_tiles), "{mode:?}, {width} px: {max_tiles}");
        assert_eq!(quality, reports(&path, mode, width, 3), "{mode:?}");
    }
}
