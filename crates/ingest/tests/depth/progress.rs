//! Progress, interruption and failure while a slide is read and written.

use crate::common::file_count;
use crate::{reencoding_options, slide, ycc};
use origami_ingest::source::{Info, OpenOptions, Source, SourceError, SourceProblem, open};
use origami_ingest::{PackEvent, PackOptions, PackSlideError, Predicted, pack};
use origami_pack::{Mode, Pack};
use origami_pyramid::{Rect, Rgb};
use origami_quality::work::WorkError;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn write_and_open(folder: &Path) -> Box<dyn Source> {
    let path = folder.join("made.tif");
    std::fs::write(&path, slide(&ycc()).bytes()).unwrap();
    open(&path, &OpenOptions::default()).unwrap()
}

/// Sums of what the events of packing announce and report as done.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    pixels: [u64; 2],
    models: [u64; 2],
    tiles: [u64; 2],
}

impl Counts {
    fn add(&mut self, event: PackEvent) {
        match event {
            PackEvent::Reading(pixels) => self.pixels[0] += pixels,
            PackEvent::Read(pixels) => self.pixels[1] += pixels,
            PackEvent::Training(models) => self.models[0] += models,
            PackEvent::Trained => self.models[1] += 1,
            PackEvent::Writing(tiles) => self.tiles[0] += tiles,
            PackEvent::Written(tiles) => self.tiles[1] += tiles,
            PackEvent::Measuring(_) | PackEvent::Measured => {}
        }
    }
}

#[test]
fn what_is_done_adds_up_to_what_was_announced() {
    let folder = tempfile::tempdir().unwrap();
    let source = write_and_open(folder.path());
    for (predicted, models) in [
        (Predicted::Levels(0), 0),
        (Predicted::Levels(1), 3),
        (Predicted::Levels(2), 4),
        (Predicted::Levels(3), 5),
        (Predicted::Auto, 5),
    ] {
        let counts = Mutex::new(Counts::default());
        let to = folder.path().join("made.origami");
        let options = PackOptions { predicted, ..reencoding_options(32) };
        pack(&*source, None, &to, &options, &|event| counts.lock().unwrap().add(event)).unwrap();
        let tiles = Pack::open(&to).unwrap().pyramid().tile_count();
        let expected = Counts { pixels: [331 * 267; 2], models: [models; 2], tiles: [tiles; 2] };
        assert_eq!(counts.into_inner().unwrap(), expected, "{predicted:?}");
    }
}

#[test]
fn packing_can_be_interrupted_while_it_reads_and_writes_and_leaves_no_file() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = write_and_open(from.path());
    // Nine families are read, and there are those of coarser levels when they are written.
    for last in [1, 9, 10, 14] {
        let options = PackOptions { predicted: Predicted::All, ..reencoding_options(32) };
        let seen = AtomicU64::new(0);
        let interrupted = pack(&*source, None, &to.path().join("made.origami"), &options, &|event| {
            if matches!(event, PackEvent::Read(_) | PackEvent::Written(_))
                && seen.fetch_add(1, Relaxed) + 1 == last
            {
                options.interrupted.store(true, Relaxed);
            }
        });
        let error = interrupted.unwrap_err();
        assert!(matches!(error, PackSlideError::Work(WorkError::Interrupted)), "{error:?}");
        assert_eq!((seen.into_inner(), file_count(to.path())), (last, 0));
    }
}

/// A slide that can only be read a number of times.
struct FailingSlide {
    slide: Box<dyn Source>,
    max_reads: u64,
    reads: AtomicU64,
}

impl Source for FailingSlide {
    fn info(&self) -> &Info {
        self.slide.info()
    }

    fn read(&self, region: Rect, out: &mut Rgb) -> Result<(), SourceError> {
        if self.reads.fetch_add(1, Relaxed) >= self.max_reads {
            let problem = SourceProblem::Tile { x: 0, y: 0, offset: None, reason: "made to fail".into() };
            return Err(SourceError::new("made", problem));
        }
        self.slide.read(region, out)
    }
}

#[test]
fn a_slide_that_cannot_be_read_to_its_end_is_an_error_and_leaves_no_file() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for mode in [Mode::Exact, Mode::Luma] {
        let options = PackOptions { mode, ..reencoding_options(32) };
        for max_reads in [0, 5, 8] {
            let slide = write_and_open(from.path());
            let source = FailingSlide { slide, max_reads, reads: AtomicU64::new(0) };
            let failed = pack(&source, None, &to.path().join("made.origami"), &options, &|_| {});
            assert!(matches!(failed, Err(PackSlideError::Source(_))), "{max_reads} reads: {failed:?}");
            assert_eq!(file_count(to.path()), 0);
        }
    }
}

#[test]
fn a_slide_is_read_only_once_however_many_levels_are_predicted() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for predicted in [Predicted::Levels(1), Predicted::All] {
        let source =
            FailingSlide { slide: write_and_open(from.path()), max_reads: 9, reads: AtomicU64::new(0) };
        let options = PackOptions { predicted, ..reencoding_options(32) };
        pack(&source, None, &to.path().join("made.origami"), &options, &|_| {}).unwrap();
        assert_eq!(source.reads.into_inner(), 9, "{predicted:?}");
    }
}
