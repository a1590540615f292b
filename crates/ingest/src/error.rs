//! The errors of packing a slide.

use crate::source::SourceError;
use origami_codec::CodecError;
use origami_pack::PackError;
use origami_pyramid::{Size, TileId};
use origami_quality::MeasureError;
use origami_quality::work::WorkError;
use origami_render::RebuildError;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// Why a slide could not be packed. No file is left behind in any case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// The finished pack could not be measured against the slide.
    #[error(transparent)]
    Measure(MeasureError),
    /// A tile of the finished pack could not be rebuilt.
    #[error("reading back what was written")]
    ReadBack(#[source] RebuildError),
    /// Packing was interrupted, no more threads could be started, or the source
    /// file could not be read to its end.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The tiles of the slide could not be written to temporary files, or read from
    /// them. They take about as many bytes as a plain JPEG pyramid.
    #[error("temporary files beside {}{}", .beside.display(), room_needed(error))]
    Spool {
        /// The pack, in whose folder the files are.
        beside: PathBuf,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
    /// The source file changed after packing began.
    #[error("{}: changed while it was packed; try again when it is complete", .0.display())]
    Changed(PathBuf),
    /// The slide is larger than a pack can be.
    #[error("a slide of {0} px is beyond what a pack holds")]
    TooLarge(Size),
    /// The options require the source's own tiles to be kept, which is impossible
    /// for this reason.
    #[error("the source's tiles cannot be kept: {0}")]
    CannotKeep(String),
    /// A coded tile does not decode to the coefficients that were coded, which is a
    /// bug in this program.
    #[error("tile {0} does not come back as it was coded; please report this with the slide")]
    Inexact(TileId),
    /// A part of this program panicked, with this message.
    #[error("this program failed unexpectedly ({0}); please report this with the slide")]
    Panicked(String),
    /// The options contradict each other or are out of range.
    #[error("{0}")]
    InvalidOptions(String),
}

impl From<MeasureError> for PackSlideError {
    fn from(error: MeasureError) -> Self {
        match error {
            MeasureError::Work(error) => Self::Work(error),
            MeasureError::Rebuild(error) => Self::ReadBack(error),
            error => Self::Measure(error),
        }
    }
}

/// What to do if there was no room for temporary files.
fn room_needed(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            ", where packing needs room for about a plain JPEG pyramid besides the pack"
        }
        _ => "",
    }
}
