//! Exact mode: the very coefficients of a plain JPEG pyramid, those of L1 and
//! L0 coded given their parents.

use super::coefficient_plan::{CoefficientPlan, one_block};
use super::{Content, EncodedFamily, EncodedTile, compare, window};
use crate::{Options, PackSlideError};
use origami_codec::exact::{self, TileCoder};
use origami_codec::{
    CodecError, Coefficients, Colour, Decoder, Frame, PaddedPlanes, TileHeader, dct, padded_len,
    read_coefficients,
};
use origami_pack::{Identity, MAX_BLOB};
use origami_pyramid::{Family, Pyramid, Rgb, TileId, Ycc, colour, family, mean};
use origami_quality::may_be_sampled;

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
    options: &'a Options,
    pyramid: Pyramid,
    plan: &'a CoefficientPlan<'a>,
    coder: TileCoder,
    decoder: Decoder,
    jpeg: Vec<u8>,
    out: Vec<u8>,
}

impl<'a> CoefficientEncoder<'a> {
    pub fn new(
        options: &'a Options,
        pyramid: Pyramid,
        plan: &'a CoefficientPlan<'a>,
    ) -> Result<Self, CodecError> {
        Ok(Self {
            options,
            pyramid,
            plan,
            coder: TileCoder::default(),
            decoder: Decoder::new()?,
            jpeg: Vec::new(),
            out: Vec::new(),
        })
    }

    /// The coefficients of a family's tiles from its full-resolution pixels:
    /// the root, L1, L0; and the root's pixels.
    pub fn coefficients(
        &mut self,
        at: Family,
        fine: &Rgb,
    ) -> Result<([Vec<Tile>; 3], [Rgb; 2]), PackSlideError> {
        let (mut middle, mut root) = (Rgb::filled(1, 1, [0; 3]), Rgb::filled(1, 1, [0; 3]));
        mean::halve(fine, &mut middle);
        mean::halve(&middle, &mut root);
        let mut levels = [const { Vec::new() }; 3];
        for (level, (depth, pixels)) in levels.iter_mut().zip([(2, &root), (1, &middle), (0, fine)]) {
            for id in self.pyramid.family_tiles(at, depth) {
                let origin = family::origin_in_family(&self.pyramid, id, depth);
                level.push(match self.plan.kept {
                    Some(_) if depth == 0 => self.kept(id, pixels, origin)?,
                    _ => self.made(id, pixels, origin),
                });
            }
        }
        Ok((levels, [middle, root]))
    }

    /// Encodes all tiles of a family from its full-resolution pixels.
    pub fn family(&mut self, at: Family, fine: &Rgb) -> Result<EncodedFamily, PackSlideError> {
        let (levels, [middle, root]) = self.coefficients(at, fine)?;
        let mut tiles = Vec::with_capacity(21);
        let mut parents: Vec<(TileId, Planes)> = Vec::new();
        let plan = self.plan;
        for ((level, pixels), depth) in levels.into_iter().zip([&root, &middle, fine]).zip([2, 1, 0]) {
            let model =
                plan.models.as_ref().filter(|_| depth < 2).map(|models| &models[1 - depth as usize].1);
            let mut planes = Vec::with_capacity(level.len());
            for tile in level {
                let origin = family::origin_in_family(&self.pyramid, tile.id, depth);
                if plan.models.is_some() && depth > 0 {
                    planes.push((tile.id, self.planes(&tile.coefficients)));
                }
                let parent = model.map(|model| (model, parent(&parents, tile.id)));
                tiles.push(self.encoded(tile, parent, pixels, origin)?);
            }
            parents = planes;
        }
        Ok(EncodedFamily { tiles, root })
    }

    /// Encodes a tile of a coarse level.
    pub fn stored(
        &mut self,
        id: TileId,
        pixels: &Rgb,
        origin: (usize, usize),
    ) -> Result<EncodedTile, PackSlideError> {
        let tile = self.made(id, pixels, origin);
        self.encoded(tile, None, pixels, origin)
    }

    /// What children are predicted from.
    pub fn planes(&self, tile: &Coefficients) -> Planes {
        let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
        dct::inverse(tile, self.plan.header.quantisation(), &mut planes);
        planes
    }

    /// Where the window of tile `id` begins in its parent's luma.
    pub fn window(&self, id: TileId) -> (usize, usize) {
        let half = self.pyramid.tile_size() as usize / 2;
        ((id.x & 1) as usize * half, (id.y & 1) as usize * half)
    }

    fn frame(&self, id: TileId) -> Frame {
        let rect = self.pyramid.tile_rect(id).expect("a tile of this pyramid");
        let frame = self.plan.header.frame(rect.width as usize, rect.height as usize);
        frame.expect("tiles are within a JPEG's size")
    }

    /// A tile made from pixels.
    fn made(&self, id: TileId, pixels: &Rgb, origin: (usize, usize)) -> Tile {
        let frame = self.frame(id);
        let mut coefficients = Coefficients::zeros(frame);
        let tables = self.plan.header.quantisation();
        if frame.colour() == Colour::Rgb {
            let pixels = window(pixels, origin, frame.width(), frame.height());
            dct::forward_rgb(&pixels, tables, &mut coefficients);
        } else {
            let mut planes = Ycc::zeros(frame.width(), frame.height(), frame.subsampling());
            colour::ycc(pixels, origin.0, origin.1, &mut planes);
            dct::forward(&planes, tables, &mut coefficients);
        }
        Tile { id, coefficients, identity: Identity::Bytes, verbatim: None }
    }

    /// The source's own tile, cropped to the slide.
    fn kept(&mut self, id: TileId, pixels: &Rgb, origin: (usize, usize)) -> Result<Tile, PackSlideError> {
        let tiles = self.plan.kept.expect("only called where tiles are kept");
        // Missing, or damaged and painted over: the pixels were read before.
        if !tiles.jpeg(id.x, id.y, &mut self.jpeg).unwrap_or(false) {
            return Ok(self.made(id, pixels, origin));
        }
        let (frame, side) = (self.frame(id), self.pyramid.tile_size() as usize);
        let most = Frame::new(side, side, origami_pyramid::Subsampling::S444, Colour::Ycc);
        let mut coefficients = Coefficients::zeros(one_block());
        let most = most.map_or(0, |frame| frame.block_count());
        let Ok(facts) = read_coefficients(&self.jpeg, most, &mut coefficients) else {
            return self.unreadable(id, pixels, origin);
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
                return self.unreadable(id, pixels, origin);
            };
            let mut part = Coefficients::zeros(one_block());
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
                    .and_then(|header| written(&header, &coefficients)),
            };
            let Some(verbatim) = verbatim.ok().filter(|jpeg| jpeg.len() <= MAX_BLOB) else {
                return Ok(self.made(id, pixels, origin));
            };
            return Ok(Tile { id, coefficients, identity: Identity::Verbatim, verbatim: Some(verbatim) });
        };
        let same = whole && facts.scan.is_some_and(|scan| own == self.jpeg[scan]);
        let identity = if same { Identity::Bytes } else { Identity::Coefficients };
        Ok(Tile { id, coefficients, identity, verbatim: None })
    }

    /// A source tile that does not come apart into coefficients, or is of
    /// another size: verbatim if a decoder makes the tile of it, or else made
    /// from its pixels, which may be painted ones.
    fn unreadable(
        &mut self,
        id: TileId,
        pixels: &Rgb,
        origin: (usize, usize),
    ) -> Result<Tile, PackSlideError> {
        let made = self.made(id, pixels, origin);
        let frame = made.coefficients.frame();
        let (width, height) = (frame.width(), frame.height());
        let mut decoded = Rgb::filled(1, 1, [0; 3]);
        let whole = self.jpeg.len() <= MAX_BLOB
            && self.decoder.decode_rgb(&self.jpeg, width * height, &mut decoded).is_ok()
            && (decoded.width(), decoded.height()) == (width, height);
        if !whole {
            return Ok(made);
        }
        Ok(Tile { identity: Identity::Verbatim, verbatim: Some(self.jpeg.clone()), ..made })
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
        pixels: &Rgb,
        origin: (usize, usize),
    ) -> Result<EncodedTile, PackSlideError> {
        let Tile { id, coefficients, mut identity, verbatim } = tile;
        if let Some(jpeg) = verbatim {
            let jpeg_bytes = jpeg.len() as u64;
            return Ok(EncodedTile {
                id,
                content: Content::Blob(jpeg, identity),
                jpeg_bytes,
                measured: None,
            });
        }
        let header = &self.plan.header;
        let scan = self.scan(&coefficients)?;
        let jpeg_bytes = header.joined_len(scan.len()) as u64;
        let mut measured = None;
        if self.options.measure && may_be_sampled(&self.pyramid, id) {
            let jpeg = written(header, &coefficients)?;
            measured = Some(compare(&mut self.decoder, &jpeg, pixels, origin)?);
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
                } else if id.z == self.pyramid.max_level() {
                    identity = Identity::Verbatim;
                    written(header, &coefficients)?
                } else {
                    return Err(PackSlideError::Inexact { id });
                }
            }
        };
        Ok(EncodedTile { id, content: Content::Blob(blob, identity), jpeg_bytes, measured })
    }
}

/// The parent of tile `id` among the tiles of the level above.
pub(super) fn parent(parents: &[(TileId, Planes)], id: TileId) -> &Planes {
    let is_parent = |parent: &&(TileId, Planes)| (parent.0.x, parent.0.y) == (id.x / 2, id.y / 2);
    &parents.iter().find(is_parent).expect("parents come first").1
}

/// `tile` as a complete JPEG.
fn written(header: &TileHeader, tile: &Coefficients) -> Result<Vec<u8>, CodecError> {
    let mut jpeg = vec![0; header.jpeg_bound(tile.frame())];
    let len = header.write(tile, &mut jpeg)?;
    jpeg.truncate(len);
    Ok(jpeg)
}
