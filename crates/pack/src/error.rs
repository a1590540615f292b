use origami_pyramid::TileId;
use std::path::PathBuf;

/// What is wrong with a pack, or with a question put to it.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The file could not be read or written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The pack.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Not a pack at all.
    #[error("{}: not an Origami pack (bad magic at offset 0)", .path.display())]
    Magic {
        /// The file.
        path: PathBuf,
    },
    /// A version this program does not know.
    #[error("{}: pack version {found}; this program reads version {expected}", .path.display())]
    Version {
        /// The pack.
        path: PathBuf,
        /// The version it has.
        found: u32,
        /// The version this program reads.
        expected: u32,
    },
    /// A feature, mode or table this program does not know.
    #[error("{}: unsupported {what} {found:#x} at offset {offset}", .path.display())]
    Unsupported {
        /// The pack.
        path: PathBuf,
        /// Which field.
        what: &'static str,
        /// Its value.
        found: u64,
        /// Where it stands.
        offset: u64,
    },
    /// The file is shorter or longer than its header says.
    #[error("{}: file has {found} bytes where {expected} were expected; it may be cut short", .path.display())]
    Length {
        /// The pack.
        path: PathBuf,
        /// Bytes expected.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A field contradicts the format or another field.
    #[error("{}: {what} at offset {offset}: expected {expected}, found {found}", .path.display())]
    Field {
        /// The pack.
        path: PathBuf,
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
    #[error("{}: checksum of {what} at offset {offset}: expected {expected:08x}, found {found:08x}", .path.display())]
    Checksum {
        /// The pack.
        path: PathBuf,
        /// What the bytes are.
        what: &'static str,
        /// Where they begin.
        offset: u64,
        /// The recorded checksum.
        expected: u64,
        /// The checksum of what is there.
        found: u64,
    },
    /// A tile's index entry points outside the blobs or breaks the format.
    #[error("{}: index entry of tile {id} at offset {offset}: {what}", .path.display())]
    Entry {
        /// The pack.
        path: PathBuf,
        /// The tile.
        id: TileId,
        /// Where the entry stands.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Two blobs share bytes.
    #[error("{}: blob at offset {offset} begins before the one before it ends at {end}", .path.display())]
    Overlap {
        /// The pack.
        path: PathBuf,
        /// Where the later blob begins.
        offset: u64,
        /// Where the earlier one ends.
        end: u64,
    },
    /// The metadata is not the JSON it has to be.
    #[error("{}: metadata at offset {offset}: {error}", .path.display())]
    Metadata {
        /// The pack.
        path: PathBuf,
        /// Where the metadata begins.
        offset: u64,
        /// What the JSON reader said.
        error: serde_json::Error,
    },
    /// There is no such tile; the question is wrong, not the pack.
    #[error("{}: no tile {id}", .path.display())]
    OutsideGrid {
        /// The pack.
        path: PathBuf,
        /// The tile asked for.
        id: TileId,
    },
    /// A pack of that name is already there.
    #[error("{}: already there; choose another --id, or replace it with --force", .path.display())]
    Exists {
        /// The pack.
        path: PathBuf,
    },
}

impl PackError {
    /// A short, bounded name of the kind, for metrics and tests.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::Magic { .. } => "magic",
            Self::Version { .. } => "version",
            Self::Unsupported { .. } => "unsupported",
            Self::Length { .. } => "length",
            Self::Field { .. } => "field",
            Self::Checksum { .. } => "checksum",
            Self::Entry { .. } => "entry",
            Self::Overlap { .. } => "overlap",
            Self::Metadata { .. } => "metadata",
            Self::OutsideGrid { .. } => "outside_grid",
            Self::Exists { .. } => "exists",
        }
    }
}
