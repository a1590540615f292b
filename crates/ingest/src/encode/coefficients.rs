//! Exact mode: the very coefficients of a plain JPEG pyramid, those of L1 and
//! L0 coded given their parents.

use super::{Content, EncodedFamily, EncodedTile, TileEncoder, TilePixels, compare, parent};
use crate::PackSlideError;
use crate::source::KeptTiles;
use origami_codec::exact::{self, Model, TileCoder};
use origami_codec::{
    CodecError, Coefficients, Colour, Decoder, Frame, PaddedPlanes, TileHeader, dct, padded_len,
    read_coefficients,
};
use origami_pack::{Identity, MAX_BLOB};
use origami_pyramid::{Family, Pyramid, Rgb, Subsampling, TileId, Ycc, colour, family, mean};
use origami_quality::may_be_sampled;

/// How tiles of coefficients are made.
pub(crate) struct CoefficientPlan<'a> {
    pub pyramid: Pyramid,
    /// Whether quality is measured.
    pub measure: bool,
    /// The header of all tiles.
    pub header: TileHeader,
    /// The source's own tiles, if they are kept.
    pub kept: Option<&'a dyn KeptTiles>,
    /// Models of L1 and L0; none in a pack of stored tiles.
    pub models: Option<[(Model, exact::Level); 2]>,
}

/// Most blocks that a source tile of `side` px can have.
pub(super) fn most_blocks(side: u32) -> usize {
    let most = Frame::new(side as usize, side as usize, Subsampling::S444, Colour::Ycc);
    most.map_or(0, |frame| frame.block_count())
}

/// Decoded planes of a parent.
pub(super) type Planes = PaddedPlanes<Vec<u8>>;

/// A tile's coefficients, and where they come from.
pub(crate) struct Tile {
    pub id: TileId,
    pub coefficients: Coefficients,
    /// What is served against the source's tile.
    identity: Identity,
    /// The complete JPEG of a tile that does not fit the level's header.
    verbatim: Option<Vec<u8>>,
}

impl Tile {
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

    /// The coefficients of a family's tiles from its full-resolution pixels:
    /// the root, L1, L0; and the pixels of L1 and of the root.
    pub fn coefficients(&mut self, at: Family, fine: &Rgb) -> ([Vec<Tile>; 3], [Rgb; 2]) {
        let (mut middle, mut root) = (Rgb::filled(1, 1, [0; 3]), Rgb::filled(1, 1, [0; 3]));
        mean::halve(fine, &mut middle);
        mean::halve(&middle, &mut root);
        let levels = [(2, &root), (1, &middle), (0, fine)].map(|(depth, pixels)| {
            let tiles = self.plan.pyramid.family_tiles(at, depth).map(|id| {
                let origin = family::origin_in_family(&self.plan.pyramid, id, depth);
                let tile = TilePixels { id, pixels, origin };
                match self.plan.kept {
                    Some(source) if depth == 0 => self.kept(source, tile),
                    _ => self.made(tile),
                }
            });
            tiles.collect()
        });
        (levels, [middle, root])
    }

    /// What children are predicted from.
    pub fn planes(&self, tile: &Coefficients) -> Planes {
        let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
        dct::inverse(tile, self.plan.header.quantisation(), &mut planes);
        planes
    }

    /// Where the window of tile `id` begins in its parent's luma.
    pub fn window(&self, id: TileId) -> (usize, usize) {
        let half = self.plan.pyramid.tile_size() as usize / 2;
        ((id.x & 1) as usize * half, (id.y & 1) as usize * half)
    }

    fn frame(&self, id: TileId) -> Frame {
        let rect = self.plan.pyramid.tile_rect(id).expect("a tile of this pyramid");
        let frame = self.plan.header.frame(rect.width as usize, rect.height as usize);
        frame.expect("tiles are within a JPEG's size")
    }

    /// A tile made from pixels.
    fn made(&self, tile: TilePixels<'_>) -> Tile {
        let TilePixels { id, pixels, origin } = tile;
        let frame = self.frame(id);
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
        Tile { id, coefficients, identity: Identity::Bytes, verbatim: None }
    }

    /// The source's own tile, cropped to the slide.
    fn kept(&mut self, source: &dyn KeptTiles, tile: TilePixels<'_>) -> Tile {
        let id = tile.id;
        // Missing, or damaged and painted over: the pixels were read before.
        if !source.jpeg(id.x, id.y, &mut self.jpeg).unwrap_or(false) {
            return self.made(tile);
        }
        let frame = self.frame(id);
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
                verbatim => Tile { id, coefficients, identity: Identity::Verbatim, verbatim },
            };
        };
        let same = whole && facts.scan.is_some_and(|scan| own == self.jpeg[scan]);
        let identity = if same { Identity::Bytes } else { Identity::Coefficients };
        Tile { id, coefficients, identity, verbatim: None }
    }

    /// A source tile that does not come apart into coefficients, or is of
    /// another size: verbatim if a decoder makes the tile of it, or else made
    /// from its pixels, which may be painted ones.
    fn unreadable(&mut self, tile: TilePixels<'_>) -> Tile {
        let made = self.made(tile);
        let frame = made.coefficients.frame();
        let (width, height) = (frame.width(), frame.height());
        let mut decoded = Rgb::filled(1, 1, [0; 3]);
        let whole = self.jpeg.len() <= MAX_BLOB
            && self.decoder.decode_rgb_sized(&self.jpeg, width, height, &mut decoded).is_ok();
        if !whole {
            return made;
        }
        Tile { identity: Identity::Verbatim, verbatim: Some(self.jpeg.clone()), ..made }
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
        tile: Tile,
        parent: Option<(&exact::Level, &Planes)>,
        source: TilePixels<'_>,
    ) -> Result<EncodedTile, PackSlideError> {
        let Tile { id, coefficients, mut identity, verbatim } = tile;
        if let Some(jpeg) = verbatim {
            let jpeg_bytes = jpeg.len() as u64;
            let content = Content::Blob(jpeg, identity);
            return Ok(EncodedTile { id, content, jpeg_bytes, measured: None });
        }
        let header = &self.plan.header;
        let scan = self.scan(&coefficients)?;
        let jpeg_bytes = header.joined_len(scan.len()) as u64;
        let mut measured = None;
        if self.plan.measure && may_be_sampled(&self.plan.pyramid, id) {
            let jpeg = header.jpeg(&coefficients)?;
            measured = Some(compare(&mut self.decoder, &jpeg, source)?);
        }
        if let (Some(dc), Identity::Bytes) = (coefficients.constant(), identity) {
            return Ok(EncodedTile { id, content: Content::Constant(dc), jpeg_bytes, measured: None });
        }
        let blob = match parent {
            None => scan,
            Some((level, planes)) => {
                let window = self.window(id);
                self.out.clear();
                self.coder.encode(level, planes, window, &coefficients, &mut self.out)?;
                let mut decoded = Coefficients::zeros(*coefficients.frame());
                self.coder.decode(level, planes, window, &self.out, &mut decoded)?;
                if decoded == coefficients {
                    self.out.clone()
                } else if id.z == self.plan.pyramid.max_level() {
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
    fn family(&mut self, at: Family, fine: &Rgb) -> Result<EncodedFamily, PackSlideError> {
        let (levels, [middle, root]) = self.coefficients(at, fine);
        let mut tiles = Vec::with_capacity(21);
        let mut parents: Vec<(TileId, Planes)> = Vec::new();
        let plan = self.plan;
        for ((level, pixels), depth) in levels.into_iter().zip([&root, &middle, fine]).zip([2, 1, 0]) {
            let model =
                plan.models.as_ref().filter(|_| depth < 2).map(|models| &models[1 - depth as usize].1);
            let mut planes = Vec::with_capacity(level.len());
            for tile in level {
                let id = tile.id;
                let origin = family::origin_in_family(&plan.pyramid, id, depth);
                if plan.models.is_some() && depth > 0 {
                    planes.push((id, self.planes(&tile.coefficients)));
                }
                let parent = model.map(|model| (model, parent(&parents, id)));
                tiles.push(self.encoded(tile, parent, TilePixels { id, pixels, origin })?);
            }
            parents = planes;
        }
        Ok(EncodedFamily { tiles, root })
    }

    fn stored(&mut self, tile: TilePixels<'_>) -> Result<EncodedTile, PackSlideError> {
        self.encoded(self.made(tile), None, tile)
    }
}
