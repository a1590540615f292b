//! The errors of opening and reading slides.

use super::drivers::readable;
use origami_pyramid::Point;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

/// Why a slide could not be opened or read.
#[derive(Debug)]
#[non_exhaustive]
pub struct SourceError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: SourceProblem,
}

impl SourceError {
    /// A problem of the file or folder at `path`.
    pub fn new(path: impl AsRef<Path>, problem: SourceProblem) -> Self {
        Self { path: path.as_ref().to_owned(), problem }
    }
}

impl Display for SourceError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl Error for SourceError {
    /// The cause of the problem. The problem itself is already in this error's text.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}

/// What is wrong with a slide's file or folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceProblem {
    /// There is nothing at the path.
    #[error("no such file or folder")]
    Missing,
    /// An error of the operating system.
    #[error(transparent)]
    Io(io::Error),
    /// The file has no bytes.
    #[error("the file is empty; was it copied completely?")]
    Empty,
    /// The content is of no kind that can be read; this describes it.
    #[error("not a slide ({0}); readable are {kinds}", kinds = readable())]
    NotASlide(String),
    /// A folder that does not have exactly one Deep Zoom descriptor but this many.
    #[error("expected one Deep Zoom descriptor in the folder, found {0}")]
    Folder(usize),
    /// The file is of a known kind but malformed or cut short.
    #[error("damaged {format}{}: {reason}", at(*offset))]
    Damaged {
        /// The kind of file.
        format: &'static str,
        /// Byte offset, where it is known.
        offset: Option<u64>,
        /// What was expected and found there.
        reason: String,
    },
    /// The picture has a size that cannot be handled.
    #[error("{width}x{height} px is out of range: {limit}")]
    Size {
        /// Claimed width in pixels.
        width: u64,
        /// Claimed height in pixels.
        height: u64,
        /// The limit that it exceeds.
        limit: String,
    },
    /// One tile is missing, cut short, or does not decode.
    #[error("tile ({x}, {y}){}: {reason}", at(*offset))]
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
    /// The format needs OpenSlide, which is not there.
    #[error("{needs} needs the OpenSlide library, {reason}")]
    OpenSlideMissing {
        /// What needs OpenSlide, as a phrase: `a .vsi file`.
        needs: String,
        /// Why it is not there.
        reason: NoOpenSlide,
    },
    /// A page, plane, frame, channel or range was chosen that the slide does not have;
    /// this says what it has.
    #[error("{0}")]
    Choice(String),
    /// The slide is of a known kind that cannot be read, as this phrase names:
    /// `a TIFF compressed with JPEG XL`.
    #[error("{0} cannot be read")]
    Unsupported(String),
    /// A decoder failed in a way that is a fault of this program, not of the file.
    #[error("a decoder failed unexpectedly ({0}); please report this with the slide")]
    Decoder(String),
    /// OpenSlide failed; its handle cannot be used any more.
    #[error("OpenSlide: {0}")]
    OpenSlide(String),
    /// A plain picture does not decode, for the decoder's reason.
    #[error("{0}")]
    Picture(String),
}

/// Why OpenSlide cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoOpenSlide {
    /// The library could not be loaded; this is the error of the system's loader.
    #[error(
        "which could not be loaded ({0}); install the package libopenslide0 (Debian, Ubuntu) or openslide (Fedora, Homebrew), or name the library file in ORIGAMI_OPENSLIDE"
    )]
    NotLoaded(String),
    /// The program was built without the feature `openslide`, as container images are.
    #[error(
        "which this build of origami leaves out, as it loads no libraries; pack the slide with the origami of a release archive and serve the pack with this one"
    )]
    LeftOut,
}

fn at(offset: Option<u64>) -> String {
    offset.map_or_else(String::new, |offset| format!(" at byte {offset}"))
}

/// An error of the operating system; that nothing is there is a problem of its own.
impl From<io::Error> for SourceProblem {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Io(error) }
    }
}

/// What is wrong at some offset of a file, before it is known to which part of the
/// slide the offset belongs.
#[derive(Clone, Debug)]
pub(super) struct SourceFault {
    /// Byte offset in the file, where it is known.
    pub offset: Option<u64>,
    /// What was expected and found.
    pub reason: String,
}

impl SourceFault {
    pub fn new(offset: Option<u64>, reason: impl Into<String>) -> Self {
        Self { offset, reason: reason.into() }
    }

    /// The fault as a problem of the tile at `position` in the source's own grid.
    pub fn in_tile(self, position: Point) -> SourceProblem {
        SourceProblem::Tile { x: position.x, y: position.y, offset: self.offset, reason: self.reason }
    }

    /// The fault as damage to a file of this kind.
    pub fn in_file(self, format: &'static str) -> SourceProblem {
        SourceProblem::Damaged { format, offset: self.offset, reason: self.reason }
    }
}
