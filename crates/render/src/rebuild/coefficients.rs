//! Packs of coefficients: decode them given the parent, and write the JPEG
//! they belong to.

use super::{Rebuilder, TileContext, TileJpeg, timed};
use crate::pool::LARGEST;
use crate::{ParentPlanes, Parents, RebuildError};
use origami_codec::exact::TileCoder;
use origami_codec::{Coefficients, Frame, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{Entry, Identity, Mode, Pack};
use origami_pyramid::{Rgb, TileId, Ycc};
use std::fmt;

/// What a worker needs for coefficients besides leased buffers.
#[derive(Default)]
pub(super) struct CoefficientScratch {
    coder: TileCoder,
    tile: Coefficients,
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
        place: TileContext<'_>,
        header: &TileHeader,
    ) -> Result<TileJpeg, RebuildError> {
        self.coefficients(place, header)?;
        let mut buffer = self.pools.lease(buffer_len(header, self.coefficients.tile.frame()))?;
        let tile = &self.coefficients.tile;
        let written = timed(&mut self.timings.encode, || header.write(tile, &mut buffer));
        let len = written.map_err(|error| place.codec(error))?;
        if matches!(place.entry, Entry::Blob { .. }) && place.has_children() {
            place.parents.leave(place.id, &mut || self.inverse(header));
        }
        Ok(TileJpeg { buffer, len })
    }

    /// Rebuilds tile `id`, decodes stored ones too, and forgets it.
    pub(crate) fn check(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<(), RebuildError> {
        let place = self.place(pack, id, parents)?;
        if let Entry::Blob { identity: Identity::Verbatim, .. } = place.entry {
            let (size, mut pixels) = (place.size(), Rgb::filled(1, 1, [0; 3]));
            return self.decode(place, |decoder, jpeg| decoder.decode_rgb_sized(jpeg, size, &mut pixels));
        }
        let Some(header) = place.level.header() else {
            let ((width, height), subsampling) = (place.sides(), place.level.subsampling);
            let mut planes = Ycc::zeros(width, height, subsampling);
            return self.planes(place, &mut Ycc::new(planes.samples_mut(), width, height, subsampling));
        };
        self.coefficients(place, header)?;
        let mut jpeg = vec![0; buffer_len(header, self.coefficients.tile.frame())];
        let written = header.write(&self.coefficients.tile, &mut jpeg);
        written.map(|_| ()).map_err(|error| place.codec(error))
    }

    /// Leaves the coefficients of a tile in the scratch tile.
    fn coefficients(&mut self, place: TileContext<'_>, header: &TileHeader) -> Result<(), RebuildError> {
        let (width, height) = place.sides();
        let frame = header.frame(width, height).expect("tiles are within a JPEG's size");
        if let Entry::Constant { dc } = place.entry {
            self.coefficients.tile.reshape(frame);
            self.coefficients.tile.fill(dc);
            return Ok(());
        }
        let len = place.entry.blob_len();
        if place.level.mode != Mode::Exact {
            // As long as it stands in the pack, it fits no less than as it is served.
            place.fits(header.joined_len(len))?;
            let scan = self.blob(place)?;
            let tile = &mut self.coefficients.tile;
            tile.reshape(frame);
            let read = timed(&mut self.timings.decode, || header.read_scan(&scan[..len], tile));
            return read.map_err(|error| place.codec(error));
        }
        let TileContext { pack, parents, id, .. } = place;
        let parent = parents.get_or_decode(place.parent(), &mut || self.padded(place))?;
        let ParentPlanes::Padded(parent) = &*parent else { return Err(RebuildError::parent(pack, id)) };
        let model = self.models.get(pack, id.z)?.ok_or_else(|| RebuildError::parent(pack, id))?;
        let bytes = self.blob(place)?;
        // Blocks are predicted from samples of half their size.
        let (half, (right, down)) = (pack.pyramid().tile_size() / 2, id.quarter());
        let origin = ((right * half) as usize, (down * half) as usize);
        let CoefficientScratch { coder, tile } = &mut self.coefficients;
        tile.reshape(frame);
        let decode = || coder.decode(&model, parent, origin, &bytes[..len], tile);
        timed(&mut self.timings.decode, decode).map_err(|error| place.codec(error))
    }

    /// Decodes the parent of `child` with everything its blocks hold.
    fn padded(&mut self, child: TileContext<'_>) -> Result<ParentPlanes, RebuildError> {
        let place = self.place(child.pack, child.parent(), child.parents)?;
        let header = place.level.header().expect("a level of coefficients");
        self.coefficients(place, header)?;
        self.inverse(header)
    }

    /// The planes of the scratch tile.
    fn inverse(&mut self, header: &TileHeader) -> Result<ParentPlanes, RebuildError> {
        let frame = *self.coefficients.tile.frame();
        let buffer = self.pools.lease(padded_len(&frame))?;
        let mut planes = PaddedPlanes::new(buffer, frame);
        let tile = &self.coefficients.tile;
        timed(&mut self.timings.decode, || dct::inverse(tile, header.quantisation(), &mut planes));
        Ok(ParentPlanes::Padded(planes))
    }
}

/// Bytes to write a tile's JPEG into. The bound for large tiles is beyond any
/// buffer, and beyond any JPEG that is worth serving.
fn buffer_len(header: &TileHeader, frame: &Frame) -> usize {
    header.jpeg_bound(frame).min(LARGEST)
}
