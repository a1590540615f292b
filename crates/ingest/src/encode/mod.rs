//! Encodes the tiles of a slide in two steps. While it is read, pixels become what waits
//! for the second: coefficients, or in luma mode the final bytes. Then coefficients are
//! coded, each tile given its parent as the server will decode it.

mod coefficients;
mod depth;
mod family;
mod keepable;
mod luma;
mod models;
mod parameters;
mod plan;
mod row;

pub(crate) use coefficients::CodedTile;
pub(crate) use family::{EncodedFamily, FamilyEncoders};
pub(crate) use plan::{LUMA_LEVELS, PackPlan, Prediction};
pub(crate) use row::TileRow;

use crate::PackSlideError;
use crate::crop::crop;
use origami_codec::{CodecError, Decoder};
use origami_pack::Identity;
use origami_pyramid::{Point, Pyramid, Rect, Rgb, Size, Subsampling, TileId, Ycc, colour};
use origami_quality::{Measured, difference};

/// What is kept of a tile, first until the slide is read, then in the pack.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Bytes, and how the served tile relates to the source's tile. Coefficients that
    /// wait to be coded are the entropy-coded bytes under the header of their level.
    Blob(Vec<u8>, Identity),
    /// One DC value for each plane.
    Constant([i16; 3]),
    /// One colour: Y, Cb, Cr.
    Blank([u8; 3]),
    /// Nothing: the tile is its prediction.
    Empty,
}

/// A tile of the slide that was read.
pub(crate) struct EncodedTile {
    pub id: TileId,
    pub content: Content,
    /// Number of coefficients that are not 0, of tiles that wait to be coded.
    pub weight: u32,
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

/// Encodes tiles according to a [`PackPlan`]. One per worker.
pub(crate) trait TileEncoder: Send {
    /// Encodes tiles that come from coarse to fine: a family, or a row of tiles of one
    /// level that is not predicted.
    fn encode(&mut self, tiles: &[TilePixels<'_>]) -> Result<Vec<EncodedTile>, PackSlideError>;
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
