//! Files that appear under their names whole, or not at all.

use std::fs::File;
use std::io;
use std::path::Path;
use tempfile::NamedTempFile;

/// The folder that `path` is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What `make` makes beside `path`, given that folder: a file or a folder with a
/// hidden name, which goes when it is dropped.
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

/// Makes `file`, a [`draft`] of `path`, visible there, whole and on disk: fsync,
/// rename, fsync of the folder.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] if something is there that may not be
/// overwritten, and whatever else the system says.
pub fn publish(file: NamedTempFile, path: &Path, overwrite: bool) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private; what is published is for everybody to read.
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    if overwrite { file.persist(path) } else { file.persist_noclobber(path) }?;
    File::open(folder(path))?.sync_all()
}
