//! Opens and reads one damaged slide.

use crate::ALLOCATOR;
use origami_ingest::source::{OpenOptions, Source, SourceError, SourceProblem, open};
use origami_ingest::{PackOptions, PackSlideError, pack};
use origami_pack::{Pack, verify};
use origami_pyramid::{Rect, Rgb, Size};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Slides up to this many pixels are read whole, and packed. A variant that claims more has
/// only its corners read.
const MAX_PIXELS: u64 = 4 << 20;
/// Side of the regions that are read.
const REGION: u32 = 1024;
/// Most bytes that may be allocated at the same time.
pub const MAX_MEMORY: usize = 256 << 20;
/// The longest time that a variant may take.
const MAX_TIME: Duration = Duration::from_secs(5);

/// How a variant was read, and whether it is packed as well.
#[derive(Clone, Copy)]
pub struct Reading {
    /// Whether tiles that do not decode are painted with the background.
    pub tolerant: bool,
    pub packed: bool,
}

/// What became of a variant.
pub struct Trial {
    pub opened: bool,
    /// Whether all that was read of it could be read.
    pub whole: bool,
    pub damaged: u64,
    pub untidy: u64,
    /// Number of remarks on what the file holds.
    pub remarks: usize,
    /// Most bytes that were allocated at the same time.
    pub memory: usize,
    pub time: Duration,
}

impl Trial {
    /// Whether nothing was wrong with the slide, so far as its user is told.
    pub fn is_silent(&self) -> bool {
        self.whole && self.damaged == 0 && self.untidy == 0 && self.remarks == 0
    }
}

/// Opens and reads the slide at `path`.
///
/// # Errors
/// What must not happen, for people.
pub fn run(path: &Path, reading: Reading) -> Result<Trial, String> {
    ALLOCATOR.reset_peak_usage();
    let (before, started) = (ALLOCATOR.current_usage(), Instant::now());
    let result = catch_unwind(AssertUnwindSafe(|| attempt(path, reading)));
    let time = started.elapsed();
    let memory = ALLOCATOR.peak_usage().saturating_sub(before);
    let trial = result.map_err(|_| "it panicked".to_owned())??;
    if memory > MAX_MEMORY {
        return Err(format!("it took {} MB", memory >> 20));
    }
    if time > MAX_TIME {
        return Err(format!("it took {time:.1?}"));
    }
    Ok(Trial { memory, time, ..trial })
}

/// The trial without its cost.
fn attempt(path: &Path, reading: Reading) -> Result<Trial, String> {
    let options = OpenOptions { tolerant: reading.tolerant, ..OpenOptions::default() };
    let mut trial = Trial {
        opened: false,
        whole: false,
        damaged: 0,
        untidy: 0,
        remarks: 0,
        memory: 0,
        time: Duration::ZERO,
    };
    let source = match open(path, &options) {
        Ok(source) => source,
        Err(error) => return expected(&error).map(|()| trial),
    };
    trial.opened = true;
    trial.whole = read(&*source)?;
    if reading.packed && source.info().size.area() <= MAX_PIXELS {
        make_pack(&*source, path)?;
    }
    trial.remarks = source.info().contents.notes.len();
    (trial.damaged, trial.untidy) = (source.damaged(), source.untidy());
    Ok(trial)
}

/// Fails if an error is a fault of this program.
fn expected(error: &SourceError) -> Result<(), String> {
    match &error.problem {
        SourceProblem::Decoder(message) => Err(format!("a decoder panicked: {message}")),
        _ if error.to_string().is_empty() => Err("an error without a text".into()),
        _ => Ok(()),
    }
}

/// Reads all regions of a slide, or those at its corners. Returns whether there was no error.
fn read(source: &dyn Source) -> Result<bool, String> {
    let mut out = Rgb::filled(1, 1, [0; 3]);
    for region in regions(source.info().size) {
        if let Err(error) = source.read(region, &mut out) {
            return expected(&error).map(|()| false);
        }
        let size = (out.width(), out.height());
        if size != (region.width as usize, region.height as usize) {
            return Err(format!("{size:?} px were read of {region:?}"));
        }
    }
    Ok(true)
}

/// The regions to read, each inside the slide.
fn regions(size: Size) -> Vec<Rect> {
    let all = size.area() <= MAX_PIXELS;
    let (columns, rows) = (starts(size.width, all), starts(size.height, all));
    let corners = rows.iter().flat_map(|&y| columns.iter().map(move |&x| (x, y)));
    corners
        .map(|(x, y)| Rect { x, y, width: REGION.min(size.width - x), height: REGION.min(size.height - y) })
        .collect()
}

/// Where regions begin along a side of the slide: all of them, or the first and the last.
fn starts(side: u32, all: bool) -> Vec<u32> {
    let last = (side - 1) / REGION;
    if all || last == 0 { (0..=last).map(|n| n * REGION).collect() } else { vec![0, last * REGION] }
}

/// Packs a slide. That it cannot be packed is no failure, but that nothing can open the pack
/// is one.
fn make_pack(source: &dyn Source, path: &Path) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let options =
        PackOptions { workers: NonZeroUsize::new(2).unwrap(), measure: false, ..PackOptions::default() };
    let file = path.is_file().then_some(path);
    match pack(source, file, &folder.path().join("made.origami"), &options, &|_| ()) {
        Ok(packed) => check_pack(&packed.path),
        Err(PackSlideError::Pack(error)) => Err(error.to_string()),
        Err(PackSlideError::Source(error)) => expected(&error),
        Err(PackSlideError::Panicked(message)) => Err(format!("packing panicked: {message}")),
        Err(error @ (PackSlideError::Inexact(_) | PackSlideError::ReadBack(_))) => Err(error.to_string()),
        Err(_) => Ok(()),
    }
}

/// Opens a pack, and checks everything in it but the pixels.
fn check_pack(path: &Path) -> Result<(), String> {
    let pack = Pack::open(path).map_err(|error| format!("its pack does not open: {error}"))?;
    match verify::verify(&pack, |_| ()).problems.first() {
        None => Ok(()),
        Some(problem) => Err(format!("its pack is wrong: {problem}")),
    }
}
