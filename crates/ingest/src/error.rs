//! Why a slide did not become a pack.

use crate::source::SourceError;
use origami_codec::CodecError;
use origami_pack::PackError;
use origami_pyramid::{Size, TileId};
use origami_quality::work::WorkError;
use origami_quality::{MeasureError, ReadError};
use origami_render::RebuildError;
use std::io;
use std::path::PathBuf;

/// Why a slide did not become a pack. Nothing is left behind in any case.
#[derive(Debug, thiserror::Error)]
pub enum PackSlideError {
    /// The slide could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The slide could not be read again, to measure the pack against it.
    #[error(transparent)]
    Original(#[from] ReadError),
    /// The pack could not be written.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The JPEG library failed.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A tile just written could not be read back.
    #[error("reading back what was written: {0}")]
    ReadBack(#[from] RebuildError),
    /// Somebody asked to stop, there are no more threads, or the source file
    /// could not be read to its end.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// Pixels of coarse levels could not be kept in temporary files until they are
    /// encoded.
    #[error("temporary files beside {}: {error}", .beside.display())]
    Spool {
        /// The pack, in whose folder the files are.
        beside: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The source file is not the one it was when packing began.
    #[error("{}: changed while it was packed; try again when it is complete", .0.display())]
    Changed(PathBuf),
    /// The slide is larger than a pack can be.
    #[error("a slide of {0} px is beyond what a pack holds")]
    TooLarge(Size),
    /// The source's tiles were to be kept and cannot be, for this reason.
    #[error("the source's tiles cannot be kept: {0}; leave out --keep-source to encode them again")]
    CannotKeep(String),
    /// A coded tile did not decode to what went in, which is a fault of this
    /// program.
    #[error("tile {0} does not come back as it was coded; please report this with the slide")]
    Inexact(TileId),
    /// The options do not fit together.
    #[error("{0}")]
    PackOptions(String),
}

impl From<MeasureError> for PackSlideError {
    fn from(error: MeasureError) -> Self {
        match error {
            MeasureError::Pack(error) => error.into(),
            MeasureError::Rebuild(error) => error.into(),
            MeasureError::Original(error) => error.into(),
            MeasureError::Codec(error) => error.into(),
            MeasureError::Work(error) => error.into(),
        }
    }
}
