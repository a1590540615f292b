//! Who may read files. New files and folders follow the umask; those that replace
//! others have the rights of the old ones.

use std::fs::{self, File};
use std::path::Path;
#[cfg(unix)]
use std::{
    fs::Permissions,
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
};

/// The bits of a mode for the group.
#[cfg(unix)]
const GROUP: u32 = 0o070;
/// The bits of a mode for everybody else.
#[cfg(unix)]
const OTHERS: u32 = 0o007;

/// The rights of a file or folder, for the one that takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Permission bits.
    mode: u32,
    /// Number of the group.
    group: u32,
}

impl Rights {
    /// Those of what is at `path`, or of what a symbolic link there leads to. `None` if
    /// there is nothing, or if the system has no such rights.
    ///
    /// Those of files are exact, also where not even the owner may write. Owners of folders
    /// always keep their own rights, without which a folder could be neither filled nor
    /// moved to its place.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        Self::from_metadata(&fs::metadata(path).ok()?)
    }

    #[cfg(unix)]
    fn from_metadata(metadata: &fs::Metadata) -> Option<Self> {
        let mode = metadata.mode();
        // A folder's further bits decide which group the files in it get.
        let mode = if metadata.is_dir() { mode & 0o7777 | 0o700 } else { mode & 0o777 };
        Some(Self { mode, group: metadata.gid() })
    }

    #[cfg(not(unix))]
    fn from_metadata(_: &fs::Metadata) -> Option<Self> {
        None
    }

    /// Gives these rights to `file`, a file or an open folder, as far as this process may:
    /// another group may be out of its reach, and some file systems have no rights. If
    /// the group stays another one, it may not do more than everybody.
    #[cfg(unix)]
    pub fn grant(self, file: &File) {
        let has_group = fchown(file, None, Some(self.group)).is_ok();
        let mode = if has_group { self.mode } else { self.without_group() };
        let _ = file.set_permissions(Permissions::from_mode(mode));
    }

    /// Does nothing, since the system has no such rights.
    #[cfg(not(unix))]
    pub fn grant(self, _: &File) {}

    /// The mode for a file of another group, which may do what everybody may.
    #[cfg(unix)]
    fn without_group(self) -> u32 {
        let everybody = (self.mode & OTHERS) << 3;
        self.mode & (!GROUP | everybody)
    }

    /// The mode, before the umask is applied, with which the draft of `path` is created:
    /// nobody else may read it who may not read what it replaces. Its owner may do both,
    /// since a draft is opened again to be measured.
    #[cfg(unix)]
    pub(crate) fn of_draft(path: &Path) -> u32 {
        Self::of(path).map_or(0o666, |rights| rights.without_group() & 0o666 | 0o600)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn another_group_may_do_no_more_than_everybody() {
        for (mode, expected) in
            [(0o640, 0o600), (0o660, 0o600), (0o644, 0o644), (0o664, 0o644), (0o600, 0o600), (0o604, 0o604)]
        {
            let found = Rights { mode, group: 0 }.without_group();
            assert_eq!(found, expected, "{mode:o} became {found:o}");
        }
    }

    #[test]
    fn a_file_takes_the_rights_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        assert_eq!(Rights::of(&old), None);
        fs::write(&old, "").unwrap();
        for mode in [0o600, 0o640, 0o664, 0o755, 0o444, 0o400, 0o040, 0] {
            fs::set_permissions(&old, Permissions::from_mode(mode)).unwrap();
            let file = tempfile::tempfile().unwrap();
            Rights::of(&old).unwrap().grant(&file);
            assert_eq!(file.metadata().unwrap().mode() & 0o7777, mode, "{mode:o}");
            assert_eq!(Rights::of_draft(&old) & 0o600, 0o600, "the draft of {mode:o}");
        }
    }

    #[test]
    fn owners_of_folders_keep_their_own_rights() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
        fs::create_dir(&old).unwrap();
        fs::create_dir(&new).unwrap();
        fs::set_permissions(&old, Permissions::from_mode(0o550)).unwrap();
        Rights::of(&old).unwrap().grant(&File::open(&new).unwrap());
        assert_eq!(fs::metadata(&new).unwrap().mode() & 0o7777, 0o750);
    }

    #[test]
    fn the_target_of_a_link_counts() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(Rights::of(&link), Rights::of(&file));
        assert_eq!(Rights::of_draft(&link), 0o600);
        assert_eq!(Rights::of_draft(&folder.path().join("new")), 0o666);
    }
}
