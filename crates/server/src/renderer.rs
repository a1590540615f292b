//! What each worker builds artifacts with: a tile rebuilder and a pixel encoder.

use crate::artifact::{Artifact, Job, Pixels};
use crate::build_state::BuildStep;
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::memory::MemoryShares;
use crate::speculation::{Speculation, families_to_complete};
use crate::thumbnail;
use crate::worker::Build;
use actix_web::web::Data;
use bytes::Bytes;
use origami_codec::CodecError;
use origami_pack::Pack;
use origami_pyramid::{Rect, Rgb, TileId};
use origami_render::{
    Encoding, Families, FamilyVisitor as _, MAX_LEASE, Models, ParentCache, Picture, PixelEncoder, Pools,
    RebuildError, Rebuilder, RegionRows, Tone, padded,
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// What all renderers share.
pub struct RenderContext {
    /// Buffers.
    pub pools: Arc<Pools>,
    /// Models of exact packs.
    pub models: Arc<Models>,
    /// Decoded parents.
    pub parents: ParentCache,
    /// Builds whole families and regions.
    pub families: Families,
    /// The threads that build families and regions.
    pub family_threads: ThreadPool,
    /// Where failures are reported.
    pub failure_log: Data<FailureLog>,
}

impl RenderContext {
    /// The context of `workers` workers, at least 1, whose parents and models are
    /// cached within `shares`.
    ///
    /// # Errors
    /// If the threads cannot be started.
    pub fn new(workers: usize, shares: MemoryShares, failure_log: Data<FailureLog>) -> io::Result<Self> {
        let workers = workers.max(1);
        let parent_bytes = as_usize(shares.parents);
        // Room for the cached parents and, for each worker and each family thread, the
        // two parents it uses, the one it decodes and the JPEG it writes, at the
        // largest size. Buffers are allocated when they are first needed.
        let threads = 2 * workers;
        let pools = Pools::new(parent_bytes.saturating_add(4 * threads * MAX_LEASE));
        let models = Models::new(as_usize(shares.models));
        let family_threads = ThreadPoolBuilder::new()
            .num_threads(workers)
            .thread_name(|number| format!("family-{number}"))
            .build()
            .map_err(io::Error::other)?;
        Ok(Self {
            parents: ParentCache::new(parent_bytes, Arc::clone(&pools)),
            families: Families::new(Arc::clone(&pools), Arc::clone(&models)),
            pools,
            models,
            family_threads,
            failure_log,
        })
    }
}

fn as_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Builds the artifacts of one worker.
pub struct Renderer {
    rebuilder: Rebuilder,
    encoder: PixelEncoder,
    /// Pixels of the tile that was decoded last.
    pixels: Rgb,
    /// What was done besides rebuilding tiles; `None` if that is not recorded.
    steps: Option<Vec<BuildStep>>,
    shared: Arc<RenderContext>,
}

impl Renderer {
    /// A new renderer for one worker.
    pub fn new(shared: Arc<RenderContext>) -> Result<Self, CodecError> {
        let rebuilder = Rebuilder::with_models(Arc::clone(&shared.pools), Arc::clone(&shared.models))?;
        let encoder = PixelEncoder::new(Arc::clone(&shared.pools))?;
        Ok(Self { rebuilder, encoder, pixels: Rgb::filled(1, 1, [0; 3]), steps: None, shared })
    }

    /// Records, if that is asked for, a step that began at `started` and ends now.
    fn end_step(&mut self, name: &'static str, tile: Option<TileId>, started: Instant) {
        if let Some(steps) = &mut self.steps {
            steps.push(BuildStep { name, tile, started, ended: Instant::now() });
        }
    }

    /// The JPEG of a tile.
    fn tile(&mut self, pack: &Pack, id: TileId) -> Result<Bytes, RebuildError> {
        let jpeg = self.rebuilder.tile(pack, id, &self.shared.parents.of(pack));
        // An exact-size copy: the cache weighs tiles by their length.
        let tile = jpeg.map(|jpeg| Bytes::copy_from_slice(&jpeg));
        self.shared.failure_log.metrics.record_stages(&self.rebuilder.take_timings());
        tile
    }

    /// `pixels` of `pack` in `encoding`.
    fn encoded(&mut self, pack: &Pack, pixels: Pixels, encoding: Encoding) -> Result<Bytes, RebuildError> {
        let pyramid = pack.pyramid();
        match pixels {
            Pixels::Tile(id) => self.encoded_tile(pack, id, None, encoding),
            Pixels::PaddedTile(id) => self.encoded_tile(pack, id, Some(pyramid.tile_size()), encoding),
            Pixels::Thumbnail(side) => {
                self.encoded_picture(pack, &thumbnail::picture(pyramid, side), encoding)
            }
            Pixels::Picture(picture) => self.encoded_picture(pack, &picture, encoding),
        }
    }

    /// The pixels of a tile in `encoding`, padded with the background to a square of
    /// `side` px if there is to be one.
    fn encoded_tile(
        &mut self,
        pack: &Pack,
        id: TileId,
        side: Option<u32>,
        encoding: Encoding,
    ) -> Result<Bytes, RebuildError> {
        // Where there is no such tile, that is the error, and nothing has a size.
        let size = pack.pyramid().tile_rect(id).map(Rect::size).unwrap_or_default();
        let window = Rect::whole(size);
        let decoded =
            self.rebuilder.pixels(pack, id, window, &self.shared.parents.of(pack), &mut self.pixels);
        let mut timings = self.rebuilder.take_timings();
        let started = Instant::now();
        let tile = decoded.and_then(|()| {
            let square = side.map(|side| padded(&self.pixels, side, pack.metadata().background));
            Ok(self.encoder.encode(square.as_ref().unwrap_or(&self.pixels), Tone::Colour, encoding)?)
        });
        timings.encode += started.elapsed();
        self.end_step("encode", Some(id), started);
        self.shared.failure_log.metrics.record_stages(&timings);
        tile.map(Bytes::from)
    }

    fn encoded_picture(
        &mut self,
        pack: &Pack,
        picture: &Picture,
        encoding: Encoding,
    ) -> Result<Bytes, RebuildError> {
        let RenderContext { families, parents, family_threads, .. } = &*self.shared;
        let started = Instant::now();
        let pixels = family_threads.install(|| families.picture(pack, picture, &parents.of(pack)))?;
        self.end_step("picture", None, started);
        let started = Instant::now();
        let encoded = self.encoder.encode(&pixels, picture.tone, encoding)?;
        self.end_step("encode", None, started);
        Ok(encoded.into())
    }
}

impl Build for Renderer {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        let metrics = &self.shared.failure_log.metrics;
        metrics.tile_builds.inc();
        let built = match job.artifact {
            Artifact::Tile(id) => self.tile(&job.pack, id),
            // These are built by `ConstantTiles` and never queued.
            Artifact::Constant(_) => return Err(Error::Internal),
            Artifact::Encoded(pixels, encoding) => {
                metrics.count_derivative(encoding);
                self.encoded(&job.pack, pixels, encoding)
            }
        };
        built.map_err(|cause| self.shared.failure_log.report_build(&job.pack, job.artifact, &cause))
    }

    fn build_in_steps(&mut self, job: &Job, steps: &mut Vec<BuildStep>) -> Result<Bytes, Error> {
        self.rebuilder.record_steps();
        self.steps = Some(Vec::new());
        let built = self.build(job);
        steps.extend(self.rebuilder.take_steps().into_iter().map(BuildStep::from));
        steps.extend(self.steps.take().unwrap_or_default());
        built
    }

    fn rows(&mut self, pack: &Pack, rows: &mut RegionRows) -> Result<Option<Rgb>, Error> {
        let RenderContext { families, parents, family_threads, failure_log, .. } = &*self.shared;
        let made = family_threads.install(|| rows.next(families, pack, &parents.of(pack)));
        made.map_err(|cause| failure_log.report_rows(pack, &cause))
    }

    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
        let RenderContext { families, parents, family_threads, .. } = &*self.shared;
        let (pack, parents) = (&job.pack, parents.of(&job.pack));
        for family in families_to_complete(job).take_while(|_| !speculation.is_over()) {
            let sources = speculation.sources(family);
            if sources.is_empty() {
                continue;
            }
            pack.read_tiles_ahead(sources.into_iter());
            // Tiles that fail were reported, and fail again if they are requested.
            let _ = family_threads.install(|| families.visit(pack, family, &parents, speculation));
        }
    }
}
