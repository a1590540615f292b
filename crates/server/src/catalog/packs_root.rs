//! Finds packs: in a folder with its subfolders, or a single one.

use super::ignored::{IgnoreReason, Ignored};
use super::walk::{self, Found, Listing};
use origami_pack::id;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What is served.
pub enum PacksRoot {
    /// All packs in this folder and those below it.
    Folder(PathBuf),
    /// This pack alone, whose id comes from its name.
    Pack(PathBuf),
}

impl PacksRoot {
    /// What is at `path`.
    ///
    /// # Errors
    /// If that is neither a folder nor a file with the name of a pack.
    pub fn new(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() {
            Ok(Self::Folder(path.to_owned()))
        } else if walk::has_extension(path) {
            Ok(Self::Pack(path.to_owned()))
        } else {
            let problem = "it is neither a folder nor a pack, whose name ends in .origami";
            Err(io::Error::new(ErrorKind::InvalidInput, problem))
        }
    }

    /// The folder or pack.
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::Pack(path) => path,
        }
    }

    /// The id of the pack at `path`, which was found here.
    ///
    /// # Errors
    /// If its name, or that of a folder around it, cannot be part of one.
    pub fn id(&self, path: &Path) -> Result<String, Ignored> {
        match self {
            Self::Folder(root) => id::of_pack_in(root, path).ok_or_else(|| nameless(path)),
            // Whoever names a single file wants it served, whatever it is called.
            Self::Pack(_) => Ok(id::of_name(&path.file_stem().unwrap_or_default().to_string_lossy())),
        }
    }

    /// Lists all packs.
    ///
    /// # Errors
    /// If the folder itself cannot be listed.
    pub fn list(&self) -> io::Result<Listing> {
        match self {
            Self::Pack(path) => Ok(Listing { packs: vec![path.clone()], ..Listing::default() }),
            Self::Folder(root) => Ok(self.list_entries(Found::in_folder(root)?)),
        }
    }

    /// As [`Self::list`], where `entries` are those of the folder itself.
    pub fn list_entries(&self, entries: impl Iterator<Item = io::Result<Found>>) -> Listing {
        walk::list(self.path(), entries)
    }
}

/// Why the pack at `path` has no id: its own name, or that of a folder around it.
fn nameless(path: &Path) -> Ignored {
    match path.parent() {
        Some(folder) if id::of_pack(path).is_some() => Ignored::new(folder, IgnoreReason::Folder),
        _ => Ignored::new(path, IgnoreReason::Name),
    }
}
