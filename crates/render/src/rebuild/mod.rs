//! Turning index entries back into the JPEG a viewer asked for.

mod coefficients;
mod residuals;

use crate::pool::LARGEST;
use crate::{Lease, Models, Parents, Pools, RebuildError};
use coefficients::CoefficientScratch;
use origami_codec::{CodecError, Decoder, Encoder, encoded_bound};
use origami_pack::{Entry, Level, Pack, Waiting};
use origami_pyramid::chroma::{Between, ChromaSource};
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Rgb, SamplesMut, Size, TileId, Ycc};
use std::ops::Deref;
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

/// Rebuilds tiles. One per worker: it owns codec handles and scratch planes.
#[derive(Debug)]
pub struct Rebuilder {
    pools: Arc<Pools>,
    models: Arc<Models>,
    decoder: Decoder,
    encoder: Encoder,
    residual: Vec<u8>,
    tile: Vec<u8>,
    /// Chroma of the level that has it, and between doublings.
    chroma: ChromaSource,
    between: Between,
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
            between: Between::default(),
            coefficients: CoefficientScratch::default(),
            timings: Timings::default(),
        })
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
    pub fn tile(&mut self, pack: &Pack, id: TileId, parents: &dyn Parents) -> Result<TileJpeg, RebuildError> {
        let place = self.place(pack, id, parents)?;
        if let Some(len) = pack.stored_len(id, place.entry) {
            let mut buffer = place.lease(&self.pools, len)?;
            let out = &mut buffer[..len];
            timed(&mut self.timings.read, || pack.read_stored(id, place.entry, out, Waiting::Allowed))?;
            return Ok(TileJpeg { buffer, len });
        }
        if let Some(header) = place.level.header() {
            return self.coefficient_tile(place, header);
        }
        let ((width, height), subsampling) = (place.sides(), place.level.subsampling);
        // The scratch buffer leaves `self` so that `self` can be called meanwhile.
        let mut scratch = std::mem::take(&mut self.tile);
        scratch.resize(scratch.len().max(ycc_len(width, height, subsampling)), 0);
        let mut tile = Ycc::new(&mut scratch[..], width, height, subsampling);
        let made = self.planes(place, &mut tile);
        let built = made.and_then(|()| self.encode_tile(place, &mut tile));
        let inherited = place.has_children() && !matches!(place.entry, Entry::Blank { .. });
        if inherited && built.is_ok() {
            parents.leave(id, &mut || self.copied_luma(place, &tile));
        }
        self.tile = scratch;
        built
    }

    /// Decodes `jpeg`, that of tile `id`, into `out`, which takes the tile's size:
    /// the pixels that a viewer of the JPEG sees.
    ///
    /// # Errors
    /// If it does not decode, or not to the tile's size.
    ///
    /// # Panics
    /// If there is no such tile.
    pub fn pixels(
        &mut self,
        pack: &Pack,
        id: TileId,
        jpeg: &[u8],
        out: &mut Rgb,
    ) -> Result<(), RebuildError> {
        let decode = || self.decoder.decode_rgb_sized(jpeg, tile_size(pack, id), out);
        timed(&mut self.timings.decode, decode).map_err(|error| RebuildError::codec(pack, id, error))
    }

    /// Looks tile `id` up.
    pub(crate) fn place<'a>(
        &mut self,
        pack: &'a Pack,
        id: TileId,
        parents: &'a dyn Parents,
    ) -> Result<TileContext<'a>, RebuildError> {
        let entry = timed(&mut self.timings.read, || pack.entry(id))?;
        let level = pack.level(id.z).expect("a level with an entry");
        Ok(TileContext { pack, parents, id, level, entry })
    }

    /// A copy of the bytes of a blob, which stands at the front of the buffer.
    fn blob(&mut self, place: TileContext<'_>) -> Result<Lease, RebuildError> {
        let len = place.entry.blob_len();
        let mut buffer = place.lease(&self.pools, len)?;
        timed(&mut self.timings.read, || place.pack.read_blob(place.entry, &mut buffer[..len]))?;
        Ok(buffer)
    }

    /// Fills `tile` with the samples that the tile's entry stands for.
    fn planes(&mut self, place: TileContext<'_>, tile: &mut Ycc<&mut [u8]>) -> Result<(), RebuildError> {
        match place.entry {
            Entry::Blank { colour } => tile.fill(colour),
            Entry::Blob { .. } if !place.level.is_predicted() => {
                self.decode(place, |decoder, jpeg| decoder.decode_ycc(jpeg, tile))?;
            }
            _ => self.predicted(place, tile)?,
        }
        Ok(())
    }

    /// Decodes a stored tile with `decode`.
    fn decode(
        &mut self,
        place: TileContext<'_>,
        decode: impl FnOnce(&mut Decoder, &[u8]) -> Result<(), CodecError>,
    ) -> Result<(), RebuildError> {
        let jpeg = self.blob(place)?;
        let jpeg = &jpeg[..place.entry.blob_len()];
        let decoded = timed(&mut self.timings.decode, || decode(&mut self.decoder, jpeg));
        decoded.map_err(|error| place.codec(error))
    }

    /// The JPEG of a tile's planes, in the quality of its level.
    pub(crate) fn encode_tile(
        &mut self,
        place: TileContext<'_>,
        tile: &mut Ycc<impl SamplesMut>,
    ) -> Result<TileJpeg, RebuildError> {
        let bound = encoded_bound(tile.width(), tile.height(), tile.subsampling());
        let mut buffer = self.pools.lease(bound)?;
        let quality = place.level.quality;
        let len = timed(&mut self.timings.encode, || self.encoder.encode(tile, quality, &mut buffer));
        let len = len.expect("a tile of a checked size and quality encodes into its bound");
        Ok(TileJpeg { buffer, len })
    }
}

/// Does `work` and adds the time that it took to `total`.
fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    *total += started.elapsed();
    done
}

/// A tile as its pack has it, and where its parents are kept.
#[derive(Clone, Copy)]
pub(crate) struct TileContext<'a> {
    pack: &'a Pack,
    parents: &'a dyn Parents,
    id: TileId,
    level: &'a Level,
    entry: Entry,
}

impl TileContext<'_> {
    fn size(self) -> Size {
        tile_size(self.pack, self.id)
    }

    /// Width and height as planes and codecs take them.
    fn sides(self) -> (usize, usize) {
        let Size { width, height } = self.size();
        (width as usize, height as usize)
    }

    /// The tile that it is predicted from.
    fn parent(self) -> TileId {
        self.pack.parent(self.id).expect("a predicted tile has a parent")
    }

    /// Whether it is predicted and others from it: its samples are at hand when
    /// it has been rebuilt, and its children would decode it again.
    fn has_children(self) -> bool {
        self.level.is_predicted() && self.pack.is_parent(self.id.z)
    }

    /// Fails where `len`, a number of bytes that comes from the pack, is more
    /// than any buffer has.
    fn fits(self, len: usize) -> Result<(), RebuildError> {
        if len <= LARGEST {
            return Ok(());
        }
        Err(self.codec(CodecError::OutputTooSmall { len: LARGEST, needed: len }))
    }

    /// A buffer for `len` bytes of it.
    fn lease(self, pools: &Arc<Pools>, len: usize) -> Result<Lease, RebuildError> {
        self.fits(len)?;
        Ok(pools.lease(len)?)
    }

    fn codec(self, error: CodecError) -> RebuildError {
        RebuildError::codec(self.pack, self.id, error)
    }
}

pub(crate) fn tile_size(pack: &Pack, id: TileId) -> Size {
    pack.pyramid().tile_rect(id).expect("a tile with an entry lies in the grid").size()
}
