use crate::Exhausted;
use origami_codec::CodecError;
use origami_pack::{Pack, PackError};
use origami_pyramid::TileId;
use std::sync::Arc;

/// Why a tile could not be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The pack is damaged, or there is no such tile.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A blob with a good checksum does not decode to its tile.
    #[error("{path}: tile {id}: {error}")]
    Codec {
        /// The pack.
        path: String,
        /// The tile whose bytes they are.
        id: TileId,
        /// What the codec said.
        error: CodecError,
    },
    /// What a tile is predicted from is not what its pack has there: a defect of
    /// whoever keeps parents.
    #[error("{path}: tile {id} cannot be predicted from the parent that is kept for it")]
    Parent {
        /// The pack.
        path: String,
        /// The tile that is predicted.
        id: TileId,
    },
    /// No buffer was free; the server is busy, the pack is fine.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The same failure, met by another request that waited for it.
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

    /// A short, bounded name of the kind, for metrics.
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
