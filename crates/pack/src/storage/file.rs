//! Positioned reads.

use super::how::open_file;
use super::{Storage, StorageId, lost};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// An open file, read with `pread`.
#[derive(Debug)]
pub struct FileStorage {
    file: File,
    len: u64,
    identity: StorageId,
}

impl FileStorage {
    /// Opens the file at `path`, which keeps a descriptor until it is dropped.
    ///
    /// # Errors
    /// If the path is not a readable, non-empty regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (file, metadata) = open_file(path)?;
        advise(&file, 0..metadata.len(), libc::POSIX_FADV_RANDOM);
        Ok(Self { file, len: metadata.len(), identity: StorageId::next() })
    }
}

impl Storage for FileStorage {
    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> StorageId {
        self.identity
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => lost(),
            _ => error,
        })
    }

    fn try_read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<bool> {
        Ok(try_read(&self.file, offset, out)?.unwrap_or(false))
    }

    fn read_ahead(&self, range: Range<u64>) {
        advise(&self.file, range.start..range.end.min(self.len), libc::POSIX_FADV_WILLNEED);
    }
}

/// Fills `out` from `offset` of `file` on, if all of it is in memory; whether it
/// was. `None` from systems and file systems that cannot be asked, of which tmpfs
/// and overlayfs are two.
#[cfg(target_os = "linux")]
pub fn try_read(file: &File, offset: u64, out: &mut [u8]) -> io::Result<Option<bool>> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let wanted = out.len();
    match preadv2(file, &mut [io::IoSliceMut::new(out)], offset, ReadWriteFlags::NOWAIT) {
        Ok(read) => Ok(Some(read == wanted)),
        Err(Errno::AGAIN | Errno::INTR) => Ok(Some(false)),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
pub fn try_read(_: &File, _: u64, _: &mut [u8]) -> io::Result<Option<bool>> {
    Ok(None)
}

/// Tells the kernel how `range` will be read. Only a hint: where it is refused,
/// reading is slower and works all the same.
#[cfg(target_os = "linux")]
pub fn advise(file: &File, range: Range<u64>, advice: libc::c_int) {
    use std::os::fd::AsRawFd;

    let (Ok(offset), Ok(len)) =
        (libc::off_t::try_from(range.start), libc::off_t::try_from(range.end.saturating_sub(range.start)))
    else {
        return;
    };
    // A length of 0 would mean "to the end".
    if len > 0 {
        // SAFETY: the call takes numbers alone, and the descriptor is open.
        #[expect(unsafe_code, reason = "advice is given through the C library")]
        let _ = unsafe { libc::posix_fadvise(file.as_raw_fd(), offset, len, advice) };
    }
}

#[cfg(not(target_os = "linux"))]
pub fn advise(_: &File, _: Range<u64>, _: libc::c_int) {}
