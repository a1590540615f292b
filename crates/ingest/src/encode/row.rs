//! Rows of tiles of the levels above the families.

use super::{EncodedTile, PackPlan, Planes, TileEncoder, TilePixels};
use crate::PackSlideError;
use origami_codec::CodecError;
use origami_pyramid::{Pyramid, Rgb, TileId};

/// The pixels of row `y` of the tiles of level `z`, as wide as the level.
#[derive(Clone, Copy)]
pub(crate) struct TileRow<'a> {
    pub z: u32,
    pub y: u32,
    pub pixels: &'a Rgb,
}

impl<'a> TileRow<'a> {
    /// Its tiles, from the left.
    fn tiles(self, pyramid: &Pyramid) -> impl Iterator<Item = TilePixels<'a>> + use<'a> {
        let Self { z, y, pixels } = self;
        let (side, columns) = (pyramid.tile_size(), pyramid.grid(z).expect("a level").columns);
        let tile = move |x| TilePixels { id: TileId { z, x, y }, pixels, origin: ((x * side) as usize, 0) };
        (0..columns).map(tile)
    }
}

/// The tiles of a row, and what those under each are predicted from, in the same
/// order: nothing in a level that is no other's parent.
pub(crate) struct EncodedRow {
    pub tiles: Vec<EncodedTile>,
    pub planes: Vec<Planes>,
}

/// Encodes rows as a plan says.
pub(crate) struct RowEncoder<'a> {
    plan: &'a PackPlan<'a>,
    encoder: Box<dyn TileEncoder + 'a>,
}

impl<'a> RowEncoder<'a> {
    pub fn new(plan: &'a PackPlan<'a>) -> Result<Self, CodecError> {
        Ok(Self { plan, encoder: plan.encoder()? })
    }

    /// Encodes all tiles of a row; in a predicted level given the planes of the
    /// row above, which is that of their parents.
    pub fn encode(&mut self, row: TileRow<'_>, above: &[Planes]) -> Result<EncodedRow, PackSlideError> {
        let depth = self.plan.depth;
        let (predicted, keep) = (depth.is_predicted(row.z), depth.is_parent(row.z));
        let mut encoded = EncodedRow { tiles: Vec::new(), planes: Vec::new() };
        for pixels in row.tiles(&self.plan.pyramid) {
            let parent = predicted.then(|| &above[pixels.id.x as usize / 2]);
            let (tile, planes) = self.encoder.tile(pixels, parent, keep)?;
            encoded.tiles.push(tile);
            encoded.planes.extend(planes);
        }
        Ok(encoded)
    }
}
