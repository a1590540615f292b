//! A slide to a pack, from the first look at the options to the rename.

use crate::encode::residual_header;
use crate::original::Original;
use crate::sink::Sink;
use crate::source::Source;
use crate::stop::{self, Stop};
use crate::{Options, PackSlideError, families, measure};
use origami_pack::{LevelSpec, Metadata, Mode, PackSpec, PackWriter, Settings, SourceFile};
use origami_pyramid::Pyramid;
use std::path::{Path, PathBuf};
use std::thread;

/// What happens while a slide is packed, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
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
    let info = source.info();
    let (width, height) = (info.width, info.height);
    let pyramid =
        Pyramid::new(width, height, options.tile_size).ok_or(PackSlideError::TooLarge { width, height })?;
    let original = file.map(Original::begin).transpose()?.flatten();
    let mut sink = Sink::new(PackWriter::create(destination, spec(pyramid, options)?, options.overwrite)?);
    progress(Event::Started { pixels: u64::from(width) * u64::from(height) });
    let (stop, original) = (&Stop::new(&options.interrupted), &original);
    let (sha256, ()) = thread::scope(|scope| {
        let hash = move || original.as_ref().map(|original| original.sha256(stop)).transpose();
        let hash = thread::Builder::new()
            .name("origami-hash".into())
            .spawn_scoped(scope, move || stop.unless_failed(hash))
            .map_err(|error| PackSlideError::Threads { wanted: 1, error })?;
        let encoded =
            stop.unless_failed(|| families::encode(source, pyramid, options, stop, &mut sink, progress));
        stop::both(hash.join().expect("hashing does not panic"), encoded)
    })?;
    let mut metadata = describe(source, options);
    metadata.source.name = file.map(name).unwrap_or_default();
    metadata.source.bytes = original.as_ref().map_or(0, Original::bytes);
    metadata.source.sha256 = sha256.unwrap_or_default();
    metadata.levels = sink.levels();
    metadata.quality = sink.stored_quality();
    let mut unpublished = sink.writer.finish(&metadata)?;
    if options.measure {
        let pack = unpublished.open()?;
        metadata.quality.extend(measure::measure(&pack, source, options, stop, progress)?);
    }
    // Only now has all been read that will be.
    metadata.damaged_tiles = source.damaged();
    original.as_ref().map(Original::check_unchanged).transpose()?;
    unpublished.set_metadata(&metadata)?;
    stop.check()?;
    let path = unpublished.publish()?;
    let bytes = path.metadata().map_or(0, |file| file.len());
    Ok(Outcome { path, bytes, metadata })
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn spec(pyramid: Pyramid, options: &Options) -> Result<PackSpec, PackSlideError> {
    let luma = options.mode == Mode::Luma && pyramid.has_families();
    let levels = (0..pyramid.level_count()).map(|z| {
        let predicted = luma && pyramid.max_level() - z < 2;
        let mode = if predicted { Mode::Luma } else { Mode::Stored };
        LevelSpec { mode, quality: options.quality, table: predicted.then_some(0) }
    });
    let tables = if luma { vec![residual_header(options.residual_quality)?] } else { Vec::new() };
    Ok(PackSpec { pyramid, subsampling: options.subsampling, levels: levels.collect(), tables })
}

/// What is known of the pack before its tiles.
fn describe(source: &dyn Source, options: &Options) -> Metadata {
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
            quality: options.quality,
            residual_quality: if options.mode == Mode::Luma { options.residual_quality } else { 0 },
            subsampling: options.subsampling.name().into(),
        },
        ..Metadata::default()
    }
}
