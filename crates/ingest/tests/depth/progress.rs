//! Progress, interruption and failure while a slide is read once or twice.

use crate::common::file_count;
use crate::{reencoding_options, slide, ycc};
use origami_ingest::source::{Info, OpenOptions, Source, SourceError, SourceProblem, open};
use origami_ingest::{PackEvent, PackOptions, PackSlideError, Predicted, pack};
use origami_pack::Mode;
use origami_pyramid::{Rect, Rgb};
use origami_quality::work::WorkError;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn write_and_open(folder: &Path) -> Box<dyn Source> {
    let path = folder.join("made.tif");
    std::fs::write(&path, slide(&ycc()).bytes()).unwrap();
    open(&path, &OpenOptions::default()).unwrap()
}

/// Sums of the pixels in the events of packing.
#[derive(Default)]
struct PixelCounts {
    announced: AtomicU64,
    packed: AtomicU64,
}

impl PixelCounts {
    fn add(&self, event: PackEvent) {
        match event {
            PackEvent::Started(pixels) => self.announced.fetch_add(pixels, Relaxed),
            PackEvent::Packed(pixels) => self.packed.fetch_add(pixels, Relaxed),
            _ => 0,
        };
    }
}

#[test]
fn progress_adds_up_to_the_announced_total() {
    let folder = tempfile::tempdir().unwrap();
    let source = write_and_open(folder.path());
    for (predicted, readings) in [(Predicted::Levels(2), 1), (Predicted::Levels(3), 2), (Predicted::All, 2)] {
        let counts = PixelCounts::default();
        let to = folder.path().join("made.origami");
        let options = PackOptions { predicted, ..reencoding_options(32) };
        pack(&*source, None, &to, &options, &|event| counts.add(event)).unwrap();
        let expected = readings * 331 * 267;
        assert_eq!(counts.announced.into_inner(), expected, "{predicted:?}");
        assert_eq!(counts.packed.into_inner(), expected, "{predicted:?}");
    }
}

#[test]
fn packing_can_be_interrupted_in_both_readings_and_leaves_no_file() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = write_and_open(from.path());
    // Each reading is of nine families.
    for last in [1, 9, 10, 14] {
        let options = PackOptions { predicted: Predicted::All, ..reencoding_options(32) };
        let seen = AtomicU64::new(0);
        let interrupted = pack(&*source, None, &to.path().join("made.origami"), &options, &|event| {
            if matches!(event, PackEvent::Packed(_)) && seen.fetch_add(1, Relaxed) + 1 == last {
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
fn a_slide_that_cannot_be_read_again_is_an_error_and_leaves_no_file() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = PackOptions { mode: Mode::Luma, predicted: Predicted::Levels(3), ..reencoding_options(32) };
    for max_reads in [5, 9, 12] {
        let slide = write_and_open(from.path());
        let source = FailingSlide { slide, max_reads, reads: AtomicU64::new(0) };
        let failed = pack(&source, None, &to.path().join("made.origami"), &options, &|_| {});
        assert!(matches!(failed, Err(PackSlideError::Source(_))), "{max_reads} reads: {failed:?}");
        assert_eq!(file_count(to.path()), 0);
    }
}
