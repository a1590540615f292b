//! Turning index entries back into the JPEG a viewer asked for.

mod coefficients;
mod residuals;

use crate::pool::LARGEST;
use crate::{Lease, Models, Parents, Pools, RebuildError};
use coefficients::CoefficientScratch;
use origami_codec::{CodecError, Decoder, Encoder, encoded_bound};
use origami_pack::{Entry, Mode, Pack};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{TileId, Ycc};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of models that a rebuilder keeps which shares them with no other.
const OWN_MODELS: usize = 8 << 20;

/// Time spent by stage since [`Rebuilder::take_timings`] was last called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Index look-ups and blob checksums.
    pub read: Duration,
    /// JPEG to planes, coded bytes to coefficients.
    pub decode: Duration,
    /// Doubling luma and chroma, or predicting coefficients.
    pub predict: Duration,
    /// Adding residuals.
    pub apply: Duration,
    /// Planes or coefficients to JPEG.
    pub encode: Duration,
}

/// A complete JPEG: the first bytes of a leased buffer.
#[derive(Debug)]
pub struct Tile {
    buffer: Lease,
    len: usize,
}

impl Deref for Tile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

/// Rebuilds tiles. One per worker: it owns codec handles and scratch planes.
#[derive(Debug)]
pub struct Rebuilder {
    pools: Arc<Pools>,
    models: Arc<Models>,
    decoder: Decoder,
    encoder: Encoder,
    residual: Vec<u8>,
    tile: Vec<u8>,
    /// Chroma of L2, and between two doublings.
    chroma: ChromaSource,
    between: Vec<u8>,
    coefficients: CoefficientScratch,
    timings: Timings,
}

impl Rebuilder {
    /// A rebuilder that leases from `pools` and has its own models.
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
            between: Vec::new(),
            coefficients: CoefficientScratch::default(),
            timings: Timings::default(),
        })
    }

    /// The handle that decodes JPEGs.
    pub(crate) fn decoder(&mut self) -> &mut Decoder {
        &mut self.decoder
    }

    /// The time spent by stage since the last call.
    pub fn take_timings(&mut self) -> Timings {
        std::mem::take(&mut self.timings)
    }

    /// The JPEG of one tile. Stored tiles are copied from the pack; blank and
    /// predicted ones are made, taking their parents from `parents`.
    ///
    /// # Errors
    /// If there is no such tile, the pack is damaged, or no buffer is free.
    pub fn tile(&mut self, pack: &Pack, id: TileId, parents: &dyn Parents) -> Result<Tile, RebuildError> {
        let started = Instant::now();
        let entry = pack.entry(id)?;
        self.timings.read += started.elapsed();
        if let Some(len) = pack.stored_len(id, entry) {
            return self.stored(pack, id, entry, len);
        }
        let level = pack.level(id.z).expect("a level with an entry");
        if let Some(header) = level.header() {
            return self.coefficient_tile(pack, id, entry, header, parents);
        }
        let (width, height) = tile_size(pack, id);
        // The scratch buffer leaves `self` so that `self` can be called meanwhile.
        let mut scratch = std::mem::take(&mut self.tile);
        scratch.resize(scratch.len().max(ycc_len(width, height, level.subsampling)), 0);
        let mut tile = Ycc::new(&mut scratch[..], width, height, level.subsampling);
        let made = self.planes(pack, id, entry, parents, &mut tile);
        let built = made.and_then(|()| self.encode_tile(pack, id, &mut tile));
        let inherited = has_children(pack, id) && !matches!(entry, Entry::Blank { .. });
        if inherited && built.is_ok() {
            parents.leave(id, &mut || self.copied_luma(&tile));
        }
        self.tile = scratch;
        built
    }

    /// A copy of a stored tile of `len` bytes.
    fn stored(&mut self, pack: &Pack, id: TileId, entry: Entry, len: usize) -> Result<Tile, RebuildError> {
        let started = Instant::now();
        let mut buffer = self.lease(pack, id, len)?;
        pack.read_stored(id, entry, &mut buffer[..len])?;
        self.timings.read += started.elapsed();
        Ok(Tile { buffer, len })
    }

    /// A copy of the bytes of a blob, which stands at the front of the buffer.
    fn blob(&mut self, pack: &Pack, id: TileId, entry: Entry) -> Result<Lease, RebuildError> {
        let started = Instant::now();
        let mut buffer = self.lease(pack, id, entry.blob_len())?;
        pack.read_blob(entry, &mut buffer[..entry.blob_len()])?;
        self.timings.read += started.elapsed();
        Ok(buffer)
    }

    /// A buffer for `len` bytes of tile `id`.
    fn lease(&self, pack: &Pack, id: TileId, len: usize) -> Result<Lease, RebuildError> {
        fits(pack, id, len)?;
        Ok(self.pools.lease(len)?)
    }

    /// Fills `tile` with the samples that the entry of tile `id` stands for.
    fn planes(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        parents: &dyn Parents,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let mode = pack.level(id.z).expect("a level with an entry").mode;
        match entry {
            Entry::Blank { colour } => tile.fill(colour),
            Entry::Blob { .. } if mode == Mode::Stored => self.decode(pack, id, entry, tile)?,
            _ => self.predicted(pack, id, entry, parents, tile)?,
        }
        Ok(())
    }

    /// Decodes all planes of a stored tile.
    fn decode<B: DerefMut<Target = [u8]>>(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        tile: &mut Ycc<B>,
    ) -> Result<(), RebuildError> {
        let jpeg = self.blob(pack, id, entry)?;
        let started = Instant::now();
        let decoded = self.decoder.decode_ycc(&jpeg[..entry.blob_len()], tile);
        self.timings.decode += started.elapsed();
        decoded.map_err(|error| RebuildError::codec(pack, id, error))
    }

    /// The JPEG of a tile's planes, in the quality of its level.
    pub(crate) fn encode_tile<B: DerefMut<Target = [u8]>>(
        &mut self,
        pack: &Pack,
        id: TileId,
        tile: &mut Ycc<B>,
    ) -> Result<Tile, RebuildError> {
        let quality = pack.level(id.z).expect("a level with an entry").quality;
        let bound = encoded_bound(tile.width(), tile.height(), tile.subsampling());
        let mut buffer = self.pools.lease(bound)?;
        let started = Instant::now();
        let len = self.encoder.encode(tile, quality, &mut buffer);
        self.timings.encode += started.elapsed();
        let len = len.expect("a tile of a checked size and quality encodes into its bound");
        Ok(Tile { buffer, len })
    }
}

/// Fails where `len` bytes of tile `id`, a number that comes from its pack, are
/// more than any buffer has.
fn fits(pack: &Pack, id: TileId, len: usize) -> Result<(), RebuildError> {
    if len <= LARGEST {
        return Ok(());
    }
    let error = CodecError::OutputTooSmall { len: LARGEST, needed: len };
    Err(RebuildError::codec(pack, id, error))
}

/// Whether tile `id` is predicted and others from it: its samples are at hand
/// when it has been rebuilt, and its children would decode it again.
fn has_children(pack: &Pack, id: TileId) -> bool {
    let predicted = |z| pack.level(z).is_some_and(|level| level.mode != Mode::Stored);
    predicted(id.z) && predicted(id.z + 1)
}

pub(crate) fn tile_size(pack: &Pack, id: TileId) -> (usize, usize) {
    let rect = pack.pyramid().tile_rect(id).expect("a tile with an entry lies in the grid");
    (rect.width as usize, rect.height as usize)
}
