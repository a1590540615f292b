//! Tiles in exact and stored mode: the coefficients of a plain JPEG pyramid, which wait
//! as entropy-coded scans until they are coded given their parents.

mod coder;
mod headers;
mod plan;
mod source_tile;
mod spooled;

pub(crate) use coder::{CodedTile, Coding, FamilyCoders};
pub(crate) use headers::{LevelGroup, LevelHeaders};
pub(crate) use plan::{CoefficientPlan, max_blocks};
pub(crate) use spooled::{Example, SpooledTiles};

use super::{Content, EncodedTile, TileEncoder, TilePixels, compare, tile_size};
use crate::PackSlideError;
use crate::source::{KeptTiles, TileStatus};
use origami_codec::{CodecError, Coefficients, Colour, Decoder, HuffmanTables, dct};
use origami_pack::{Identity, MAX_BLOB};
use origami_pyramid::{Point, Rgb, TileId};
use origami_quality::{Measured, may_be_sampled};
use source_tile::SourceTile;

/// Makes the coefficients of tiles. One per worker.
pub(crate) struct CoefficientEncoder<'a> {
    plan: &'a CoefficientPlan<'a>,
    decoder: Decoder,
    /// A JPEG of the source.
    jpeg: Vec<u8>,
    /// Room for the entropy-coded bytes of a tile.
    scan: Vec<u8>,
}

impl<'a> CoefficientEncoder<'a> {
    pub fn new(plan: &'a CoefficientPlan<'a>) -> Result<Self, CodecError> {
        Ok(Self { plan, decoder: Decoder::new()?, jpeg: Vec::new(), scan: Vec::new() })
    }

    /// A tile: at full resolution the source's own, if those are kept.
    fn tile(&mut self, pixels: TilePixels<'_>) -> Result<EncodedTile, PackSlideError> {
        match self.plan.kept_tiles {
            Some(source) if pixels.id.z == self.plan.pyramid.max_level() => self.keep(source, pixels),
            _ => self.transform(pixels),
        }
    }

    /// A tile made from its pixels.
    fn transform(&mut self, pixels: TilePixels<'_>) -> Result<EncodedTile, PackSlideError> {
        let (frame, size) = (self.plan.frame(pixels.id), tile_size(&self.plan.pyramid, pixels.id));
        let mut coefficients = Coefficients::zeros(frame);
        let tables = self.plan.header(pixels.id.z).quantisation();
        if frame.colour() == Colour::Rgb {
            dct::forward_rgb(&pixels.cut(size), tables, &mut coefficients);
        } else {
            dct::forward(&pixels.to_ycc(size, frame.subsampling()), tables, &mut coefficients);
        }
        let scan = self.scan(pixels.id, &coefficients)?;
        self.with_scan(pixels, &coefficients, scan, Identity::Bytes)
    }

    /// The source's own tile, cropped to the slide.
    fn keep(
        &mut self,
        source: &dyn KeptTiles,
        pixels: TilePixels<'_>,
    ) -> Result<EncodedTile, PackSlideError> {
        let id = pixels.id;
        // A missing or damaged tile shows the background, as do the pixels read before.
        match source.jpeg(Point::new(id.x, id.y), &mut self.jpeg) {
            Ok(TileStatus::Present) => {}
            Ok(TileStatus::Missing) | Err(_) => return self.transform(pixels),
        }
        let Some(source_tile) = SourceTile::read(self.plan, id, &self.jpeg) else {
            return self.without_coefficients(pixels);
        };
        let Some(identity) = source_tile.identity(self.plan, id, &self.jpeg) else {
            return self.verbatim(&source_tile, pixels);
        };
        // The Huffman tables that it waits under may have no codes for some values.
        match self.scan(id, &source_tile.coefficients) {
            Ok(scan) => self.with_scan(pixels, &source_tile.coefficients, scan, identity),
            Err(_) => self.verbatim(&source_tile, pixels),
        }
    }

    /// A source tile that does not fit the level's header: stored as a complete JPEG,
    /// or made from its pixels if the JPEG would be too large.
    fn verbatim(
        &mut self,
        source_tile: &SourceTile,
        pixels: TilePixels<'_>,
    ) -> Result<EncodedTile, PackSlideError> {
        match source_tile.to_jpeg(&self.jpeg) {
            Ok(jpeg) if jpeg.len() <= MAX_BLOB => Ok(complete(pixels.id, jpeg)),
            _ => self.transform(pixels),
        }
    }

    /// A source tile whose coefficients cannot be read, or that is too small: stored
    /// as it is if it is tidy and decodes to the size of the tile, otherwise made from
    /// its pixels, which are the background if it does not decode.
    fn without_coefficients(&mut self, pixels: TilePixels<'_>) -> Result<EncodedTile, PackSlideError> {
        let size = tile_size(&self.plan.pyramid, pixels.id);
        let mut decoded = Rgb::filled(1, 1, [0; 3]);
        let decodes = self.jpeg.len() <= MAX_BLOB
            && self.decoder.decode_rgb_sized(&self.jpeg, size, &mut decoded).is_ok();
        if decodes { Ok(complete(pixels.id, self.jpeg.clone())) } else { self.transform(pixels) }
    }

    /// The entropy-coded bytes of tile `id`, whose coefficients are `tile`, under the
    /// header that it waits under.
    fn scan(&mut self, id: TileId, tile: &Coefficients) -> Result<Vec<u8>, CodecError> {
        let header = self.plan.waiting_header(id.z);
        let bound = header.scan_bound(tile.frame());
        self.scan.resize(bound.max(self.scan.len()), 0);
        let len = header.write_scan(tile, &mut self.scan)?;
        Ok(self.scan[..len].to_vec())
    }

    /// A tile with these coefficients, whose entropy-coded bytes are `scan`.
    fn with_scan(
        &mut self,
        pixels: TilePixels<'_>,
        coefficients: &Coefficients,
        scan: Vec<u8>,
        identity: Identity,
    ) -> Result<EncodedTile, PackSlideError> {
        let id = pixels.id;
        let header = self.plan.header(id.z);
        let jpeg_len = match header.huffman_tables() {
            HuffmanTables::Shared => header.joined_len(scan.len()),
            HuffmanTables::Optimised => header.jpeg(coefficients)?.len(),
        };
        let jpeg_bytes = jpeg_len as u64;
        if let (Some(dc), Identity::Bytes) = (coefficients.constant(), identity) {
            let content = Content::Constant(dc);
            return Ok(EncodedTile { id, content, weight: 0, jpeg_bytes, measured: None });
        }
        let weight = coefficients.blocks().iter().map(|block| block.nonzero().count_ones()).sum();
        let measured = self.measure(coefficients, pixels)?;
        Ok(EncodedTile { id, content: Content::Blob(scan, identity), weight, jpeg_bytes, measured })
    }

    /// Measures the served JPEG of a tile that may be in the sample.
    fn measure(
        &mut self,
        coefficients: &Coefficients,
        pixels: TilePixels<'_>,
    ) -> Result<Option<Measured>, CodecError> {
        if !self.plan.measure || !may_be_sampled(&self.plan.pyramid, pixels.id) {
            return Ok(None);
        }
        let jpeg = self.plan.header(pixels.id.z).jpeg(coefficients)?;
        compare(&mut self.decoder, &jpeg, pixels).map(Some)
    }
}

/// Tile `id` as a complete JPEG.
fn complete(id: TileId, jpeg: Vec<u8>) -> EncodedTile {
    let jpeg_bytes = jpeg.len() as u64;
    let content = Content::Blob(jpeg, Identity::Verbatim);
    EncodedTile { id, content, weight: 0, jpeg_bytes, measured: None }
}

impl TileEncoder for CoefficientEncoder<'_> {
    fn encode(&mut self, tiles: &[TilePixels<'_>]) -> Result<Vec<EncodedTile>, PackSlideError> {
        tiles.iter().map(|&pixels| self.tile(pixels)).collect()
    }
}
