//! Luma packs: predict from the parent's samples and add the residual.

use super::{Rebuilder, TileContext, timed};
use crate::{Lease, Parent, ParentPlanes, Parents, RebuildError};
use origami_pack::{Entry, Pack};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::{Plane, Rect, Subsampling, TileId, Ycc, luma, residual};

impl Rebuilder {
    /// Fills `tile` with the prediction and, where there is one, the residual.
    pub(super) fn predicted(
        &mut self,
        place: TileContext<'_>,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let TileContext { pack, parents, id, .. } = place;
        let parent = self.inherited(pack, place.parent(), parents)?;
        let region = pack.pyramid().tile_rect(id).expect("a tile with an entry lies in the grid");
        let mut chroma = std::mem::take(&mut self.chroma);
        let placed = self.place_chroma(pack, id, region, parents, &mut chroma);
        if placed.is_ok() {
            timed(&mut self.timings.predict, || chroma.carry(region, id.z, &mut self.between, tile));
        }
        self.chroma = chroma;
        placed?;
        self.luma(place, &parent, &mut tile.luma_mut())
    }

    /// Fills `chroma` with what `region`, pixels of the level of luma tile `id`
    /// around it, takes from tiles of the chroma level.
    pub(crate) fn place_chroma(
        &mut self,
        pack: &Pack,
        id: TileId,
        region: Rect,
        parents: &dyn Parents,
        chroma: &mut ChromaSource,
    ) -> Result<(), RebuildError> {
        let (pyramid, level) = (pack.pyramid(), pack.level(id.z).expect("a level with tiles"));
        let from = pack.chroma_level().expect("luma levels have a chroma level, checked when opening");
        chroma.aim(pyramid, from, region, id.z, level.subsampling);
        for near in chroma.tiles(pyramid) {
            let planes = self.inherited(pack, near, parents)?;
            chroma.place(pyramid, near, samples(pack, id, &planes)?);
        }
        Ok(())
    }

    /// Gives a predicted tile, which has its chroma, its luma; one of one colour
    /// gets all of its samples.
    pub(crate) fn finish_luma(
        &mut self,
        place: TileContext<'_>,
        tile: &mut Ycc<Lease>,
    ) -> Result<(), RebuildError> {
        let TileContext { pack, parents, id, .. } = place;
        if let Entry::Blank { colour } = place.entry {
            tile.fill(colour);
            return Ok(());
        }
        if place.has_children() {
            // Those under it want its luma too: it is made for all of them.
            let own = self.inherited(pack, id, parents)?;
            copy(&samples(pack, id, &own)?.luma(), &mut tile.luma_mut());
            return Ok(());
        }
        let parent = self.inherited(pack, place.parent(), parents)?;
        self.luma(place, &parent, &mut tile.luma_mut())
    }

    /// What others take from tile `id`, kept or decoded.
    fn inherited<'a>(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &'a dyn Parents,
    ) -> Result<Parent<'a>, RebuildError> {
        parents.get_or_decode(id, &mut || self.parent(pack, id, parents))
    }

    /// Decodes what others take from a tile: all planes of a stored one, which
    /// may have the chroma of finer levels; luma alone of a luma tile, from its
    /// own parent, which is decoded in turn if it is not kept.
    fn parent(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<ParentPlanes, RebuildError> {
        let place = self.place(pack, id, parents)?;
        // Its parent first: however long the line of parents is, buffers are held
        // for two of them at a time. A tile of one colour needs none.
        let is_blank = matches!(place.entry, Entry::Blank { .. });
        let above = pack.parent(id).filter(|_| !is_blank);
        let above = above.map(|above| self.inherited(pack, above, parents)).transpose()?;
        let is_luma = place.level.is_predicted();
        let subsampling = if is_luma { Subsampling::Gray } else { place.level.subsampling };
        let mut planes = self.pools.lease_planes(place.size(), subsampling)?;
        match (place.entry, &above) {
            (Entry::Blank { colour }, _) => planes.fill(colour),
            (_, Some(above)) => self.luma(place, above, &mut planes.luma_mut())?,
            (_, None) => self.decode(place, |decoder, jpeg| decoder.decode_ycc(jpeg, &mut planes))?,
        }
        Ok(ParentPlanes::Samples(planes))
    }

    /// Predicts luma from `parent` and adds the residual, if there is one.
    fn luma(
        &mut self,
        place: TileContext<'_>,
        parent: &ParentPlanes,
        out: &mut Plane<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let TileContext { pack, id, .. } = place;
        let parent = samples(pack, id, parent)?.luma();
        timed(&mut self.timings.predict, || luma::predict(pack.pyramid(), id, &parent, out));
        if !matches!(place.entry, Entry::Blob { .. }) {
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.residual);
        let plane = self.decode_residual(place, &mut buffer);
        let applied = plane.map(|plane| timed(&mut self.timings.apply, || residual::apply(out, &plane)));
        self.residual = buffer;
        applied
    }

    /// Decodes a residual into the front of `plane`, which grows as needed.
    fn decode_residual<'b>(
        &mut self,
        place: TileContext<'_>,
        plane: &'b mut Vec<u8>,
    ) -> Result<Plane<&'b mut [u8]>, RebuildError> {
        let ((width, height), blob_len) = (place.sides(), place.entry.blob_len());
        let header = place.level.residual_header();
        let header = header.expect("a luma level names its table, checked when opening");
        let len = header.joined_len(blob_len);
        let mut jpeg = place.lease(&self.pools, len)?;
        let scan = header.surround(width as u16, height as u16, blob_len, &mut jpeg);
        timed(&mut self.timings.read, || place.pack.read_blob(place.entry, scan))?;
        plane.resize(plane.len().max(width * height), 0);
        let mut plane = Plane::new(&mut plane[..width * height], width, height, width);
        let decode = || self.decoder.decode_luma(&jpeg[..len], &mut plane);
        timed(&mut self.timings.decode, decode).map_err(|error| place.codec(error))?;
        Ok(plane)
    }

    /// The luma of a tile that has been rebuilt, as [`Self::parent`] makes it.
    pub(super) fn copied_luma(
        &self,
        place: TileContext<'_>,
        tile: &Ycc<&mut [u8]>,
    ) -> Result<ParentPlanes, RebuildError> {
        let mut planes = self.pools.lease_planes(place.size(), Subsampling::Gray)?;
        copy(&tile.luma(), &mut planes.luma_mut());
        Ok(ParentPlanes::Samples(planes))
    }
}

/// Copies all samples to a plane of the same size.
fn copy(from: &Plane<&[u8]>, to: &mut Plane<&mut [u8]>) {
    for (y, row) in from.rows().enumerate() {
        to.row_mut(y).copy_from_slice(row);
    }
}

/// The samples of the parent of tile `id`, which is of a luma pack.
fn samples<'p>(pack: &Pack, id: TileId, parent: &'p ParentPlanes) -> Result<&'p Ycc<Lease>, RebuildError> {
    match parent {
        ParentPlanes::Samples(planes) => Ok(planes),
        ParentPlanes::Padded(_) => Err(RebuildError::parent(pack, id)),
    }
}
