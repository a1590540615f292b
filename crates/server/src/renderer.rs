//! What each worker builds artifacts with: a tile rebuilder and a pixel encoder.

use crate::artifact::{Artifact, Job};
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::memory::MemoryShares;
use crate::speculation::{Speculation, family_to_complete};
use crate::thumbnail;
use crate::worker::Build;
use actix_web::web::Data;
use bytes::Bytes;
use origami_codec::CodecError;
use origami_pack::Pack;
use origami_pyramid::{Rect, Rgb, TileId};
use origami_render::{
    Families, Format, MAX_LEASE, Models, ParentCache, PixelEncoder, Pools, RebuildError, Rebuilder,
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// Quality of the images encoded here, for formats that have one.
const QUALITY: u8 = 80;

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
    shared: Arc<RenderContext>,
}

impl Renderer {
    /// A new renderer for one worker.
    pub fn new(shared: Arc<RenderContext>) -> Result<Self, CodecError> {
        let rebuilder = Rebuilder::with_models(Arc::clone(&shared.pools), Arc::clone(&shared.models))?;
        let encoder = PixelEncoder::new(Arc::clone(&shared.pools))?;
        Ok(Self { rebuilder, encoder, pixels: Rgb::filled(1, 1, [0; 3]), shared })
    }

    fn tile(&mut self, pack: &Pack, id: TileId, format: Format) -> Result<Bytes, RebuildError> {
        let jpeg = self.rebuilder.tile(pack, id, &self.shared.parents.of(pack));
        if format.is_packed() {
            // An exact-size copy: the cache weighs tiles by their length.
            let tile = jpeg.map(|jpeg| Bytes::copy_from_slice(&jpeg));
            self.shared.failure_log.metrics.record_stages(&self.rebuilder.take_timings());
            return tile;
        }
        let decoded = jpeg.and_then(|jpeg| self.rebuilder.pixels(pack, id, &jpeg, &mut self.pixels));
        let mut timings = self.rebuilder.take_timings();
        let started = Instant::now();
        let tile = decoded.and_then(|()| Ok(self.encoder.encode(&self.pixels, format, QUALITY)?));
        timings.encode += started.elapsed();
        self.shared.failure_log.metrics.record_stages(&timings);
        tile.map(Bytes::from)
    }

    fn thumbnail(&mut self, pack: &Pack, side: u32, format: Format) -> Result<Bytes, RebuildError> {
        let (slide, size) = (Rect::whole(pack.pyramid().size()), thumbnail::size(pack.pyramid(), side));
        let RenderContext { families, parents, family_threads, .. } = &*self.shared;
        let pixels = family_threads.install(|| families.region(pack, slide, size, &parents.of(pack)))?;
        Ok(self.encoder.encode(&pixels, format, QUALITY)?.into())
    }
}

impl Build for Renderer {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        self.shared.failure_log.metrics.tile_builds.inc();
        let built = match job.artifact {
            Artifact::Tile(id, format) => self.tile(&job.pack, id, format),
            // These are built by `ConstantTiles` and never queued.
            Artifact::Constant(_) => return Err(Error::Internal),
            Artifact::Thumbnail(side, format) => self.thumbnail(&job.pack, side, format),
        };
        built.map_err(|cause| self.shared.failure_log.report_build(&job.pack, job.artifact, &cause))
    }

    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
        let Some(family) = family_to_complete(job) else { return };
        let RenderContext { families, parents, family_threads, .. } = &*self.shared;
        // Tiles that fail were reported, and fail again if they are requested.
        let _ =
            family_threads.install(|| families.visit(&job.pack, family, &parents.of(&job.pack), speculation));
    }
}
