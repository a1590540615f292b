//! A complete pack before it is published.

use crate::associated;
use crate::directory::{OptionalKind, RECORD_LEN, Section, SectionKind};
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
    /// Has seen all bytes between the header and the metadata.
    pub(crate) hasher: Hasher,
    pub(crate) destination: PathBuf,
    pub(crate) overwrite: bool,
    pub(crate) header: Header,
    /// All sections but the metadata.
    pub(crate) sections: Vec<Section>,
    /// Names of the associated images.
    pub(crate) images: Vec<String>,
    /// The metadata section.
    pub(crate) metadata: Vec<u8>,
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
    /// [`PackProblem::MetadataLimit`] if they have more than 64 KiB of JSON, or a list
    /// longer than readers accept, in which case the pack stays as it was;
    /// [`PackProblem::Io`] if the file cannot be written.
    pub fn set_metadata(&mut self, metadata: &Metadata) -> Result<(), PackError> {
        self.metadata = metadata.to_bytes().map_err(PackError::with_path(&self.destination))?;
        self.write_end()
    }

    /// Adds an image that belongs to the slide: its label, a view of the whole slide, a
    /// thumbnail. `jpeg` is a complete JPEG.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Panics
    /// If `name` is not an [image's name](crate::AssociatedImage::is_name) or is taken,
    /// there are [`MAX_IMAGES`](crate::MAX_IMAGES) already, or `jpeg` does not begin like
    /// a JPEG or has more than [`MAX_IMAGE`](crate::MAX_IMAGE) bytes.
    pub fn add_associated(&mut self, name: &str, jpeg: &[u8]) -> Result<(), PackError> {
        assert!(!self.images.iter().any(|other| other == name), "two images {name}");
        assert!(self.images.len() < associated::MAX_IMAGES, "too many images");
        self.add_section(OptionalKind::Image, &associated::encode(name, jpeg))?;
        self.images.push(name.to_owned());
        Ok(())
    }

    /// Adds a text about the slide, such as what its file says of it.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// # Panics
    /// If the text has no bytes or more than [`MAX_DESCRIPTION`](crate::MAX_DESCRIPTION),
    /// or there is one already.
    pub fn add_description(&mut self, text: &str) -> Result<(), PackError> {
        assert!((1..=associated::MAX_DESCRIPTION).contains(&text.len()), "a text of 1 byte to 64 KiB");
        let mut sections = self.sections.iter();
        assert!(!sections.any(|section| section.is(OptionalKind::Description)), "two descriptions");
        self.add_section(OptionalKind::Description, text.as_bytes())
    }

    /// Adds a section in front of the metadata.
    fn add_section(&mut self, kind: OptionalKind, bytes: &[u8]) -> Result<(), PackError> {
        let at = self.sections_end();
        self.write_at(at, bytes).map_err(PackError::with_path(&self.destination))?;
        self.hasher.update(bytes);
        self.sections.push(Section::optional(kind, at, bytes));
        self.header.sections += 1;
        self.write_end()
    }

    /// Where the metadata begins.
    fn sections_end(&self) -> u64 {
        self.sections.last().map_or(HEADER_LEN as u64, |last| last.range.end)
    }

    /// Writes the metadata, the directory and the header.
    pub(crate) fn write_end(&mut self) -> Result<(), PackError> {
        let at = self.sections_end();
        let section = Section::new(SectionKind::Metadata, at, &self.metadata);
        let directory: Vec<[u8; RECORD_LEN]> =
            self.sections.iter().chain([&section]).map(Section::encode).collect();
        let directory = directory.as_flattened();
        let end = [&self.metadata[..], directory].concat();
        self.header.directory_crc = crc32fast::hash(directory);
        self.header.file_len = at + end.len() as u64;
        let mut hasher = self.hasher.clone();
        self.header.content_hash = ContentHash::finish(hasher.update(&end), &self.header);
        self.write_end_at(at, &end).map_err(PackError::with_path(&self.destination))
    }

    /// Writes the end of the file from `at` on, and the header.
    fn write_end_at(&mut self, at: u64, end: &[u8]) -> io::Result<()> {
        self.write_at(at, end)?;
        self.file.as_file().set_len(self.header.file_len)?;
        let header = self.header.encode();
        self.write_at(0, &header)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let file = self.file.as_file_mut();
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
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
