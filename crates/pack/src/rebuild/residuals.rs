//! Luma packs: predict from the parent's samples and add the residual.

use super::{RebuildError, Rebuilder, codec_error, tile_size};
use crate::{Entry, Lease, Mode, Pack, ParentPlanes, Parents};
use origami_codec::Decoder;
use origami_pyramid::ycc::ycc_len;
use origami_pyramid::{Plane, Subsampling, TileId, Ycc, family, residual};
use std::ops::DerefMut;
use std::time::Instant;

impl Rebuilder {
    /// Fills `tile` with the prediction and, where there is a `scan`, the residual.
    pub(super) fn predicted(
        &mut self,
        pack: &Pack,
        id: TileId,
        scan: Option<&[u8]>,
        parents: &dyn Parents,
        tile: &mut Ycc<&mut [u8]>,
    ) -> Result<(), RebuildError> {
        let pyramid = pack.pyramid();
        let depth = pyramid.depth(id.z).expect("a level of this pack");
        let root_id = TileId { z: id.z + depth - 2, x: id.x >> (2 - depth), y: id.y >> (2 - depth) };
        let root = parents.get_or_decode(root_id, &mut || self.parent(pack, root_id, None))?;
        let between;
        let parent = if depth == 1 {
            &root
        } else {
            let (parent, _) = pyramid.parent(id).expect("a tile with a root has a parent");
            between = parents.get_or_decode(parent, &mut || self.parent(pack, parent, Some(&root)))?;
            &between
        };
        let region = pyramid.tile_rect(id).expect("a tile with an entry lies in the grid");
        let mut chroma = std::mem::take(&mut self.chroma);
        chroma.aim(pyramid, region, depth, tile.subsampling());
        for near in chroma.tiles(pyramid) {
            if near == root_id {
                chroma.place(pyramid, near, samples(&root));
            } else {
                let planes = parents.get_or_decode(near, &mut || self.parent(pack, near, None))?;
                chroma.place(pyramid, near, samples(&planes));
            }
        }
        let started = Instant::now();
        chroma.carry(region, depth, &mut self.between, tile);
        self.chroma = chroma;
        self.timings.predict += started.elapsed();
        self.luma(pack, id, scan, &samples(parent).luma(), &mut tile.luma_mut())
    }

    /// Predicts luma from `parent` and adds the residual, if there is one.
    fn luma<B: DerefMut<Target = [u8]>>(
        &mut self,
        pack: &Pack,
        id: TileId,
        scan: Option<&[u8]>,
        parent: &Plane<&[u8]>,
        out: &mut Plane<B>,
    ) -> Result<(), RebuildError> {
        let started = Instant::now();
        family::predict_luma(pack.pyramid(), id, parent, out);
        self.timings.predict += started.elapsed();
        let Some(scan) = scan else { return Ok(()) };
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
        let started = Instant::now();
        let entry = pack.entry(id)?;
        pack.will_need(entry);
        let blob = pack.blob(entry)?;
        self.timings.read += started.elapsed();
        match (entry, root) {
            (Entry::Blank { colour }, _) => planes.fill(colour),
            (_, Some(root)) if level.mode == Mode::Luma => {
                self.luma(pack, id, blob, &samples(root).luma(), &mut planes.luma_mut())?;
            }
            _ => {
                let bytes = blob.expect("a stored level's entry is blank or a blob");
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
        Ok(ParentPlanes::Samples(planes))
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
    let table = &pack.levels[id.z as usize].residuals;
    table.as_ref().expect("a luma level names its table, checked when opening")
}

/// The samples of a luma pack's parent.
fn samples(parent: &ParentPlanes) -> &Ycc<Lease> {
    match parent {
        ParentPlanes::Samples(planes) => planes,
        ParentPlanes::Padded(_) => unreachable!("luma packs have no padded parents, checked when opening"),
    }
}
