//! Tiles of luma levels: predicted from the parent's samples, corrected by a residual.

use super::{Rebuilder, Stage, TileContext};
use crate::{Lease, Parent, ParentPlanes, Parents, RebuildError};
use origami_pack::{Entry, Pack};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::{Plane, Rect, Subsampling, TileId, Ycc, luma, residual};

impl Rebuilder {
    /// Fills `tile` with the prediction and adds the residual, if there is one.
    pub(super) fn predict_tile(
        &mut self,
        context: TileContext<'_>,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let TileContext { pack, parents, id, .. } = context;
        let parent = self.parent_planes(pack, context.parent(), parents)?;
        let region = pack.pyramid().tile_rect(id).expect("a tile with an entry is in the grid");
        let mut chroma = std::mem::take(&mut self.chroma);
        let collected = self.collect_chroma(pack, id, region, parents, &mut chroma);
        if collected.is_ok() {
            let scratch = &mut self.chroma_scratch;
            self.clock.time(Stage::Predict, id, || chroma.upsample(region, id.z, scratch, tile));
        }
        self.chroma = chroma;
        collected?;
        self.predict_luma(context, &parent, &mut tile.luma_mut())
    }

    /// Fills `chroma` with the samples of the chroma level that `region` is made from.
    /// `region` is in pixels of the level of luma tile `id` and includes that tile.
    pub(crate) fn collect_chroma(
        &mut self,
        pack: &Pack,
        id: TileId,
        region: Rect,
        parents: &dyn Parents,
        chroma: &mut ChromaSource,
    ) -> Result<(), RebuildError> {
        let (pyramid, level) = (pack.pyramid(), pack.level(id.z).expect("a level with tiles"));
        let from = pack.chroma_level().expect("luma levels have a chroma level, checked when opening");
        chroma.prepare(pyramid, from, region, id.z, level.subsampling);
        for source in chroma.tiles(pyramid) {
            let planes = self.parent_planes(pack, source, parents)?;
            chroma.place(pyramid, source, samples(pack, id, &planes)?);
        }
        Ok(())
    }

    /// Fills the luma of a predicted tile whose chroma is complete; all planes if the
    /// tile has one colour.
    pub(crate) fn finish_luma(
        &mut self,
        context: TileContext<'_>,
        tile: &mut Ycc<Lease>,
    ) -> Result<(), RebuildError> {
        let TileContext { pack, parents, id, .. } = context;
        if let Entry::Blank { colour } = context.entry {
            tile.fill(colour);
            return Ok(());
        }
        if context.is_predicted_parent() {
            // Its children need its luma too, so it is made once for all of them.
            let own = self.parent_planes(pack, id, parents)?;
            copy_plane(&samples(pack, id, &own)?.luma(), &mut tile.luma_mut());
            return Ok(());
        }
        let parent = self.parent_planes(pack, context.parent(), parents)?;
        self.predict_luma(context, &parent, &mut tile.luma_mut())
    }

    /// The planes of tile `id` that other tiles are predicted from, cached or decoded.
    fn parent_planes<'a>(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &'a dyn Parents,
    ) -> Result<Parent<'a>, RebuildError> {
        parents.get_or_decode(id, &mut || self.decode_parent(pack, id, parents))
    }

    /// Decodes the planes of a tile that other tiles are predicted from: all planes of
    /// a stored tile, which may supply the chroma of finer levels; luma alone of a luma
    /// tile, from its own parent, which is decoded in turn if it is not cached.
    fn decode_parent(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<ParentPlanes, RebuildError> {
        let context = self.context(pack, id, parents)?;
        // Its own parent first: however long the line of ancestors is, no more than two
        // of them have buffers at a time. A tile of one colour needs none.
        let is_blank = matches!(context.entry, Entry::Blank { .. });
        let parent = match pack.parent(id) {
            Some(parent) if !is_blank => Some(self.parent_planes(pack, parent, parents)?),
            _ => None,
        };
        let is_luma = context.level.is_predicted();
        let subsampling = if is_luma { Subsampling::Gray } else { context.level.subsampling };
        let mut planes = self.pools.lease_planes(context.size(), subsampling)?;
        match (context.entry, &parent) {
            (Entry::Blank { colour }, _) => planes.fill(colour),
            (_, Some(parent)) => self.predict_luma(context, parent, &mut planes.luma_mut())?,
            (_, None) => {
                self.decode_blob(context, |decoder, jpeg| decoder.decode_ycc(jpeg, &mut planes))?;
            }
        }
        Ok(ParentPlanes::Samples(planes))
    }

    /// Predicts luma from `parent` and adds the residual, if there is one.
    fn predict_luma(
        &mut self,
        context: TileContext<'_>,
        parent: &ParentPlanes,
        out: &mut Plane<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let TileContext { pack, id, .. } = context;
        let parent = samples(pack, id, parent)?.luma();
        self.clock.time(Stage::Predict, id, || luma::predict(pack.pyramid(), id, &parent, out));
        if !matches!(context.entry, Entry::Blob { .. }) {
            return Ok(());
        }
        let mut scratch = std::mem::take(&mut self.residual);
        let decoded = self.decode_residual(context, &mut scratch);
        let applied = decoded.map(|plane| self.clock.time(Stage::Apply, id, || residual::apply(out, &plane)));
        self.residual = scratch;
        applied
    }

    /// Decodes a residual to the front of `samples`, which grows as needed.
    fn decode_residual<'b>(
        &mut self,
        context: TileContext<'_>,
        samples: &'b mut Vec<u8>,
    ) -> Result<Plane<&'b mut [u8]>, RebuildError> {
        let ((width, height), blob_len) = (context.sides(), context.entry.blob_len());
        let header = context.level.residual_header();
        let header = header.expect("a luma level names its table, checked when opening");
        let len = header.joined_len(blob_len);
        let mut jpeg = context.lease(&self.pools, len)?;
        let scan = header.surround(width as u16, height as u16, blob_len, &mut jpeg);
        self.clock.time(Stage::Read, context.id, || context.pack.read_blob(context.entry, scan))?;
        samples.resize(samples.len().max(width * height), 0);
        let mut plane = Plane::new(&mut samples[..width * height], width, height, width);
        self.clock
            .time(Stage::Decode, context.id, || self.decoder.decode_luma(&jpeg[..len], &mut plane))
            .map_err(|error| context.codec_error(error))?;
        Ok(plane)
    }

    /// A copy of the luma of a rebuilt tile, equal to what [`Self::decode_parent`]
    /// returns for it.
    pub(super) fn copy_luma(
        &self,
        context: TileContext<'_>,
        tile: &Ycc<&mut [u8]>,
    ) -> Result<ParentPlanes, RebuildError> {
        let mut planes = self.pools.lease_planes(context.size(), Subsampling::Gray)?;
        copy_plane(&tile.luma(), &mut planes.luma_mut());
        Ok(ParentPlanes::Samples(planes))
    }
}

/// Copies all samples to a plane of the same size.
fn copy_plane(from: &Plane<&[u8]>, to: &mut Plane<&mut [u8]>) {
    for (y, row) in from.rows().enumerate() {
        to.row_mut(y).copy_from_slice(row);
    }
}

/// The samples of a parent of tile `id`, which is in a luma pack.
fn samples<'p>(pack: &Pack, id: TileId, parent: &'p ParentPlanes) -> Result<&'p Ycc<Lease>, RebuildError> {
    match parent {
        ParentPlanes::Samples(planes) => Ok(planes),
        ParentPlanes::Padded(_) => Err(RebuildError::parent(pack, id)),
    }
}
