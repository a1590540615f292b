//! What a worker builds with: the rebuilder of tiles, and an encoder for
//! thumbnails.

use crate::damage::{Damage, Part};
use crate::error::{Busy, Error};
use crate::metrics::Metrics;
use crate::product::{Job, Product};
use crate::speculation::{Speculation, family_of};
use crate::thumbnail;
use crate::worker::Build;
use actix_web::web::Data;
use bytes::Bytes;
use origami_codec::{CodecError, Encoder, encoded_bound};
use origami_pack::Pack;
use origami_pyramid::{Rect, Subsampling, TileId, Ycc, colour};
use origami_render::{Families, FamilyVisitor, Models, ParentCache, Pools, RebuildError, Rebuilder, Tile};
use rayon::ThreadPool;
use std::sync::Arc;
use thiserror::Error as ThisError;

/// JPEG quality of thumbnails.
const THUMBNAIL_QUALITY: u8 = 80;

/// What all workers build with.
#[derive(Clone)]
pub struct Shared {
    /// Buffers.
    pub pools: Arc<Pools>,
    /// What exact packs are coded with.
    pub models: Arc<Models>,
    /// Decoded parents.
    pub parents: Arc<ParentCache>,
    /// What whole families and regions are made with.
    pub families: Arc<Families>,
    /// The threads for families and regions.
    pub spare: Arc<ThreadPool>,
    /// Where damage is reported.
    pub damage: Data<Damage>,
    /// All counters.
    pub metrics: Data<Metrics>,
}

/// Everything one worker owns, and what it shares.
pub struct Renderer {
    rebuilder: Rebuilder,
    encoder: Encoder,
    shared: Shared,
}

/// Why a product was not built.
#[derive(Debug, ThisError)]
enum RenderError {
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    #[error("{0}")]
    Codec(#[from] CodecError),
}

impl Renderer {
    /// A renderer of its own for one worker.
    pub fn new(shared: Shared) -> Result<Self, CodecError> {
        let rebuilder = Rebuilder::with_models(Arc::clone(&shared.pools), Arc::clone(&shared.models))?;
        Ok(Self { rebuilder, encoder: Encoder::new()?, shared })
    }

    fn tile(&mut self, pack: &Pack, id: TileId) -> Result<Bytes, RenderError> {
        let jpeg = self.rebuilder.tile(pack, id, &self.shared.parents.of(pack))?;
        Ok(Bytes::copy_from_slice(&jpeg))
    }

    fn thumbnail(&mut self, pack: &Pack, side: u32) -> Result<Bytes, RenderError> {
        let (width, height) = thumbnail::size(pack.pyramid(), side);
        let (slide_width, slide_height) = pack.pyramid().size();
        let all = Rect { x: 0, y: 0, width: slide_width, height: slide_height };
        let Shared { families, parents, spare, .. } = &self.shared;
        let small = spare.install(|| families.region(pack, all, width, height, &parents.of(pack)))?;
        let mut tile = Ycc::zeros(small.width(), small.height(), Subsampling::S420);
        colour::ycc(&small, 0, 0, &mut tile);
        let bound = encoded_bound(small.width(), small.height(), Subsampling::S420);
        let mut jpeg = self.shared.pools.lease(bound).map_err(RebuildError::from)?;
        let len = self.encoder.encode(&mut tile, THUMBNAIL_QUALITY, &mut jpeg)?;
        // As long as the JPEG: what is kept is weighed by its length.
        Ok(Bytes::copy_from_slice(&jpeg[..len]))
    }
}

impl Shared {
    fn failure(&self, job: &Job, cause: &RenderError) -> Error {
        let kind = match cause {
            RenderError::Rebuild(cause) if cause.is_overload() => return Error::Busy(Busy::PoolExhausted),
            RenderError::Rebuild(cause) => cause.kind(),
            RenderError::Codec(_) => "codec",
        };
        let part = Part::Product(job.pack.identity(), job.product);
        self.damage.report(part, job.pack.path(), kind, cause);
        Error::Damaged
    }
}

impl Build for Renderer {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        self.shared.metrics.tile_builds.inc();
        let built = match job.product {
            Product::Tile(id) => self.tile(&job.pack, id),
            // Made where they are asked for.
            Product::Constant(_) => return Err(Error::Internal),
            Product::Thumbnail(side) => self.thumbnail(&job.pack, side),
        };
        if let Product::Tile(_) = job.product {
            self.shared.metrics.stages(&self.rebuilder.take_timings());
        }
        built.map_err(|cause| self.shared.failure(job, &cause))
    }

    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
        let Some(family) = family_of(job) else { return };
        let Shared { families, parents, spare, .. } = &self.shared;
        let siblings = Siblings { job, shared: &self.shared, speculation };
        // What fails was reported, and is found out again by whoever asks for it.
        let _ = spare.install(|| families.visit(&job.pack, family, &parents.of(&job.pack), &siblings));
    }
}

/// Takes the tiles next to one that was asked for.
struct Siblings<'a> {
    job: &'a Job,
    shared: &'a Shared,
    speculation: &'a Speculation<'a>,
}

impl FamilyVisitor for Siblings<'_> {
    fn wants(&self, id: TileId) -> bool {
        self.speculation.wants(id)
    }

    fn claims(&self, id: TileId) -> bool {
        self.speculation.claims(id)
    }

    fn is_over(&self) -> bool {
        !self.speculation.is_idle()
    }

    fn take(&self, id: TileId, tile: Result<Tile, RebuildError>) -> Result<(), RebuildError> {
        self.shared.metrics.tile_builds.inc();
        let answer = tile.map(|tile| Bytes::copy_from_slice(&tile)).map_err(|cause| {
            let job = Job { pack: Arc::clone(&self.job.pack), product: Product::Tile(id) };
            self.shared.failure(&job, &cause.into())
        });
        self.speculation.built(id, answer);
        Ok(())
    }
}
