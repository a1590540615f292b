//! Encodes tiles in exact and stored mode: the coefficients of a plain JPEG pyramid,
//! in predicted levels coded given the parent.

mod headers;
mod plan;
mod source_tile;

pub(crate) use headers::{LevelGroup, LevelHeaders};
pub(crate) use plan::{CoefficientPlan, TrainedModel, max_blocks};

use super::{
    Content, EncodedTile, EncoderOutput, Planes, TileEncoder, TilePixels, TileRole, compare, tile_size,
};
use crate::PackSlideError;
use crate::source::{KeptTiles, TileStatus};
use origami_codec::exact::TileCoder;
use origami_codec::{CodecError, Coefficients, Colour, Decoder, dct};
use origami_pack::{Identity, MAX_BLOB};
use origami_pyramid::{Point, Rgb, TileId};
use origami_quality::{Measured, may_be_sampled};
use source_tile::SourceTile;

/// The coefficients of a tile, and how they are stored.
pub(crate) struct CoefficientTile {
    pub id: TileId,
    pub coefficients: Coefficients,
    pub form: TileForm,
}

/// How the coefficients of a tile are stored.
pub(crate) enum TileForm {
    /// Coded; the served JPEG has the Huffman tables and the scan of the source's tile, or
    /// is the plain JPEG of its pixels.
    SameBytes,
    /// Coded; the served JPEG has the same coefficients as the source's tile.
    SameCoefficients,
    /// As this complete JPEG, since the tile does not fit the level's header.
    Verbatim(Vec<u8>),
}

/// Encodes tiles of coefficients. One per worker.
pub(crate) struct CoefficientEncoder<'a> {
    plan: &'a CoefficientPlan<'a>,
    coder: TileCoder,
    decoder: Decoder,
    /// A JPEG of the source.
    jpeg: Vec<u8>,
    /// The coded bytes of a tile.
    coded: Vec<u8>,
}

impl<'a> CoefficientEncoder<'a> {
    pub fn new(plan: &'a CoefficientPlan<'a>) -> Result<Self, CodecError> {
        let (jpeg, coded) = (Vec::new(), Vec::new());
        Ok(Self { plan, coder: TileCoder::default(), decoder: Decoder::new()?, jpeg, coded })
    }

    /// The coefficients of a tile: at full resolution the source's own, if those
    /// are kept.
    pub fn coefficients(&mut self, tile: TilePixels<'_>) -> CoefficientTile {
        match self.plan.kept_tiles {
            Some(source) if tile.id.z == self.plan.pyramid.max_level() => self.keep(source, tile),
            _ => self.transform(tile),
        }
    }

    /// A tile made from its pixels.
    fn transform(&self, tile: TilePixels<'_>) -> CoefficientTile {
        let (frame, size) = (self.plan.frame(tile.id), tile_size(&self.plan.pyramid, tile.id));
        let mut coefficients = Coefficients::zeros(frame);
        let tables = self.plan.header(tile.id.z).quantisation();
        if frame.colour() == Colour::Rgb {
            dct::forward_rgb(&tile.cut(size), tables, &mut coefficients);
        } else {
            dct::forward(&tile.to_ycc(size, frame.subsampling()), tables, &mut coefficients);
        }
        CoefficientTile { id: tile.id, coefficients, form: TileForm::SameBytes }
    }

    /// The source's own tile, cropped to the slide.
    fn keep(&mut self, source: &dyn KeptTiles, tile: TilePixels<'_>) -> CoefficientTile {
        let id = tile.id;
        // A missing or damaged tile shows the background, as do the pixels read before.
        match source.jpeg(Point::new(id.x, id.y), &mut self.jpeg) {
            Ok(TileStatus::Present) => {}
            Ok(TileStatus::Missing) | Err(_) => return self.transform(tile),
        }
        let Some(source_tile) = SourceTile::read(self.plan, id, &self.jpeg) else {
            return self.without_coefficients(tile);
        };
        let Some(form) = source_tile.coded_form(self.plan, id, &self.jpeg) else {
            return self.verbatim(source_tile, tile);
        };
        CoefficientTile { id, coefficients: source_tile.coefficients, form }
    }

    /// A source tile that does not fit the level's header: stored as a complete JPEG,
    /// or made from its pixels if the JPEG would be too large.
    fn verbatim(&self, source_tile: SourceTile, tile: TilePixels<'_>) -> CoefficientTile {
        match source_tile.to_jpeg(&self.jpeg) {
            Ok(jpeg) if jpeg.len() <= MAX_BLOB => CoefficientTile {
                id: tile.id,
                coefficients: source_tile.coefficients,
                form: TileForm::Verbatim(jpeg),
            },
            _ => self.transform(tile),
        }
    }

    /// A source tile whose coefficients cannot be read, or that is too small: stored
    /// as it is if it is tidy and decodes to the size of the tile, otherwise made from
    /// its pixels, which are the background if it does not decode.
    fn without_coefficients(&mut self, tile: TilePixels<'_>) -> CoefficientTile {
        let transformed = self.transform(tile);
        let size = tile_size(&self.plan.pyramid, tile.id);
        let mut decoded = Rgb::filled(1, 1, [0; 3]);
        let decodes = self.jpeg.len() <= MAX_BLOB
            && self.decoder.decode_rgb_sized(&self.jpeg, size, &mut decoded).is_ok();
        if !decodes {
            return transformed;
        }
        CoefficientTile { form: TileForm::Verbatim(self.jpeg.clone()), ..transformed }
    }

    /// Encodes a tile in its form.
    fn encode_tile(
        &mut self,
        tile: CoefficientTile,
        parent: Option<&Planes>,
        pixels: TilePixels<'_>,
    ) -> Result<EncodedTile, PackSlideError> {
        let CoefficientTile { id, coefficients, form } = tile;
        let identity = match form {
            TileForm::Verbatim(jpeg) => {
                let jpeg_bytes = jpeg.len() as u64;
                let content = Content::Blob(jpeg, Identity::Verbatim);
                return Ok(EncodedTile { id, content, jpeg_bytes, measured: None });
            }
            TileForm::SameBytes => Identity::Bytes,
            TileForm::SameCoefficients => Identity::Coefficients,
        };
        let header = self.plan.header(id.z);
        let jpeg = header.jpeg(&coefficients)?;
        let jpeg_bytes = jpeg.len() as u64;
        let measured = self.measure(&jpeg, pixels)?;
        if let (Some(dc), Identity::Bytes) = (coefficients.constant(), identity) {
            return Ok(EncodedTile { id, content: Content::Constant(dc), jpeg_bytes, measured: None });
        }
        let content = match parent {
            None => Content::Blob(header.scan_of(&jpeg)?.to_vec(), identity),
            Some(parent) => self.encode_predicted(id, &coefficients, identity, parent)?,
        };
        Ok(EncodedTile { id, content, jpeg_bytes, measured })
    }

    /// Measures the served JPEG of a tile that may be in the sample.
    fn measure(&mut self, jpeg: &[u8], pixels: TilePixels<'_>) -> Result<Option<Measured>, CodecError> {
        if !self.plan.measure || !may_be_sampled(&self.plan.pyramid, pixels.id) {
            return Ok(None);
        }
        compare(&mut self.decoder, jpeg, pixels).map(Some)
    }

    /// Codes a tile given its parent, decodes it again and compares. A tile of full
    /// resolution that decodes to something else is stored as a complete JPEG; a
    /// parent cannot be, so it is an error there.
    fn encode_predicted(
        &mut self,
        id: TileId,
        coefficients: &Coefficients,
        identity: Identity,
        parent: &Planes,
    ) -> Result<Content, PackSlideError> {
        let plan = self.plan;
        let (level, planes) = (&plan.models[plan.model_index(id.z)].level, parent.padded());
        let origin = plan.origin_in_parent(id);
        self.coded.clear();
        self.coder.encode(level, planes, origin, coefficients, &mut self.coded)?;
        let mut decoded = Coefficients::zeros(*coefficients.frame());
        self.coder.decode(level, planes, origin, &self.coded, &mut decoded)?;
        if decoded == *coefficients {
            Ok(Content::Blob(self.coded.clone(), identity))
        } else if id.z == plan.pyramid.max_level() {
            Ok(Content::Blob(plan.header(id.z).jpeg(coefficients)?, Identity::Verbatim))
        } else {
            Err(PackSlideError::Inexact(id))
        }
    }
}

impl TileEncoder for CoefficientEncoder<'_> {
    fn encode(
        &mut self,
        tile: TilePixels<'_>,
        parent: Option<&Planes>,
        role: TileRole,
    ) -> Result<EncoderOutput, PackSlideError> {
        let own = self.coefficients(tile);
        let planes =
            (role == TileRole::Parent).then(|| Planes::Padded(self.plan.planes(own.id.z, &own.coefficients)));
        Ok(EncoderOutput { tile: self.encode_tile(own, parent, tile)?, planes })
    }
}
