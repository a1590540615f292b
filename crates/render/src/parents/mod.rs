//! Decoded parents, and where they are cached.

mod cache;
mod chain;
mod order;
mod pack_parents;
mod pending_slot;
mod stats;
mod table;

pub use cache::ParentCache;
pub use chain::ParentChain;
pub use pack_parents::PackParents;
pub use stats::ParentStats;

use crate::{Lease, Pools, RebuildError};
use origami_codec::{PaddedPlanes, padded_len};
use origami_pyramid::{TileId, Ycc};
use std::ops::Deref;
use std::sync::RwLockReadGuard;

/// Decoded planes that children are predicted from, in a leased buffer.
#[derive(Debug)]
pub enum ParentPlanes {
    /// In luma packs: all planes of a stored tile, luma alone of a predicted one.
    Samples(Ycc<Lease>),
    /// In coefficient packs: all planes, with the samples that the blocks have beyond
    /// the tile's edges.
    Padded(PaddedPlanes<Lease>),
}

impl ParentPlanes {
    /// Bytes of memory that the planes take: the size of the buffer leased from `pools`.
    #[must_use]
    pub fn bytes(&self, pools: &Pools) -> usize {
        pools.buffer_len(match self {
            Self::Samples(planes) => planes.samples().len(),
            Self::Padded(planes) => padded_len(planes.frame()),
        })
    }
}

/// A parent in use. A cached one is not evicted before this is dropped.
#[derive(Debug)]
pub enum Parent<'c> {
    /// In a [`ParentCache`].
    Cached(RwLockReadGuard<'c, Option<ParentPlanes>>),
    /// Not shared with others.
    Owned(ParentPlanes),
}

impl Deref for Parent<'_> {
    type Target = ParentPlanes;

    fn deref(&self) -> &ParentPlanes {
        match self {
            Self::Cached(planes) => planes.as_ref().expect("a slot is read when it is filled"),
            Self::Owned(planes) => planes,
        }
    }
}

/// A source of decoded parents, which may cache them between tiles.
pub trait Parents {
    /// The planes of parent tile `id`: cached ones, or the result of `decode`. If
    /// several threads request the same tile at once, only one of them should decode
    /// it.
    ///
    /// # Errors
    /// Those of `decode`.
    fn get_or_decode<'c>(
        &'c self,
        id: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'c>, RebuildError>;

    /// Whether the planes of parent tile `id` are cached, or being decoded by another thread.
    /// Asking counts as a use: whoever asks is about to rebuild a tile that needs them.
    fn is_cached(&self, _id: TileId) -> bool {
        false
    }

    /// Offers the planes of tile `id`, which are cheap to `make` now, for children that
    /// may be requested later. Does nothing if they are cached already, if nothing is
    /// cached at all, or if `make` fails.
    fn seed(&self, _id: TileId, _make: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>) {}
}

/// Caches nothing: every parent is decoded where it is needed.
#[derive(Clone, Copy, Debug)]
pub struct Uncached;

impl Parents for Uncached {
    fn get_or_decode<'c>(
        &'c self,
        _: TileId,
        decode: &mut dyn FnMut() -> Result<ParentPlanes, RebuildError>,
    ) -> Result<Parent<'c>, RebuildError> {
        decode().map(Parent::Owned)
    }
}
