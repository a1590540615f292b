//! Luma mode: the residual of a predicted level's luma against what the parent,
//! decoded as the server decodes it, predicts.

use super::{Content, EncodedTile, Planes, TileEncoder, TilePixels, compare};
use crate::{PackOptions, PackSlideError};
use origami_codec::{CodecError, Decoder, Encoder, SharedHeader, encoded_bound};
use origami_pack::Identity;
use origami_pyramid::luma::predict;
use origami_pyramid::{Plane, Pyramid, Subsampling, TileId, Ycc, colour, residual};
use origami_quality::may_be_sampled;
use std::collections::HashMap;

/// The header that all residuals of these options share.
pub(crate) fn residual_header(quality: u8) -> Result<SharedHeader, CodecError> {
    let mut out = vec![0; encoded_bound(16, 16, Subsampling::Gray)];
    let mut flat = Ycc::zeros(16, 16, Subsampling::Gray);
    let len = Encoder::new()?.encode(&mut flat, quality, &mut out)?;
    SharedHeader::of(&out[..len])
}

/// A tile, and its luma as a server will see it.
type EncodedLuma = (EncodedTile, Option<Plane<Vec<u8>>>);

/// Encodes tiles of a luma pack. One per worker.
pub(crate) struct LumaEncoder<'a> {
    options: &'a PackOptions,
    pyramid: Pyramid,
    encoder: Encoder,
    decoder: Decoder,
    header: SharedHeader,
    /// Scans of residuals that are zero everywhere, by size.
    flat: HashMap<(usize, usize), Vec<u8>>,
    out: Vec<u8>,
}

impl<'a> LumaEncoder<'a> {
    pub fn new(options: &'a PackOptions, pyramid: Pyramid) -> Result<Self, CodecError> {
        let tile = pyramid.tile_size() as usize;
        Ok(Self {
            options,
            pyramid,
            encoder: Encoder::new()?,
            decoder: Decoder::new()?,
            header: residual_header(options.residual_quality)?,
            flat: HashMap::new(),
            out: vec![0; encoded_bound(tile, tile, Subsampling::S444)],
        })
    }

    fn size(&self, id: TileId) -> (usize, usize) {
        let rect = self.pyramid.tile_rect(id).expect("a tile of this pyramid");
        (rect.width as usize, rect.height as usize)
    }

    fn planes(&self, tile: TilePixels<'_>) -> Ycc<Vec<u8>> {
        let (width, height) = self.size(tile.id);
        let mut planes = Ycc::zeros(width, height, self.options.subsampling);
        colour::ycc(tile.pixels, tile.origin.0, tile.origin.1, &mut planes);
        planes
    }

    /// The tile as plain JPEG.
    fn jpeg(&mut self, planes: &mut Ycc<Vec<u8>>) -> Result<&[u8], CodecError> {
        let len = self.encoder.encode(planes, self.options.quality, &mut self.out)?;
        Ok(&self.out[..len])
    }

    /// Encodes a tile whole and returns it with its decoded planes.
    fn whole(&mut self, tile: TilePixels<'_>) -> Result<(EncodedTile, Ycc<Vec<u8>>), PackSlideError> {
        let TilePixels { id, pixels, origin } = tile;
        let (width, height) = self.size(id);
        let mut planes = self.planes(tile);
        let jpeg = self.jpeg(&mut planes)?.to_vec();
        let jpeg_bytes = if self.options.measure { jpeg.len() as u64 } else { 0 };
        // Pixels of one colour are kept exactly, not as what JPEG makes of them.
        if let Some(colour) = pixels.uniform(origin.0, origin.1, width, height) {
            planes.fill(colour::ycc_of(colour));
        } else {
            self.decoder.decode_ycc(&jpeg, &mut planes)?;
        }
        let mut measured = None;
        let content = match planes.uniform() {
            Some(colour) => Content::Blank(colour),
            None => {
                if self.options.measure && may_be_sampled(&self.pyramid, id) {
                    measured = Some(compare(&mut self.decoder, &jpeg, tile)?);
                }
                Content::Blob(jpeg, Identity::Bytes)
            }
        };
        Ok((EncodedTile { id, content, jpeg_bytes, measured }, planes))
    }

    /// Encodes the luma residual of a tile; with `decode`, also returns the
    /// luma that a server will see.
    ///
    /// The residual leads to the luma of the tile's plain JPEG, not to that of
    /// its pixels: the server encodes what it rebuilds with the same tables on
    /// the same blocks, so a residual within half a quantiser step snaps back
    /// to the plain JPEG's coefficients, and nothing is lost twice. Measured on
    /// a slide from JPEG 2000: +0.5 dB, for 3.6 % more bytes.
    fn luma(
        &mut self,
        tile: TilePixels<'_>,
        parent: &Plane<Vec<u8>>,
        decode: bool,
    ) -> Result<EncodedLuma, PackSlideError> {
        let TilePixels { id, pixels, origin } = tile;
        let (width, height) = self.size(id);
        let mut planes = self.planes(tile);
        let plain = self.jpeg(&mut planes)?.to_vec();
        let jpeg_bytes = if self.options.measure { plain.len() as u64 } else { 0 };
        let encoded = |content| EncodedTile { id, content, jpeg_bytes, measured: None };
        let mut luma = Plane::zeros(width, height);
        if let Some(colour) = pixels.uniform(origin.0, origin.1, width, height) {
            let colour = colour::ycc_of(colour);
            luma.fill(colour[0]);
            return Ok((encoded(Content::Blank(colour)), decode.then_some(luma)));
        }
        self.decoder.decode_luma(&plain, &mut luma)?;
        let mut predicted = Plane::zeros(width, height);
        predict(&self.pyramid, id, parent, &mut predicted);
        let mut missed = Ycc::zeros(width, height, Subsampling::Gray);
        residual::make(&luma, &predicted, &mut missed.luma_mut());
        let len = self.encoder.encode(&mut missed, self.options.residual_quality, &mut self.out)?;
        let scan = self.header.scan_of(&self.out[..len])?.to_vec();
        let empty = scan == self.flat_scan(width, height)?;
        if decode && !empty {
            // The residual JPEG exactly as the server puts it together.
            let mut jpeg = vec![0; self.header.joined_len(scan.len())];
            self.header.join(width as u16, height as u16, &scan, &mut jpeg);
            self.decoder.decode_luma(&jpeg, &mut luma)?;
            residual::apply(&mut predicted, &luma);
        }
        let content = if empty { Content::Empty } else { Content::Blob(scan, Identity::Bytes) };
        Ok((encoded(content), decode.then_some(predicted)))
    }

    /// The scan of a residual that is zero everywhere.
    fn flat_scan(&mut self, width: usize, height: usize) -> Result<&[u8], CodecError> {
        if !self.flat.contains_key(&(width, height)) {
            let mut flat = Ycc::zeros(width, height, Subsampling::Gray);
            flat.fill([128; 3]);
            let mut out = vec![0; encoded_bound(width, height, Subsampling::Gray)];
            let len = self.encoder.encode(&mut flat, self.options.residual_quality, &mut out)?;
            self.flat.insert((width, height), self.header.scan_of(&out[..len])?.to_vec());
        }
        Ok(&self.flat[&(width, height)])
    }
}

impl TileEncoder for LumaEncoder<'_> {
    fn tile(
        &mut self,
        tile: TilePixels<'_>,
        parent: Option<&Planes>,
        keep: bool,
    ) -> Result<(EncodedTile, Option<Planes>), PackSlideError> {
        let (encoded, luma) = match parent {
            Some(parent) => self.luma(tile, parent.luma(), keep)?,
            None => {
                let (encoded, planes) = self.whole(tile)?;
                (encoded, keep.then(|| copy(&planes.luma())))
            }
        };
        Ok((encoded, luma.map(Planes::Luma)))
    }
}

fn copy(plane: &Plane<&[u8]>) -> Plane<Vec<u8>> {
    let mut out = Plane::zeros(plane.width(), plane.height());
    for (y, row) in plane.rows().enumerate() {
        out.row_mut(y).copy_from_slice(row);
    }
    out
}
