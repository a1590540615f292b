//! Encodes tiles in luma mode. A predicted level stores the residual of its luma
//! against the prediction from the parent, decoded as the server decodes it.

use super::depth::PredictionDepth;
use super::{Content, EncodedTile, TileEncoder, TilePixels, compare, tile_size};
use crate::{PackOptions, PackSlideError};
use origami_codec::{CodecError, Decoder, Encoder, SharedHeader, encoded_bound};
use origami_pack::Identity;
use origami_pyramid::luma::predict;
use origami_pyramid::{Plane, Pyramid, Size, Subsampling, TileId, Ycc, colour, residual};
use origami_quality::may_be_sampled;
use std::collections::HashMap;

/// The header that all residuals of this quality share.
pub(crate) fn residual_header(quality: u8) -> Result<SharedHeader, CodecError> {
    let mut out = vec![0; encoded_bound(16, 16, Subsampling::Gray)];
    let mut gray = Ycc::zeros(16, 16, Subsampling::Gray);
    let len = Encoder::new()?.encode(&mut gray, quality, &mut out)?;
    SharedHeader::of(&out[..len])
}

/// The content of a tile, and its luma as the server will decode it.
struct EncodedLuma {
    content: Content,
    luma: Plane<Vec<u8>>,
}

/// An encoded tile, and its luma if that is of use: as the server will decode it.
struct EncoderOutput {
    tile: EncodedTile,
    luma: Option<Plane<Vec<u8>>>,
}

/// Whether other tiles are predicted from a tile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TileRole {
    /// Its children are predicted from it.
    Parent,
    /// No other tile is predicted from it.
    Leaf,
}

/// Encodes tiles of a luma pack. One per worker.
pub(crate) struct LumaEncoder<'a> {
    options: &'a PackOptions,
    pyramid: Pyramid,
    depth: PredictionDepth,
    encoder: Encoder,
    decoder: Decoder,
    header: SharedHeader,
    /// Scans of residuals that are zero everywhere, by size.
    zero_scans: HashMap<Size, Vec<u8>>,
    out: Vec<u8>,
}

impl<'a> LumaEncoder<'a> {
    pub fn new(
        options: &'a PackOptions,
        pyramid: Pyramid,
        depth: PredictionDepth,
    ) -> Result<Self, CodecError> {
        let side = pyramid.tile_size() as usize;
        Ok(Self {
            options,
            pyramid,
            depth,
            encoder: Encoder::new()?,
            decoder: Decoder::new()?,
            header: residual_header(options.residual_quality)?,
            zero_scans: HashMap::new(),
            out: vec![0; encoded_bound(side, side, Subsampling::S444)],
        })
    }

    /// The planes of a tile as a plain JPEG.
    fn plain_jpeg(&mut self, planes: &mut Ycc<Vec<u8>>) -> Result<Vec<u8>, CodecError> {
        let len = self.encoder.encode(planes, self.options.quality, &mut self.out)?;
        Ok(self.out[..len].to_vec())
    }

    /// [`EncodedTile::jpeg_bytes`] of a tile with this plain JPEG.
    fn jpeg_bytes(&self, jpeg: &[u8]) -> u64 {
        if self.options.measure { jpeg.len() as u64 } else { 0 }
    }

    /// Encodes a tile of a stored level.
    fn encode_stored(
        &mut self,
        tile: TilePixels<'_>,
        role: TileRole,
    ) -> Result<EncoderOutput, PackSlideError> {
        let id = tile.id;
        let size = tile_size(&self.pyramid, id);
        let mut planes = tile.to_ycc(size, self.options.subsampling);
        let jpeg = self.plain_jpeg(&mut planes)?;
        let jpeg_bytes = self.jpeg_bytes(&jpeg);
        // One colour is stored exactly, not as JPEG would change it.
        if let Some(colour) = tile.uniform(size) {
            planes.fill(colour::ycc_of(colour));
        } else {
            self.decoder.decode_ycc(&jpeg, &mut planes)?;
        }
        let mut measured = None;
        let content = if let Some(colour) = planes.uniform() {
            Content::Blank(colour)
        } else {
            if self.options.measure && may_be_sampled(&self.pyramid, id) {
                measured = Some(compare(&mut self.decoder, &jpeg, tile)?);
            }
            Content::Blob(jpeg, Identity::Bytes)
        };
        let luma = (role == TileRole::Parent).then(|| copy(&planes.luma()));
        Ok(EncoderOutput { tile: EncodedTile { id, content, weight: 0, jpeg_bytes, measured }, luma })
    }

    /// Encodes the luma of a tile of a predicted level, given its parent's.
    ///
    /// The residual leads to the luma of the tile's plain JPEG, not to that of
    /// its pixels: the server encodes what it rebuilds with the same tables on
    /// the same blocks, so a residual within half a quantiser step snaps back
    /// to the plain JPEG's coefficients, and there is no second loss. Measured on
    /// a slide from JPEG 2000: +0.5 dB, for 3.6 % more bytes.
    fn encode_predicted(
        &mut self,
        tile: TilePixels<'_>,
        parent: &Plane<Vec<u8>>,
        role: TileRole,
    ) -> Result<EncoderOutput, PackSlideError> {
        let id = tile.id;
        let size = tile_size(&self.pyramid, id);
        let mut planes = tile.to_ycc(size, self.options.subsampling);
        let plain = self.plain_jpeg(&mut planes)?;
        let EncodedLuma { content, luma } = match tile.uniform(size) {
            Some(colour) => blank(colour, size),
            None => self.encode_residual(id, &plain, parent, role)?,
        };
        let jpeg_bytes = self.jpeg_bytes(&plain);
        let luma = (role == TileRole::Parent).then_some(luma);
        Ok(EncoderOutput { tile: EncodedTile { id, content, weight: 0, jpeg_bytes, measured: None }, luma })
    }

    /// Encodes the residual that leads to the luma of `plain`, the plain JPEG of tile
    /// `id`. Only a parent needs its luma, so that of a leaf is unspecified.
    fn encode_residual(
        &mut self,
        id: TileId,
        plain: &[u8],
        parent: &Plane<Vec<u8>>,
        role: TileRole,
    ) -> Result<EncodedLuma, PackSlideError> {
        let size = tile_size(&self.pyramid, id);
        let (width, height) = (size.width as usize, size.height as usize);
        let mut luma = Plane::zeros(width, height);
        self.decoder.decode_luma(plain, &mut luma)?;
        let mut predicted = Plane::zeros(width, height);
        predict(&self.pyramid, id, parent, &mut predicted);
        let mut residuals = Ycc::zeros(width, height, Subsampling::Gray);
        residual::make(&luma, &predicted, &mut residuals.luma_mut());
        let scan = self.residual_scan(&mut residuals)?;
        if scan == self.zero_scan(size)? {
            return Ok(EncodedLuma { content: Content::Empty, luma: predicted });
        }
        if role == TileRole::Parent {
            // The residual JPEG exactly as the server assembles it.
            let mut jpeg = vec![0; self.header.joined_len(scan.len())];
            self.header.join(width as u16, height as u16, &scan, &mut jpeg);
            self.decoder.decode_luma(&jpeg, &mut luma)?;
            residual::apply(&mut predicted, &luma);
        }
        Ok(EncodedLuma { content: Content::Blob(scan, Identity::Bytes), luma: predicted })
    }

    /// The entropy-coded bytes of a residual.
    fn residual_scan(&mut self, residual: &mut Ycc<Vec<u8>>) -> Result<Vec<u8>, CodecError> {
        let len = self.encoder.encode(residual, self.options.residual_quality, &mut self.out)?;
        Ok(self.header.scan_of(&self.out[..len])?.to_vec())
    }

    /// The scan of a residual that is zero everywhere.
    fn zero_scan(&mut self, size: Size) -> Result<&[u8], CodecError> {
        if !self.zero_scans.contains_key(&size) {
            let mut zeros = Ycc::zeros(size.width as usize, size.height as usize, Subsampling::Gray);
            zeros.fill([128; 3]);
            let scan = self.residual_scan(&mut zeros)?;
            self.zero_scans.insert(size, scan);
        }
        Ok(&self.zero_scans[&size])
    }
}

impl TileEncoder for LumaEncoder<'_> {
    fn encode(&mut self, tiles: &[TilePixels<'_>]) -> Result<Vec<EncodedTile>, PackSlideError> {
        let mut parents: Vec<(TileId, Plane<Vec<u8>>)> = Vec::new();
        let mut encoded = Vec::with_capacity(tiles.len());
        for &pixels in tiles {
            let z = pixels.id.z;
            let role = if self.depth.is_parent(z) { TileRole::Parent } else { TileRole::Leaf };
            let EncoderOutput { tile, luma } = if self.depth.is_predicted(z) {
                self.encode_predicted(pixels, parent_of(&parents, pixels.id), role)?
            } else {
                self.encode_stored(pixels, role)?
            };
            parents.extend(luma.map(|luma| (tile.id, luma)));
            encoded.push(tile);
        }
        Ok(encoded)
    }
}

/// The luma of the parent of tile `id`.
fn parent_of(parents: &[(TileId, Plane<Vec<u8>>)], id: TileId) -> &Plane<Vec<u8>> {
    let parent = parents.iter().find(|(parent, _)| Some(*parent) == id.parent(1));
    &parent.expect("a family's tiles come from coarse to fine").1
}

/// A tile whose pixels all have one RGB colour.
fn blank(colour: [u8; 3], size: Size) -> EncodedLuma {
    let colour = colour::ycc_of(colour);
    let mut luma = Plane::zeros(size.width as usize, size.height as usize);
    luma.fill(colour[0]);
    EncodedLuma { content: Content::Blank(colour), luma }
}

fn copy(plane: &Plane<&[u8]>) -> Plane<Vec<u8>> {
    let mut out = Plane::zeros(plane.width(), plane.height());
    for (y, row) in plane.rows().enumerate() {
        out.row_mut(y).copy_from_slice(row);
    }
    out
}
