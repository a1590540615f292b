//! The errors of this crate.

use crate::Colour;
use origami_pyramid::{Size, Subsampling};

/// Why a JPEG could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// libjpeg-turbo failed. Its warnings count as errors, so that a truncated
    /// scan does not pass as a gray tile.
    #[cfg(feature = "turbo")]
    #[error("JPEG: {0}")]
    Library(#[source] LibraryError),
    /// The stream's size differs from that of the caller's buffer.
    #[error("JPEG is {found} px where {expected} px were expected")]
    Size {
        /// Expected width and height in pixels.
        expected: Size,
        /// Width and height in the stream's header.
        found: Size,
    },
    /// The stream claims more pixels than the caller allows.
    #[error("JPEG claims {found} px, more than the {max_pixels} px allowed here")]
    TooLarge {
        /// Maximum number of pixels.
        max_pixels: usize,
        /// Width and height the stream claims.
        found: Size,
    },
    /// The stream is subsampled differently from the caller's buffer.
    #[error("JPEG has subsampling {} where {} was expected", .found.map_or("unknown", Subsampling::name), .expected.name())]
    Subsampling {
        /// What the buffer was sized for.
        expected: Subsampling,
        /// What the stream has; `None` for unusual sampling factors.
        found: Option<Subsampling>,
    },
    /// The stream's colour space is not that of the planes it would be decoded to.
    #[error("JPEG stores {0:?} samples where YCbCr or gray ones were expected")]
    Colour(Colour),
    /// The output buffer is shorter than [`crate::encoded_bound`].
    #[error("output buffer of {len} bytes is below the {needed} bytes a JPEG of this size may take")]
    OutputTooSmall {
        /// Length of the buffer in bytes.
        len: usize,
        /// Length needed in bytes.
        needed: usize,
    },
    /// The stream is valid JPEG of a kind that is not supported.
    #[error("JPEG uses {0}, which is not supported here")]
    Unsupported(&'static str),
    /// The stream claims more blocks than the caller allows.
    #[error("JPEG claims {found} blocks, more than the {max_blocks} allowed here")]
    TooManyBlocks {
        /// Maximum number of blocks.
        max_blocks: usize,
        /// Number of blocks the stream claims.
        found: usize,
    },
    /// The header's Huffman tables have no code for a coefficient.
    #[error("no Huffman code for a coefficient of block {block} of plane {plane}")]
    NoCode {
        /// The plane.
        plane: usize,
        /// Number of the block within the plane, row by row.
        block: usize,
    },
    /// A marker segment is missing, truncated or out of place, or entropy-coded
    /// bytes are malformed.
    #[error("JPEG structure at byte {offset}: {what}")]
    Structure {
        /// Byte offset in the stream.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// The bytes of an exact tile are not a valid encoding for its level.
    #[error("exact tile: {0}")]
    Tile(&'static str),
    /// A model breaks one of its rules, or does not fit what is coded with it.
    #[error("exact model: {0}")]
    Model(&'static str),
}

/// An error reported by libjpeg-turbo.
#[cfg(feature = "turbo")]
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LibraryError(turbojpeg::Error);

impl CodecError {
    /// Wraps an error of libjpeg-turbo.
    #[cfg(feature = "turbo")]
    pub(crate) fn library(error: turbojpeg::Error) -> Self {
        Self::Library(LibraryError(error))
    }
}

/// The error of a stream that is malformed at byte `offset`.
pub(crate) fn malformed<T>(offset: usize, what: &'static str) -> Result<T, CodecError> {
    Err(CodecError::Structure { offset, what })
}

/// The error of a valid stream of a kind that is not supported.
pub(crate) fn unsupported<T>(what: &'static str) -> Result<T, CodecError> {
    Err(CodecError::Unsupported(what))
}
