//! Turns index entries back into the JPEGs that viewers request.

mod coefficients;
mod context;
mod pixels;
mod residuals;
mod stages;

pub(crate) use context::{TileContext, tile_size};
pub use stages::{Stage, Step, Timings};

use crate::{Lease, Models, ParentChain, Parents, Pools, RebuildError};
use coefficients::CoefficientScratch;
use origami_codec::{CodecError, Decoder, Encoder, PixelDecoder, encoded_bound};
use origami_pack::{Blocking, Entry, Pack, PackError};
use origami_pyramid::chroma::{ChromaScratch, ChromaSource};
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Rgb, SamplesMut, TileId, Ycc};
use stages::StageClock;
use std::ops::Deref;
use std::sync::Arc;

/// Memory in bytes for the models of a rebuilder that does not share them.
const OWN_MODELS: usize = 8 << 20;

/// A complete JPEG in a leased buffer.
#[derive(Debug)]
pub struct TileJpeg {
    buffer: Lease,
    len: usize,
}

impl Deref for TileJpeg {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

/// Rebuilds tiles. It owns codec handles and scratch planes, so every worker needs its
/// own.
#[derive(Debug)]
pub struct Rebuilder {
    pools: Arc<Pools>,
    models: Arc<Models>,
    decoder: Decoder,
    encoder: Encoder,
    /// Scratch samples of a residual.
    residual: Vec<u8>,
    /// Scratch samples of a tile.
    tile: Vec<u8>,
    /// Samples of the chroma level.
    chroma: ChromaSource,
    /// Chroma between two doublings.
    chroma_scratch: ChromaScratch,
    coefficients: CoefficientScratch,
    pixel_decoder: PixelDecoder,
    /// Pixels of a JPEG of which a part is wanted.
    decoded: Rgb,
    clock: StageClock,
}

impl Rebuilder {
    /// A rebuilder that leases from `pools` and has models of its own.
    ///
    /// # Errors
    /// If the JPEG library cannot allocate a handle.
    pub fn new(pools: Arc<Pools>) -> Result<Self, CodecError> {
        Self::with_models(pools, Models::new(OWN_MODELS))
    }

    /// A rebuilder that leases from `pools` and shares `models` with others.
    ///
    /// # Errors
    /// If the JPEG library cannot allocate a handle.
    pub fn with_models(pools: Arc<Pools>, models: Arc<Models>) -> Result<Self, CodecError> {
        Ok(Self {
            pools,
            models,
            decoder: Decoder::new()?,
            encoder: Encoder::new()?,
            residual: Vec::new(),
            tile: Vec::new(),
            chroma: ChromaSource::default(),
            chroma_scratch: ChromaScratch::default(),
            coefficients: CoefficientScratch::default(),
            pixel_decoder: PixelDecoder::default(),
            decoded: Rgb::filled(0, 0, [0; 3]),
            clock: StageClock::default(),
        })
    }

    /// The time spent by stage since the last call.
    pub fn take_timings(&mut self) -> Timings {
        std::mem::take(&mut self.clock.timings)
    }

    /// Records the single steps from now on, for [`Self::take_steps`].
    pub fn record_steps(&mut self) {
        self.clock.steps = Some(Vec::new());
    }

    /// The steps since [`Self::record_steps`], in the order in which they ended. No more are
    /// recorded.
    pub fn take_steps(&mut self) -> Vec<Step> {
        self.clock.steps.take().unwrap_or_default()
    }

    /// The JPEG of one tile. Stored tiles are copied from the pack; blank and
    /// predicted ones are made, with parents from `parents`.
    ///
    /// # Errors
    /// If there is no such tile, the pack is damaged, or no buffer is free.
    ///
    /// # Examples
    /// ```
    /// # use origami_pack::Pack;
    /// # use origami_pyramid::TileId;
    /// # use origami_render::{Pools, Rebuilder, Uncached};
    /// let pack = Pack::open("tests/golden/v3-luma.origami".as_ref()).unwrap();
    /// let mut rebuilder = Rebuilder::new(Pools::new(8 << 20)).unwrap();
    /// let jpeg = rebuilder.tile(&pack, TileId { z: 8, x: 0, y: 0 }, &Uncached).unwrap();
    /// assert!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9]));
    ///
    /// let outside = rebuilder.tile(&pack, TileId { z: 8, x: 99, y: 0 }, &Uncached);
    /// assert_eq!(outside.unwrap_err().kind(), "outside_grid");
    /// ```
    pub fn tile(&mut self, pack: &Pack, id: TileId, parents: &dyn Parents) -> Result<TileJpeg, RebuildError> {
        let context = self.requested_context(pack, id, parents)?;
        if let Some(len) = pack.stored_len(id, context.entry) {
            return self.stored_tile(context, len);
        }
        match context.level.header() {
            Some(header) => self.coefficient_tile(context, header),
            None => self.sample_tile(context),
        }
    }

    /// The JPEG, of `len` bytes, of a tile that needs no decoding: its blob, with header
    /// and end marker if it is a scan.
    fn stored_tile(&mut self, context: TileContext<'_>, len: usize) -> Result<TileJpeg, RebuildError> {
        let mut buffer = context.lease(&self.pools, len)?;
        let (id, entry, out) = (context.id, context.entry, &mut buffer[..len]);
        self.clock.time(Stage::Read, id, || context.pack.read_stored(id, entry, out, Blocking::Allowed))?;
        Ok(TileJpeg { buffer, len })
    }

    /// The JPEG of a tile that is made from samples.
    fn sample_tile(&mut self, context: TileContext<'_>) -> Result<TileJpeg, RebuildError> {
        self.with_samples(context, |rebuilder, tile| {
            let jpeg = rebuilder.encode_tile(context, tile)?;
            let is_blank = matches!(context.entry, Entry::Blank { .. });
            if !is_blank && context.is_predicted_parent() {
                context.parents.seed(context.id, &mut || rebuilder.copy_luma(context, tile));
            }
            Ok(jpeg)
        })
    }

    /// Lends the planes of a tile that is made from samples to `work`.
    fn with_samples<T>(
        &mut self,
        context: TileContext<'_>,
        work: impl FnOnce(&mut Self, &mut Ycc<&mut [u8]>) -> Result<T, RebuildError>,
    ) -> Result<T, RebuildError> {
        let ((width, height), subsampling) = (context.sides(), context.level.subsampling);
        // The scratch buffer leaves `self` so that `self` can be borrowed meanwhile.
        let mut scratch = std::mem::take(&mut self.tile);
        scratch.resize(scratch.len().max(ycc_len(width, height, subsampling)), 0);
        let mut tile = Ycc::new(&mut scratch[..], width, height, subsampling);
        let result = self.fill_planes(context, &mut tile).and_then(|()| work(self, &mut tile));
        self.tile = scratch;
        result
    }

    /// As [`Self::context`], of a tile that is requested for itself. All blobs that it
    /// takes are requested from the storage before any is read; a parent is read as a part of that.
    fn requested_context<'a>(
        &mut self,
        pack: &'a Pack,
        id: TileId,
        parents: &'a dyn Parents,
    ) -> Result<TileContext<'a>, RebuildError> {
        let entry = self.clock.time(Stage::Read, id, || {
            let entry = ParentChain::look_up(pack, id, parents, Blocking::Allowed)?;
            let entry = entry.expect("an entry that was waited for");
            if let Some(chain) = ParentChain::of(pack, id, entry, parents, Blocking::Allowed) {
                chain.read_ahead();
            }
            Ok::<_, PackError>(entry)
        })?;
        Ok(TileContext::new(pack, parents, id, entry))
    }

    /// Looks up tile `id`.
    pub(crate) fn context<'a>(
        &mut self,
        pack: &'a Pack,
        id: TileId,
        parents: &'a dyn Parents,
    ) -> Result<TileContext<'a>, RebuildError> {
        let entry = self.clock.time(Stage::Read, id, || pack.entry(id))?;
        Ok(TileContext::new(pack, parents, id, entry))
    }

    /// Copies a tile's blob to the front of a leased buffer.
    fn read_blob(&mut self, context: TileContext<'_>) -> Result<Lease, RebuildError> {
        let len = context.entry.blob_len();
        let mut buffer = context.lease(&self.pools, len)?;
        self.clock
            .time(Stage::Read, context.id, || context.pack.read_blob(context.entry, &mut buffer[..len]))?;
        Ok(buffer)
    }

    /// Fills the planes of a tile that is made from samples.
    fn fill_planes(
        &mut self,
        context: TileContext<'_>,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        match context.entry {
            Entry::Blank { colour } => {
                tile.fill(colour);
                Ok(())
            }
            Entry::Blob { .. } if !context.level.is_predicted() => {
                self.decode_blob(context, |decoder, jpeg| decoder.decode_ycc(jpeg, tile))
            }
            _ => self.predict_tile(context, tile),
        }
    }

    /// Decodes a blob that is a complete JPEG with `decode`.
    fn decode_blob(
        &mut self,
        context: TileContext<'_>,
        decode: impl FnOnce(&mut Decoder, &[u8]) -> Result<(), CodecError>,
    ) -> Result<(), RebuildError> {
        let blob = self.read_blob(context)?;
        let jpeg = &blob[..context.entry.blob_len()];
        self.clock
            .time(Stage::Decode, context.id, || decode(&mut self.decoder, jpeg))
            .map_err(|error| context.codec_error(error))
    }

    /// Encodes a tile's planes in the quality of its level.
    pub(crate) fn encode_tile(
        &mut self,
        context: TileContext<'_>,
        tile: &mut Ycc<impl SamplesMut>,
    ) -> Result<TileJpeg, RebuildError> {
        let bound = encoded_bound(tile.width(), tile.height(), tile.subsampling());
        let mut buffer = self.pools.lease(bound)?;
        let quality = context.level.quality;
        let len = self
            .clock
            .time(Stage::Encode, context.id, || self.encoder.encode(tile, quality, &mut buffer))
            .expect("a tile of a checked size and quality encodes into its bound");
        Ok(TileJpeg { buffer, len })
    }
}
