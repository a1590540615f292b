//! Finds packs: in a folder with its subfolders, or a single one.

use crate::stat_failures::StatFailures;
use origami_pack::id;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How many folders may be around a pack, below the one that is served.
const MAX_DEPTH: usize = 8;

/// What is served.
pub enum PacksRoot {
    /// All packs in this folder and those below it.
    Folder(PathBuf),
    /// This pack alone, whose id comes from its name.
    Pack(PathBuf),
}

/// The packs that were found.
#[derive(Default)]
pub struct Listing {
    /// Their paths, in order.
    pub packs: Vec<PathBuf>,
    /// The folders that were listed, or could not be.
    pub folders: HashSet<PathBuf>,
}

/// One entry of a folder.
pub enum Found {
    /// Something with the name of a pack.
    Pack(PathBuf),
    /// A folder, or a link to one.
    Folder(PathBuf),
    /// Anything else, and what is hidden.
    Other,
}

impl PacksRoot {
    /// What is at `path`.
    ///
    /// # Errors
    /// If that is neither a folder nor a file with the name of a pack.
    pub fn new(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() {
            Ok(Self::Folder(path.to_owned()))
        } else if has_extension(path) {
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

    /// The id of the pack at `path`, which was found here; `None` if its name, or that of
    /// a folder around it, cannot be part of one.
    pub fn id(&self, path: &Path) -> Option<String> {
        match self {
            Self::Folder(root) => id::of_pack_in(root, path),
            // Whoever names a single file wants it served, whatever it is called.
            Self::Pack(_) => Some(id::of_name(&path.file_stem()?.to_string_lossy())),
        }
    }

    /// Lists all packs. Folders below the first that cannot be listed are reported to
    /// `failures`.
    ///
    /// # Errors
    /// If the folder itself cannot be listed.
    pub fn list(&self, failures: &StatFailures) -> io::Result<Listing> {
        match self {
            Self::Pack(path) => Ok(Listing { packs: vec![path.clone()], ..Listing::default() }),
            Self::Folder(root) => Ok(self.list_entries(Found::in_folder(root)?, failures)),
        }
    }

    /// As [`Self::list`], where `entries` are those of the folder itself.
    pub fn list_entries(
        &self,
        entries: impl Iterator<Item = io::Result<Found>>,
        failures: &StatFailures,
    ) -> Listing {
        let mut walk = Walk { failures, visited: HashSet::new(), listing: Listing::default() };
        if let Ok(folder) = FolderKey::of(self.path()) {
            walk.visited.insert(folder);
        }
        walk.add(self.path(), 0, entries);
        walk.listing.packs.sort_unstable();
        walk.listing
    }
}

impl Found {
    /// The entries of `folder`.
    fn in_folder(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<Self>>> {
        Ok(fs::read_dir(folder)?.map(|entry| entry.map(|entry| Self::of(&entry))))
    }

    fn of(entry: &DirEntry) -> Self {
        if is_hidden(&entry.file_name()) {
            return Self::Other;
        }
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| {
            kind.is_dir() || (kind.is_symlink() && fs::metadata(&path).is_ok_and(|target| target.is_dir()))
        });
        match (is_folder, has_extension(&path)) {
            (true, _) => Self::Folder(path),
            (false, true) => Self::Pack(path),
            (false, false) => Self::Other,
        }
    }
}

/// Packs that are being written have names that begin with a dot.
fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn has_extension(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == id::EXTENSION)
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
struct Walk<'a> {
    failures: &'a StatFailures,
    /// Each folder is listed once, so that links in a circle end.
    visited: HashSet<FolderKey>,
    listing: Listing,
}

impl Walk<'_> {
    /// Adds the packs among `entries`, the entries of `folder`, and those in the folders
    /// among them.
    fn add(&mut self, folder: &Path, depth: usize, entries: impl Iterator<Item = io::Result<Found>>) {
        let (mut folders, mut complete) = (Vec::new(), true);
        for entry in entries {
            match entry {
                Ok(Found::Pack(path)) => self.listing.packs.push(path),
                Ok(Found::Folder(path)) => folders.push(path),
                Ok(Found::Other) => {}
                Err(cause) => {
                    self.failures.report(folder, &cause);
                    complete = false;
                }
            }
        }
        if complete {
            self.failures.clear(folder);
        }
        self.listing.folders.insert(folder.to_owned());
        // In order, so that a folder with several paths always has the same one.
        folders.sort_unstable();
        if depth < MAX_DEPTH {
            for folder in folders {
                self.enter(&folder, depth + 1);
            }
        }
    }

    /// Adds the packs in `folder` unless it was visited already.
    fn enter(&mut self, folder: &Path, depth: usize) {
        match FolderKey::of(folder).map(|key| self.visited.insert(key)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(cause) => return self.fail(folder, &cause),
        }
        match Found::in_folder(folder) {
            Ok(entries) => self.add(folder, depth, entries),
            Err(cause) => self.fail(folder, &cause),
        }
    }

    /// Records that `folder` could not be listed, unless it is simply gone.
    fn fail(&mut self, folder: &Path, cause: &io::Error) {
        if cause.kind() != ErrorKind::NotFound {
            self.failures.report(folder, cause);
            self.listing.folders.insert(folder.to_owned());
        }
    }
}
