//! Makes files appear under their names complete, or not at all.

use std::fs::File;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// The folder that `path` is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a temporary file or folder beside `path`: calls `make` with a builder
/// that gives hidden names, and with the folder of `path`. What `tempfile` returns
/// is removed when it is dropped.
///
/// # Errors
/// Those of `make`.
pub fn draft<T>(
    path: &Path,
    make: impl FnOnce(&tempfile::Builder<'_, '_>, &Path) -> io::Result<T>,
) -> io::Result<T> {
    let prefix = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
    make(tempfile::Builder::new().prefix(&prefix).suffix(".tmp"), folder(path))
}

/// Makes `file`, a [`draft`] of `path`, visible there, complete and on disk: fsync,
/// rename, fsync of the folder.
///
/// # Examples
/// ```
/// use origami_pack::publish::{draft, publish};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("slide.origami");
/// let file = draft(&path, |builder, folder| builder.tempfile_in(folder))?;
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
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private; published ones are readable by everybody.
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    if overwrite { file.persist(path) } else { file.persist_noclobber(path) }?;
    File::open(folder(path))?.sync_all()
}
