//! What is in the packs folder and not served.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

/// A pack, or a folder with packs, that is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Where it is.
    pub path: PathBuf,
    /// Why it is not served.
    pub reason: IgnoreReason,
}

/// Why a pack or a folder is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IgnoreReason {
    /// The pack's name cannot be an id.
    Name,
    /// The folder's name cannot be part of an id.
    Folder,
    /// Another pack has the same id.
    SameId,
    /// The folders in this folder are too far down.
    TooDeep,
}

impl Ignored {
    /// What is at `path`.
    pub(super) fn new(path: &Path, reason: IgnoreReason) -> Self {
        Self { path: path.to_owned(), reason }
    }
}

impl Display for IgnoreReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "a pack is named by its slide's id, and this is none",
            Self::Folder => "ids have the names of the folders around a pack, and this cannot be in one",
            Self::SameId => "another pack has the same id",
            Self::TooDeep => "the folders in it are too far down, so that no pack in them is served",
        })
    }
}
