//! Distinguishes the states of files.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Distinguishes one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    len: u64,
    modified_seconds: i64,
    modified_nanoseconds: i64,
}

impl FileStamp {
    /// The state of the regular file at `path`, `None` if there is none.
    ///
    /// # Errors
    /// If the system does not report it, which says nothing about the file.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return Ok(None),
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause),
        };
        Ok(Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified_seconds: metadata.mtime(),
            modified_nanoseconds: metadata.mtime_nsec(),
        }))
    }

    /// Length of the file in bytes.
    pub fn bytes(&self) -> u64 {
        self.len
    }

    /// When the file was last written, in milliseconds of Unix time.
    pub fn modified(&self) -> i64 {
        self.modified_seconds.saturating_mul(1000).saturating_add(self.modified_nanoseconds / 1_000_000)
    }
}
