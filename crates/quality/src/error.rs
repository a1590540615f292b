//! The errors of measuring a pack.

use crate::ReadError;
use crate::work::WorkError;
use origami_codec::CodecError;
use origami_pack::{Pack, PackError};
use origami_pyramid::TileId;
use origami_render::RebuildError;

/// Why a pack could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// Measuring was interrupted, or its threads could not be started.
    #[error(transparent)]
    Work(#[from] WorkError),
}

/// The error for a served JPEG of tile `id` that does not decode.
pub(crate) fn undecodable(pack: &Pack, id: TileId, error: CodecError) -> RebuildError {
    RebuildError::Codec { path: pack.path().display().to_string(), id, error }
}
