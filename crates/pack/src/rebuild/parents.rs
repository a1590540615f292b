//! Decoded parents, and where they are kept.

use super::RebuildError;
use crate::{Lease, Pools};
use origami_codec::{PaddedPlanes, padded_len};
use origami_pyramid::{TileId, Ycc};
use std::sync::Arc;

/// Decoded planes that children are predicted from, in a pooled buffer.
#[derive(Debug)]
pub enum ParentPlanes {
    /// Of a luma pack: all planes of an L2 tile, luma alone of an L1 tile.
    Samples(Ycc<Lease>),
    /// Of a pack of coefficients: all planes with what their blocks hold
    /// beyond the tile's edges.
    Padded(PaddedPlanes<Lease>),
}

impl ParentPlanes {
    /// Bytes of memory the planes take, which is the leased buffer's size.
    #[must_use]
    pub fn bytes(&self, pools: &Pools) -> usize {
        let len = match self {
            Self::Samples(planes) => planes.samples().len(),
            Self::Padded(planes) => padded_len(planes.frame()),
        };
        pools.stats().find(|tier| tier.size >= len).map_or(len, |tier| tier.size)
    }
}

/// Where decoded parents are kept between tiles.
pub trait Parents {
    /// The planes of parent tile `id`, from the cache or by calling `decode`.
    /// Two threads asking at once should cause one decode.
    ///
    /// # Errors
    /// Whatever `decode` returns.
    fn get_or_decode(
        &self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Arc<ParentPlanes>, RebuildError>;
}

/// Keeps nothing: every parent is decoded where it is needed.
#[derive(Clone, Copy, Debug)]
pub struct Uncached;

impl Parents for Uncached {
    fn get_or_decode(
        &self,
        _: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Arc<ParentPlanes>, RebuildError> {
        decode().map(Arc::new)
    }
}
