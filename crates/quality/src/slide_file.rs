//! The file of a slide, identified by its length and SHA-256.

use crate::work::{Stop, WorkError};
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// A slide's file, with its length and modification time from before it was read.
/// Folders and generated slides have none.
pub struct SlideFile<'a> {
    /// Path of the file.
    pub path: &'a Path,
    /// Length in bytes.
    pub bytes: u64,
    modified: Option<SystemTime>,
}

impl<'a> SlideFile<'a> {
    /// Records length and modification time of the file at `path`; `None` if that is
    /// a folder.
    ///
    /// # Errors
    /// [`WorkError::File`] if nothing is there, or its metadata cannot be read.
    pub fn begin(path: &'a Path) -> Result<Option<Self>, WorkError> {
        let metadata = metadata(path)?;
        let file = Self { path, bytes: metadata.len(), modified: metadata.modified().ok() };
        Ok(metadata.is_file().then_some(file))
    }

    /// SHA-256 of the whole file in hexadecimal.
    ///
    /// # Errors
    /// If the file cannot be read to its end, or a stop is requested.
    pub fn sha256(&self, stop: &Stop<'_>) -> Result<String, WorkError> {
        let mut file = File::open(self.path).map_err(|error| file_error(self.path, error))?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
        loop {
            stop.check()?;
            match file.read(&mut buffer).map_err(|error| file_error(self.path, error))? {
                0 => break,
                read => hash.update(&buffer[..read]),
            }
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whether the file still has the recorded length and modification time. If
    /// not, the pixels read meanwhile may belong to two different slides.
    ///
    /// # Errors
    /// [`WorkError::File`] if it no longer exists, or its metadata cannot be read.
    pub fn is_unchanged(&self) -> Result<bool, WorkError> {
        let metadata = metadata(self.path)?;
        Ok((metadata.len(), metadata.modified().ok()) == (self.bytes, self.modified))
    }
}

fn metadata(path: &Path) -> Result<Metadata, WorkError> {
    path.metadata().map_err(|error| file_error(path, error))
}

fn file_error(path: &Path, error: io::Error) -> WorkError {
    WorkError::File { path: path.to_owned(), error }
}
