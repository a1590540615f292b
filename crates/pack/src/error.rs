use crate::ContentHash;
use crate::header::VERSION;
use origami_pyramid::TileId;
use std::path::{Path, PathBuf};

/// What is wrong with a pack, or with a question put to it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", .path.display())]
pub struct PackError {
    /// The pack, or the file that is none.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: PackProblem,
}

/// What can be wrong with a pack, whichever it is.
#[derive(Debug, thiserror::Error)]
pub enum PackProblem {
    /// The file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Not a pack at all.
    #[error("not an Origami pack (bad magic at offset 0)")]
    Magic,
    /// A version this program does not read.
    #[error("{}", version(*found))]
    Version {
        /// The version it has.
        found: u32,
    },
    /// A feature, mode or table this program does not know.
    #[error("unsupported {what} {found:#x} at offset {offset}")]
    Unsupported {
        /// Which field.
        what: &'static str,
        /// Its value.
        found: u64,
        /// Where it stands.
        offset: u64,
    },
    /// The file is shorter or longer than its header says.
    #[error("file has {found} bytes where {expected} were expected; it may be cut short")]
    Length {
        /// Bytes expected.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A field contradicts the format or another field.
    #[error("{what} at offset {offset}: expected {expected}, found {found}")]
    Field {
        /// Which field.
        what: &'static str,
        /// Where it stands.
        offset: u64,
        /// What it has to be.
        expected: u64,
        /// What it is.
        found: u64,
    },
    /// Bytes do not have the checksum recorded for them.
    #[error("checksum of {what} at offset {offset}: expected {expected:08x}, found {found:08x}")]
    Checksum {
        /// What the bytes are.
        what: &'static str,
        /// Where they begin.
        offset: u64,
        /// The recorded checksum.
        expected: u32,
        /// The checksum of what is there.
        found: u32,
    },
    /// A tile's index entry points outside the blobs or breaks the format.
    #[error("index entry of tile {id} at offset {offset}: {what}")]
    Entry {
        /// The tile.
        id: TileId,
        /// Where the entry stands.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Two blobs share bytes.
    #[error("blob at offset {offset} begins before the one before it ends at {end}")]
    Overlap {
        /// Where the later blob begins.
        offset: u64,
        /// Where the earlier one ends.
        end: u64,
    },
    /// The metadata is not the compressed JSON it has to be.
    #[error("metadata at offset {offset}: {what}")]
    Metadata {
        /// Where the metadata begins.
        offset: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The content hash is not that of the contents.
    #[error("content hash at offset {offset}: expected {expected}, found {found}")]
    ContentHash {
        /// Where it stands.
        offset: u64,
        /// The hash of what is there.
        expected: ContentHash,
        /// The recorded one.
        found: ContentHash,
    },
    /// There is no such tile; the question is wrong, not the pack.
    #[error("no tile {0}")]
    OutsideGrid(TileId),
    /// A pack of that name is already there.
    #[error("already there; choose another --id, or replace it with --force")]
    Exists,
}

/// What to do about a pack of another version.
fn version(found: u32) -> String {
    match found {
        1 => {
            "pack version 1, which was never released and is no longer read: pack the slide again".to_owned()
        }
        _ => format!("pack version {found}; this program reads version {VERSION}"),
    }
}

impl PackError {
    /// Makes a problem one of the pack at `path`; for `map_err`.
    pub fn of<P: Into<PackProblem>>(path: &Path) -> impl FnOnce(P) -> Self {
        move |problem| Self { path: path.to_owned(), problem: problem.into() }
    }

    /// A short, bounded name of the kind, for metrics and tests.
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
            PackProblem::Entry { .. } => "entry",
            PackProblem::Overlap { .. } => "overlap",
            PackProblem::Metadata { .. } => "metadata",
            PackProblem::ContentHash { .. } => "content_hash",
            PackProblem::OutsideGrid(_) => "outside_grid",
            PackProblem::Exists => "exists",
        }
    }
}

impl PackProblem {
    /// Fails unless `bytes`, which begin at `offset`, have CRC `expected`.
    pub(crate) fn unless_checksum(
        what: &'static str,
        offset: u64,
        bytes: &[u8],
        expected: u32,
    ) -> Result<(), Self> {
        let found = crc32fast::hash(bytes);
        if found == expected { Ok(()) } else { Err(Self::Checksum { what, offset, expected, found }) }
    }
}
