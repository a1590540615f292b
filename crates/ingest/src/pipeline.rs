//! A slide to a pack, from the first look at the options to the rename.

use crate::encode::Plan;
use crate::sink::Sink;
use crate::source::Source;
use crate::{Options, PackSlideError, families};
use origami_pack::{Metadata, Mode, Pack, PackError, PackWriter, QualityReport, Settings, SourceFile};
use origami_quality::work::{Stop, threads};
use origami_quality::{PlainJpeg, SlideFile, measure};
use rayon::ThreadPool;
use std::path::{Path, PathBuf};
use std::thread;

/// What happens while a slide is packed, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Models are trained on a sample of so many families.
    Training {
        /// Families to look at.
        families: u64,
    },
    /// A family of the sample was read.
    Trained,
    /// Packing begins: pixels of the slide.
    Started {
        /// Pixels at full resolution.
        pixels: u64,
    },
    /// A family was written: its pixels at full resolution.
    Packed {
        /// Pixels done since the last such event.
        pixels: u64,
    },
    /// All is written, and the quality of so many tiles is measured next.
    Measuring {
        /// Tiles to measure.
        tiles: u64,
    },
    /// A tile's quality was measured in the finished pack.
    Measured,
}

/// A published pack.
#[derive(Debug)]
pub struct Outcome {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// What it says of itself, the report included.
    pub metadata: Metadata,
}

/// Packs `source`, which was read from `file` (if from one), as `destination`.
/// `progress` is called from several threads.
///
/// # Errors
/// If the slide cannot be read, the pack cannot be written, or somebody asked
/// to stop. No file is then left behind.
pub fn pack(
    source: &dyn Source,
    file: Option<&Path>,
    destination: &Path,
    options: &Options,
    progress: &(dyn Fn(Event) + Sync),
) -> Result<Outcome, PackSlideError> {
    options.check()?;
    // The writer checks again, but only after a sample of the slide was read.
    if !options.overwrite && destination.exists() {
        return Err(PackError::Exists { path: destination.to_owned() }.into());
    }
    let slide = file.map(SlideFile::begin).transpose()?.flatten();
    let stop = &Stop::new(&options.interrupted);
    let threads = threads(options.workers)?;
    let plan = &threads.install(|| Plan::new(source, options, stop, progress))?;
    let writer = PackWriter::create(destination, plan.spec(), options.overwrite)?;
    let mut sink = Sink::new(writer);
    let (width, height) = plan.pyramid.size();
    progress(Event::Started { pixels: u64::from(width) * u64::from(height) });
    let slide = &slide;
    let (sha256, ()) = thread::scope(|scope| {
        let hash =
            move || slide.as_ref().map(|slide| slide.sha256(stop)).transpose().map_err(PackSlideError::from);
        let hash = thread::Builder::new()
            .name("origami-hash".into())
            .spawn_scoped(scope, move || stop.unless_failed(hash))
            .map_err(|error| PackSlideError::Threads { wanted: 1, error })?;
        let encoded =
            stop.unless_failed(|| families::encode(source, plan, options, stop, &mut sink, progress));
        both(hash.join().expect("hashing does not panic"), encoded)
    })?;
    let mut metadata = describe(source, options, plan);
    metadata.source.name = file.map(name).unwrap_or_default();
    metadata.source.bytes = slide.as_ref().map_or(0, SlideFile::bytes);
    metadata.source.sha256 = sha256.unwrap_or_default();
    metadata.levels = sink.levels();
    metadata.quality = sink.stored_quality();
    let mut unpublished = sink.writer.finish(&metadata)?;
    if options.measure {
        let pack = unpublished.open()?;
        metadata.quality.extend(measured(&pack, source, options, &threads, stop, progress)?);
    }
    // Only now has all been read that will be.
    metadata.damaged_tiles = source.damaged();
    if let Some(slide) = slide
        && !slide.is_unchanged()?
    {
        return Err(PackSlideError::Changed { path: slide.path().to_owned() });
    }
    unpublished.set_metadata(&metadata)?;
    stop.check()?;
    let path = unpublished.publish()?;
    let bytes = path.metadata().map_or(0, |file| file.len());
    Ok(Outcome { path, bytes, metadata })
}

/// Of two parts that ran side by side, both results, or the error that made
/// the other give up.
fn both<A, B>(a: Result<A, PackSlideError>, b: Result<B, PackSlideError>) -> Result<(A, B), PackSlideError> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(PackSlideError::Interrupted), Err(cause)) | (Err(cause), _) | (Ok(_), Err(cause)) => Err(cause),
    }
}

/// Reports on the rebuilt levels of the finished pack.
fn measured(
    pack: &Pack,
    source: &dyn Source,
    options: &Options,
    threads: &ThreadPool,
    stop: &Stop<'_>,
    progress: &(dyn Fn(Event) + Sync),
) -> Result<Vec<QualityReport>, PackSlideError> {
    let samples = measure::samples(pack)?;
    progress(Event::Measuring { tiles: samples.iter().map(|(_, ids)| ids.len() as u64).sum() });
    let plain = PlainJpeg {
        quality: options.quality,
        subsampling: options.subsampling,
        tile_size: pack.pyramid().tile_size(),
    };
    let each = || progress(Event::Measured);
    Ok(measure::reports(pack, source, &samples, plain, threads, stop, &each)?)
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What is known of the pack before its tiles.
fn describe(source: &dyn Source, options: &Options, plan: &Plan<'_>) -> Metadata {
    let info = source.info();
    Metadata {
        software: concat!("origami ", env!("CARGO_PKG_VERSION")).into(),
        source: SourceFile { format: info.format.clone(), ..SourceFile::default() },
        mpp: info.mpp.map(|(x, y)| [x, y]),
        objective: info.objective,
        background: info.background,
        icc: "ignored".into(),
        settings: Settings {
            mode: options.mode.name().into(),
            quality: plan.quality,
            kept_source: plan.kept_source,
            encoded_again: plan.encoded_again.clone(),
            residual_quality: if options.mode == Mode::Luma { options.residual_quality } else { 0 },
            subsampling: plan.subsampling.name().into(),
        },
        ..Metadata::default()
    }
}
