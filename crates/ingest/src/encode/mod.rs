//! Encodes the pixels of tiles. Every prediction is made from the parent as the
//! server will decode it.

mod coefficients;
mod depth;
mod family;
mod keepable;
mod luma;
mod plan;
mod row;
mod training;

pub(crate) use family::{EncodedFamily, FamilyEncoders, FamilyPixels};
pub(crate) use plan::PackPlan;
pub(crate) use row::{RowEncoder, TileRow};

use crate::PackSlideError;
use crate::crop::crop;
use origami_codec::{CodecError, Decoder, PaddedPlanes};
use origami_pack::Identity;
use origami_pyramid::{Plane, Point, Pyramid, Rect, Rgb, Size, Subsampling, TileId, Ycc, colour};
use origami_quality::{Measured, difference};

/// What the pack stores of a tile.
pub(crate) enum Content {
    /// Bytes, and how the served tile relates to the source's tile.
    Blob(Vec<u8>, Identity),
    /// One colour: Y, Cb, Cr.
    Blank([u8; 3]),
    /// One DC value for each plane.
    Constant([i16; 3]),
    /// Nothing: the tile is its prediction.
    Empty,
}

/// A tile as the pack stores it.
pub(crate) struct EncodedTile {
    pub id: TileId,
    pub content: Content,
    /// Bytes of the tile as a plain JPEG; 0 unless measured.
    pub jpeg_bytes: u64,
    /// The quality of the tile, if it is in the sample.
    pub measured: Option<Measured>,
}

/// A tile to encode, whose pixels begin at `origin` in `pixels`.
#[derive(Clone, Copy)]
pub(crate) struct TilePixels<'a> {
    pub id: TileId,
    pub pixels: &'a Rgb,
    pub origin: Point,
}

/// What the children of a tile are predicted from: the tile as it will be decoded.
/// All tiles of a pack have the same kind.
pub(crate) enum Planes {
    /// In packs of residuals: luma, at the tile's size.
    Luma(Plane<Vec<u8>>),
    /// In packs of coefficients: all planes, padded to whole MCUs.
    Padded(PaddedPlanes<Vec<u8>>),
}

/// Whether other tiles are predicted from a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TileRole {
    /// Its children are predicted from it.
    Parent,
    /// No other tile is predicted from it.
    Leaf,
}

/// An encoded tile, with its planes if it is a parent.
pub(crate) struct EncoderOutput {
    pub tile: EncodedTile,
    pub planes: Option<Planes>,
}

/// Encodes tiles according to a [`PackPlan`]. One per worker.
pub(crate) trait TileEncoder: Send {
    /// Encodes a tile: if its level is predicted, given the planes of its parent,
    /// otherwise by itself.
    fn encode(
        &mut self,
        tile: TilePixels<'_>,
        parent: Option<&Planes>,
        role: TileRole,
    ) -> Result<EncoderOutput, PackSlideError>;
}

/// The size of a tile of `pyramid` in pixels.
fn tile_size(pyramid: &Pyramid, id: TileId) -> Size {
    pyramid.tile_rect(id).expect("a tile of this pyramid").size()
}

/// Measures a served JPEG against the pixels of its tile.
fn compare(decoder: &mut Decoder, jpeg: &[u8], tile: TilePixels<'_>) -> Result<Measured, CodecError> {
    let mut served = Rgb::filled(1, 1, [0; 3]);
    decoder.decode_rgb(jpeg, usize::MAX, &mut served)?;
    let difference = difference(&served, &tile.cut(served.size()));
    Ok(Measured { difference, wire_bytes: jpeg.len(), plain_bytes: jpeg.len() })
}

/// The methods take the size of the tile, since `pixels` may extend beyond it.
impl TilePixels<'_> {
    /// The pixels of the tile alone.
    fn cut(self, size: Size) -> Rgb {
        let (Point { x, y }, Size { width, height }) = (self.origin, size);
        crop(self.pixels, Rect { x, y, width, height })
    }

    /// The tile in YCbCr.
    fn to_ycc(self, size: Size, subsampling: Subsampling) -> Ycc<Vec<u8>> {
        let mut planes = Ycc::zeros(size.width as usize, size.height as usize, subsampling);
        colour::ycc(self.pixels, self.origin.x as usize, self.origin.y as usize, &mut planes);
        planes
    }

    /// The colour of all pixels, if it is the same.
    fn uniform(self, size: Size) -> Option<[u8; 3]> {
        let Point { x, y } = self.origin;
        self.pixels.uniform(x as usize, y as usize, size.width as usize, size.height as usize)
    }
}

impl Planes {
    fn luma(&self) -> &Plane<Vec<u8>> {
        match self {
            Self::Luma(plane) => plane,
            Self::Padded(_) => unreachable!("a pack of residuals has luma planes"),
        }
    }

    fn padded(&self) -> &PaddedPlanes<Vec<u8>> {
        match self {
            Self::Padded(planes) => planes,
            Self::Luma(_) => unreachable!("a pack of coefficients has padded planes"),
        }
    }
}
