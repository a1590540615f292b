use memmap2::{Advice, Mmap};
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A file mapped read-only. The only memory map of the project.
#[derive(Debug)]
pub struct Map(Mmap);

impl Map {
    /// Maps the whole of the file at `path`; its descriptor is closed again.
    ///
    /// # Errors
    /// If the path is not a readable, non-empty regular file.
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
        // them. Truncation makes access raise SIGBUS, which is why packs and
        // slides must be replaced by renaming, never in place.
        #[expect(unsafe_code, reason = "the one place a file is mapped")]
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self(map))
    }

    /// Tells the kernel that accesses will be scattered, so that it reads no
    /// more than asked.
    ///
    /// # Errors
    /// If the kernel refuses; reading works all the same.
    pub fn advise_random(&self) -> io::Result<()> {
        self.0.advise(Advice::Random)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
