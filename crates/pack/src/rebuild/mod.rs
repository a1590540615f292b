//! Turning index entries back into the JPEG a viewer asked for.

mod coefficients;
mod residuals;

pub(crate) use residuals::shared_header;

use crate::{Entry, Exhausted, Lease, Mode, Pack, PackError, Parents, Pools};
use coefficients::CoefficientScratch;
use origami_codec::{CodecError, Decoder, Encoder, encoded_bound};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{TileId, Ycc};
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why a tile could not be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The pack is damaged, or there is no such tile.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A blob with a good checksum does not decode to its tile.
    #[error("{path}: tile {id}: {error}")]
    Codec {
        /// The pack.
        path: String,
        /// The tile whose bytes they are.
        id: TileId,
        /// What the codec said.
        error: CodecError,
    },
    /// No buffer was free; the server is busy, the pack is fine.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The same failure, met by another request that waited for it.
    #[error(transparent)]
    Shared(Arc<RebuildError>),
}

impl RebuildError {
    /// Whether trying again later may succeed.
    #[must_use]
    pub fn is_overload(&self) -> bool {
        match self {
            Self::Exhausted(_) => true,
            Self::Shared(error) => error.is_overload(),
            Self::Pack(_) | Self::Codec { .. } => false,
        }
    }

    /// A short, bounded name of the kind, for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Pack(error) => error.kind(),
            Self::Codec { .. } => "codec",
            Self::Exhausted(_) => "exhausted",
            Self::Shared(error) => error.kind(),
        }
    }
}

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

/// A complete JPEG, borrowed from the pack or standing in a leased buffer.
#[derive(Debug)]
pub enum Tile<'p> {
    /// Served as it is stored.
    Stored(&'p [u8]),
    /// Built; the first `len` bytes of `buffer`.
    Built {
        /// The leased buffer.
        buffer: Lease,
        /// Bytes of it that are the JPEG.
        len: usize,
    },
}

impl Deref for Tile<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Stored(bytes) => bytes,
            Self::Built { buffer, len } => &buffer[..*len],
        }
    }
}

/// Rebuilds tiles. One per worker: it owns codec handles and scratch planes.
#[derive(Debug)]
pub struct Rebuilder {
    pools: Arc<Pools>,
    decoder: Decoder,
    encoder: Encoder,
    /// A residual JPEG put together from shared header and scan.
    joined: Vec<u8>,
    residual: Vec<u8>,
    tile: Vec<u8>,
    /// Chroma of L2, and between two doublings.
    chroma: ChromaSource,
    between: Vec<u8>,
    coefficients: CoefficientScratch,
    timings: Timings,
}

impl Rebuilder {
    /// A rebuilder that leases from `pools`.
    ///
    /// # Errors
    /// If the JPEG library cannot allocate a handle.
    pub fn new(pools: Arc<Pools>) -> Result<Self, CodecError> {
        Ok(Self {
            pools,
            decoder: Decoder::new()?,
            encoder: Encoder::new()?,
            joined: Vec::new(),
            residual: Vec::new(),
            tile: Vec::new(),
            chroma: ChromaSource::default(),
            between: Vec::new(),
            coefficients: CoefficientScratch::default(),
            timings: Timings::default(),
        })
    }

    /// The time spent by stage since the last call.
    pub fn take_timings(&mut self) -> Timings {
        std::mem::take(&mut self.timings)
    }

    /// The JPEG of one tile. Stored tiles come straight from the pack; blank
    /// and predicted ones are made, taking their parents from `parents`.
    ///
    /// # Errors
    /// If there is no such tile, the pack is damaged, or no buffer is free.
    pub fn tile<'p>(
        &mut self,
        pack: &'p Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<Tile<'p>, RebuildError> {
        let started = Instant::now();
        let entry = pack.entry(id)?;
        let blob = pack.blob(entry)?;
        self.timings.read += started.elapsed();
        let level = pack.level(id.z).expect("a level with an entry");
        if let Some(header) = &level.header {
            return self.coefficient_tile(pack, id, (entry, blob), header, parents);
        }
        if let (Mode::Stored, Some(bytes)) = (level.mode, blob) {
            return Ok(Tile::Stored(bytes));
        }
        let (width, height) = tile_size(pack, id);
        // The scratch buffer leaves `self` so that `self` can be called meanwhile.
        let mut scratch = std::mem::take(&mut self.tile);
        scratch.resize(scratch.len().max(ycc_len(width, height, level.subsampling)), 0);
        let mut tile = Ycc::new(&mut scratch[..], width, height, level.subsampling);
        let made = self.planes(pack, id, (entry, blob), parents, &mut tile);
        let whole = made.and_then(|()| Ok(pack.check_whole()?));
        let built = whole.and_then(|()| self.encode(&mut tile, level.quality));
        let inherited = has_heirs(pack, id) && !matches!(entry, Entry::Blank { .. });
        if inherited && built.is_ok() {
            parents.leave(id, &mut || self.copied_luma(&tile));
        }
        self.tile = scratch;
        built
    }

    /// Fills `tile` with the samples that entry and blob of tile `id` stand for.
    pub(crate) fn planes(
        &mut self,
        pack: &Pack,
        id: TileId,
        (entry, blob): (Entry, Option<&[u8]>),
        parents: &dyn Parents,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let mode = pack.level(id.z).expect("a level with an entry").mode;
        match (entry, blob) {
            (Entry::Blank { colour }, _) => tile.fill(colour),
            (_, Some(jpeg)) if mode == Mode::Stored => {
                self.decoder.decode_ycc(jpeg, tile).map_err(|error| codec_error(pack, id, error))?;
            }
            _ => self.predicted(pack, id, blob, parents, tile)?,
        }
        Ok(())
    }

    fn encode(&mut self, tile: &mut Ycc<&mut [u8]>, quality: u8) -> Result<Tile<'static>, RebuildError> {
        let bound = encoded_bound(tile.width(), tile.height(), tile.subsampling());
        let mut buffer = self.pools.lease(bound)?;
        let started = Instant::now();
        let len = self.encoder.encode(tile, quality, &mut buffer);
        self.timings.encode += started.elapsed();
        let len = len.expect("a tile of a checked size and quality encodes into its bound");
        Ok(Tile::Built { buffer, len })
    }
}

/// Whether tile `id` is predicted and others from it: its samples are at hand
/// when it has been rebuilt, and its children would decode it again.
fn has_heirs(pack: &Pack, id: TileId) -> bool {
    let predicted = |z| pack.level(z).is_some_and(|level| level.mode != Mode::Stored);
    predicted(id.z) && predicted(id.z + 1)
}

pub(crate) fn tile_size(pack: &Pack, id: TileId) -> (usize, usize) {
    let rect = pack.pyramid().tile_rect(id).expect("a tile with an entry lies in the grid");
    (rect.width as usize, rect.height as usize)
}

pub(crate) fn codec_error(pack: &Pack, id: TileId, error: CodecError) -> RebuildError {
    RebuildError::Codec { path: pack.path().display().to_string(), id, error }
}
