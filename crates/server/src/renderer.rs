//! What a worker builds with: the rebuilder of tiles, and an encoder for
//! thumbnails.

use crate::damage::Damage;
use crate::error::Error;
use crate::product::{Job, Product};
use crate::speculation::{Speculation, family_of};
use crate::thumbnail;
use crate::worker::Build;
use actix_web::web::Data;
use bytes::Bytes;
use origami_codec::{CodecError, Encoder, encoded_bound};
use origami_pack::Pack;
use origami_pyramid::{Rect, Subsampling, TileId, Ycc, colour};
use origami_render::{Families, Models, ParentCache, Pools, RebuildError, Rebuilder};
use rayon::ThreadPool;
use std::sync::Arc;

/// JPEG quality of thumbnails.
const THUMBNAIL_QUALITY: u8 = 80;

/// What all workers build with.
pub struct Shared {
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
    pub damage: Data<Damage>,
}

/// Everything one worker owns, and what it shares.
pub struct Renderer {
    rebuilder: Rebuilder,
    encoder: Encoder,
    shared: Arc<Shared>,
}

impl Renderer {
    /// A renderer of its own for one worker.
    pub fn new(shared: Arc<Shared>) -> Result<Self, CodecError> {
        let rebuilder = Rebuilder::with_models(Arc::clone(&shared.pools), Arc::clone(&shared.models))?;
        Ok(Self { rebuilder, encoder: Encoder::new()?, shared })
    }

    fn tile(&mut self, pack: &Pack, id: TileId) -> Result<Bytes, RebuildError> {
        let tile = self.rebuilder.tile(pack, id, &self.shared.parents.of(pack));
        let jpeg = tile.map(|tile| Bytes::copy_from_slice(&tile));
        self.shared.damage.metrics.stages(&self.rebuilder.take_timings());
        jpeg
    }

    fn thumbnail(&mut self, pack: &Pack, side: u32) -> Result<Bytes, RebuildError> {
        let (width, height) = thumbnail::size(pack.pyramid(), side);
        let (slide_width, slide_height) = pack.pyramid().size();
        let all = Rect { x: 0, y: 0, width: slide_width, height: slide_height };
        let Shared { families, parents, spare, .. } = &*self.shared;
        let small = spare.install(|| families.region(pack, all, width, height, &parents.of(pack)))?;
        let mut tile = Ycc::zeros(small.width(), small.height(), Subsampling::S420);
        colour::ycc(&small, 0, 0, &mut tile);
        let bound = encoded_bound(small.width(), small.height(), Subsampling::S420);
        let mut jpeg = self.shared.pools.lease(bound)?;
        let len = self.encoder.encode(&mut tile, THUMBNAIL_QUALITY, &mut jpeg);
        let len = len.expect("a picture of at most 1024 px encodes into its bound");
        // As long as the JPEG: what is kept is weighed by its length.
        Ok(Bytes::copy_from_slice(&jpeg[..len]))
    }
}

impl Build for Renderer {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        self.shared.damage.metrics.tile_builds.inc();
        let built = match job.product {
            Product::Tile(id) => self.tile(&job.pack, id),
            // Made where they are asked for.
            Product::Constant(_) => return Err(Error::Internal),
            Product::Thumbnail(side) => self.thumbnail(&job.pack, side),
        };
        built.map_err(|cause| self.shared.damage.answer(&job.pack, job.product, &cause))
    }

    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
        let Some(family) = family_of(job) else { return };
        let Shared { families, parents, spare, .. } = &*self.shared;
        // What fails was reported, and is found out again by whoever asks for it.
        let _ = spare.install(|| families.visit(&job.pack, family, &parents.of(&job.pack), speculation));
    }
}
