//! Why a pack could not be measured.

use crate::ReadError;
use crate::work::WorkError;
use origami_codec::CodecError;
use origami_pack::{Pack, PackError};
use origami_pyramid::TileId;
use origami_render::RebuildError;

/// Why a pack could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The pack is damaged.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A tile of the pack could not be rebuilt.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The slide could not be read.
    #[error(transparent)]
    Original(#[from] ReadError),
    /// The JPEG library failed.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// Interrupted, or no threads.
    #[error(transparent)]
    Work(#[from] WorkError),
}

/// The served JPEG of tile `id` is not one.
pub(crate) fn undecodable(pack: &Pack, id: TileId, error: CodecError) -> RebuildError {
    RebuildError::Codec { path: pack.path().display().to_string(), id, error }
}
