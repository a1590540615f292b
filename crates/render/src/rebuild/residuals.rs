//! Luma packs: predict from the parent's samples and add the residual.

use super::{Rebuilder, has_children, tile_size};
use crate::{Lease, ParentPlanes, Parents, RebuildError};
use origami_codec::SharedHeader;
use origami_pack::{Entry, Level, Mode, Pack};
use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Plane, Subsampling, TileId, Ycc, family, residual};
use std::ops::DerefMut;
use std::time::Instant;

impl Rebuilder {
    /// Fills `tile` with the prediction and, where there is one, the residual.
    pub(super) fn predicted(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        parents: &dyn Parents,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let pyramid = pack.pyramid();
        let depth = pyramid.depth(id.z).expect("a level of this pack");
        let (parent_id, _) = pyramid.parent(id).expect("a predicted tile has a parent");
        let parent = parents.get_or_decode(parent_id, &mut || self.luma_parent(pack, parent_id, parents))?;
        let region = pyramid.tile_rect(id).expect("a tile with an entry lies in the grid");
        let mut chroma = std::mem::take(&mut self.chroma);
        chroma.aim(pyramid, region, depth, tile.subsampling());
        let placed = self.place_chroma(pack, id, parents, &mut chroma);
        let started = Instant::now();
        if placed.is_ok() {
            chroma.carry(region, depth, &mut self.between, tile);
        }
        self.chroma = chroma;
        self.timings.predict += started.elapsed();
        placed?;
        self.luma(pack, id, entry, &samples(pack, id, &parent)?.luma(), &mut tile.luma_mut())
    }

    /// Fills `chroma`, which has been aimed for tile `id`, with the samples of all
    /// L2 tiles it wants.
    pub(crate) fn place_chroma(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
        chroma: &mut ChromaSource,
    ) -> Result<(), RebuildError> {
        for near in chroma.tiles(pack.pyramid()) {
            let planes = parents.get_or_decode(near, &mut || self.parent(pack, near, None))?;
            chroma.place(pack.pyramid(), near, samples(pack, id, &planes)?);
        }
        Ok(())
    }

    /// Gives the predicted tile `id`, which has its chroma, its luma; one of one
    /// colour gets all of its samples.
    pub(crate) fn finish_luma<B: DerefMut<Target = [u8]>>(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
        tile: &mut Ycc<B>,
    ) -> Result<(), RebuildError> {
        let started = Instant::now();
        let entry = pack.entry(id)?;
        self.timings.read += started.elapsed();
        if let Entry::Blank { colour } = entry {
            tile.fill(colour);
            return Ok(());
        }
        let (parent_id, _) = pack.pyramid().parent(id).expect("a predicted tile has a parent");
        if has_children(pack, id) {
            // Those under it want its luma too: it is made for all of them.
            let own = parents.get_or_decode(id, &mut || self.luma_parent(pack, id, parents))?;
            let (from, mut to) = (samples(pack, id, &own)?.luma(), tile.luma_mut());
            (0..from.height()).for_each(|y| to.row_mut(y).copy_from_slice(from.row(y)));
            return Ok(());
        }
        let parent = parents.get_or_decode(parent_id, &mut || self.luma_parent(pack, parent_id, parents))?;
        self.luma(pack, id, entry, &samples(pack, id, &parent)?.luma(), &mut tile.luma_mut())
    }

    /// Decodes a parent: all planes of a root, luma alone of an L1 tile, with the
    /// root of that if it is not kept.
    fn luma_parent(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<ParentPlanes, RebuildError> {
        if pack.pyramid().depth(id.z) == Some(2) {
            return self.parent(pack, id, None);
        }
        let (root_id, _) = pack.pyramid().parent(id).expect("an L1 tile has a root");
        let root = parents.get_or_decode(root_id, &mut || self.parent(pack, root_id, None))?;
        self.parent(pack, id, Some(&root))
    }

    /// Predicts luma from `parent` and adds the residual, if there is one.
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
        if !matches!(entry, Entry::Blob { .. }) {
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.residual);
        let plane = self.decode_residual(pack, id, entry, &mut buffer);
        let started = Instant::now();
        let applied = plane.map(|plane| residual::apply(out, &plane));
        self.timings.apply += started.elapsed();
        self.residual = buffer;
        applied
    }

    /// Decodes a residual into the front of `plane`, which grows as needed.
    fn decode_residual<'b>(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        plane: &'b mut Vec<u8>,
    ) -> Result<Plane<&'b mut [u8]>, RebuildError> {
        let (width, height) = tile_size(pack, id);
        let header = residual_header(pack, id);
        let started = Instant::now();
        let len = header.joined_len(entry.blob_len());
        let mut jpeg = self.lease(pack, id, len)?;
        pack.read_blob(entry, header.surround(width as u16, height as u16, entry.blob_len(), &mut jpeg))?;
        self.timings.read += started.elapsed();
        plane.resize(plane.len().max(width * height), 0);
        let mut plane = Plane::new(&mut plane[..width * height], width, height, width);
        let started = Instant::now();
        let decoded = self.decoder.decode_luma(&jpeg[..len], &mut plane);
        self.timings.decode += started.elapsed();
        decoded.map_err(|error| RebuildError::codec(pack, id, error))?;
        Ok(plane)
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
        let started = Instant::now();
        let entry = pack.entry(id)?;
        self.timings.read += started.elapsed();
        match (entry, root) {
            (Entry::Blank { colour }, _) => planes.fill(colour),
            (_, Some(root)) if level.mode == Mode::Luma => {
                self.luma(pack, id, entry, &samples(pack, id, root)?.luma(), &mut planes.luma_mut())?;
            }
            (_, None) => self.decode(pack, id, entry, &mut planes)?,
            (_, Some(_)) => self.decode_luma(pack, id, entry, &mut planes.luma_mut())?,
        }
        Ok(ParentPlanes::Samples(planes))
    }

    /// Decodes the luma of a stored tile.
    fn decode_luma<B: DerefMut<Target = [u8]>>(
        &mut self,
        pack: &Pack,
        id: TileId,
        entry: Entry,
        luma: &mut Plane<B>,
    ) -> Result<(), RebuildError> {
        let jpeg = self.blob(pack, id, entry)?;
        let started = Instant::now();
        let decoded = self.decoder.decode_luma(&jpeg[..entry.blob_len()], luma);
        self.timings.decode += started.elapsed();
        decoded.map_err(|error| RebuildError::codec(pack, id, error))
    }

    /// The luma of `tile`, as [`Self::parent`] makes it of an L1 tile.
    pub(super) fn copied_luma(&self, tile: &Ycc<&mut [u8]>) -> Result<ParentPlanes, RebuildError> {
        let from = tile.luma();
        let (width, height) = (from.width(), from.height());
        let buffer = self.pools.lease(ycc_len(width, height, Subsampling::Gray))?;
        let mut planes = Ycc::new(buffer, width, height, Subsampling::Gray);
        let mut to = planes.luma_mut();
        (0..height).for_each(|y| to.row_mut(y).copy_from_slice(from.row(y)));
        Ok(ParentPlanes::Samples(planes))
    }
}

fn residual_header(pack: &Pack, id: TileId) -> &SharedHeader {
    let header = pack.level(id.z).and_then(Level::residual_header);
    header.expect("a luma level names its table, checked when opening")
}

/// The samples of the parent of tile `id`, which is of a luma pack.
fn samples<'p>(pack: &Pack, id: TileId, parent: &'p ParentPlanes) -> Result<&'p Ycc<Lease>, RebuildError> {
    match parent {
        ParentPlanes::Samples(planes) => Ok(planes),
        ParentPlanes::Padded(_) => Err(RebuildError::parent(pack, id)),
    }
}
