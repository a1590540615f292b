use origami_codec::{CodecError, Colour};
use origami_pyramid::{Subsampling, TileId};
use origami_render::RebuildError;
use std::io;
use std::path::PathBuf;

/// Why a pack was not exported. Nothing is left behind in any case.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file name asks for no known format.
    #[error("{}: exports end in .dzi (Deep Zoom), .szi (Deep Zoom in one zip) or .tif (pyramidal TIFF)", .0.display())]
    Extension(PathBuf),
    /// Something of that name is there already.
    #[error("{}: already there; replace it with --force", .0.display())]
    Exists(PathBuf),
    /// The destination could not be written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The destination.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A tile could not be rebuilt.
    #[error("tile {id}: {error}")]
    Tile {
        /// The tile asked for; its parents may be what is damaged.
        id: TileId,
        /// What is wrong.
        error: RebuildError,
    },
    /// TIFF knows no tiles of this size.
    #[error(
        "{}: tiles of {tile_size} px; those of a TIFF are multiples of 16 px, so export to .dzi or .szi",
        .path.display()
    )]
    TileSize {
        /// The pack.
        path: PathBuf,
        /// Its tiles' side in pixels.
        tile_size: u32,
    },
    /// A level's JPEGs are of several kinds, and TIFF has one for a level.
    #[error(
        "tile {id}: its JPEG is {found}, and that of the level's first tile {expected}; \
        a TIFF level has one kind, so export to .dzi or .szi"
    )]
    Kind {
        /// The tile.
        id: TileId,
        /// The level's kind.
        expected: Kind,
        /// The tile's.
        found: Kind,
    },
    /// Somebody asked to stop.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

impl ExportError {
    /// A served JPEG of `path` that the codec refuses.
    pub(crate) fn codec(path: &std::path::Path, id: TileId, error: CodecError) -> Self {
        let error = RebuildError::Codec { path: path.display().to_string(), id, error };
        Self::Tile { id, error }
    }
}

/// What TIFF has to say of all JPEGs of a level at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What the samples mean.
    pub colour: Colour,
    /// Chroma subsampling.
    pub subsampling: Subsampling,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let colour = match self.colour {
            Colour::Gray => return f.write_str("gray"),
            Colour::Ycc => "YCbCr",
            Colour::Rgb => "RGB",
            Colour::Other => "CMYK",
        };
        write!(f, "{colour} {}", self.subsampling.name())
    }
}
