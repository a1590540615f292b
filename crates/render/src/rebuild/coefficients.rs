//! Packs of coefficients: decode them given the parent, and write the JPEG
//! they belong to.

use super::{Rebuilder, Tile, fits, has_children, tile_size};
use crate::pool::LARGEST;
use crate::{Lease, ParentPlanes, Parents, RebuildError};
use origami_codec::exact::TileCoder;
use origami_codec::{CodecError, Coefficients, Frame, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{Entry, Identity, Mode, Pack};
use origami_pyramid::{Rgb, Subsampling, TileId, Ycc};
use std::fmt;
use std::time::Instant;

/// What a worker needs for coefficients besides leased buffers.
pub(super) struct CoefficientScratch {
    coder: TileCoder,
    tile: Coefficients,
}

impl Default for CoefficientScratch {
    fn default() -> Self {
        let frame = Frame::new(8, 8, Subsampling::Gray, origami_codec::Colour::Gray);
        Self { coder: TileCoder::default(), tile: Coefficients::zeros(frame.expect("a frame of one block")) }
    }
}

impl fmt::Debug for CoefficientScratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoefficientScratch").field("frame", self.tile.frame()).finish_non_exhaustive()
    }
}

impl Rebuilder {
    /// The JPEG of a tile that is not stored and whose level has a tile header.
    pub(super) fn coefficient_tile(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        header: &TileHeader,
        parents: &dyn Parents,
    ) -> Result<Tile, RebuildError> {
        let frame = frame(pack, id, header);
        self.coefficients(pack, id, entry, header, parents)?;
        let mut buffer = self.pools.lease(buffer_len(header, &frame))?;
        let started = Instant::now();
        let written = header.write(&self.coefficients.tile, &mut buffer);
        self.timings.encode += started.elapsed();
        let len = written.map_err(|error| RebuildError::codec(pack, id, error))?;
        if matches!(entry, Entry::Blob { .. }) && has_children(pack, id) {
            parents.leave(id, &mut || self.inverse(header));
        }
        Ok(Tile { buffer, len })
    }

    /// Rebuilds tile `id`, decodes stored ones too, and forgets it.
    pub(crate) fn check(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<(), RebuildError> {
        let codec = |error| RebuildError::codec(pack, id, error);
        let entry = pack.entry(id)?;
        if let Entry::Blob { identity: Identity::Verbatim, .. } = entry {
            let jpeg = self.blob(pack, id, entry)?;
            let (width, height) = tile_size(pack, id);
            let mut pixels = Rgb::filled(1, 1, [0; 3]);
            self.decoder.decode_rgb(&jpeg[..entry.blob_len()], width * height, &mut pixels).map_err(codec)?;
            let (found_width, found_height) = (pixels.width(), pixels.height());
            return match (found_width, found_height) == (width, height) {
                true => Ok(()),
                false => Err(codec(CodecError::Size { width, height, found_width, found_height })),
            };
        }
        let level = pack.level(id.z).expect("a level with an entry");
        let Some(header) = level.header() else {
            let (width, height) = tile_size(pack, id);
            let mut planes = Ycc::zeros(width, height, level.subsampling);
            let (samples, subsampling) = (planes.samples_mut(), level.subsampling);
            return self.planes(pack, id, entry, parents, &mut Ycc::new(samples, width, height, subsampling));
        };
        self.coefficients(pack, id, entry, header, parents)?;
        let mut jpeg = vec![0; buffer_len(header, self.coefficients.tile.frame())];
        header.write(&self.coefficients.tile, &mut jpeg).map(|_| ()).map_err(codec)
    }

    /// Leaves the coefficients of tile `id` in the scratch tile.
    fn coefficients(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        header: &TileHeader,
        parents: &dyn Parents,
    ) -> Result<(), RebuildError> {
        let codec = |error| RebuildError::codec(pack, id, error);
        let frame = frame(pack, id, header);
        if let Entry::Constant { dc } = entry {
            self.coefficients.tile.reshape(frame);
            self.coefficients.tile.fill(dc);
            return Ok(());
        }
        let level = pack.level(id.z).expect("a level with an entry");
        if level.mode != Mode::Exact {
            // As long as it stands in the pack, it fits no less than as it is served.
            fits(pack, id, header.joined_len(entry.blob_len()))?;
            let scan = self.blob(pack, id, entry)?;
            self.coefficients.tile.reshape(frame);
            let started = Instant::now();
            let read = header.read_scan(&scan[..entry.blob_len()], &mut self.coefficients.tile);
            self.timings.decode += started.elapsed();
            return read.map_err(codec);
        }
        let (parent_id, _) = pack.pyramid().parent(id).expect("exact levels lie below a root");
        let parent = parents.get_or_decode(parent_id, &mut || self.padded(pack, parent_id, parents))?;
        let ParentPlanes::Padded(parent) = &*parent else { return Err(RebuildError::parent(pack, id)) };
        let model = self.models.get(pack, id.z)?.ok_or_else(|| RebuildError::parent(pack, id))?;
        let bytes = self.blob(pack, id, entry)?;
        let half = pack.pyramid().tile_size() as usize / 2;
        let origin = ((id.x & 1) as usize * half, (id.y & 1) as usize * half);
        let CoefficientScratch { coder, tile } = &mut self.coefficients;
        tile.reshape(frame);
        let started = Instant::now();
        let decoded = coder.decode(&model, parent, origin, &bytes[..entry.blob_len()], tile);
        self.timings.decode += started.elapsed();
        decoded.map_err(codec)
    }

    /// Decodes a parent with everything its blocks hold.
    fn padded(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<ParentPlanes, RebuildError> {
        let started = Instant::now();
        let entry = pack.entry(id)?;
        self.timings.read += started.elapsed();
        let level = pack.level(id.z).expect("a parent's level");
        let header = level.header().expect("a level of coefficients");
        self.coefficients(pack, id, entry, header, parents)?;
        self.inverse(header)
    }

    /// The planes of the scratch tile.
    fn inverse(&mut self, header: &TileHeader) -> Result<ParentPlanes, RebuildError> {
        let frame = *self.coefficients.tile.frame();
        let buffer: Lease = self.pools.lease(padded_len(&frame))?;
        let mut planes = PaddedPlanes::new(buffer, frame);
        let started = Instant::now();
        dct::inverse(&self.coefficients.tile, header.quantisation(), &mut planes);
        self.timings.decode += started.elapsed();
        Ok(ParentPlanes::Padded(planes))
    }
}

/// Bytes to write a tile's JPEG into. The bound for large tiles is beyond any
/// buffer, and beyond any JPEG that is worth serving.
fn buffer_len(header: &TileHeader, frame: &Frame) -> usize {
    header.jpeg_bound(frame).min(LARGEST)
}

/// The block grid of tile `id`.
fn frame(pack: &Pack, id: TileId, header: &TileHeader) -> Frame {
    let (width, height) = tile_size(pack, id);
    header.frame(width, height).expect("tiles are within a JPEG's size")
}
