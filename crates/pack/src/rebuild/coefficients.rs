//! Packs of coefficients: decode them given the parent, and write the JPEG
//! they belong to.

use super::{RebuildError, Rebuilder, Tile, codec_error, has_heirs, tile_size};
use crate::pool::LARGEST;
use crate::{Entry, Identity, Lease, Level, Mode, Pack, ParentPlanes, Parents};
use origami_codec::exact::TileCoder;
use origami_codec::{CodecError, Coefficients, Frame, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pyramid::{Rgb, Subsampling, TileId};
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
    /// The JPEG of a tile whose level has a tile header.
    pub(super) fn coefficient_tile<'p>(
        &mut self,
        pack: &'p Pack,
        id: TileId,
        (entry, blob): (Entry, Option<&'p [u8]>),
        header: &TileHeader,
        parents: &dyn Parents,
    ) -> Result<Tile<'p>, RebuildError> {
        let codec = |error| codec_error(pack, id, error);
        let level = pack.level(id.z).expect("a level with an entry");
        let frame = frame(pack, id, header);
        match (entry, blob) {
            (Entry::Blob { identity: Identity::Verbatim, .. }, Some(jpeg)) => return Ok(Tile::Stored(jpeg)),
            (_, Some(scan)) if level.mode == Mode::Stored => {
                check_joined(header, scan).map_err(codec)?;
                let mut buffer = self.pools.lease(header.joined_len(scan.len()))?;
                let (width, height) = (frame.width() as u16, frame.height() as u16);
                let len = header.join(width, height, scan, &mut buffer).len();
                pack.check_whole()?;
                return Ok(Tile::Built { buffer, len });
            }
            _ => self.coefficients(pack, id, (entry, blob), level, frame, parents)?,
        }
        pack.check_whole()?;
        let mut buffer = self.pools.lease(buffer_len(header, &frame))?;
        let started = Instant::now();
        let len = header.write(&self.coefficients.tile, &mut buffer).map_err(codec)?;
        self.timings.encode += started.elapsed();
        if blob.is_some() && has_heirs(pack, id) {
            parents.leave(id, &mut || self.inverse(header));
        }
        Ok(Tile::Built { buffer, len })
    }

    /// Rebuilds tile `id`, stored ones included, and forgets it.
    pub(crate) fn check(
        &mut self,
        pack: &Pack,
        id: TileId,
        parents: &dyn Parents,
    ) -> Result<(), RebuildError> {
        let (entry, level) = (pack.entry(id)?, pack.level(id.z).expect("a level with an entry"));
        let blob = pack.blob(entry)?;
        if let (Entry::Blob { identity: Identity::Verbatim, .. }, Some(jpeg)) = (entry, blob) {
            let (width, height) = tile_size(pack, id);
            let mut pixels = Rgb::filled(1, 1, [0; 3]);
            let decoded = self.decoder.decode_rgb(jpeg, width * height, &mut pixels);
            let (found_width, found_height) = (pixels.width(), pixels.height());
            return decoded
                .and_then(|()| match (found_width, found_height) == (width, height) {
                    true => Ok(()),
                    false => Err(CodecError::Size { width, height, found_width, found_height }),
                })
                .map_err(|error| codec_error(pack, id, error));
        }
        let header = level.header().expect("a level of coefficients");
        self.coefficients(pack, id, (entry, blob), level, frame(pack, id, header), parents)?;
        let mut jpeg = vec![0; buffer_len(header, self.coefficients.tile.frame())];
        let written = header.write(&self.coefficients.tile, &mut jpeg);
        written.map(|_| ()).map_err(|error| codec_error(pack, id, error))
    }

    /// Leaves the coefficients of tile `id` in the scratch tile.
    fn coefficients(
        &mut self,
        pack: &Pack,
        id: TileId,
        (entry, blob): (Entry, Option<&[u8]>),
        level: &Level,
        frame: Frame,
        parents: &dyn Parents,
    ) -> Result<(), RebuildError> {
        let codec = |error| codec_error(pack, id, error);
        let Some(bytes) = blob else {
            let Entry::Constant { dc } = entry else { unreachable!("levels of coefficients have no others") };
            self.coefficients.tile.reshape(frame);
            self.coefficients.tile.fill(dc);
            return Ok(());
        };
        let Some(exact) = &level.exact else {
            let header = level.header().expect("a level of coefficients");
            check_joined(header, bytes).map_err(codec)?;
            self.coefficients.tile.reshape(frame);
            let started = Instant::now();
            let read = header.read_scan(bytes, &mut self.coefficients.tile);
            self.timings.decode += started.elapsed();
            return read.map_err(codec);
        };
        let (parent_id, _) = pack.pyramid().parent(id).expect("exact levels lie below a root");
        let parent = parents.get_or_decode(parent_id, &mut || self.padded(pack, parent_id, parents))?;
        let ParentPlanes::Padded(parent) = &*parent else {
            unreachable!("packs of coefficients have padded parents alone, checked when opening")
        };
        let half = pack.pyramid().tile_size() as usize / 2;
        let origin = ((id.x & 1) as usize * half, (id.y & 1) as usize * half);
        let CoefficientScratch { coder, tile } = &mut self.coefficients;
        tile.reshape(frame);
        let started = Instant::now();
        let decoded = coder.decode(exact, parent, origin, bytes, tile);
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
        pack.will_need(entry);
        let blob = pack.blob(entry)?;
        self.timings.read += started.elapsed();
        let level = pack.level(id.z).expect("a parent's level");
        let header = level.header().expect("a level of coefficients");
        self.coefficients(pack, id, (entry, blob), level, frame(pack, id, header), parents)?;
        pack.check_whole()?;
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

/// Checks that a stored tile and its header fit a buffer together.
fn check_joined(header: &TileHeader, scan: &[u8]) -> Result<(), CodecError> {
    let needed = header.joined_len(scan.len());
    if needed > LARGEST { Err(CodecError::OutputTooSmall { len: LARGEST, needed }) } else { Ok(()) }
}

/// The block grid of tile `id`.
fn frame(pack: &Pack, id: TileId, header: &TileHeader) -> Frame {
    let (width, height) = tile_size(pack, id);
    header.frame(width, height).expect("tiles are within a JPEG's size")
}
