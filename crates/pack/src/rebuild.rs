//! Turning index entries back into the JPEG a viewer asked for.

use crate::{Entry, Exhausted, Lease, Mode, Pack, PackError, Pools};
use origami_codec::{CodecError, Decoder, Encoder, encoded_bound};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::family;
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Plane, Subsampling, TileId, Ycc, residual};
use std::ops::{Deref, DerefMut};
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

/// Decoded planes that children are predicted from, in a pooled buffer: all
/// planes of an L2 tile, luma alone of an L1 tile.
#[derive(Debug)]
pub struct ParentPlanes {
    planes: Ycc<Lease>,
}

impl ParentPlanes {
    /// The decoded planes.
    #[must_use]
    pub fn planes(&self) -> &Ycc<Lease> {
        &self.planes
    }

    /// Bytes of memory the planes take, which is the leased buffer's size.
    #[must_use]
    pub fn bytes(&self, pools: &Pools) -> usize {
        let len = self.planes.samples().len();
        pools.stats().find(|tier| tier.size >= len).map_or(len, |tier| tier.size)
    }
}

/// Where decoded parents are kept between tiles.
pub trait Parents {
    /// The planes of parent tile `id`, from the cache or by calling `decode`.
    /// Two threads asking at once should cause one decode.
    ///
    /// # Errors
    /// Whatever `decode` returns.
    fn get_or_decode(
        &self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Arc<ParentPlanes>, RebuildError>;
}

/// Keeps nothing: every parent is decoded where it is needed.
#[derive(Clone, Copy, Debug)]
pub struct Uncached;

impl Parents for Uncached {
    fn get_or_decode(
        &self,
        _: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Arc<ParentPlanes>, RebuildError> {
        decode().map(Arc::new)
    }
}

/// Time spent by stage since [`Rebuilder::take_timings`] was last called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Index look-ups and blob checksums.
    pub read: Duration,
    /// JPEG to planes.
    pub decode: Duration,
    /// Doubling luma and chroma.
    pub predict: Duration,
    /// Adding residuals.
    pub apply: Duration,
    /// Planes to JPEG.
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
        let level = pack.level(id.z).expect("a level with an entry");
        let stored = (level.mode == Mode::Stored).then(|| pack.blob(entry)).transpose()?.flatten();
        self.timings.read += started.elapsed();
        if let Some(bytes) = stored {
            return Ok(Tile::Stored(bytes));
        }
        let (width, height) = tile_size(pack, id);
        // The scratch buffer leaves `self` so that `self` can be called meanwhile.
        let mut scratch = std::mem::take(&mut self.tile);
        scratch.resize(scratch.len().max(ycc_len(width, height, level.subsampling)), 0);
        let mut tile = Ycc::new(&mut scratch[..], width, height, level.subsampling);
        let made = self.planes(pack, id, entry, parents, &mut tile);
        let whole = made.and_then(|()| Ok(pack.check_whole()?));
        let built = whole.and_then(|()| self.encode(&mut tile, level.quality));
        self.tile = scratch;
        built
    }

    /// Fills `tile` with the samples that `entry` of tile `id` stands for.
    pub(crate) fn planes(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        parents: &dyn Parents,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let mode = pack.level(id.z).expect("a level with an entry").mode;
        match (entry, pack.blob(entry)?) {
            (Entry::Blank { colour }, _) => tile.fill(colour),
            (_, Some(jpeg)) if mode == Mode::Stored => {
                self.decoder.decode_ycc(jpeg, tile).map_err(|error| codec_error(pack, id, error))?;
            }
            _ => self.predicted(pack, id, entry, parents, tile)?,
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

    /// Fills `tile` with the prediction and, where there is one, the residual.
    fn predicted(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        parents: &dyn Parents,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let pyramid = pack.pyramid();
        let depth = pyramid.depth(id.z).expect("a level of this pack");
        let root_id = TileId { z: id.z + depth - 2, x: id.x >> (2 - depth), y: id.y >> (2 - depth) };
        let root = parents.get_or_decode(root_id, &mut || self.parent(pack, root_id, None))?;
        let parent = if depth == 1 {
            Arc::clone(&root)
        } else {
            let (parent, _) = pyramid.parent(id).expect("a tile with a root has a parent");
            parents.get_or_decode(parent, &mut || self.parent(pack, parent, Some(&root)))?
        };
        let region = pyramid.tile_rect(id).expect("a tile with an entry lies in the grid");
        let mut chroma = std::mem::take(&mut self.chroma);
        chroma.aim(pyramid, region, depth, tile.subsampling());
        for near in chroma.tiles(pyramid) {
            if near == root_id {
                chroma.place(pyramid, near, &root.planes);
            } else {
                let planes = parents.get_or_decode(near, &mut || self.parent(pack, near, None))?;
                chroma.place(pyramid, near, &planes.planes);
            }
        }
        let started = Instant::now();
        chroma.carry(region, depth, &mut self.between, tile);
        self.chroma = chroma;
        self.timings.predict += started.elapsed();
        self.luma(pack, id, entry, &parent.planes.luma(), &mut tile.luma_mut())
    }

    /// Predicts luma from `parent` and adds the residual.
    fn luma<B: DerefMut<Target = [u8]>>(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        parent: &Plane<&[u8]>,
        out: &mut Plane<B>,
    ) -> Result<(), RebuildError> {
        let started = Instant::now();
        family::predict_luma(pack.pyramid(), id, parent, out);
        self.timings.predict += started.elapsed();
        let started = Instant::now();
        let blob = pack.blob(entry)?;
        self.timings.read += started.elapsed();
        let Some(scan) = blob else { return Ok(()) };
        let mut buffer = std::mem::take(&mut self.residual);
        let started = Instant::now();
        let plane = decode_residual(&mut self.decoder, &mut self.joined, &mut buffer, pack, id, scan);
        self.timings.decode += started.elapsed();
        let started = Instant::now();
        let applied = plane.map(|plane| residual::apply(out, &plane));
        self.timings.apply += started.elapsed();
        self.residual = buffer;
        applied
    }

    /// Decodes a parent: all planes of a root, luma alone of an L1 tile.
    fn parent(
        &mut self,
        pack: &Pack,
        id: TileId,
        root: Option<&ParentPlanes>,
    ) -> Result<ParentPlanes, RebuildError> {
        let level = pack.level(id.z).expect("a parent's level");
        let subsampling = if root.is_none() { level.subsampling } else { Subsampling::Gray };
        let (width, height) = tile_size(pack, id);
        let buffer = self.pools.lease(ycc_len(width, height, subsampling))?;
        let mut planes = Ycc::new(buffer, width, height, subsampling);
        let entry = pack.entry(id)?;
        match (entry, root) {
            (Entry::Blank { colour }, _) => planes.fill(colour),
            (_, Some(root)) if level.mode == Mode::Luma => {
                self.luma(pack, id, entry, &root.planes.luma(), &mut planes.luma_mut())?;
            }
            _ => {
                let started = Instant::now();
                let bytes = pack.blob(entry)?.expect("a stored level's entry is blank or a blob");
                self.timings.read += started.elapsed();
                let started = Instant::now();
                let decoded = match root {
                    None => self.decoder.decode_ycc(bytes, &mut planes),
                    Some(_) => self.decoder.decode_luma(bytes, &mut planes.luma_mut()),
                };
                self.timings.decode += started.elapsed();
                decoded.map_err(|error| codec_error(pack, id, error))?;
            }
        }
        pack.check_whole()?;
        Ok(ParentPlanes { planes })
    }
}

/// Decodes a residual scan into the front of `buffer`.
fn decode_residual<'b>(
    decoder: &mut Decoder,
    joined: &mut Vec<u8>,
    buffer: &'b mut Vec<u8>,
    pack: &Pack,
    id: TileId,
    scan: &[u8],
) -> Result<Plane<&'b mut [u8]>, RebuildError> {
    let (width, height) = tile_size(pack, id);
    let header = shared_header(pack, id);
    joined.resize(joined.len().max(header.joined_len(scan.len())), 0);
    let jpeg = header.join(width as u16, height as u16, scan, joined);
    buffer.resize(buffer.len().max(width * height), 0);
    let mut plane = Plane::new(&mut buffer[..width * height], width, height, width);
    decoder.decode_luma(jpeg, &mut plane).map_err(|error| codec_error(pack, id, error))?;
    Ok(plane)
}

pub(crate) fn shared_header(pack: &Pack, id: TileId) -> &origami_codec::SharedHeader {
    let table = pack.levels[id.z as usize].table;
    &pack.tables[table.expect("a luma level names its table, checked when opening")]
}

pub(crate) fn tile_size(pack: &Pack, id: TileId) -> (usize, usize) {
    let rect = pack.pyramid().tile_rect(id).expect("a tile with an entry lies in the grid");
    (rect.width as usize, rect.height as usize)
}

pub(crate) fn codec_error(pack: &Pack, id: TileId, error: CodecError) -> RebuildError {
    RebuildError::Codec { path: pack.path().display().to_string(), id, error }
}
