//! One family from pixels to the bytes of its tiles, as the server will see
//! them: everything is predicted from the decoded parent.

mod coefficient_plan;
mod coefficients;
mod luma;
mod plan;
mod training;

pub(crate) use plan::Plan;

use crate::PackSlideError;
use coefficients::CoefficientEncoder;
use luma::LumaEncoder;
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

/// Encodes tiles as a [`Plan`] says. One per worker.
pub(crate) enum TileEncoder<'a> {
    Luma(Box<LumaEncoder<'a>>),
    Coefficients(Box<CoefficientEncoder<'a>>),
}

impl TileEncoder<'_> {
    /// Encodes all tiles of a family from its full-resolution pixels.
    pub fn family(&mut self, at: Family, fine: &Rgb) -> Result<EncodedFamily, PackSlideError> {
        match self {
            Self::Luma(encoder) => encoder.family(at, fine),
            Self::Coefficients(encoder) => encoder.family(at, fine),
        }
    }

    /// Encodes a tile of a coarse level, whose pixels start at `origin`.
    pub fn stored(
        &mut self,
        id: TileId,
        pixels: &Rgb,
        origin: (usize, usize),
    ) -> Result<EncodedTile, PackSlideError> {
        match self {
            Self::Luma(encoder) => Ok(encoder.stored(id, pixels, origin)?.0),
            Self::Coefficients(encoder) => encoder.stored(id, pixels, origin),
        }
    }
}

/// The difference of a served JPEG against the pixels from `origin`.
fn compare(
    decoder: &mut Decoder,
    jpeg: &[u8],
    pixels: &Rgb,
    origin: (usize, usize),
) -> Result<Measured, CodecError> {
    let mut served = Rgb::filled(1, 1, [0; 3]);
    decoder.decode_rgb(jpeg, usize::MAX, &mut served)?;
    let difference = difference(&served, &window(pixels, origin, served.width(), served.height()));
    Ok(Measured { difference, wire_bytes: jpeg.len(), plain_bytes: jpeg.len() })
}

/// The `width` x `height` pixels from `origin`.
fn window(pixels: &Rgb, origin: (usize, usize), width: usize, height: usize) -> Rgb {
    let mut out = Rgb::filled(width, height, [0; 3]);
    for y in 0..height {
        out.row_mut(y).copy_from_slice(&pixels.row(origin.1 + y)[3 * origin.0..][..3 * width]);
    }
    out
}
