//! The file a slide is read from, as the pack's metadata name it.

use crate::PackSlideError;
use crate::stop::Stop;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// A source file, from before it is read. Folders and generated slides have
/// none.
pub(crate) struct Original<'a> {
    path: &'a Path,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl<'a> Original<'a> {
    /// Notes size and time of the file at `path`; `None` if that is a folder.
    pub fn begin(path: &'a Path) -> Result<Option<Self>, PackSlideError> {
        let facts = path.metadata().map_err(|error| file_error(path, error))?;
        let file = Self { path, bytes: facts.len(), modified: facts.modified().ok() };
        Ok(facts.is_file().then_some(file))
    }

    /// Size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of the whole file in hexadecimal.
    pub fn sha256(&self, stop: &Stop<'_>) -> Result<String, PackSlideError> {
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

    /// Fails if the file is not the one it was at the beginning: what was read
    /// may then be of two slides.
    pub fn check_unchanged(&self) -> Result<(), PackSlideError> {
        let facts = self.path.metadata().map_err(|error| file_error(self.path, error))?;
        if (facts.len(), facts.modified().ok()) == (self.bytes, self.modified) {
            return Ok(());
        }
        Err(PackSlideError::Changed { path: self.path.to_owned() })
    }
}

fn file_error(path: &Path, error: io::Error) -> PackSlideError {
    PackSlideError::File { path: path.to_owned(), error }
}
