//! Where an export goes: under a temporary name first, and under its own when
//! it is complete.

use crate::ExportError;
use origami_pack::publish::{draft, publish};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir};

/// A file name that may be taken.
pub(crate) struct Destination {
    /// The name asked for.
    pub path: PathBuf,
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
            return Err(ExportError::Exists(path.to_owned()));
        }
        Ok(())
    }

    /// The name without its extension, which names what is inside.
    pub fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub fn io(&self, error: io::Error) -> ExportError {
        ExportError::Io { path: self.path.clone(), error }
    }

    /// A file beside the destination that goes when it is dropped.
    pub fn file(&self) -> Result<NamedTempFile, ExportError> {
        draft(&self.path, |builder, folder| builder.tempfile_in(folder)).map_err(|error| self.io(error))
    }

    /// A folder beside the destination that goes when it is dropped.
    pub fn draft(&self) -> Result<TempDir, ExportError> {
        draft(&self.path, |builder, folder| builder.tempdir_in(folder)).map_err(|error| self.io(error))
    }

    /// Makes a file visible under the destination's name, whole and on disk;
    /// its size.
    pub fn publish(&self, file: NamedTempFile) -> Result<u64, ExportError> {
        let bytes = file.as_file().metadata().map_err(|error| self.io(error))?.len();
        publish(file, &self.path, self.overwrite).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => ExportError::Exists(self.path.clone()),
            _ => self.io(error),
        })?;
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
