//! Decoded parents, and where they are kept.

mod cache;
mod table;

pub use cache::{PackParents, ParentCache, ParentStats};

use crate::{Lease, Pools, RebuildError};
use origami_codec::{PaddedPlanes, padded_len};
use origami_pyramid::{TileId, Ycc};
use std::ops::Deref;
use std::sync::RwLockReadGuard;

/// Decoded planes that children are predicted from, in a pooled buffer.
#[derive(Debug)]
pub enum ParentPlanes {
    /// Of a luma pack: all planes of a stored tile, luma alone of a predicted one.
    Samples(Ycc<Lease>),
    /// Of a pack of coefficients: all planes with what their blocks hold
    /// beyond the tile's edges.
    Padded(PaddedPlanes<Lease>),
}

impl ParentPlanes {
    /// Bytes of memory the planes take, which is the size of the buffer leased
    /// from `pools`.
    #[must_use]
    pub fn bytes(&self, pools: &Pools) -> usize {
        pools.buffer_len(match self {
            Self::Samples(planes) => planes.samples().len(),
            Self::Padded(planes) => padded_len(planes.frame()),
        })
    }
}

/// A parent in use. One that is kept stays where it is until this is dropped.
#[derive(Debug)]
pub enum Parent<'c> {
    /// Kept by a [`ParentCache`].
    Kept(RwLockReadGuard<'c, Option<ParentPlanes>>),
    /// Nobody else's.
    Own(ParentPlanes),
}

impl Deref for Parent<'_> {
    type Target = ParentPlanes;

    fn deref(&self) -> &ParentPlanes {
        match self {
            Self::Kept(kept) => kept.as_ref().expect("a place is read when it is filled"),
            Self::Own(planes) => planes,
        }
    }
}

/// Where decoded parents are kept between tiles.
pub trait Parents {
    /// The planes of parent tile `id`, from where they are kept or by calling
    /// `decode`. Two threads asking at once should cause one decode.
    ///
    /// # Errors
    /// Whatever `decode` returns.
    fn get_or_decode<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'c>, RebuildError>;

    /// Keeps the planes of tile `id`, which are cheap to `make` right now, for
    /// its children to come. Does nothing where they are kept already, where
    /// nothing is kept, and where `make` fails.
    fn leave(&self, _id: TileId, _make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {}
}

/// Keeps nothing: every parent is decoded where it is needed.
#[derive(Clone, Copy, Debug)]
pub struct Uncached;

impl Parents for Uncached {
    fn get_or_decode<'c>(
        &'c self,
        _: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'c>, RebuildError> {
        decode().map(Parent::Own)
    }
}
