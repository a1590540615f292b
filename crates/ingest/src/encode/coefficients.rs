//! Exact mode: the very coefficients of a plain JPEG pyramid, those of predicted
//! levels coded given their parents.

use super::depth::PredictionDepth;
use super::{Content, EncodedTile, Planes, TileEncoder, TilePixels, compare};
use crate::PackSlideError;
use crate::source::KeptTiles;
use origami_codec::exact::{self, TileCoder};
use origami_codec::{
    CodecError, Coefficients, Colour, Decoder, Frame, PaddedPlanes, TileHeader, dct, padded_len,
    read_coefficients,
};
use origami_pack::{Identity, MAX_BLOB, TableSpec};
use origami_pyramid::{Pyramid, Rgb, Size, Subsampling, TileId, Ycc, colour};
use origami_quality::may_be_sampled;

/// How tiles of coefficients are made.
pub(crate) struct CoefficientPlan<'a> {
    pub pyramid: Pyramid,
    pub depth: PredictionDepth,
    /// Whether quality is measured.
    pub measure: bool,
    /// The header of all tiles.
    pub header: TileHeader,
    /// The source's own tiles, if they are kept.
    pub kept: Option<&'a dyn KeptTiles>,
    /// What predicted levels are coded with: one model for all but full resolution,
    /// if there are such levels, and one for full resolution.
    pub models: Vec<TrainedModel>,
}

/// A model as the pack has it, and as tiles are coded with it.
pub(crate) struct TrainedModel {
    pub table: TableSpec,
    pub level: exact::Level,
}

impl CoefficientPlan<'_> {
    /// Number of the model of predicted level `z`.
    pub fn model(&self, z: u32) -> usize {
        if z == self.pyramid.max_level() { self.models.len() - 1 } else { 0 }
    }

    /// What the tiles under a tile of these coefficients are predicted from.
    pub fn planes(&self, tile: &Coefficients) -> PaddedPlanes<Vec<u8>> {
        let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
        dct::inverse(tile, self.header.quantisation(), &mut planes);
        planes
    }

    /// Where the window of tile `id` begins in its parent's luma.
    pub fn window(&self, id: TileId) -> (usize, usize) {
        let (half, (right, down)) = (self.pyramid.tile_size() as usize / 2, id.quarter());
        (right as usize * half, down as usize * half)
    }

    fn size(&self, id: TileId) -> Size {
        self.pyramid.tile_rect(id).expect("a tile of this pyramid").size()
    }

    fn frame(&self, id: TileId) -> Frame {
        let size = self.size(id);
        let frame = self.header.frame(size.width as usize, size.height as usize);
        frame.expect("tiles are within a JPEG's size")
    }
}

/// Most blocks that a source tile of `side` px can have.
pub(super) fn most_blocks(side: u32) -> usize {
    let most = Frame::new(side as usize, side as usize, Subsampling::S444, Colour::Ycc);
    most.map_or(0, |frame| frame.block_count())
}

/// A tile's coefficients, and where they come from.
pub(crate) struct CoefficientTile {
    pub id: TileId,
    pub coefficients: Coefficients,
    /// What is served against the source's tile.
    identity: Identity,
    /// The complete JPEG of a tile that does not fit the level's header.
    verbatim: Option<Vec<u8>>,
}

impl CoefficientTile {
    /// Whether it is kept as a complete JPEG.
    pub fn is_verbatim(&self) -> bool {
        self.verbatim.is_some()
    }
}

/// Encodes tiles of coefficients. One per worker.
pub(crate) struct CoefficientEncoder<'a> {
    plan: &'a CoefficientPlan<'a>,
    coder: TileCoder,
    decoder: Decoder,
    jpeg: Vec<u8>,
    out: Vec<u8>,
}

impl<'a> CoefficientEncoder<'a> {
    pub fn new(plan: &'a CoefficientPlan<'a>) -> Result<Self, CodecError> {
        let (jpeg, out) = (Vec::new(), Vec::new());
        Ok(Self { plan, coder: TileCoder::default(), decoder: Decoder::new()?, jpeg, out })
    }

    /// The coefficients of a tile: at full resolution the source's own, if those
    /// are kept.
    pub fn coefficients(&mut self, tile: TilePixels<'_>) -> CoefficientTile {
        match self.plan.kept {
            Some(source) if tile.id.z == self.plan.pyramid.max_level() => self.kept(source, tile),
            _ => self.made(tile),
        }
    }

    /// A tile made from pixels.
    fn made(&self, tile: TilePixels<'_>) -> CoefficientTile {
        let TilePixels { id, pixels, origin } = tile;
        let frame = self.plan.frame(id);
        let mut coefficients = Coefficients::zeros(frame);
        let tables = self.plan.header.quantisation();
        if frame.colour() == Colour::Rgb {
            let pixels = tile.cut(frame.width(), frame.height());
            dct::forward_rgb(&pixels, tables, &mut coefficients);
        } else {
            let mut planes = Ycc::zeros(frame.width(), frame.height(), frame.subsampling());
            colour::ycc(pixels, origin.0, origin.1, &mut planes);
            dct::forward(&planes, tables, &mut coefficients);
        }
        CoefficientTile { id, coefficients, identity: Identity::Bytes, verbatim: None }
    }

    /// The source's own tile, cropped to the slide.
    fn kept(&mut self, source: &dyn KeptTiles, tile: TilePixels<'_>) -> CoefficientTile {
        let id = tile.id;
        // Missing, or damaged and painted over: the pixels were read before.
        if !source.jpeg(id.x, id.y, &mut self.jpeg).unwrap_or(false) {
            return self.made(tile);
        }
        let frame = self.plan.frame(id);
        let mut coefficients = Coefficients::default();
        let most = most_blocks(self.plan.pyramid.tile_size());
        let Ok(facts) = read_coefficients(&self.jpeg, most, &mut coefficients) else {
            return self.unreadable(tile);
        };
        let found = *coefficients.frame();
        let whole = (found.width(), found.height()) == (frame.width(), frame.height());
        let header = &self.plan.header;
        let planes = found.planes();
        let fits = (found.subsampling(), found.colour()) == (frame.subsampling(), frame.colour())
            && facts.quantisation[..planes] == header.quantisation()[..planes];
        if !whole {
            let size = (found.width() >= frame.width(), found.height() >= frame.height());
            let cropped = Frame::new(frame.width(), frame.height(), found.subsampling(), found.colour());
            let (Some(cropped), (true, true)) = (cropped, size) else {
                return self.unreadable(tile);
            };
            let mut part = Coefficients::default();
            coefficients.crop(cropped, &mut part);
            coefficients = part;
        }
        // The header's tables have no code for some values that others have.
        let own = if fits { self.scan(&coefficients).ok() } else { None };
        let Some(own) = own else {
            let verbatim = match whole {
                true => Ok(self.jpeg.clone()),
                // Its own tables, but cut to the slide.
                false => TileHeader::new(&facts.quantisation, found.subsampling(), found.colour())
                    .and_then(|header| header.jpeg(&coefficients)),
            };
            return match verbatim.ok().filter(|jpeg| jpeg.len() <= MAX_BLOB) {
                None => self.made(tile),
                verbatim => CoefficientTile { id, coefficients, identity: Identity::Verbatim, verbatim },
            };
        };
        let same = whole && facts.scan.is_some_and(|scan| own == self.jpeg[scan]);
        let identity = if same { Identity::Bytes } else { Identity::Coefficients };
        CoefficientTile { id, coefficients, identity, verbatim: None }
    }

    /// A source tile that does not come apart into coefficients, or is of
    /// another size: verbatim if a decoder makes the tile of it, or else made
    /// from its pixels, which may be painted ones.
    fn unreadable(&mut self, tile: TilePixels<'_>) -> CoefficientTile {
        let made = self.made(tile);
        let size = self.plan.size(tile.id);
        let mut decoded = Rgb::filled(1, 1, [0; 3]);
        let whole = self.jpeg.len() <= MAX_BLOB
            && self.decoder.decode_rgb_sized(&self.jpeg, size, &mut decoded).is_ok();
        if !whole {
            return made;
        }
        CoefficientTile { identity: Identity::Verbatim, verbatim: Some(self.jpeg.clone()), ..made }
    }

    /// The entropy-coded bytes of `tile` under the level's header.
    fn scan(&self, tile: &Coefficients) -> Result<Vec<u8>, CodecError> {
        let header = &self.plan.header;
        let mut scan = vec![0; header.scan_bound(tile.frame())];
        let len = header.write_scan(tile, &mut scan)?;
        scan.truncate(len);
        Ok(scan)
    }

    /// Codes a tile, decodes it again, and compares.
    fn encoded(
        &mut self,
        tile: CoefficientTile,
        parent: Option<&Planes>,
        source: TilePixels<'_>,
    ) -> Result<EncodedTile, PackSlideError> {
        let CoefficientTile { id, coefficients, mut identity, verbatim } = tile;
        if let Some(jpeg) = verbatim {
            let jpeg_bytes = jpeg.len() as u64;
            let content = Content::Blob(jpeg, identity);
            return Ok(EncodedTile { id, content, jpeg_bytes, measured: None });
        }
        let plan = self.plan;
        let header = &plan.header;
        let scan = self.scan(&coefficients)?;
        let jpeg_bytes = header.joined_len(scan.len()) as u64;
        let mut measured = None;
        if plan.measure && may_be_sampled(&plan.pyramid, id) {
            let jpeg = header.jpeg(&coefficients)?;
            measured = Some(compare(&mut self.decoder, &jpeg, source)?);
        }
        if let (Some(dc), Identity::Bytes) = (coefficients.constant(), identity) {
            return Ok(EncodedTile { id, content: Content::Constant(dc), jpeg_bytes, measured: None });
        }
        let blob = match parent {
            None => scan,
            Some(parent) => {
                let (level, planes) = (&plan.models[plan.model(id.z)].level, parent.padded());
                let window = plan.window(id);
                self.out.clear();
                self.coder.encode(level, planes, window, &coefficients, &mut self.out)?;
                let mut decoded = Coefficients::zeros(*coefficients.frame());
                self.coder.decode(level, planes, window, &self.out, &mut decoded)?;
                if decoded == coefficients {
                    self.out.clone()
                } else if id.z == plan.pyramid.max_level() {
                    identity = Identity::Verbatim;
                    header.jpeg(&coefficients)?
                } else {
                    return Err(PackSlideError::Inexact(id));
                }
            }
        };
        Ok(EncodedTile { id, content: Content::Blob(blob, identity), jpeg_bytes, measured })
    }
}

impl TileEncoder for CoefficientEncoder<'_> {
    fn tile(
        &mut self,
        tile: TilePixels<'_>,
        parent: Option<&Planes>,
        keep: bool,
    ) -> Result<(EncodedTile, Option<Planes>), PackSlideError> {
        let own = self.coefficients(tile);
        let planes = keep.then(|| Planes::Padded(self.plan.planes(&own.coefficients)));
        Ok((self.encoded(own, parent, tile)?, planes))
    }
}
