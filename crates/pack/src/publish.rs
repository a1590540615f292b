//! Makes files appear under their names complete, or not at all.
//!
//! A file gets the rights that the umask leaves it, from its first moment on; one that
//! replaces another gets the other's mode and, where permitted, its group.

pub use crate::rights::Rights;

#[cfg(unix)]
use std::{fs::Permissions, os::unix::fs::PermissionsExt};

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
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
/// If its folder does not exist or cannot be written to, which the error's text says.
pub fn draft_file(path: &Path) -> io::Result<NamedTempFile> {
    let prefix = prefix(path);
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    // The system applies the umask to it.
    #[cfg(unix)]
    builder.permissions(Permissions::from_mode(Rights::of_draft(path)));
    builder.tempfile_in(folder(path)).map_err(|error| refused_by(folder(path), error))
}

/// Creates a temporary folder beside `path`, with a hidden name, that only this user can
/// enter. It is removed with all that is in it when what this returns is dropped.
///
/// # Errors
/// As [`draft_file`].
pub fn draft_folder(path: &Path) -> io::Result<TempDir> {
    let prefix = prefix(path);
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(Permissions::from_mode(0o700));
    builder.tempdir_in(folder(path)).map_err(|error| refused_by(folder(path), error))
}

/// The error of creating a draft in `folder`, which says what is wrong with that.
fn refused_by(folder: &Path, error: io::Error) -> io::Error {
    let (kind, folder) = (error.kind(), folder.display());
    let error = without_draft_name(error);
    let text = match kind {
        ErrorKind::NotFound => format!("there is no folder {folder}"),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("the folder {folder} cannot be written to: {error}")
        }
        _ => return error,
    };
    io::Error::new(kind, text)
}

/// The error of creating or writing a draft as the system reports it.
///
/// The errors of [`NamedTempFile`] and [`TempDir`] end with the path of the draft, which
/// nobody has heard of, and have the system's error only as text.
#[must_use]
pub fn without_draft_name(error: io::Error) -> io::Error {
    // Quotation marks in the path itself are escaped.
    match error.to_string().rsplit_once(" at path \"") {
        Some((text, path)) if path.ends_with('"') => io::Error::new(error.kind(), text),
        _ => error,
    }
}

/// Creates a file without a name on the file system of `path`, for what does not fit into
/// memory. It is gone when it is dropped, and when the process ends.
///
/// # Errors
/// As [`draft_file`].
pub fn nameless_file(path: &Path) -> io::Result<File> {
    tempfile::tempfile_in(folder(path)).map_err(|error| refused_by(folder(path), error))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_missing_folder_is_named_and_not_the_draft() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no/such");
        let path = missing.join("slide.origami");
        for error in [draft_file(&path).unwrap_err(), draft_folder(&path).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert_eq!(error.to_string(), format!("there is no folder {}", missing.display()));
        }
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_an_error_without_the_name_of_the_draft() {
        let file = NamedTempFile::new().unwrap();
        let path = file.path().join("slide.origami");
        for error in [draft_file(&path).unwrap_err(), draft_folder(&path).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::NotADirectory);
            assert!(!error.to_string().contains("slide"), "{error}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_named() {
        for kind in [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem] {
            let system = io::Error::new(kind, "no luck at path \"packs/.a at path \\\"b.tmp\"");
            let error = refused_by(Path::new("packs"), system);
            assert_eq!(error.kind(), kind);
            assert_eq!(error.to_string(), "the folder packs cannot be written to: no luck");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_reported_without_the_name_of_the_draft() {
        let folder = tempfile::tempdir().unwrap();
        let mut full = Builder::new()
            .suffix(SUFFIX)
            .make_in(folder.path(), |_| File::options().write(true).open("/dev/full"))
            .unwrap();
        let error = without_draft_name(full.write_all(b"a tile").unwrap_err());
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert_eq!(error.to_string(), "No space left on device (os error 28)");
    }
}
