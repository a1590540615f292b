//! Packing slides that are made up on the spot: odd ones, failing ones, and
//! ones somebody stops.

use origami_ingest::source::{Info, Source, SourceError, SourceProblem};
use origami_ingest::{PackEvent, PackOptions, PackSlideError, PackedSlide, pack};
use origami_pack::{Mode, Pack, verify};
use origami_pyramid::{Rect, Rgb, Size, Subsampling};
use origami_quality::work::WorkError;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// What happens when the pixel at this place is read.
#[derive(Clone, Copy, PartialEq)]
enum Trap {
    None,
    Error(u32, u32),
    Panic(u32, u32),
}

/// A slide of noise over gradients.
struct Made {
    info: Info,
    trap: Trap,
    reads: AtomicU64,
}

impl Made {
    fn new(width: u32, height: u32) -> Self {
        let info = Info {
            format: "made up".into(),
            size: Size::new(width, height),
            mpp: None,
            objective: None,
            grid: None,
            background: [255; 3],
        };
        Self { info, trap: Trap::None, reads: AtomicU64::new(0) }
    }

    fn with(self, trap: Trap) -> Self {
        Self { trap, ..self }
    }
}

impl Source for Made {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        self.reads.fetch_add(1, Relaxed);
        let inside = |x: u32, y: u32| {
            (region.x..region.x + region.width).contains(&x)
                && (region.y..region.y + region.height).contains(&y)
        };
        match self.trap {
            Trap::Error(x, y) if inside(x, y) => {
                let reason = "made to fail".into();
                let problem = SourceProblem::Tile { x, y, offset: None, reason };
                return Err(SourceError { path: "made".into(), problem });
            }
            Trap::Panic(x, y) if inside(x, y) => panic!("made to panic"),
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

    /// As many as have been read: what a pack says shows when it asked.
    fn damaged(&self) -> u64 {
        self.reads.load(Relaxed)
    }
}

fn options() -> PackOptions {
    PackOptions { workers: NonZeroUsize::new(2).unwrap(), ..PackOptions::default() }
}

fn quietly(source: &dyn Source, to: &Path, options: &PackOptions) -> Result<PackedSlide, PackSlideError> {
    pack(source, None, to, options, &|_| {})
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// Fails unless the pack is whole and every tile of it decodes.
fn assert_sound(path: &Path, what: &str) {
    let pack = Pack::open(path).unwrap();
    let found = verify::verify(&pack, |_| ());
    assert!(found.problems.is_empty(), "{what}: {:?}", found.problems);
    let undecoded = origami_render::decode(&pack, |_| ());
    assert!(undecoded.is_empty(), "{what}: {undecoded:?}");
}

#[test]
fn slides_of_every_shape_become_sound_packs_with_all_options() {
    let folder = tempfile::tempdir().unwrap();
    let sizes =
        [(1, 1), (2, 1), (2, 2), (3, 1), (1, 3), (5, 5), (1, 5000), (5000, 1), (257, 255), (1300, 1025)];
    for (width, height) in sizes {
        for (mode, subsampling, tile_size, workers) in [
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
            let workers = NonZeroUsize::new(workers).unwrap();
            let options = PackOptions { mode, subsampling, tile_size, workers, overwrite: true, ..options() };
            let path = folder.path().join("made.origami");
            let outcome = quietly(&Made::new(width, height), &path, &options);
            let outcome = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
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
    let broken = Made::new(3000, 3000).with(Trap::Error(2900, 2900));
    let failed = quietly(&broken, &folder.path().join("broken.origami"), &options);
    assert!(matches!(failed, Err(PackSlideError::Source(_))), "{failed:?}");
    assert!(!interrupted.load(Relaxed), "the caller's flag is the caller's");
    quietly(&Made::new(300, 300), &folder.path().join("whole.origami"), &options).unwrap();
    assert_eq!(files(folder.path()), 1);
}

#[test]
fn a_file_that_cannot_be_hashed_is_the_error_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("vanished.svs");
    let to = folder.path().join("made.origami");
    let failed = pack(&Made::new(300, 300), Some(&missing), &to, &options(), &|_| {});
    assert!(
        matches!(&failed, Err(PackSlideError::Work(WorkError::File { path, .. })) if *path == missing),
        "{failed:?}"
    );
    assert_eq!(files(folder.path()), 0);
}

#[test]
fn a_panic_anywhere_in_a_slide_ends_the_run_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (workers, at) in [(1, 0), (1, 6000), (3, 0), (3, 6000)] {
        let options = PackOptions { workers: NonZeroUsize::new(workers).unwrap(), ..options() };
        let source = Made::new(6001, 1100).with(Trap::Panic(at, 0));
        let to = folder.path().join("made.origami");
        let run = || quietly(&source, &to, &options);
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"made to panic"), "{workers} workers, {at}");
        assert_eq!(files(folder.path()), 0);
    }
}

#[test]
fn stopping_is_heeded_in_every_phase_and_leaves_nothing() {
    for (mode, phase) in [
        (Mode::Exact, |event| matches!(event, PackEvent::Training { .. })),
        (Mode::Exact, |event| matches!(event, PackEvent::Trained)),
        (Mode::Exact, |event| matches!(event, PackEvent::Started { .. })),
        (Mode::Exact, |event| matches!(event, PackEvent::Packed { .. })),
        (Mode::Luma, |event| matches!(event, PackEvent::Measuring { .. })),
        (Mode::Luma, |event| matches!(event, PackEvent::Measured)),
    ] as [(Mode, fn(PackEvent) -> bool); 6]
    {
        let folder = tempfile::tempdir().unwrap();
        let options = PackOptions { mode, ..options() };
        let stop = |event: PackEvent| {
            if phase(event) {
                options.interrupted.store(true, Relaxed);
            }
        };
        let source = Made::new(2100, 2100);
        let stopped = pack(&source, None, &folder.path().join("made.origami"), &options, &stop);
        assert!(options.interrupted.load(Relaxed), "the phase came");
        assert!(matches!(stopped, Err(PackSlideError::Work(WorkError::Interrupted))), "{stopped:?}");
        assert_eq!(files(folder.path()), 0);
    }
}

#[test]
fn a_source_file_that_changes_meanwhile_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("slide.tif");
    std::fs::write(&file, "first").unwrap();
    let change = |event: PackEvent| {
        if matches!(event, PackEvent::Packed { .. }) {
            std::fs::write(&file, "and then more").unwrap();
        }
    };
    let to = folder.path().join("made.origami");
    let failed = pack(&Made::new(300, 300), Some(&file), &to, &options(), &change);
    assert!(matches!(failed, Err(PackSlideError::Changed(_))), "{failed:?}");
    assert_eq!(files(folder.path()), 1);
}

#[test]
fn damage_that_only_measuring_meets_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let source = Made::new(600, 600);
    let options = PackOptions { mode: Mode::Luma, ..options() };
    let outcome = quietly(&source, &folder.path().join("made.origami"), &options).unwrap();
    assert!(source.damaged() > 1, "measuring reads the slide again");
    assert_eq!(outcome.metadata.damaged_tiles, source.damaged());
}

#[test]
fn at_most_500_tiles_of_a_level_are_measured_and_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let run = |mode, width, workers| {
        let workers = NonZeroUsize::new(workers).unwrap();
        let options = PackOptions { mode, tile_size: 16, overwrite: true, workers, ..options() };
        let path = folder.path().join("made.origami");
        quietly(&Made::new(width, 500), &path, &options).unwrap().metadata.quality
    };
    for (mode, width) in [(Mode::Luma, 600), (Mode::Stored, 600), (Mode::Stored, 700), (Mode::Stored, 800)] {
        let quality = run(mode, width, 1);
        let most = quality.iter().map(|level| level.tiles).max().unwrap();
        assert!((430..=500).contains(&most), "{mode:?}, {width} px: {most}");
        assert_eq!(quality, run(mode, width, 3), "{mode:?}");
    }
}
