//! Brings the files of a folder to disk.
//!
//! On Linux one call writes out all that is new on the file system: a folder of tiles has
//! up to millions of files, and to wait for the disk after each would take hours.
//! Elsewhere each file and folder is waited for.

use std::fs::File;
use std::io;
use std::path::Path;

/// A folder whose files are to be on disk before it gets its name.
pub(crate) struct DurableFolder {
    #[cfg(target_os = "linux")]
    folder: File,
}

#[cfg(target_os = "linux")]
impl DurableFolder {
    /// Begins with the empty folder at `path`. Errors of writing anything to its file
    /// system from now on are reported by [`Self::finish`].
    pub fn begin(path: &Path) -> io::Result<Self> {
        Ok(Self { folder: File::open(path)? })
    }

    /// To be called with each file and each folder once it is complete.
    pub fn completed(&self, _: &File) -> io::Result<()> {
        Ok(())
    }

    /// Waits until all is on disk.
    pub fn finish(self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(self.folder)?)
    }
}

#[cfg(not(target_os = "linux"))]
impl DurableFolder {
    /// Begins with the empty folder at `path`.
    pub fn begin(_: &Path) -> io::Result<Self> {
        Ok(Self {})
    }

    /// To be called with each file and each folder once it is complete.
    pub fn completed(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    /// Waits until all is on disk.
    pub fn finish(self) -> io::Result<()> {
        Ok(())
    }
}
