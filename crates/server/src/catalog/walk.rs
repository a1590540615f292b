//! Walks through a folder and those below it.

use super::survey::StatFailure;
use origami_pack::id;
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How many folders may be around a pack, below the one that is served.
const MAX_DEPTH: usize = 8;

/// The packs that were found.
#[derive(Default)]
pub struct Listing {
    /// Their paths, in order.
    pub packs: Vec<PathBuf>,
    /// The folders that were listed, or could not be.
    pub folders: HashSet<PathBuf>,
    /// Those of them with folders that are too far down to be looked into.
    pub too_deep: Vec<PathBuf>,
    /// Those of them that could not be listed, or not completely.
    pub failures: Vec<StatFailure>,
}

/// One entry of a folder.
pub enum Found {
    /// Something with the name of a pack.
    Pack(PathBuf),
    /// A folder.
    Folder(PathBuf),
    /// A link to a folder.
    Link(PathBuf),
    /// Anything else, and what is hidden.
    Other,
}

/// Lists the packs in `root`, whose own entries are `entries`, and below it.
pub fn list(root: &Path, entries: impl Iterator<Item = io::Result<Found>>) -> Listing {
    let mut walk = Walk { visited: HashSet::new(), links: BTreeMap::new(), listing: Listing::default() };
    if let Ok(folder) = FolderKey::of(root) {
        walk.visited.insert(folder);
    }
    walk.add(root, 0, entries);
    while let Some((link, depth)) = walk.links.pop_first() {
        walk.enter(&link, depth);
    }
    walk.listing.packs.sort_unstable();
    walk.listing
}

/// Whether the name at the end of `path` is that of a pack.
pub fn has_extension(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == id::EXTENSION)
}

impl Found {
    /// The entries of `folder`.
    ///
    /// # Errors
    /// If it cannot be listed.
    pub fn in_folder(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<Self>>> {
        Ok(fs::read_dir(folder)?.map(|entry| entry.map(|entry| Self::of(&entry))))
    }

    fn of(entry: &DirEntry) -> Self {
        if is_hidden(&entry.file_name()) {
            return Self::Other;
        }
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => Self::Folder(path),
            Ok(kind) if kind.is_symlink() && fs::metadata(&path).is_ok_and(|target| target.is_dir()) => {
                Self::Link(path)
            }
            _ if has_extension(&path) => Self::Pack(path),
            _ => Self::Other,
        }
    }
}

/// Packs that are being written have names that begin with a dot.
fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Identifies a folder under whatever path it is reached.
#[derive(PartialEq, Eq, Hash)]
struct FolderKey {
    device: u64,
    inode: u64,
}

impl FolderKey {
    fn of(folder: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(folder)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// One walk through all folders.
struct Walk {
    /// Each folder is listed once, so that links in a circle end.
    visited: HashSet<FolderKey>,
    /// The links to folders that were not followed yet, each with the number of folders
    /// around what is in it. They are followed when all folders have been listed, so that
    /// a link to one of these changes no id.
    links: BTreeMap<PathBuf, usize>,
    listing: Listing,
}

impl Walk {
    /// Adds the packs among `entries`, the entries of `folder`, and those in the folders
    /// among them.
    fn add(&mut self, folder: &Path, depth: usize, entries: impl Iterator<Item = io::Result<Found>>) {
        let (mut folders, mut links) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Ok(Found::Pack(path)) => self.listing.packs.push(path),
                Ok(Found::Folder(path)) => folders.push(path),
                Ok(Found::Link(path)) => links.push(path),
                Ok(Found::Other) => {}
                Err(cause) => self.fail(folder, cause),
            }
        }
        self.listing.folders.insert(folder.to_owned());
        if depth < MAX_DEPTH {
            self.links.extend(links.into_iter().map(|link| (link, depth + 1)));
            // In order, so that a folder with several paths always has the same one.
            folders.sort_unstable();
            for folder in folders {
                self.enter(&folder, depth + 1);
            }
        } else if !folders.is_empty() || !links.is_empty() {
            self.listing.too_deep.push(folder.to_owned());
        }
    }

    /// Adds the packs in `folder` unless it was visited already.
    fn enter(&mut self, folder: &Path, depth: usize) {
        match FolderKey::of(folder).map(|key| self.visited.insert(key)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(cause) => return self.fail_to_list(folder, cause),
        }
        match Found::in_folder(folder) {
            Ok(entries) => self.add(folder, depth, entries),
            Err(cause) => self.fail_to_list(folder, cause),
        }
    }

    /// Records that `folder` could not be listed, unless it is simply gone.
    fn fail_to_list(&mut self, folder: &Path, cause: io::Error) {
        if cause.kind() != ErrorKind::NotFound {
            self.fail(folder, cause);
            self.listing.folders.insert(folder.to_owned());
        }
    }

    fn fail(&mut self, folder: &Path, cause: io::Error) {
        self.listing.failures.push(StatFailure { path: folder.to_owned(), cause });
    }
}
