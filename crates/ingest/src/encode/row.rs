//! Encodes rows of tiles of the levels above the families.

use super::{EncodedTile, EncoderOutput, PackPlan, Planes, TileEncoder, TilePixels};
use crate::PackSlideError;
use origami_codec::CodecError;
use origami_pyramid::{Point, Pyramid, Rgb, TileId};

/// The pixels of row `y` of the tiles of level `z`, as wide as the level.
#[derive(Clone, Copy)]
pub(crate) struct TileRow<'a> {
    pub z: u32,
    pub y: u32,
    pub pixels: &'a Rgb,
}

impl<'a> TileRow<'a> {
    /// The tiles of the row, from the left.
    fn tiles(self, pyramid: &Pyramid) -> impl Iterator<Item = TilePixels<'a>> + use<'a> {
        let Self { z, y, pixels } = self;
        let (side, columns) = (pyramid.tile_size(), pyramid.grid(z).expect("a level").columns);
        (0..columns).map(move |x| TilePixels {
            id: TileId { z, x, y },
            pixels,
            origin: Point::new(x * side, 0),
        })
    }
}

/// The tiles of a row from the left, and their planes; no planes in a level from
/// which no other is predicted.
pub(crate) struct EncodedRow {
    pub tiles: Vec<EncodedTile>,
    pub planes: Vec<Planes>,
}

/// Encodes rows of tiles according to a plan.
pub(crate) struct RowEncoder<'a> {
    plan: &'a PackPlan<'a>,
    encoder: Box<dyn TileEncoder + 'a>,
}

impl<'a> RowEncoder<'a> {
    pub fn new(plan: &'a PackPlan<'a>) -> Result<Self, CodecError> {
        Ok(Self { plan, encoder: plan.encoder()? })
    }

    /// Encodes all tiles of a row. In a predicted level, `parents` are the planes of
    /// the parents' row.
    pub fn encode(&mut self, row: TileRow<'_>, parents: &[Planes]) -> Result<EncodedRow, PackSlideError> {
        let depth = self.plan.depth;
        let mut encoded = EncodedRow { tiles: Vec::new(), planes: Vec::new() };
        for pixels in row.tiles(&self.plan.pyramid) {
            let parent = depth.is_predicted(row.z).then(|| &parents[pixels.id.x as usize / 2]);
            let EncoderOutput { tile, planes } = self.encoder.encode(pixels, parent, depth.role(row.z))?;
            encoded.tiles.push(tile);
            encoded.planes.extend(planes);
        }
        Ok(encoded)
    }
}
