//! A slide to a pack: readers and encoders in parallel, one writer in order.

use crate::PackSlideError;
use crate::coarse::Coarse;
use crate::encode::{Content, EncodedFamily, EncodedTile, TileEncoder, residual_header};
use crate::measure::{self, SAMPLE, lot};
use crate::quality::{self, Measured};
use crate::source::Source;
use crossbeam::channel::{Receiver, Sender, bounded};
use origami_pack::{
    LevelSpec, Metadata, Mode, PackSpec, PackWriter, QualityReport, Settings, SourceFile, Unpublished,
};
use origami_pyramid::{Family, Pyramid, Rgb, Subsampling, TileId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

/// How to pack a slide.
#[derive(Clone, Debug)]
pub struct Options {
    /// How the two finest levels are kept.
    pub mode: Mode,
    /// JPEG quality of stored and served tiles, 1 to 100, and of the plain
    /// JPEG pyramid that bytes are compared with.
    pub quality: u8,
    /// JPEG quality of luma residuals, 1 to 100.
    pub residual_quality: u8,
    /// Chroma subsampling of all tiles.
    pub subsampling: Subsampling,
    /// Side of a tile: a multiple of 8 (16 with subsampled chroma), 16 to 1024.
    pub tile_size: u32,
    /// Threads that read and encode.
    pub workers: NonZeroUsize,
    /// Replace a pack of the same name.
    pub overwrite: bool,
    /// Measure quality, and bytes against a plain JPEG pyramid.
    pub measure: bool,
    /// Set to stop early; nothing is then left behind.
    pub interrupted: Arc<AtomicBool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Luma,
            quality: 80,
            // One finer than what is served, so that rounding noise rarely moves a
            // coefficient of a rebuilt tile off the plain JPEG's.
            residual_quality: 81,
            subsampling: Subsampling::S420,
            tile_size: 256,
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            overwrite: false,
            measure: true,
            interrupted: Arc::default(),
        }
    }
}

impl Options {
    pub(crate) fn check_interrupted(&self) -> Result<(), PackSlideError> {
        if self.interrupted.load(Relaxed) { Err(PackSlideError::Interrupted) } else { Ok(()) }
    }

    /// Whether the quality of stored tile `id` is measured as it is encoded.
    pub(crate) fn samples_stored(&self, pyramid: &Pyramid, id: TileId) -> bool {
        let (columns, rows) = pyramid.grid(id.z).unwrap_or((1, 1));
        let tiles = u64::from(columns) * u64::from(rows);
        self.measure && lot(id) % tiles < SAMPLE
    }

    fn check(&self) -> Result<(), PackSlideError> {
        let fail = |text: String| Err(PackSlideError::Options(text));
        let step = if self.subsampling == Subsampling::S444 { 8 } else { 16 };
        if self.mode == Mode::Exact {
            return fail("mode exact cannot be written yet; choose luma or stored".into());
        }
        if self.subsampling == Subsampling::Gray {
            return fail("subsampling is 420, 422 or 444".into());
        }
        if !(16..=1024).contains(&self.tile_size) || !self.tile_size.is_multiple_of(step) {
            let digits = self.subsampling.name();
            return fail(format!(
                "tile size {} is not a multiple of {step} between 16 and 1024, as {digits} tiles need",
                self.tile_size
            ));
        }
        for (what, quality) in [("quality", self.quality), ("residual quality", self.residual_quality)] {
            if !(1..=100).contains(&quality) {
                return fail(format!("{what} {quality} is not between 1 and 100"));
            }
        }
        Ok(())
    }
}

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
    let pyramid = Pyramid::new(info.width, info.height, options.tile_size).ok_or_else(|| {
        PackSlideError::Options(format!(
            "a slide of {}x{} px is beyond what a pack holds",
            info.width, info.height
        ))
    })?;
    let spec = spec(pyramid, options)?;
    let mut sink = Sink {
        writer: PackWriter::create(destination, spec, options.overwrite)?,
        jpeg: BTreeMap::new(),
        samples: BTreeMap::new(),
    };
    progress(Event::Started { pixels: u64::from(info.width) * u64::from(info.height) });
    let hashed = thread::scope(|scope| {
        let hash =
            scope.spawn(|| file.filter(|file| file.is_file()).map(|file| sha256(file, options)).transpose());
        let encoded = encode_all(source, pyramid, options, &mut sink, progress);
        if encoded.is_err() {
            options.interrupted.store(true, Relaxed);
        }
        let hashed = hash.join().expect("hashing does not panic");
        encoded.and(hashed)
    })?;
    let mut metadata = describe(source, file, hashed, options);
    let stored =
        sink.samples.iter().filter_map(|(&z, sample)| quality::report(z, sample)).collect::<Vec<_>>();
    metadata.levels = sink.writer.reports().to_vec();
    for level in &mut metadata.levels {
        level.jpeg_bytes = sink.jpeg.get(&level.z).copied().unwrap_or(0);
    }
    let mut unpublished = sink.writer.finish(&metadata)?;
    metadata.quality = qualities(&unpublished, source, options, stored, progress)?;
    unpublished.set_metadata(&metadata)?;
    options.check_interrupted()?;
    let path = unpublished.publish()?;
    let bytes = path.metadata().map_or(0, |file| file.len());
    Ok(Outcome { path, bytes, metadata })
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

/// The writer and the sums that the report needs.
struct Sink {
    writer: PackWriter,
    jpeg: BTreeMap<u32, u64>,
    samples: BTreeMap<u32, Vec<Measured>>,
}

impl Sink {
    fn write(&mut self, tile: &EncodedTile) -> Result<(), PackSlideError> {
        match &tile.content {
            Content::Blob(bytes) => self.writer.blob(tile.id, bytes)?,
            Content::Blank(colour) => self.writer.blank(tile.id, *colour),
            Content::Empty => self.writer.empty(tile.id),
        }
        *self.jpeg.entry(tile.id.z).or_default() += tile.jpeg_bytes;
        self.samples.entry(tile.id.z).or_default().extend(tile.measured);
        Ok(())
    }
}

type Job = (usize, Family);
/// A worker's panic travels with the results, so that the writer can end.
type Done = (usize, thread::Result<Result<EncodedFamily, PackSlideError>>);

/// Encodes everything into `sink`: families on worker threads, coarser levels
/// on this one.
fn encode_all(
    source: &dyn Source,
    pyramid: Pyramid,
    options: &Options,
    sink: &mut Sink,
    progress: &(dyn Fn(Event) + Sync),
) -> Result<(), PackSlideError> {
    let mut encoder = TileEncoder::new(options, pyramid)?;
    let Some(root) = pyramid.root_level() else {
        return encode_tiny(source, pyramid, &mut encoder, sink);
    };
    let mut coarse = Coarse::new(pyramid, root.checked_sub(1));
    let (width, _) = pyramid.level_size(root).expect("the root level");
    let (columns, _) = pyramid.grid(root).expect("the root level");
    let mut row = Rgb::filled(1, 1, [0; 3]);
    let write = |family: Family, encoded: EncodedFamily| -> Result<(), PackSlideError> {
        options.check_interrupted()?;
        encoded.tiles.iter().try_for_each(|tile| sink.write(tile))?;
        let at = pyramid.family_rect(family, 2).expect("a family of this pyramid");
        if family.x == 0 {
            row.resize(width as usize, at.height as usize);
        }
        for y in 0..encoded.root.height() {
            let pixels = encoded.root.row(y);
            row.row_mut(y)[3 * at.x as usize..][..pixels.len()].copy_from_slice(pixels);
        }
        if family.x + 1 == columns {
            let mut halved = Rgb::filled(1, 1, [0; 3]);
            origami_pyramid::mean::halve(&row, &mut halved);
            for tile in coarse.push(&halved, &mut encoder)? {
                sink.write(&tile)?;
            }
        }
        let fine = pyramid.family_rect(family, 0).expect("a family of this pyramid");
        progress(Event::Packed { pixels: u64::from(fine.width) * u64::from(fine.height) });
        Ok(())
    };
    let window = 4 * options.workers.get();
    let (jobs, queue) = bounded::<Job>(window);
    let (results, done) = bounded::<Done>(window);
    let encoders: Result<Vec<_>, _> =
        (0..options.workers.get()).map(|_| TileEncoder::new(options, pyramid)).collect();
    let encoders = encoders?;
    thread::scope(|scope| {
        for encoder in encoders {
            let (queue, results) = (queue.clone(), results.clone());
            scope.spawn(move || work(source, encoder, &queue, &results));
        }
        drop((queue, results));
        // Takes its ends of the channels along, so that workers stop with it.
        in_order(pyramid.families(), window, jobs, done, write)
    })
}

/// A worker: reads and encodes families until there are no more.
fn work(source: &dyn Source, mut encoder: TileEncoder<'_>, queue: &Receiver<Job>, results: &Sender<Done>) {
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    for (number, family) in queue {
        let encode = || {
            source.read(encoder.fine_rect(family), &mut pixels)?;
            encoder.family(family, &pixels)
        };
        let result = panic::catch_unwind(AssertUnwindSafe(encode));
        let panicked = result.is_err();
        // The writer may have hung up: it met an error and reports that.
        if results.send((number, result)).is_err() || panicked {
            return;
        }
    }
}

/// Hands out `families` and takes the results in the same order, with at most
/// `window` of them in flight.
#[expect(clippy::needless_pass_by_value, reason = "dropping the channels ends the workers")]
fn in_order(
    mut families: impl Iterator<Item = Family>,
    window: usize,
    jobs: Sender<Job>,
    done: Receiver<Done>,
    mut write: impl FnMut(Family, EncodedFamily) -> Result<(), PackSlideError>,
) -> Result<(), PackSlideError> {
    let mut flying: VecDeque<(Family, Option<EncodedFamily>)> = VecDeque::with_capacity(window);
    let mut written = 0;
    loop {
        while flying.len() < window
            && let Some(family) = families.next()
        {
            jobs.send((written + flying.len(), family)).expect("workers outlive their queue");
            flying.push_back((family, None));
        }
        if flying.is_empty() {
            return Ok(());
        }
        let (number, result) = done.recv().expect("a worker for every family in flight");
        flying[number - written].1 = Some(result.unwrap_or_else(|panic| panic::resume_unwind(panic))?);
        while let Some((family, encoded)) = flying.pop_front_if(|(_, encoded)| encoded.is_some()) {
            write(family, encoded.expect("just checked"))?;
            written += 1;
        }
    }
}

/// A slide of at most 2x2 px, which has no families.
fn encode_tiny(
    source: &dyn Source,
    pyramid: Pyramid,
    encoder: &mut TileEncoder<'_>,
    sink: &mut Sink,
) -> Result<(), PackSlideError> {
    let id = TileId { z: pyramid.max_level(), x: 0, y: 0 };
    let whole = pyramid.tile_rect(id).expect("every pyramid has a first tile");
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    source.read(whole, &mut pixels)?;
    let tiles = Coarse::new(pyramid, Some(id.z)).push(&pixels, encoder)?;
    tiles.iter().try_for_each(|tile| sink.write(tile))
}

/// Quality of the stored levels, measured as they were encoded, and of the
/// rebuilt ones, measured in the finished pack; coarse to fine.
fn qualities(
    unpublished: &Unpublished,
    source: &dyn Source,
    options: &Options,
    mut reports: Vec<QualityReport>,
    progress: &(dyn Fn(Event) + Sync),
) -> Result<Vec<QualityReport>, PackSlideError> {
    if options.measure {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.workers.get()).build();
        let pool = pool.map_err(|error| PackSlideError::Options(error.to_string()))?;
        let pack = unpublished.open()?;
        reports
            .extend(pool.install(|| measure::measure(&pack, source, options, || progress(Event::Measured)))?);
    }
    Ok(reports)
}

fn describe(
    source: &dyn Source,
    file: Option<&Path>,
    sha256: Option<(u64, String)>,
    options: &Options,
) -> Metadata {
    let info = source.info();
    let name = file.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let (bytes, sha256) = sha256.unwrap_or_default();
    Metadata {
        software: concat!("origami ", env!("CARGO_PKG_VERSION")).into(),
        source: SourceFile { name: name.unwrap_or_default(), format: info.format.clone(), bytes, sha256 },
        mpp: info.mpp.map(|(x, y)| [x, y]),
        objective: info.objective,
        background: info.background,
        icc: "ignored".into(),
        damaged_tiles: source.damaged(),
        settings: Settings {
            mode: options.mode.name().into(),
            quality: options.quality,
            residual_quality: if options.mode == Mode::Luma { options.residual_quality } else { 0 },
            subsampling: options.subsampling.name().into(),
        },
        ..Metadata::default()
    }
}

/// Size and SHA-256 of the source file.
fn sha256(path: &Path, options: &Options) -> Result<(u64, String), PackSlideError> {
    let fail = |error| PackSlideError::Hash { path: path.display().to_string(), error };
    let mut file = File::open(path).map_err(fail)?;
    let (mut hash, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 20], 0);
    loop {
        options.check_interrupted()?;
        match file.read(&mut buffer).map_err(fail)? {
            0 => break,
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
    let digest = hash.finalize();
    Ok((bytes, digest.iter().map(|byte| format!("{byte:02x}")).collect()))
}
