//! What a worker builds with: the rebuilder of tiles, and an encoder for
//! everything else that is answered.

use crate::artifact::{Artifact, Job};
use crate::error::Error;
use crate::failure_log::FailureLog;
use crate::speculation::{Speculation, family_of};
use crate::thumbnail;
use crate::worker::Build;
use actix_web::web::Data;
use bytes::Bytes;
use origami_codec::CodecError;
use origami_pack::Pack;
use origami_pyramid::{Rect, Rgb, TileId};
use origami_render::{Families, Format, Models, ParentCache, PixelEncoder, Pools, RebuildError, Rebuilder};
use rayon::ThreadPool;
use std::sync::Arc;
use std::time::Instant;

/// Quality of what is encoded here, in formats that have one.
const QUALITY: u8 = 80;

/// What all workers build with.
pub struct RenderContext {
    /// Buffers.
    pub pools: Arc<Pools>,
    /// What exact packs are coded with.
    pub models: Arc<Models>,
    /// Decoded parents.
    pub parents: ParentCache,
    /// What whole families and regions are made with.
    pub families: Families,
    /// The threads for families and regions.
    pub spare: ThreadPool,
    /// Where damage is reported.
    pub failure_log: Data<FailureLog>,
}

/// Everything one worker owns, and what it shares.
pub struct Renderer {
    rebuilder: Rebuilder,
    encoder: PixelEncoder,
    /// What a tile's JPEG was decoded to last.
    pixels: Rgb,
    shared: Arc<RenderContext>,
}

impl Renderer {
    /// A renderer of its own for one worker.
    pub fn new(shared: Arc<RenderContext>) -> Result<Self, CodecError> {
        let rebuilder = Rebuilder::with_models(Arc::clone(&shared.pools), Arc::clone(&shared.models))?;
        let encoder = PixelEncoder::new(Arc::clone(&shared.pools))?;
        Ok(Self { rebuilder, encoder, pixels: Rgb::filled(1, 1, [0; 3]), shared })
    }

    fn tile(&mut self, pack: &Pack, id: TileId, format: Format) -> Result<Bytes, RebuildError> {
        let jpeg = self.rebuilder.tile(pack, id, &self.shared.parents.of(pack));
        if format.is_packed() {
            // As long as the tile: what is kept is weighed by its length.
            let tile = jpeg.map(|jpeg| Bytes::copy_from_slice(&jpeg));
            self.shared.failure_log.metrics.stages(&self.rebuilder.take_timings());
            return tile;
        }
        let decoded = jpeg.and_then(|jpeg| self.rebuilder.pixels(pack, id, &jpeg, &mut self.pixels));
        let mut timings = self.rebuilder.take_timings();
        let begun = Instant::now();
        let tile = decoded.and_then(|()| Ok(self.encoder.encode(&self.pixels, format, QUALITY)?));
        timings.encode += begun.elapsed();
        self.shared.failure_log.metrics.stages(&timings);
        tile.map(Bytes::from)
    }

    fn thumbnail(&mut self, pack: &Pack, side: u32, format: Format) -> Result<Bytes, RebuildError> {
        let (slide, size) = (Rect::whole(pack.pyramid().size()), thumbnail::size(pack.pyramid(), side));
        let RenderContext { families, parents, spare, .. } = &*self.shared;
        let pixels = spare.install(|| families.region(pack, slide, size, &parents.of(pack)))?;
        Ok(self.encoder.encode(&pixels, format, QUALITY)?.into())
    }
}

impl Build for Renderer {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        self.shared.failure_log.metrics.tile_builds.inc();
        let built = match job.artifact {
            Artifact::Tile(id, format) => self.tile(&job.pack, id, format),
            // Made where they are asked for.
            Artifact::Constant(_) => return Err(Error::Internal),
            Artifact::Thumbnail(side, format) => self.thumbnail(&job.pack, side, format),
        };
        built.map_err(|cause| self.shared.failure_log.answer(&job.pack, job.artifact, &cause))
    }

    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
        let Some(family) = family_of(job) else { return };
        let RenderContext { families, parents, spare, .. } = &*self.shared;
        // What fails was reported, and is found out again by whoever asks for it.
        let _ = spare.install(|| families.visit(&job.pack, family, &parents.of(&job.pack), speculation));
    }
}
