//! A complete pack before it is published.

use crate::directory::{RECORD_LEN, Section, SectionKind};
use crate::header::{HEADER_LEN, Header};
use crate::publish::publish;
use crate::{ContentHash, Metadata, PackError, PackProblem};
use blake3::Hasher;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// A complete pack under a temporary name. Dropping it removes the file.
#[derive(Debug)]
pub struct Unpublished {
    pub(crate) file: NamedTempFile,
    /// Has seen everything between the header and the metadata.
    pub(crate) hasher: Hasher,
    pub(crate) destination: PathBuf,
    pub(crate) overwrite: bool,
    pub(crate) header: Header,
    /// All sections but the metadata.
    pub(crate) sections: Vec<Section>,
}

impl Unpublished {
    /// Opens the temporary file, to measure what was written.
    ///
    /// # Errors
    /// As [`crate::Pack::open`].
    #[cfg(feature = "map")]
    pub fn open(&self) -> Result<crate::Pack, PackError> {
        crate::Pack::open(self.file.path())
    }

    /// Replaces the metadata.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Panics
    /// If the metadata has more than 64 KiB of JSON, or lists longer than readers
    /// accept.
    pub fn set_metadata(&mut self, metadata: &Metadata) -> Result<(), PackError> {
        let at = self.sections.last().map_or(HEADER_LEN as u64, |last| last.range.end);
        let mut end = metadata.to_bytes();
        let section = Section::new(SectionKind::Metadata, at, &end);
        let directory: Vec<[u8; RECORD_LEN]> =
            self.sections.iter().chain([&section]).map(Section::encode).collect();
        let directory = directory.as_flattened();
        end.extend_from_slice(directory);
        self.header.directory_crc = crc32fast::hash(directory);
        self.header.file_len = at + end.len() as u64;
        let mut hasher = self.hasher.clone();
        self.header.content_hash = ContentHash::finish(hasher.update(&end), &self.header);
        self.write(at, &end).map_err(PackError::with_path(&self.destination))
    }

    /// Writes the end of the file from `at` on, and the header.
    fn write(&mut self, at: u64, end: &[u8]) -> io::Result<()> {
        let file = self.file.as_file_mut();
        file.seek(SeekFrom::Start(at))?;
        file.write_all(end)?;
        file.set_len(self.header.file_len)?;
        file.rewind()?;
        file.write_all(&self.header.encode())
    }

    /// Makes the pack visible under its name, complete and on disk: fsync, rename,
    /// fsync of the folder.
    ///
    /// # Errors
    /// [`PackProblem::Exists`] if the name was taken meanwhile and may not be
    /// overwritten; [`PackProblem::Io`] otherwise.
    pub fn publish(self) -> Result<PathBuf, PackError> {
        let Self { file, destination, overwrite, .. } = self;
        match publish(file, &destination, overwrite) {
            Ok(()) => Ok(destination),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(PackError::new(&destination, PackProblem::Exists))
            }
            Err(error) => Err(PackError::new(&destination, error)),
        }
    }
}
