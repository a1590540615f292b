//! How tiles of coefficients are made.

use crate::source::KeptTiles;
use origami_codec::exact::{self, Model};
use origami_codec::{Colour, Frame, TileHeader};
use origami_pyramid::Subsampling;

/// How tiles of coefficients are made.
pub(crate) struct CoefficientPlan<'a> {
    /// The header of all tiles.
    pub header: TileHeader,
    /// The source's own tiles, if they are kept.
    pub kept: Option<&'a dyn KeptTiles>,
    /// Models of L1 and L0; none in a pack of stored tiles.
    pub models: Option<[(Model, exact::Level); 2]>,
}

/// A frame to begin with.
pub(super) fn one_block() -> Frame {
    Frame::new(8, 8, Subsampling::Gray, Colour::Gray).expect("a frame of one block")
}
