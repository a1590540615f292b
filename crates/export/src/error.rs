//! The errors of exports.

use origami_codec::{CodecError, Colour};
use origami_pyramid::{Subsampling, TileId};
use origami_render::RebuildError;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

/// Why a pack was not exported. Nothing is left behind in any case.
///
/// The text does not include that of the error's source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The file name has the extension of no known format.
    #[error("{}: exports end in .dzi (Deep Zoom), .szi (Deep Zoom in one zip) or .tif (pyramidal TIFF)", .0.display())]
    Extension(PathBuf),
    /// The file or folder exists, and [`crate::ExportOptions::overwrite`] is not set.
    #[error("{}: already there", .0.display())]
    Exists(PathBuf),
    /// There is a folder where the tiles would be, but no descriptor that it belongs to, so
    /// that it is not replaced in any case.
    #[error(
        "{}: already there, but not {}, so it is no earlier export; remove it, or choose another name",
        .folder.display(), .descriptor.display()
    )]
    OtherFolder {
        /// The folder.
        folder: PathBuf,
        /// The descriptor that is not there.
        descriptor: PathBuf,
    },
    /// The destination could not be written.
    #[error("{}", .path.display())]
    Io {
        /// The destination.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
    /// A tile could not be rebuilt.
    #[error("tile {id}")]
    Tile {
        /// The requested tile. The cause may be in one of its parents.
        id: TileId,
        /// Why it could not be rebuilt.
        #[source]
        error: RebuildError,
    },
    /// TIFF does not support tiles of this size.
    #[error(
        "{}: tiles of {tile_size} px; those of a TIFF are multiples of 16 px, so export to .dzi or .szi",
        .path.display()
    )]
    TileSize {
        /// The pack.
        path: PathBuf,
        /// Side of its tiles in pixels.
        tile_size: u32,
    },
    /// A level has JPEGs of several kinds, and a TIFF has one for each level.
    #[error(
        "tile {id}: its JPEG is {found}, and that of the level's first tile {expected}; \
        a TIFF level has one kind, so export to .dzi or .szi"
    )]
    MixedKinds {
        /// The tile.
        id: TileId,
        /// The kind of the level's first tile.
        expected: JpegKind,
        /// The tile's kind.
        found: JpegKind,
    },
    /// The export was interrupted.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

impl ExportError {
    /// The error of writing `path`.
    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    /// The error of a rebuilt JPEG of the pack at `path` that the codec refuses.
    pub(crate) fn codec(path: &Path, id: TileId, error: CodecError) -> Self {
        let error = RebuildError::Codec { path: path.display().to_string(), id, error };
        Self::Tile { id, error }
    }
}

/// The properties that a TIFF records once for all JPEGs of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JpegKind {
    /// Colour space of the samples.
    pub colour: Colour,
    /// Chroma subsampling.
    pub subsampling: Subsampling,
}

impl Display for JpegKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let colour = match self.colour {
            Colour::Gray => return f.write_str("gray"),
            Colour::Ycc => "YCbCr",
            Colour::Rgb => "RGB",
            Colour::Other => "CMYK",
        };
        write!(f, "{colour} {}", self.subsampling.name())
    }
}
