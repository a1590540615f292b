//! A slide to a pack, from the first look at the options to the rename.

use crate::encode::PackPlan;
use crate::sink::PackSink;
use crate::source::Source;
use crate::{PackOptions, PackSlideError, coarse_to_fine, fine_to_coarse};
use origami_pack::{
    EncodingSettings, Metadata, Mode, Pack, PackError, PackProblem, PackWriter, QualityReport, SourceFile,
};
use origami_quality::work::{Stop, WorkError, threads};
use origami_quality::{SlideFile, measure};
use rayon::ThreadPool;
use std::path::{Path, PathBuf};
use std::thread;

/// What happens while a slide is packed, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackEvent {
    /// Models are trained on a sample of so many families.
    Training(u64),
    /// A family of the sample was read.
    Trained,
    /// Packing begins: pixels that will be read, which are those of full resolution,
    /// or twice those where the slide is read twice.
    Started(u64),
    /// A family was written, or read for the first of two times: its pixels at full
    /// resolution.
    Packed(u64),
    /// All is written, and the quality of so many tiles is measured next.
    Measuring(u64),
    /// A tile's quality was measured in the finished pack.
    Measured,
}

/// A slide that is being packed: what every part of the work looks at.
#[derive(Clone, Copy)]
pub(crate) struct PackRun<'a> {
    pub source: &'a dyn Source,
    pub options: &'a PackOptions,
    pub stop: &'a Stop<'a>,
    pub progress: &'a (dyn Fn(PackEvent) + Sync),
}

/// A published pack.
#[derive(Debug)]
pub struct PackedSlide {
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
    options: &PackOptions,
    progress: &(dyn Fn(PackEvent) + Sync),
) -> Result<PackedSlide, PackSlideError> {
    options.check()?;
    // The writer checks again, but only after a sample of the slide was read.
    if !options.overwrite && destination.exists() {
        return Err(PackError::of(destination)(PackProblem::Exists).into());
    }
    let slide = file.map(SlideFile::begin).transpose()?.flatten();
    let stop = &Stop::new(&options.interrupted);
    let run = PackRun { source, options, stop, progress };
    let threads = threads(options.workers)?;
    let plan = &threads.install(|| PackPlan::new(run))?;
    let mut sink = PackSink::new(PackWriter::create(destination, plan.spec(), options.overwrite)?);
    let readings = if plan.has_predicted_roots() { 2 } else { 1 };
    progress(PackEvent::Started(readings * plan.pyramid.size().area()));
    let slide = &slide;
    let (sha256, ()) = thread::scope(|scope| {
        let hash =
            move || slide.as_ref().map(|slide| slide.sha256(stop)).transpose().map_err(PackSlideError::from);
        let hash = thread::Builder::new()
            .name("origami-hash".into())
            .spawn_scoped(scope, move || stop.unless_failed(hash))
            .map_err(|error| WorkError::Threads { wanted: 1, error })?;
        let encoded = stop.unless_failed(|| {
            if plan.has_predicted_roots() {
                coarse_to_fine::encode(plan, &threads, &mut sink, destination)
            } else {
                fine_to_coarse::encode(plan, &threads, &mut sink)
            }
        });
        both(hash.join().expect("hashing does not panic"), encoded)
    })?;
    let mut metadata = describe(plan);
    metadata.source.name = file.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    metadata.source.bytes = slide.as_ref().map_or(0, |slide| slide.bytes);
    metadata.source.sha256 = sha256.unwrap_or_default();
    metadata.levels = sink.levels();
    metadata.quality = sink.stored_quality();
    let mut unpublished = sink.writer.finish(&metadata)?;
    if options.measure {
        let pack = unpublished.open()?;
        metadata.quality.extend(measured(&pack, run, &threads)?);
    }
    // Only now has all been read that will be.
    metadata.damaged_tiles = source.damaged();
    if let Some(slide) = slide
        && !slide.is_unchanged()?
    {
        return Err(PackSlideError::Changed(slide.path.to_owned()));
    }
    unpublished.set_metadata(&metadata)?;
    stop.check()?;
    let path = unpublished.publish()?;
    let bytes = path.metadata().map_or(0, |file| file.len());
    Ok(PackedSlide { path, bytes, metadata })
}

/// Of two parts that ran side by side, both results, or the error that made
/// the other give up.
fn both<A, B>(a: Result<A, PackSlideError>, b: Result<B, PackSlideError>) -> Result<(A, B), PackSlideError> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(PackSlideError::Work(WorkError::Interrupted)), Err(cause))
        | (Err(cause), _)
        | (Ok(_), Err(cause)) => Err(cause),
    }
}

/// Reports on the rebuilt levels of the finished pack.
fn measured(
    pack: &Pack,
    run: PackRun<'_>,
    threads: &ThreadPool,
) -> Result<Vec<QualityReport>, PackSlideError> {
    let PackRun { source, stop, progress, .. } = run;
    let samples = measure::samples(pack)?;
    progress(PackEvent::Measuring(samples.iter().map(|(_, ids)| ids.len() as u64).sum()));
    let each = || progress(PackEvent::Measured);
    Ok(measure::reports(pack, &source, &samples, threads, stop, &each)?)
}

/// What is known of the pack before its tiles.
fn describe(plan: &PackPlan<'_>) -> Metadata {
    let (info, options) = (plan.run.source.info(), plan.run.options);
    Metadata {
        software: concat!("origami ", env!("CARGO_PKG_VERSION")).into(),
        source: SourceFile { format: info.format.clone(), ..SourceFile::default() },
        mpp: info.mpp.map(|(x, y)| [x, y]),
        objective: info.objective,
        background: info.background,
        icc: "ignored".into(),
        settings: EncodingSettings {
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
