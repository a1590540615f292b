//! Makes files appear under their names complete, or not at all.
//!
//! A file gets the rights that the umask leaves it, from its first moment on; one that
//! replaces another gets the other's mode and, where permitted, its group.

pub use crate::rights::Rights;

#[cfg(unix)]
use std::{fs::Permissions, os::unix::fs::PermissionsExt};

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use tempfile::{Builder, NamedTempFile, TempDir};

/// The end of the names of drafts.
const SUFFIX: &str = ".tmp";

/// The folder that `path` is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The beginning of the names of drafts of `path`, which hides them.
fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    prefix
}

/// Creates a temporary file beside `path`, with a hidden name. It is removed when what
/// this returns is dropped.
///
/// # Errors
/// If the folder cannot be written to.
pub fn draft_file(path: &Path) -> io::Result<NamedTempFile> {
    let prefix = prefix(path);
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    // The system applies the umask to it.
    #[cfg(unix)]
    builder.permissions(Permissions::from_mode(Rights::of_draft(path)));
    builder.tempfile_in(folder(path))
}

/// Creates a temporary folder beside `path`, with a hidden name, that only this user can
/// enter. It is removed with all that is in it when what this returns is dropped.
///
/// # Errors
/// If the folder that it would be in cannot be written to.
pub fn draft_folder(path: &Path) -> io::Result<TempDir> {
    let prefix = prefix(path);
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(Permissions::from_mode(0o700));
    builder.tempdir_in(folder(path))
}

/// Creates a file without a name on the file system of `path`, for what does not fit into
/// memory. It is gone when it is dropped, and when the process ends.
///
/// # Errors
/// If the folder of `path` cannot be written to.
pub fn nameless_file(path: &Path) -> io::Result<File> {
    tempfile::tempfile_in(folder(path))
}

/// Makes `file`, a [`draft_file`] of `path`, visible there, complete and on disk: fsync,
/// rename, fsync of the folder.
///
/// # Examples
/// ```
/// use origami_pack::publish::{draft_file, publish};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("slide.origami");
/// let file = draft_file(&path)?;
/// assert!(!path.exists());
/// publish(file, &path, false)?;
/// assert!(path.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if `path` exists and may not be overwritten,
/// and whatever else the system reports.
pub fn publish(file: NamedTempFile, path: &Path, overwrite: bool) -> io::Result<()> {
    if let Some(replaced) = Rights::of(path).filter(|_| overwrite) {
        replaced.grant(file.as_file());
    }
    file.as_file().sync_all()?;
    if overwrite { file.persist(path) } else { file.persist_noclobber(path) }?;
    File::open(folder(path))?.sync_all()
}
