//! From pixels to the bytes of tiles, as the server will see them: everything is
//! predicted from the decoded parent.

mod coefficients;
mod depth;
mod family;
mod luma;
mod plan;
mod row;
mod training;

pub(crate) use family::{EncodedFamily, FamilyEncoders, FamilyPixels};
pub(crate) use plan::PackPlan;
pub(crate) use row::{RowEncoder, TileRow};

use crate::PackSlideError;
use origami_codec::{CodecError, Decoder, PaddedPlanes};
use origami_pack::Identity;
use origami_pyramid::{Plane, Rgb, TileId};
use origami_quality::{Measured, difference};

/// What becomes of a tile in the pack.
pub(crate) enum Content {
    /// Bytes of its own, and how what is served for them stands to the
    /// source's tile.
    Blob(Vec<u8>, Identity),
    /// One colour, Y, Cb, Cr.
    Blank([u8; 3]),
    /// One DC value for each plane.
    Constant([i16; 3]),
    /// Its prediction.
    Empty,
}

/// A tile, what it becomes, and what it would take as a plain JPEG.
pub(crate) struct EncodedTile {
    pub id: TileId,
    pub content: Content,
    /// 0 unless measured.
    pub jpeg_bytes: u64,
    /// What was measured of a tile that is in the sample.
    pub measured: Option<Measured>,
}

/// A tile to encode, whose pixels begin at `origin` of `pixels`.
#[derive(Clone, Copy)]
pub(crate) struct TilePixels<'a> {
    pub id: TileId,
    pub pixels: &'a Rgb,
    pub origin: (usize, usize),
}

/// What the tiles under a tile are predicted from: the tile as it will be decoded.
/// A pack has one kind.
pub(crate) enum Planes {
    /// Of packs of residuals: luma, at the tile's size.
    Luma(Plane<Vec<u8>>),
    /// Of packs of coefficients: all planes, with whole blocks.
    Padded(PaddedPlanes<Vec<u8>>),
}

/// Encodes tiles as a [`PackPlan`] says. One per worker.
pub(crate) trait TileEncoder: Send {
    /// Encodes a tile: given what its parent tile is kept as if its level is
    /// predicted, else by itself. `keep` asks for what the tiles under it are to
    /// be predicted from.
    fn tile(
        &mut self,
        tile: TilePixels<'_>,
        parent: Option<&Planes>,
        keep: bool,
    ) -> Result<(EncodedTile, Option<Planes>), PackSlideError>;
}

/// The difference of a served JPEG against the pixels of its tile.
fn compare(decoder: &mut Decoder, jpeg: &[u8], tile: TilePixels<'_>) -> Result<Measured, CodecError> {
    let mut served = Rgb::filled(1, 1, [0; 3]);
    decoder.decode_rgb(jpeg, usize::MAX, &mut served)?;
    let difference = difference(&served, &tile.cut(served.width(), served.height()));
    Ok(Measured { difference, wire_bytes: jpeg.len(), plain_bytes: jpeg.len() })
}

impl TilePixels<'_> {
    /// The `width` x `height` pixels of the tile alone.
    fn cut(&self, width: usize, height: usize) -> Rgb {
        let mut out = Rgb::filled(width, height, [0; 3]);
        out.copy((0, 0), self.pixels, self.origin, (width, height));
        out
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
