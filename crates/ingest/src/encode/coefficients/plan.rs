//! The parameters of coding tiles of coefficients.

use super::headers::{LevelGroup, LevelHeaders};
use crate::encode::tile_size;
use crate::source::KeptTiles;
use origami_codec::{Coefficients, Colour, Frame, PaddedPlanes, TileHeader, dct, padded_len};
use origami_pyramid::{Pyramid, Size, Subsampling, TileId};

/// How tiles of coefficients are made.
pub(crate) struct CoefficientPlan<'a> {
    pub pyramid: Pyramid,
    /// Whether quality is measured.
    pub measure: bool,
    /// The headers of the tiles.
    pub headers: LevelHeaders,
    /// The source's own tiles, if they are kept.
    pub kept_tiles: Option<&'a dyn KeptTiles>,
}

impl CoefficientPlan<'_> {
    /// The levels with which level `z` shares its header and model.
    pub fn group(&self, z: u32) -> LevelGroup {
        LevelGroup::of(&self.pyramid, z)
    }

    /// The header of the tiles of level `z`.
    pub fn header(&self, z: u32) -> &TileHeader {
        self.headers.header(self.group(z))
    }

    /// The header under which the tiles of level `z` wait until they are coded.
    pub fn waiting_header(&self, z: u32) -> &TileHeader {
        self.headers.waiting(self.group(z))
    }

    /// The planes that the children of a tile of level `z` with these coefficients are
    /// predicted from.
    pub fn planes(&self, z: u32, tile: &Coefficients) -> PaddedPlanes<Vec<u8>> {
        let mut planes = PaddedPlanes::new(vec![0; padded_len(tile.frame())], *tile.frame());
        dct::inverse(tile, self.header(z).quantisation(), &mut planes);
        planes
    }

    /// Where tile `id` begins in its parent, in luma samples.
    pub fn origin_in_parent(&self, id: TileId) -> (usize, usize) {
        let (half, quarter) = (self.pyramid.tile_size() as usize / 2, id.quarter());
        (quarter.x as usize * half, quarter.y as usize * half)
    }

    /// The frame of tile `id` under the header of its level.
    pub fn frame(&self, id: TileId) -> Frame {
        let Size { width, height } = tile_size(&self.pyramid, id);
        self.header(id.z).frame(width as usize, height as usize).expect("tiles are within a JPEG's size")
    }
}

/// Maximum number of blocks of a source tile of `side` px.
pub(crate) fn max_blocks(side: u32) -> usize {
    Frame::new(side as usize, side as usize, Subsampling::S444, Colour::Ycc)
        .map_or(0, |frame| frame.block_count())
}
