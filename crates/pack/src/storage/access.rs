//! The choice of how files are read.

use super::map::MapStorage;
use super::{FileStorage, Storage};
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// How files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Io {
    /// Through a memory map.
    #[default]
    Map,
    /// By positioned reads. Costs a file descriptor for each open pack, and
    /// suits file systems on which maps are slow or unsafe.
    Read,
}

impl Io {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::Map, Self::Read];

    /// The name used in options.
    ///
    /// # Examples
    /// ```
    /// use origami_pack::Io;
    ///
    /// assert_eq!(Io::default().name(), "mmap");
    /// assert_eq!("pread".parse::<Io>(), Ok(Io::Read));
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Map => "mmap",
            Self::Read => "pread",
        }
    }

    /// How many of the `limit` descriptors that a process may have are for its open packs. The
    /// rest is for connections and everything else. With positioned reads each pack takes one;
    /// mapped packs can do without.
    #[must_use]
    pub fn pack_descriptors(self, limit: u64) -> u64 {
        match self {
            Self::Map => limit / 4,
            Self::Read => limit / 2,
        }
    }

    /// Opens the file at `path`.
    ///
    /// # Errors
    /// If it is not a readable, non-empty regular file, or the system refuses.
    pub fn open(self, path: &Path) -> io::Result<Arc<dyn Storage>> {
        Ok(match self {
            Self::Map => Arc::new(MapStorage::open(path)?),
            Self::Read => Arc::new(FileStorage::open(path)?),
        })
    }
}

impl Display for Io {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Io {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let io = Self::ALL.into_iter().find(|io| io.name() == text);
        io.ok_or_else(|| format!("'{text}' is neither mmap nor pread"))
    }
}

/// Opens the regular, non-empty file at `path`; also returns its metadata.
pub(super) fn open_file(path: &Path) -> io::Result<(File, std::fs::Metadata)> {
    // Checked before opening, because opening a pipe waits for its writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "file is empty"));
    }
    Ok((file, metadata))
}
