//! The file a slide is read from, as the pack's metadata name it.

use crate::work::{Stop, WorkError};
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// A slide's file, from before it is read. Folders and generated slides have
/// none.
pub struct SlideFile<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// Size in bytes.
    pub bytes: u64,
    modified: Option<SystemTime>,
}

impl<'a> SlideFile<'a> {
    /// Notes size and time of the file at `path`; `None` if that is a folder.
    ///
    /// # Errors
    /// If there is nothing, or the system does not tell.
    pub fn begin(path: &'a Path) -> Result<Option<Self>, WorkError> {
        let facts = facts(path)?;
        let file = Self { path, bytes: facts.len(), modified: facts.modified().ok() };
        Ok(facts.is_file().then_some(file))
    }

    /// SHA-256 of the whole file in hexadecimal.
    ///
    /// # Errors
    /// If it cannot be read to its end, or somebody asked to stop.
    pub fn sha256(&self, stop: &Stop<'_>) -> Result<String, WorkError> {
        let fail = |error| file_error(self.path, error);
        let mut file = File::open(self.path).map_err(fail)?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
        loop {
            stop.check()?;
            match file.read(&mut buffer).map_err(fail)? {
                0 => break,
                read => hash.update(&buffer[..read]),
            }
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whether the file is still the one it was at the beginning; if not, what
    /// was read may be of two slides.
    ///
    /// # Errors
    /// If it vanished, or the system does not tell.
    pub fn is_unchanged(&self) -> Result<bool, WorkError> {
        let facts = facts(self.path)?;
        Ok((facts.len(), facts.modified().ok()) == (self.bytes, self.modified))
    }
}

fn facts(path: &Path) -> Result<Metadata, WorkError> {
    path.metadata().map_err(|error| file_error(path, error))
}

fn file_error(path: &Path, error: io::Error) -> WorkError {
    WorkError::File { path: path.to_owned(), error }
}
