//! Why a slide could not be opened or read.

use std::io;
use std::path::{Path, PathBuf};

/// Why a slide could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nothing stands at the path.
    #[error("{}: no such file or folder", path.display())]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Its reason.
        error: io::Error,
    },
    /// The file has no bytes.
    #[error("{}: the file is empty; was it copied completely?", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The content is of no kind that can be read.
    #[error("{}: not a slide ({found}); readable are TIFF, SVS and what OpenSlide reads, Deep Zoom (.dzi, a folder with one, .dzi.zip, .szi), JPEG, PNG and WebP", path.display())]
    NotASlide {
        /// The file.
        path: PathBuf,
        /// What the first bytes look like.
        found: String,
    },
    /// A folder that does not hold exactly one Deep Zoom descriptor.
    #[error("{}: expected one .dzi file in the folder, found {found}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// How many descriptors it holds.
        found: usize,
    },
    /// The file is of a known kind but broken or cut short.
    #[error("{}: damaged {format}{}: {reason}", path.display(), at(*offset))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The kind of file.
        format: &'static str,
        /// Byte offset, where it is known.
        offset: Option<u64>,
        /// What was expected and found there.
        reason: String,
    },
    /// The picture is larger than can be handled.
    #[error("{}: {width}x{height} px is out of range: {limit}", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// Claimed width in pixels.
        width: u64,
        /// Claimed height in pixels.
        height: u64,
        /// The limit that it breaks.
        limit: String,
    },
    /// One tile is missing, cut short, or does not decode.
    #[error("{}: tile ({x}, {y}){}: {reason}; --tolerant paints such tiles with the background", path.display(), at(*offset))]
    Tile {
        /// The file or folder.
        path: PathBuf,
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
    #[error("{}: {needs} needs the OpenSlide library, which could not be loaded ({reason}); install the package libopenslide0 (Debian, Ubuntu) or openslide (Fedora, Homebrew), or name the library file in ORIGAMI_OPENSLIDE", path.display())]
    OpenSlideMissing {
        /// The file.
        path: PathBuf,
        /// Why OpenSlide was asked.
        needs: String,
        /// What the loader said.
        reason: String,
    },
    /// OpenSlide failed; its handle is dead from then on.
    #[error("{}: OpenSlide: {reason}", path.display())]
    OpenSlide {
        /// The file.
        path: PathBuf,
        /// Its message.
        reason: String,
    },
    /// A plain picture does not decode.
    #[error("{}: {reason}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// The decoder's message.
        reason: String,
    },
}

fn at(offset: Option<u64>) -> String {
    offset.map_or_else(String::new, |offset| format!(" at byte {offset}"))
}

impl SourceError {
    /// An operating system error, with the common case named.
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        if error.kind() == io::ErrorKind::NotFound {
            Self::Missing { path }
        } else {
            Self::Io { path, error }
        }
    }
}
