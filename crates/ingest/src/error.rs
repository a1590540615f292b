use crate::source::SourceError;
use origami_codec::CodecError;
use origami_pack::{PackError, RebuildError};

/// Why a slide did not become a pack. Nothing is left behind in any case.
#[derive(Debug, thiserror::Error)]
pub enum PackSlideError {
    /// The slide could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The pack could not be written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The JPEG library failed.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A tile just written could not be read back.
    #[error("reading back what was written: {0}")]
    ReadBack(#[from] RebuildError),
    /// The source file changed or vanished while it was read.
    #[error("{path}: {error}")]
    Hash {
        /// The source.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The options do not fit together or the slide.
    #[error("{0}")]
    Options(String),
    /// Somebody asked to stop.
    #[error("interrupted; nothing was written")]
    Interrupted,
}
