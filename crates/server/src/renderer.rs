//! What a worker builds with: the rebuilder of tiles, and a JPEG decoder and
//! encoder for thumbnails.

use crate::damage::{Damage, Part};
use crate::error::{Busy, Error};
use crate::metrics::Metrics;
use crate::product::{Job, Product};
use crate::thumbnail;
use crate::worker::Build;
use actix_web::web::Data;
use bytes::Bytes;
use origami_codec::{CodecError, Decoder, Encoder, encoded_bound};
use origami_pack::{Pack, ParentCache, Pools, RebuildError, Rebuilder};
use origami_pyramid::{Rgb, Subsampling, TileId, Ycc, colour};
use std::sync::Arc;
use thiserror::Error as ThisError;

/// JPEG quality of thumbnails.
const THUMBNAIL_QUALITY: u8 = 80;

/// Everything one worker owns.
pub struct Renderer {
    rebuilder: Rebuilder,
    decoder: Decoder,
    encoder: Encoder,
    parents: Arc<ParentCache>,
    damage: Data<Damage>,
    metrics: Data<Metrics>,
}

/// Why a product was not built.
#[derive(Debug, ThisError)]
enum RenderError {
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    #[error("{0}")]
    Codec(#[from] CodecError),
    #[error("tile {id} is {found:?} px, expected {expected:?}")]
    Size { id: TileId, expected: (u32, u32), found: (usize, usize) },
}

impl Renderer {
    /// Equipment that leases from `pools` and keeps parents in `parents`.
    pub fn new(
        pools: Arc<Pools>,
        parents: Arc<ParentCache>,
        damage: Data<Damage>,
        metrics: Data<Metrics>,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            rebuilder: Rebuilder::new(pools)?,
            decoder: Decoder::new()?,
            encoder: Encoder::new()?,
            parents,
            damage,
            metrics,
        })
    }

    fn tile(&mut self, pack: &Pack, id: TileId) -> Result<Bytes, RenderError> {
        let jpeg = self.rebuilder.tile(pack, id, &self.parents.of(pack.generation()))?;
        Ok(Bytes::copy_from_slice(&jpeg))
    }

    fn thumbnail(&mut self, pack: &Pack, side: u32) -> Result<Bytes, RenderError> {
        let (z, (width, height)) = thumbnail::plan(pack.pyramid(), side);
        let level = self.level(pack, z)?;
        let small = thumbnail::shrink(&level, width as usize, height as usize);
        let mut tile = Ycc::zeros(small.width(), small.height(), Subsampling::S420);
        colour::ycc(&small, 0, 0, &mut tile);
        let mut jpeg = vec![0; encoded_bound(small.width(), small.height(), Subsampling::S420)];
        let len = self.encoder.encode(&mut tile, THUMBNAIL_QUALITY, &mut jpeg)?;
        jpeg.truncate(len);
        Ok(jpeg.into())
    }

    /// All pixels of level `z`, which is small.
    fn level(&mut self, pack: &Pack, z: u32) -> Result<Rgb, RenderError> {
        let pyramid = *pack.pyramid();
        let (width, height) = pyramid.level_size(z).unwrap_or((0, 0));
        let (columns, rows) = pyramid.grid(z).unwrap_or((0, 0));
        let mut level = Rgb::filled(width as usize, height as usize, [255; 3]);
        let mut tile = Rgb::filled(1, 1, [0; 3]);
        for id in (0..rows).flat_map(|y| (0..columns).map(move |x| TileId { z, x, y })) {
            let Some(rect) = pyramid.tile_rect(id) else { continue };
            let jpeg = self.rebuilder.tile(pack, id, &self.parents.of(pack.generation()))?;
            self.decoder.decode_rgb(&jpeg, (rect.width * rect.height) as usize, &mut tile)?;
            if (tile.width(), tile.height()) != (rect.width as usize, rect.height as usize) {
                return Err(RenderError::Size {
                    id,
                    expected: (rect.width, rect.height),
                    found: (tile.width(), tile.height()),
                });
            }
            for row in 0..tile.height() {
                level.row_mut(rect.y as usize + row)[3 * rect.x as usize..][..3 * tile.width()]
                    .copy_from_slice(tile.row(row));
            }
        }
        // Stored tiles came straight from the map.
        pack.check_whole().map_err(RebuildError::from)?;
        Ok(level)
    }

    fn failure(&self, job: &Job, cause: &RenderError) -> Error {
        let kind = match cause {
            RenderError::Rebuild(cause) if cause.is_overload() => return Error::Busy(Busy::PoolExhausted),
            RenderError::Rebuild(cause) => cause.kind(),
            RenderError::Codec(_) => "codec",
            RenderError::Size { .. } => "size",
        };
        let part = Part::Product(job.pack.generation(), job.product);
        self.damage.report(part, job.pack.path(), kind, cause);
        Error::Damaged
    }
}

impl Build for Renderer {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        self.metrics.tile_builds.inc();
        let built = match job.product {
            Product::Tile(id) => self.tile(&job.pack, id),
            Product::Thumbnail(side) => self.thumbnail(&job.pack, side),
        };
        self.metrics.stages(&self.rebuilder.take_timings());
        built.map_err(|cause| self.failure(job, &cause))
    }
}
