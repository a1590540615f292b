//! A tile to be rebuilt, with everything that is known about it.

use crate::{Lease, MAX_LEASE, Parents, Pools, RebuildError};
use origami_codec::CodecError;
use origami_pack::{Entry, Level, Pack};
use origami_pyramid::{Size, TileId};
use std::sync::Arc;

/// A tile, its index entry and its level, and the parents to predict it from.
#[derive(Clone, Copy)]
pub(crate) struct TileContext<'a> {
    pub(super) pack: &'a Pack,
    pub(super) parents: &'a dyn Parents,
    pub(super) id: TileId,
    pub(super) level: &'a Level,
    pub(super) entry: Entry,
}

impl<'a> TileContext<'a> {
    /// The context of tile `id` of `pack`, whose entry this is.
    pub(super) fn new(pack: &'a Pack, parents: &'a dyn Parents, id: TileId, entry: Entry) -> Self {
        let level = pack.level(id.z).expect("a level with an entry");
        Self { pack, parents, id, level, entry }
    }
}

impl TileContext<'_> {
    /// Width and height in pixels.
    pub(super) fn size(self) -> Size {
        tile_size(self.pack, self.id)
    }

    /// Width and height in the type that planes and codecs use.
    pub(super) fn sides(self) -> (usize, usize) {
        let Size { width, height } = self.size();
        (width as usize, height as usize)
    }

    /// The tile that it is predicted from.
    pub(super) fn parent(self) -> TileId {
        self.pack.parent(self.id).expect("a predicted tile has a parent")
    }

    /// Whether it is predicted and other tiles are predicted from it. Once it has been
    /// rebuilt, its samples are in memory; its children would have to decode it again.
    pub(super) fn is_predicted_parent(self) -> bool {
        self.level.is_predicted() && self.pack.is_parent(self.id.z)
    }

    /// Fails if `len`, a number of bytes from the pack, is more than any buffer has.
    pub(super) fn check_len(self, len: usize) -> Result<(), RebuildError> {
        if len <= MAX_LEASE {
            return Ok(());
        }
        Err(self.codec_error(CodecError::OutputTooSmall { len: MAX_LEASE, needed: len }))
    }

    /// Leases a buffer for `len` bytes, a number from the pack.
    pub(super) fn lease(self, pools: &Arc<Pools>, len: usize) -> Result<Lease, RebuildError> {
        self.check_len(len)?;
        Ok(pools.lease(len)?)
    }

    pub(super) fn codec_error(self, error: CodecError) -> RebuildError {
        RebuildError::codec(self.pack, self.id, error)
    }
}

/// Size of tile `id` in pixels.
///
/// # Panics
/// If there is no such tile.
pub(crate) fn tile_size(pack: &Pack, id: TileId) -> Size {
    pack.pyramid().tile_rect(id).expect("a tile with an entry is in the grid").size()
}
