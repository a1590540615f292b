//! What can go wrong with a pack.

use crate::ContentHash;
use crate::header::VERSION;
use origami_pyramid::TileId;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

/// A problem with a pack, or with a request made of it, and the pack's path.
///
/// # Examples
/// ```
/// use origami_pack::{MemoryStorage, Pack};
/// use std::path::Path;
/// use std::sync::Arc;
///
/// let storage = Arc::new(MemoryStorage::new(*b"no pack"));
/// let error = Pack::from_storage(Path::new("a.origami"), storage).unwrap_err();
/// assert_eq!(error.kind(), "magic");
/// assert_eq!(error.to_string(), "a.origami: not an Origami pack (bad magic at offset 0)");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct PackError {
    /// Path of the pack, or of the file that is not one.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: PackProblem,
}

/// What can be wrong with any pack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackProblem {
    /// The file could not be read or written.
    #[error(transparent)]
    Io(std::io::Error),
    /// Not a pack at all.
    #[error("not an Origami pack (bad magic at offset 0)")]
    Magic,
    /// A version that this program does not read.
    #[error("{}", version_message(*found))]
    Version {
        /// The file's version.
        found: u32,
    },
    /// A feature, mode or table that this program does not know.
    #[error("unsupported {what} {found:#x} at offset {offset}")]
    Unsupported {
        /// Name of the field.
        what: &'static str,
        /// Its value.
        found: u64,
        /// Offset of the field in bytes.
        offset: u64,
    },
    /// The file is shorter or longer than its header says.
    #[error("file has {found} bytes where {expected} were expected; it may be cut short")]
    Length {
        /// Length that the file should have, in bytes.
        expected: u64,
        /// Length of the file in bytes.
        found: u64,
    },
    /// A field contradicts the format or another field.
    #[error("{what} at offset {offset}: expected {expected}, found {found}")]
    Field {
        /// Name of the field.
        what: &'static str,
        /// Offset of the field in bytes.
        offset: u64,
        /// The value it must have.
        expected: u64,
        /// Its value.
        found: u64,
    },
    /// Bytes do not match their recorded checksum.
    #[error("checksum of {what} at offset {offset}: expected {expected:08x}, found {found:08x}")]
    Checksum {
        /// What the bytes are.
        what: &'static str,
        /// Offset of the first of them.
        offset: u64,
        /// The recorded checksum.
        expected: u32,
        /// The checksum of the bytes in the file.
        found: u32,
    },
    /// A block of the index cannot be read, with all of its entries.
    #[error("index entry {entry} at offset {offset}: {what}")]
    IndexBlock {
        /// Number of the entry that breaks the format.
        entry: u64,
        /// Offset of the entry in bytes.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A tile's index entry points outside the blobs, or is none that its level may have.
    #[error("index entry of tile {id}, in the block at offset {block}: {what}")]
    Entry {
        /// The tile.
        id: TileId,
        /// Offset in bytes of the block that the entry is in.
        block: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Two blobs share bytes.
    #[error("blob at offset {offset} begins before the one before it ends at {end}")]
    Overlap {
        /// Offset of the later blob.
        offset: u64,
        /// Where the earlier one ends.
        end: u64,
    },
    /// The metadata is not valid compressed JSON.
    #[error("metadata at offset {offset}: {what}")]
    Metadata {
        /// Offset of the metadata in bytes.
        offset: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The metadata of a pack that is written are more than readers accept, as this phrase
    /// says: `65 notes, where 64 is the most`.
    #[error("its metadata would have {0}")]
    MetadataLimit(String),
    /// A section that readers may skip breaks the format.
    #[error("{what} at offset {offset}: {problem}")]
    Section {
        /// What the section is.
        what: &'static str,
        /// Offset of the section in bytes.
        offset: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The recorded content hash is not the hash of the contents.
    #[error("content hash at offset {offset}: expected {expected}, found {found}")]
    ContentHash {
        /// Offset of the recorded hash.
        offset: u64,
        /// The hash of the contents.
        expected: ContentHash,
        /// The recorded one.
        found: ContentHash,
    },
    /// There is no such tile: the request is wrong, not the pack.
    #[error("no tile {0}")]
    OutsideGrid(TileId),
    /// A pack of that name already exists.
    #[error("already there")]
    Exists,
}

/// An error of the system, without the name of a pack's draft.
impl From<std::io::Error> for PackProblem {
    fn from(error: std::io::Error) -> Self {
        Self::Io(crate::publish::without_draft_name(error))
    }
}

/// Why a pack of another version cannot be read.
fn version_message(found: u32) -> String {
    match found {
        1 | 2 => format!(
            "pack version {found}, which was never released and is no longer read: pack the slide again"
        ),
        _ => format!("pack version {found}; this program reads version {VERSION}"),
    }
}

impl PackError {
    /// A problem of the pack at `path`.
    #[must_use]
    pub fn new(path: &Path, problem: impl Into<PackProblem>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }

    /// Adds `path` to a problem; to be passed to `map_err`.
    pub(crate) fn with_path<P: Into<PackProblem>>(path: &Path) -> impl FnOnce(P) -> Self {
        move |problem| Self::new(path, problem)
    }

    /// Whether the pack is damaged or malformed. It may be fine if the system could not read it,
    /// or if what was asked for does not exist.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        !matches!(self.problem, PackProblem::Io(_) | PackProblem::OutsideGrid(_) | PackProblem::Exists)
    }

    /// A short name of the kind of problem, one of a fixed set, for metrics and tests.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.problem {
            PackProblem::Io(_) => "io",
            PackProblem::Magic => "magic",
            PackProblem::Version { .. } => "version",
            PackProblem::Unsupported { .. } => "unsupported",
            PackProblem::Length { .. } => "length",
            PackProblem::Field { .. } => "field",
            PackProblem::Checksum { .. } => "checksum",
            PackProblem::IndexBlock { .. } | PackProblem::Entry { .. } => "entry",
            PackProblem::Overlap { .. } => "overlap",
            PackProblem::Metadata { .. } | PackProblem::MetadataLimit(_) => "metadata",
            PackProblem::Section { .. } => "section",
            PackProblem::ContentHash { .. } => "content_hash",
            PackProblem::OutsideGrid(_) => "outside_grid",
            PackProblem::Exists => "exists",
        }
    }
}

impl Display for PackError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl Error for PackError {
    /// The cause of the problem. The problem itself is already in this error's text.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}
