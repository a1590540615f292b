//! Why a slide could not be opened or read.

use super::drivers::readable;
use std::io;
use std::path::{Path, PathBuf};

/// Why a slide could not be opened or read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", .path.display())]
pub struct SourceError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: SourceProblem,
}

/// What is wrong with a slide's file or folder.
#[derive(Debug, thiserror::Error)]
pub enum SourceProblem {
    /// Nothing stands at the path.
    #[error("no such file or folder")]
    Missing,
    /// The operating system refused.
    #[error("{0}")]
    Io(io::Error),
    /// The file has no bytes.
    #[error("the file is empty; was it copied completely?")]
    Empty,
    /// The content is of no kind that can be read, but looks like this.
    #[error("not a slide ({0}); readable are {kinds}", kinds = readable())]
    NotASlide(String),
    /// A folder that does not hold exactly one Deep Zoom descriptor, but so many.
    #[error("expected one .dzi file in the folder, found {0}")]
    Folder(usize),
    /// The file is of a known kind but broken or cut short.
    #[error("damaged {format}{}: {reason}", at(*offset))]
    Damaged {
        /// The kind of file.
        format: &'static str,
        /// Byte offset, where it is known.
        offset: Option<u64>,
        /// What was expected and found there.
        reason: String,
    },
    /// The picture is larger than can be handled.
    #[error("{width}x{height} px is out of range: {limit}")]
    Size {
        /// Claimed width in pixels.
        width: u64,
        /// Claimed height in pixels.
        height: u64,
        /// The limit that it breaks.
        limit: String,
    },
    /// One tile is missing, cut short, or does not decode.
    #[error("tile ({x}, {y}){}: {reason}; --tolerant paints such tiles with the background", at(*offset))]
    Tile {
        /// Column of the tile in the source's own grid.
        x: u32,
        /// Row of the tile in the source's own grid.
        y: u32,
        /// Byte offset of the tile, where it has one.
        offset: Option<u64>,
        /// What was expected and found there.
        reason: String,
    },
    /// The format needs OpenSlide, which is not installed.
    #[error(
        "{needs} needs the OpenSlide library, which could not be loaded ({reason}); install the package libopenslide0 (Debian, Ubuntu) or openslide (Fedora, Homebrew), or name the library file in ORIGAMI_OPENSLIDE"
    )]
    OpenSlideMissing {
        /// Why OpenSlide was asked.
        needs: String,
        /// What the loader said.
        reason: String,
    },
    /// OpenSlide failed; its handle is dead from then on.
    #[error("OpenSlide: {0}")]
    OpenSlide(String),
    /// A plain picture does not decode, for the decoder's reason.
    #[error("{0}")]
    PictureSource(String),
}

fn at(offset: Option<u64>) -> String {
    offset.map_or_else(String::new, |offset| format!(" at byte {offset}"))
}

/// An operating system error, with the common case named.
impl From<io::Error> for SourceProblem {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Io(error) }
    }
}

impl SourceProblem {
    /// The error that what stands at `path` has this problem.
    pub(super) fn of(self, path: &Path) -> SourceError {
        SourceError { path: path.to_owned(), problem: self }
    }
}

/// What is wrong at one place of a file, of which it is not yet said what the
/// place is.
#[derive(Clone, Debug)]
pub(super) struct SourceFault {
    /// Byte offset in the file, where it is known.
    pub offset: Option<u64>,
    /// What was expected and found.
    pub reason: String,
}

impl SourceFault {
    /// That tile `(x, y)` has this fault.
    pub fn in_tile(self, x: u32, y: u32) -> SourceProblem {
        SourceProblem::Tile { x, y, offset: self.offset, reason: self.reason }
    }
}
