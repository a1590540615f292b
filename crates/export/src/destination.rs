//! Where an export goes: under a temporary name first, and under its own when
//! it is complete.

use crate::ExportError;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir};

/// A file name that may be taken.
pub(crate) struct Destination {
    path: PathBuf,
    overwrite: bool,
}

impl Destination {
    /// Fails if there is something already that may not be overwritten.
    pub fn new(path: &Path, overwrite: bool) -> Result<Self, ExportError> {
        let destination = Self { path: path.to_owned(), overwrite };
        destination.vacant(path)?;
        Ok(destination)
    }

    /// Fails if `path` is taken and may not be overwritten.
    pub fn vacant(&self, path: &Path) -> Result<(), ExportError> {
        if !self.overwrite && path.symlink_metadata().is_ok() {
            return Err(ExportError::Exists { path: path.to_owned() });
        }
        Ok(())
    }

    /// The name asked for.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name without its extension, which names what is inside.
    pub fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    pub fn io(&self, error: io::Error) -> ExportError {
        ExportError::Io { path: self.path.clone(), error }
    }

    fn builder<T>(
        &self,
        make: impl FnOnce(&mut tempfile::Builder<'_, '_>) -> io::Result<T>,
    ) -> Result<T, ExportError> {
        let prefix = format!(".{}.", self.path.file_name().unwrap_or_default().to_string_lossy());
        make(tempfile::Builder::new().prefix(&prefix).suffix(".tmp")).map_err(|error| self.io(error))
    }

    /// A file beside the destination that goes when it is dropped.
    pub fn file(&self) -> Result<NamedTempFile, ExportError> {
        self.builder(|builder| builder.tempfile_in(self.folder()))
    }

    /// A folder beside the destination that goes when it is dropped.
    pub fn draft(&self) -> Result<TempDir, ExportError> {
        self.builder(|builder| builder.tempdir_in(self.folder()))
    }

    /// Makes a file visible under the destination's name, whole and on disk;
    /// its size.
    pub fn publish(&self, file: NamedTempFile) -> Result<u64, ExportError> {
        let io = |error| self.io(error);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Temporary files are private; an export is for everybody to read.
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(io)?;
        }
        file.as_file().sync_all().map_err(io)?;
        let bytes = file.as_file().metadata().map_err(io)?.len();
        let renamed =
            if self.overwrite { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
        renamed.map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => ExportError::Exists { path: self.path.clone() },
            _ => self.io(error.error),
        })?;
        File::open(self.folder()).and_then(|folder| folder.sync_all()).map_err(io)?;
        Ok(bytes)
    }

    /// Makes the folder `made` of a draft visible as `folder`, and `file` under
    /// the destination's name. What was there is moved into `draft` and goes
    /// with it, but comes back if the new cannot take its place.
    pub fn publish_with_folder(
        &self,
        draft: &TempDir,
        made: &Path,
        folder: &Path,
        file: NamedTempFile,
    ) -> Result<u64, ExportError> {
        self.vacant(folder)?;
        let old = draft.path().join("replaced");
        let replaced = match fs::rename(folder, &old) {
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            result => result.map(|()| true).map_err(|error| self.io(error))?,
        };
        let published = fs::rename(made, folder)
            .map_err(|error| ExportError::Io { path: folder.to_owned(), error })
            .and_then(|()| self.publish(file).inspect_err(|_| drop(fs::rename(folder, made))));
        if published.is_err() && replaced {
            fs::rename(&old, folder).map_err(|error| self.io(error))?;
        }
        published
    }
}
