//! Why a tile could not be rebuilt.

use crate::Exhausted;
use origami_codec::CodecError;
use origami_pack::{Pack, PackError};
use origami_pyramid::TileId;
use std::sync::Arc;

/// Why a tile could not be rebuilt. The text of an error includes its cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// The pack is damaged, or has no such tile.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A blob with the right checksum does not decode to its tile. The codec's error
    /// is in the text as well as in the chain of sources.
    #[error("{path}: tile {id}: {error}")]
    Codec {
        /// Path of the pack.
        path: String,
        /// The tile that the blob belongs to.
        id: TileId,
        /// The codec's error.
        #[source]
        error: CodecError,
    },
    /// The planes that an implementation of [`crate::Parents`] returned are not of
    /// the kind that the pack's levels are predicted from: a bug in it.
    #[error("{path}: tile {id} cannot be predicted from the parent that is kept for it")]
    Parent {
        /// Path of the pack.
        path: String,
        /// The tile to be predicted.
        id: TileId,
    },
    /// No buffer was free. The process is overloaded; the pack is fine.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The failure of another thread's decode that this one waited for.
    #[error(transparent)]
    Shared(Arc<RebuildError>),
}

impl RebuildError {
    pub(crate) fn codec(pack: &Pack, id: TileId, error: CodecError) -> Self {
        Self::Codec { path: pack.path().display().to_string(), id, error }
    }

    pub(crate) fn parent(pack: &Pack, id: TileId) -> Self {
        Self::Parent { path: pack.path().display().to_string(), id }
    }

    /// Whether trying again later may succeed.
    #[must_use]
    pub fn is_overload(&self) -> bool {
        match self {
            Self::Exhausted(_) => true,
            Self::Shared(error) => error.is_overload(),
            Self::Pack(_) | Self::Codec { .. } | Self::Parent { .. } => false,
        }
    }

    /// Whether the pack is damaged, rather than the system or the program at fault.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Pack(error) => error.is_damage(),
            Self::Codec { .. } => true,
            Self::Parent { .. } | Self::Exhausted(_) => false,
            Self::Shared(error) => error.is_damage(),
        }
    }

    /// A short name of the kind of failure, one of a fixed set, for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Pack(error) => error.kind(),
            Self::Codec { .. } => "codec",
            Self::Parent { .. } => "parent",
            Self::Exhausted(_) => "exhausted",
            Self::Shared(error) => error.kind(),
        }
    }
}

/// Which of many tiles could not be rebuilt, and why.
#[derive(Debug, thiserror::Error)]
#[error("tile {id} cannot be rebuilt")]
#[non_exhaustive]
pub struct TileError {
    /// A requested tile: the one that failed, or the first in a family that failed as
    /// a whole. The cause may be in a parent.
    pub id: TileId,
    /// Why it could not be rebuilt.
    #[source]
    pub error: RebuildError,
}
