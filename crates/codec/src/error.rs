use crate::Colour;
use origami_pyramid::{Size, Subsampling};

/// Why a JPEG could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The JPEG library's own complaint; warnings count as errors, so a
    /// truncated scan does not pass as a gray tile.
    #[cfg(feature = "turbo")]
    #[error("JPEG: {0}")]
    Library(#[from] turbojpeg::Error),
    /// The stream has another size than the caller's buffer.
    #[error("JPEG is {found} px where {expected} px were expected")]
    Size {
        /// Expected width and height in pixels.
        expected: Size,
        /// Those the stream claims.
        found: Size,
    },
    /// The stream claims more pixels than the caller allows.
    #[error("JPEG claims {found} px, more than the {max_pixels} px allowed here")]
    TooLarge {
        /// Most pixels the caller allows.
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
    /// The stream is in another colour space than planes are made of.
    #[error("JPEG stores {0:?} samples where YCbCr or gray ones were expected")]
    Colour(Colour),
    /// The output buffer is below [`crate::encoded_bound`].
    #[error("output buffer of {len} bytes is below the {needed} bytes a JPEG of this size may take")]
    OutputTooSmall {
        /// Bytes given.
        len: usize,
        /// Bytes needed.
        needed: usize,
    },
    /// The stream is a good JPEG of a kind that is not read here.
    #[error("JPEG uses {0}, which is not supported here")]
    Unsupported(&'static str),
    /// The stream claims more blocks than the caller allows.
    #[error("JPEG claims {found} blocks, more than the {max_blocks} allowed here")]
    TooManyBlocks {
        /// Most blocks the caller allows.
        max_blocks: usize,
        /// Blocks the stream claims.
        found: usize,
    },
    /// The header's Huffman tables have no code for a coefficient.
    #[error("no Huffman code for a coefficient of block {block} of plane {plane}")]
    NoCode {
        /// The plane.
        plane: usize,
        /// Number of the block in it, row by row.
        block: usize,
    },
    /// A marker segment is missing, cut short or not where it has to be.
    #[error("JPEG structure at byte {offset}: {what}")]
    Structure {
        /// Byte offset in the stream.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// The bytes of an exact tile are not what its level can have coded.
    #[error("exact tile: {0}")]
    Tile(&'static str),
    /// A model breaks one of its rules, or does not fit what is coded with it.
    #[error("exact model: {0}")]
    Model(&'static str),
}

/// The error of a stream that is wrong at byte `offset`.
pub(crate) fn broken<T>(offset: usize, what: &'static str) -> Result<T, CodecError> {
    Err(CodecError::Structure { offset, what })
}

/// The error of a good stream of a kind that is not read here.
pub(crate) fn unsupported<T>(what: &'static str) -> Result<T, CodecError> {
    Err(CodecError::Unsupported(what))
}
