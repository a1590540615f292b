use crate::fault::Guard;
use memmap2::{Advice, Mmap};
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A file mapped read-only. The only memory map of the project.
///
/// Where the file is cut short under it, or its disk fails, the bytes from there
/// on read as zeros instead of ending the process, and [`Self::is_whole`] says
/// so from then on.
#[derive(Debug)]
pub struct Map {
    // Before `bytes`, so that it is dropped before they are unmapped.
    guard: Guard,
    bytes: Mmap,
}

impl Map {
    /// Maps the whole of the file at `path`; its descriptor is closed again.
    ///
    /// # Errors
    /// If the path is not a readable, non-empty regular file, or the system
    /// does not map it.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Asked before opening, because opening a pipe waits for its writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "file is empty"));
        }
        // SAFETY: the map is read-only and private to this value. The bytes
        // may still change if another process writes to the file; every reader
        // here treats them as untrusted input and bounds what it does with
        // them. Pages the file no longer reaches are covered by the guard.
        #[expect(unsafe_code, reason = "the one place a file is mapped")]
        let bytes = unsafe { Mmap::map(&file)? };
        Ok(Self { guard: Guard::new(&bytes)?, bytes })
    }

    /// Whether everything read so far came from the file. What was read from a
    /// file without checksums counts only if this still holds afterwards.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.guard.is_covered()
    }

    /// Tells the kernel that accesses will be scattered, so that it reads no
    /// more than asked.
    ///
    /// # Errors
    /// If the kernel refuses; reading works all the same.
    pub fn advise_random(&self) -> io::Result<()> {
        self.bytes.advise(Advice::Random)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}
