//! Packs a slide, from the check of the options to the published file.

use crate::encode::PackPlan;
use crate::panic::caught;
use crate::source::{Associated, Source};
use crate::spool::Spool;
use crate::statistics::Statistics;
use crate::{AssociatedImages, PackOptions, PackSlideError, SourceName, reading, writing};
use origami_pack::{
    EncodingSettings, Metadata, Pack, PackError, PackProblem, PackWriter, QualityReport, SourceFile,
    Unpublished,
};
use origami_quality::work::{Stop, WorkError, threads};
use origami_quality::{SlideFile, measure};
use rayon::ThreadPool;
use std::path::{Path, PathBuf};
use std::thread;

/// An event while a slide is packed, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackEvent {
    /// Reading begins, of this many pixels of full resolution.
    Reading(u64),
    /// A family with this many of these pixels was read.
    Read(u64),
    /// This many models will be trained, unless it turns out that some are of no use.
    /// Nothing is trained where no coefficients are coded.
    Training(u64),
    /// A model was trained, or is of no use.
    Trained,
    /// All is known, and this many tiles will be written.
    Writing(u64),
    /// This many tiles were written.
    Written(u64),
    /// All tiles are written, and the quality of this many is measured next.
    Measuring(u64),
    /// The quality of a tile of the finished pack was measured.
    Measured,
}

/// What all steps of packing one slide share.
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
    /// Path of the pack.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its metadata, with the reports on its levels.
    pub metadata: Metadata,
    /// What it has besides the pyramid: the names of images, and `description`. Empty
    /// unless that was [kept](AssociatedImages::Keep).
    pub associated: Vec<String>,
}

/// Packs `source`, which was opened from `file` (`None` for a generated slide), as
/// `destination`. `progress` is called from several threads.
///
/// # Errors
/// If the slide cannot be read, the pack cannot be written, packing is interrupted, or
/// a part of this program panics, a decoder for example. No file is then left behind.
pub fn pack(
    source: &dyn Source,
    file: Option<&Path>,
    destination: &Path,
    options: &PackOptions,
    progress: &(dyn Fn(PackEvent) + Sync),
) -> Result<PackedSlide, PackSlideError> {
    caught(|| pack_or_panic(source, file, destination, options, progress))
        .unwrap_or_else(|message| Err(PackSlideError::Panicked(message)))
}

/// Does what [`pack`] does, and lets panics pass.
fn pack_or_panic(
    source: &dyn Source,
    file: Option<&Path>,
    destination: &Path,
    options: &PackOptions,
    progress: &(dyn Fn(PackEvent) + Sync),
) -> Result<PackedSlide, PackSlideError> {
    options.check()?;
    // The writer checks this again, but only after the slide was read.
    if !options.overwrite && destination.exists() {
        return Err(PackError::new(destination, PackProblem::Exists).into());
    }
    let slide_file = file.map(SlideFile::begin).transpose()?.flatten();
    let stop = &Stop::new(&options.interrupted);
    let run = PackRun { source, options, stop, progress };
    let workers = threads(options.workers)?;
    let plan = PackPlan::new(run)?;
    let (written, sha256) = hash_and_encode(&plan, &workers, destination, slide_file.as_ref())?;

    let mut metadata = describe(run, file, slide_file.as_ref(), sha256);
    let mut unpublished = finish(written, &mut metadata, run, &workers)?;
    let associated = keep_associated(run, &mut unpublished)?;
    // Counted only now, since measuring reads parts of the slide again.
    metadata.damaged_tiles = source.damaged();
    metadata.untidy_tiles = source.untidy();
    if let Some(slide) = slide_file
        && !slide.is_unchanged()?
    {
        return Err(PackSlideError::Changed(slide.path.to_owned()));
    }
    unpublished.set_metadata(&metadata)?;
    stop.check()?;
    let path = unpublished.publish()?;
    let bytes = path.metadata().map_or(0, |file| file.len());
    Ok(PackedSlide { path, bytes, metadata, associated })
}

/// All tiles of a pack, and what is reported of them.
struct WrittenTiles {
    writer: PackWriter,
    statistics: Statistics,
    settings: EncodingSettings,
}

/// Writes all tiles while a thread of its own hashes the slide's file. Returns the file's
/// SHA-256 too, or `None` if there is no file.
fn hash_and_encode(
    plan: &PackPlan<'_>,
    workers: &ThreadPool,
    destination: &Path,
    slide_file: Option<&SlideFile<'_>>,
) -> Result<(WrittenTiles, Option<String>), PackSlideError> {
    let stop = plan.run.stop;
    thread::scope(|scope| {
        let hashing = thread::Builder::new()
            .name("origami-hash".into())
            .spawn_scoped(scope, move || {
                stop.unless_failed(|| slide_file.map(|slide| slide.sha256(stop)).transpose())
            })
            .map_err(|error| WorkError::Threads { wanted: 1, error })?;
        // A panic has to stop the hashing as well.
        let encoded = stop.unless_failed(|| {
            caught(|| encode(plan, workers, destination))
                .unwrap_or_else(|message| Err(PackSlideError::Panicked(message)))
        });
        let hashed = hashing.join().expect("hashing does not panic");
        match (hashed, encoded) {
            (Ok(sha256), Ok(written)) => Ok((written, sha256)),
            // The failure of either interrupts the other, so the cause comes first.
            (Ok(_) | Err(WorkError::Interrupted), Err(cause)) => Err(cause),
            (Err(cause), _) => Err(cause.into()),
        }
    })
}

/// Reads the slide, decides how its tiles are predicted, and writes them.
fn encode(
    plan: &PackPlan<'_>,
    workers: &ThreadPool,
    destination: &Path,
) -> Result<WrittenTiles, PackSlideError> {
    let mut spool = Spool::new(destination, plan.pyramid)?;
    let statistics = reading::read(plan, workers, &mut spool)?;
    let prediction = workers.install(|| plan.predict(&spool))?;
    let mut writer = PackWriter::create(destination, plan.spec(&prediction), plan.run.options.overwrite)?;
    writing::write(plan, &prediction, &spool, workers, &mut writer)?;
    Ok(WrittenTiles { writer, statistics, settings: plan.settings(&prediction) })
}

/// Completes the pack under its temporary name and adds the reports on its levels
/// to `metadata`.
fn finish(
    written: WrittenTiles,
    metadata: &mut Metadata,
    run: PackRun<'_>,
    workers: &ThreadPool,
) -> Result<Unpublished, PackSlideError> {
    let WrittenTiles { writer, mut statistics, settings } = written;
    metadata.settings = settings;
    metadata.levels = statistics.levels(writer.reports());
    metadata.quality = statistics.quality();
    let unpublished = writer.finish(metadata)?;
    if run.options.measure {
        metadata.quality.extend(measure_quality(&unpublished.open()?, run, workers)?);
    }
    Ok(unpublished)
}

/// Adds what belongs to the slide besides its pyramid, if that is to be kept. Returns
/// what it was.
fn keep_associated(run: PackRun<'_>, unpublished: &mut Unpublished) -> Result<Vec<String>, PackSlideError> {
    if run.options.associated == AssociatedImages::Drop {
        return Ok(Vec::new());
    }
    let Associated { images, description } = run.source.associated()?;
    let mut kept = Vec::new();
    for image in images {
        unpublished.add_associated(&image.name, &image.jpeg)?;
        kept.push(image.name);
    }
    if let Some(description) = description {
        unpublished.add_description(&description)?;
        kept.push("description".into());
    }
    Ok(kept)
}

/// Measures the quality of the rebuilt levels of the finished pack.
fn measure_quality(
    pack: &Pack,
    run: PackRun<'_>,
    workers: &ThreadPool,
) -> Result<Vec<QualityReport>, PackSlideError> {
    let PackRun { source, stop, progress, .. } = run;
    let samples = measure::samples(pack)?;
    progress(PackEvent::Measuring(samples.iter().map(|sample| sample.ids.len() as u64).sum()));
    Ok(measure::reports(pack, &source, &samples, workers, stop, &|| progress(PackEvent::Measured))?)
}

/// The metadata that are known before the pack is reported on.
fn describe(
    run: PackRun<'_>,
    file: Option<&Path>,
    slide_file: Option<&SlideFile<'_>>,
    sha256: Option<String>,
) -> Metadata {
    let info = run.source.info();
    let mut contents = info.contents.clone();
    let mut named = file;
    if run.options.source_name == SourceName::Hide {
        contents.hide_names();
        named = None;
    }
    Metadata {
        software: concat!("origami ", env!("CARGO_PKG_VERSION")).into(),
        source: SourceFile {
            name: named.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned(),
            format: info.format.clone(),
            bytes: slide_file.map_or(0, |slide| slide.bytes),
            sha256: sha256.unwrap_or_default(),
        },
        mpp: info.mpp.map(|mpp| [mpp.x, mpp.y]),
        objective: info.objective,
        background: info.background,
        icc: "ignored".into(),
        contents,
        ..Metadata::default()
    }
}
