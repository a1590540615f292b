//! The destination of an export, which is written under a temporary name first and
//! gets its own when it is complete.

use crate::ExportError;
use origami_pack::publish::{Rights, draft_file, draft_folder, publish, without_draft_name};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir};

/// The path of an export, which is free or may be overwritten.
pub(crate) struct Destination {
    /// The requested path.
    pub path: PathBuf,
    overwrite: bool,
}

impl Destination {
    /// Fails if `path` exists and may not be overwritten.
    pub fn new(path: &Path, overwrite: bool) -> Result<Self, ExportError> {
        let destination = Self { path: path.to_owned(), overwrite };
        destination.check_vacant(path)?;
        Ok(destination)
    }

    /// Fails if `path` exists and may not be overwritten.
    pub fn check_vacant(&self, path: &Path) -> Result<(), ExportError> {
        if !self.overwrite && path.symlink_metadata().is_ok() {
            return Err(ExportError::Exists(path.to_owned()));
        }
        Ok(())
    }

    /// Fails if the folder of tiles `folder` exists and may not be overwritten. Without its
    /// descriptor it may never be: it is not of an earlier export.
    pub fn check_folder(&self, folder: &Path) -> Result<(), ExportError> {
        if folder.symlink_metadata().is_ok() && self.path.symlink_metadata().is_err() {
            return Err(ExportError::OtherFolder {
                folder: folder.to_owned(),
                descriptor: self.path.clone(),
            });
        }
        self.check_vacant(folder)
    }

    /// The file name without its extension, after which the contents are named.
    pub fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The error of writing the destination.
    pub fn io(&self, error: io::Error) -> ExportError {
        ExportError::io(&self.path, without_draft_name(error))
    }

    /// The rights of the file or folder at `path` if the export replaces it.
    pub fn replaced_rights(&self, path: &Path) -> Option<Rights> {
        Rights::of(path).filter(|_| self.overwrite)
    }

    /// A temporary file beside the destination, removed when it is dropped.
    pub fn draft_file(&self) -> Result<NamedTempFile, ExportError> {
        draft_file(&self.path).map_err(|error| self.io(error))
    }

    /// A temporary folder beside the destination that nobody else can enter, removed when
    /// it is dropped.
    pub fn draft_folder(&self) -> Result<TempDir, ExportError> {
        draft_folder(&self.path).map_err(|error| self.io(error))
    }

    /// Makes a file visible at the destination, complete and on disk. Returns its
    /// length in bytes.
    pub fn publish(&self, file: NamedTempFile) -> Result<u64, ExportError> {
        let bytes = file.as_file().metadata().map_err(|error| self.io(error))?.len();
        publish(file, &self.path, self.overwrite).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => ExportError::Exists(self.path.clone()),
            _ => self.io(error),
        })?;
        Ok(bytes)
    }

    /// Makes the folder `complete`, which is in `draft`, visible as `folder`, and
    /// `file` at the destination. Returns the length of `file` in bytes.
    ///
    /// An existing folder is moved into `draft` and removed with it, or moved back if
    /// the new one cannot take its place.
    pub fn publish_with_folder(
        &self,
        draft: &TempDir,
        complete: &Path,
        folder: &Path,
        file: NamedTempFile,
    ) -> Result<u64, ExportError> {
        self.check_folder(folder)?;
        let old = draft.path().join("replaced");
        let is_replacement = match fs::rename(folder, &old) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(self.io(error)),
        };
        let published = self.publish_both(complete, folder, file);
        if published.is_err() && is_replacement {
            fs::rename(&old, folder).map_err(|error| self.io(error))?;
        }
        published
    }

    /// Makes the folder and the file visible, or neither.
    fn publish_both(&self, complete: &Path, folder: &Path, file: NamedTempFile) -> Result<u64, ExportError> {
        fs::rename(complete, folder).map_err(|error| ExportError::io(folder, error))?;
        self.publish(file).inspect_err(|_| drop(fs::rename(folder, complete)))
    }
}
