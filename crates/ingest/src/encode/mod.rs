//! One family from pixels to the bytes of its tiles, as the server will see
//! them: everything is predicted from the decoded parent.

mod coefficients;
mod luma;
mod plan;
mod training;

pub(crate) use plan::Plan;

use crate::PackSlideError;
use origami_codec::{CodecError, Decoder};
use origami_pack::Identity;
use origami_pyramid::{Family, Rgb, TileId};
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

/// The tiles of one family, root first, and the root's pixels for the levels
/// above it.
pub(crate) struct EncodedFamily {
    pub tiles: Vec<EncodedTile>,
    pub root: Rgb,
}

/// A tile to encode, whose pixels begin at `origin` of `pixels`.
#[derive(Clone, Copy)]
pub(crate) struct TilePixels<'a> {
    pub id: TileId,
    pub pixels: &'a Rgb,
    pub origin: (usize, usize),
}

/// Encodes tiles as a [`Plan`] says. One per worker.
pub(crate) trait TileEncoder: Send {
    /// Encodes all tiles of a family from its full-resolution pixels.
    fn family(&mut self, at: Family, fine: &Rgb) -> Result<EncodedFamily, PackSlideError>;

    /// Encodes a tile of a coarse level.
    fn stored(&mut self, tile: TilePixels<'_>) -> Result<EncodedTile, PackSlideError>;
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

/// The parent of tile `id` among the tiles of the level above.
fn parent<T>(parents: &[(TileId, T)], id: TileId) -> &T {
    let is_parent = |parent: &&(TileId, T)| (parent.0.x, parent.0.y) == (id.x / 2, id.y / 2);
    &parents.iter().find(is_parent).expect("parents come first").1
}
