//! Tiles of coefficient packs: decoded given the parent, and written as the JPEG that
//! they belong to.

use super::{Rebuilder, Stage, TileContext, TileJpeg};
use crate::{MAX_LEASE, ParentPlanes, Parents, RebuildError};
use origami_codec::exact::TileCoder;
use origami_codec::{Coefficients, Frame, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pack::{Entry, Identity, Mode, Pack};
use origami_pyramid::{Rgb, TileId, Ycc};
use std::fmt;

/// What a worker needs for coefficients besides leased buffers.
#[derive(Default)]
pub(super) struct CoefficientScratch {
    coder: TileCoder,
    /// Coefficients of one tile.
    pub(super) tile: Coefficients,
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
        context: TileContext<'_>,
        header: &TileHeader,
    ) -> Result<TileJpeg, RebuildError> {
        self.read_coefficients(context, header)?;
        let tile = &self.coefficients.tile;
        let mut buffer = self.pools.lease(buffer_len(header, tile.frame()))?;
        let len = self
            .clock
            .time(Stage::Encode, context.id, || header.write(tile, &mut buffer))
            .map_err(|error| context.codec_error(error))?;
        if matches!(context.entry, Entry::Blob { .. }) && context.is_predicted_parent() {
            context.parents.seed(context.id, &mut || self.padded_planes(context.id, header));
        }
        Ok(TileJpeg { buffer, len })
    }

    /// Rebuilds tile `id` and discards it. Decodes stored tiles too.
    pub(crate) fn check(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<(), RebuildError> {
        let context = self.requested_context(pack, id, parents)?;
        if let Entry::Blob { identity: Identity::Verbatim, .. } = context.entry {
            let (size, mut pixels) = (context.size(), Rgb::filled(1, 1, [0; 3]));
            return self
                .decode_blob(context, |decoder, jpeg| decoder.decode_rgb_sized(jpeg, size, &mut pixels));
        }
        let Some(header) = context.level.header() else {
            let ((width, height), subsampling) = (context.sides(), context.level.subsampling);
            let mut planes = Ycc::zeros(width, height, subsampling);
            return self
                .fill_planes(context, &mut Ycc::new(planes.samples_mut(), width, height, subsampling));
        };
        self.read_coefficients(context, header)?;
        let mut jpeg = vec![0; buffer_len(header, self.coefficients.tile.frame())];
        match header.write(&self.coefficients.tile, &mut jpeg) {
            Ok(_) => Ok(()),
            Err(error) => Err(context.codec_error(error)),
        }
    }

    /// Reads the coefficients of a tile to the scratch tile.
    pub(super) fn read_coefficients(
        &mut self,
        context: TileContext<'_>,
        header: &TileHeader,
    ) -> Result<(), RebuildError> {
        let (width, height) = context.sides();
        let frame = header.frame(width, height).expect("tiles are within a JPEG's size");
        if let Entry::Constant { dc } = context.entry {
            self.coefficients.tile.reshape(frame);
            self.coefficients.tile.fill(dc);
            return Ok(());
        }
        match context.level.mode {
            Mode::Exact => self.decode_exact(context, frame),
            Mode::Stored | Mode::Luma => self.read_scan(context, header, frame),
        }
    }

    /// Reads the coefficients of a stored tile, whose blob is a scan.
    fn read_scan(
        &mut self,
        context: TileContext<'_>,
        header: &TileHeader,
        frame: Frame,
    ) -> Result<(), RebuildError> {
        let len = context.entry.blob_len();
        // With the header it is served with, it must fit a buffer too.
        context.check_len(header.joined_len(len))?;
        let scan = self.read_blob(context)?;
        let tile = &mut self.coefficients.tile;
        tile.reshape(frame);
        self.clock
            .time(Stage::Decode, context.id, || header.read_scan(&scan[..len], tile))
            .map_err(|error| context.codec_error(error))
    }

    /// Decodes the coefficients of an exact tile, given its parent.
    fn decode_exact(&mut self, context: TileContext<'_>, frame: Frame) -> Result<(), RebuildError> {
        let TileContext { pack, parents, id, .. } = context;
        let parent = parents.get_or_decode(context.parent(), &mut || self.decode_padded_parent(context))?;
        let ParentPlanes::Padded(parent) = &*parent else { return Err(RebuildError::parent(pack, id)) };
        let model = self.models.get(pack, id.z, context.entry.model())?;
        let model = model.ok_or_else(|| RebuildError::parent(pack, id))?;
        let blob = self.read_blob(context)?;
        let bytes = &blob[..context.entry.blob_len()];
        // Blocks are predicted from samples of half their size.
        let (half, quarter) = (pack.pyramid().tile_size() / 2, id.quarter());
        let origin = ((quarter.x * half) as usize, (quarter.y * half) as usize);
        let CoefficientScratch { coder, tile } = &mut self.coefficients;
        tile.reshape(frame);
        self.clock
            .time(Stage::Decode, id, || coder.decode(&model, parent, origin, bytes, tile))
            .map_err(|error| context.codec_error(error))
    }

    /// Decodes the parent of `child`, with the samples that its blocks have beyond its
    /// edges.
    fn decode_padded_parent(&mut self, child: TileContext<'_>) -> Result<ParentPlanes, RebuildError> {
        let context = self.context(child.pack, child.parent(), child.parents)?;
        let header = context.level.header().expect("a level of coefficients");
        self.read_coefficients(context, header)?;
        self.padded_planes(context.id, header)
    }

    /// The samples of the scratch tile, which is tile `id`, including those beyond its edges.
    fn padded_planes(&mut self, id: TileId, header: &TileHeader) -> Result<ParentPlanes, RebuildError> {
        let tile = &self.coefficients.tile;
        let frame = *tile.frame();
        let mut planes = PaddedPlanes::new(self.pools.lease(padded_len(&frame))?, frame);
        self.clock.time(Stage::Decode, id, || dct::inverse(tile, header.quantisation(), &mut planes));
        Ok(ParentPlanes::Padded(planes))
    }
}

/// Bytes to write a tile's JPEG into. For large tiles the bound is beyond any buffer,
/// and beyond any JPEG that is worth serving.
fn buffer_len(header: &TileHeader, frame: &Frame) -> usize {
    header.jpeg_bound(frame).min(MAX_LEASE)
}
